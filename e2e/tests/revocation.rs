//! Revocation is final: on every way in which somebody is put out, media, socket, device and the way back die within a second,
//! and stay dead. A real server, a real media session, nobody's page that could be polite about it.

#![expect(clippy::unwrap_used, reason = "the whole file is tests and their helpers")]

use std::time::{Duration, Instant};

use e2e::media_socket::MediaSocket;
use e2e::{Caller, Console, Deployment, Link, Meeting, invitee, meeting_now, report};
use reqwest::Method;
use serde_json::{Value, json};
use shared::api::{ConsoleAccount, NewInvitee};
use shared::device::DeviceUse;
use shared::ids::{AccountId, ParticipantId};
use shared::meeting::Role;
use shared::secret::Secret;
use shared::signal::{ClientMsg, JoinRefused, ServerMsg, TurnedAway};

const SECOND: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(20);

/// How somebody is put out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Removed,
    PinWithdrawn,
    PinReplaced,
    RoleChanged,
    /// The account that the invitation is for, at the console.
    AccountDisabled,
    /// The same with `conclave admin`, beside the running server.
    AccountDisabledByOperator,
    Ended,
    EndedByModerator,
    SentBack,
}

impl Way {
    const fn is_of_an_account(self) -> bool {
        matches!(self, Way::AccountDisabled | Way::AccountDisabledByOperator)
    }
}

/// Somebody in a room, with everything that lets them stay or come back.
struct Inside {
    caller: Caller,
    media: MediaSocket,
    secret: Secret,
    number: ParticipantId,
}

async fn come_in(
    server: &Deployment,
    link: &Link,
    cookie: Option<&str>,
    number: u16,
    moderator: Option<&mut Caller>,
) -> Inside {
    let mut caller = Caller::connect(server.url(), cookie).await;
    let mut media = MediaSocket::on_loopback(number).unwrap();
    let token = link.url().rsplit('#').next().unwrap();
    caller.say(&ClientMsg::Join { pin: Secret::new(&link.pin), link: Some(Secret::new(token)) });
    let welcomed = |message: &ServerMsg| match message {
        ServerMsg::Welcomed { session, invited_as, .. } => Some((session.clone(), invited_as.participant)),
        _ => None,
    };
    let (secret, participant) = caller.hear("welcomed", welcomed).await;
    let answer = caller.enter(media.client.offer()).await;
    media.accept(&answer).unwrap();
    if let Some(moderator) = moderator {
        let waits = |message: &ServerMsg| match message {
            ServerMsg::LobbyChanged { card } if card.participant == participant => Some(()),
            _ => None,
        };
        moderator.hear("the card", waits).await;
        moderator.say(&ClientMsg::Admit { participant });
    }
    caller.hear("admitted", |message| matches!(message, ServerMsg::Admitted { .. }).then_some(())).await;
    assert!(media.run_until(20 * SECOND, |client| client.connected), "no media");
    Inside { caller, media, secret, number: participant }
}

/// Both talk for so long; nothing waits.
fn talk(people: &mut [&mut MediaSocket], duration: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < duration {
        for person in &mut *people {
            person.client.send_audio(Instant::now(), Some(-20));
            person.flush();
            person.poll();
        }
        std::thread::sleep(TICK / 4);
    }
}

/// Puts Peter out, and comes back when whoever did it knows that it is done.
async fn put_out(
    way: Way,
    (server, console): (&Deployment, &Console),
    meeting: &Meeting,
    maria: &mut Inside,
    peter: ParticipantId,
) {
    let invitee = format!("/meetings/{}/invitees/{}", meeting.id, meeting.link("Peter").invitee.id);
    let post = async |path: &str| {
        let _: Value = console.call(Method::POST, path, None::<&()>).await.unwrap();
    };
    let gone = |message: &ServerMsg| match message {
        ServerMsg::ParticipantLeft { participant } if *participant == peter => Some(()),
        ServerMsg::TurnedAway { .. } => Some(()),
        _ => None,
    };
    match way {
        Way::Removed => maria.caller.say(&ClientMsg::Remove { participant: peter }),
        Way::SentBack => maria.caller.say(&ClientMsg::SendBack { participant: peter }),
        Way::EndedByModerator => maria.caller.say(&ClientMsg::EndMeeting),
        Way::PinWithdrawn => return post(&format!("{invitee}/pin/revoke")).await,
        Way::PinReplaced => return post(&format!("{invitee}/pin")).await,
        Way::AccountDisabled => {
            let account = meeting.link("Peter").invitee.account.as_ref().unwrap().id;
            return post(&format!("/accounts/{account}/disable")).await;
        }
        Way::AccountDisabledByOperator => {
            let (done, said) = server.admin_command(&["disable", "--name", "Peter"]);
            assert!(done && said.contains("is disabled"), "{said}");
            return;
        }
        Way::Ended => return console.end(meeting).await,
        Way::RoleChanged => {
            let _: Value = console.call(Method::PATCH, &invitee, Some(&json!({ "role": "observer" }))).await.unwrap();
            return;
        }
    }
    maria.caller.hear("that it is done", gone).await;
}

async fn told(caller: &mut Caller) -> TurnedAway {
    let last_words = |message: &ServerMsg| match message {
        ServerMsg::TurnedAway { reason } => Some(*reason),
        _ => None,
    };
    caller.hear("the last words", last_words).await
}

/// What a new socket hears that asks to come back.
async fn comes_back(server: &Deployment, ask: &ClientMsg) -> Result<(), JoinRefused> {
    let mut caller = Caller::connect(server.url(), None).await;
    caller.say(ask);
    let answer = |message: &ServerMsg| match message {
        ServerMsg::Welcomed { .. } => Some(Ok(())),
        ServerMsg::JoinRefused { reason } => Some(Err(reason.clone())),
        _ => None,
    };
    caller.hear("an answer", answer).await
}

/// The status that a device's token gets with an offer that is none: 401 when it is nobody's, else something about the offer.
async fn token_s_status(server: &Deployment, token: &Secret) -> u16 {
    let request = reqwest::Client::new().post(format!("{}/whip", server.url()));
    let request = request.bearer_auth(token.reveal()).header("content-type", "application/sdp").body("v=0\r\n");
    request.send().await.unwrap().status().as_u16()
}

/// Peter's account, made once and enabled again.
async fn account_of_peter(server: &Deployment, console: &Console) -> AccountId {
    let (made, _) = server.admin_command(&["create", "--name", "Peter"]);
    let (enabled, _) = server.admin_command(&["enable", "--name", "Peter"]);
    assert!(made != enabled, "either it is new, or it was disabled");
    let accounts: Vec<ConsoleAccount> = console.get("/accounts").await.unwrap();
    accounts.into_iter().find(|account| account.name == "Peter").unwrap().id
}

async fn is_final(server: &Deployment, console: &Console, way: Way) {
    let account = if way.is_of_an_account() { Some(account_of_peter(server, console).await) } else { None };
    let people = [invitee("Maria", Role::Moderator), NewInvitee { account, ..invitee("Peter", Role::Participant) }];
    let meeting = console.meeting_with(&meeting_now("Weekly"), &people).await;
    let mut maria = come_in(server, meeting.link("Maria"), Some(console.cookie()), 1, None).await;
    let mut peter = come_in(server, meeting.link("Peter"), None, 2, Some(&mut maria.caller)).await;
    peter.caller.say(&ClientMsg::MakeDevice { does: DeviceUse::Publish });
    let made = |message: &ServerMsg| match message {
        ServerMsg::DeviceMade { token, .. } => Some(token.clone()),
        _ => None,
    };
    let token = peter.caller.hear("a device's token", made).await;
    assert_ne!(token_s_status(server, &token).await, 401, "positive control");
    talk(&mut [&mut maria.media, &mut peter.media], SECOND / 2);
    assert!(peter.media.arrivals.len() > 10 && maria.media.arrivals.len() > 10, "positive control");

    put_out(way, (server, console), &meeting, &mut maria, peter.number).await;
    let done = Instant::now();
    talk(&mut [&mut maria.media, &mut peter.media], SECOND + SECOND / 5);
    let ends = way == Way::Ended || way == Way::EndedByModerator;
    let last =
        |media: &MediaSocket| media.arrivals.last().map(|at| at.saturating_duration_since(done)).unwrap_or_default();
    let (to_peter, from_peter) = (last(&peter.media), last(&maria.media));
    report(
        &format!("revocation {way:?}"),
        &format!("media to them ends after {to_peter:?}, theirs after {from_peter:?}"),
    );
    assert!(to_peter < SECOND && from_peter < SECOND, "{way:?}: {to_peter:?} {from_peter:?}");

    let expected = match way {
        Way::Removed => Some(TurnedAway::Removed),
        Way::PinWithdrawn | Way::PinReplaced | Way::AccountDisabled | Way::AccountDisabledByOperator => {
            Some(TurnedAway::Revoked)
        }
        Way::RoleChanged => Some(TurnedAway::RoleChanged),
        Way::Ended | Way::EndedByModerator => Some(TurnedAway::MeetingOver),
        Way::SentBack => None,
    };
    match expected {
        Some(reason) => assert_eq!(told(&mut peter.caller).await, reason, "{way:?}"),
        None => {
            peter.caller.hear("the lobby", |message| (*message == ServerMsg::SentToLobby).then_some(())).await;
        }
    }
    assert_eq!(token_s_status(server, &token).await, 401, "{way:?}: the device's token");
    let link = meeting.link("Peter");
    let by_link = Some(Secret::new(link.url().rsplit('#').next().unwrap()));
    let knock = ClientMsg::Join { pin: Secret::new(&link.pin), link: by_link.clone() };
    let without_pin = ClientMsg::Join { pin: Secret::new(""), link: by_link };
    if way != Way::SentBack {
        let resume = ClientMsg::Resume { session: peter.secret, media: Some(1) };
        assert!(comes_back(server, &resume).await.is_err(), "{way:?}: the tab's secret");
    }
    let refused = match way {
        Way::Removed | Way::PinWithdrawn | Way::PinReplaced | Way::AccountDisabled | Way::AccountDisabledByOperator => {
            Some(JoinRefused::Revoked)
        }
        Way::Ended | Way::EndedByModerator => Some(JoinRefused::Over),
        Way::RoleChanged | Way::SentBack => None,
    };
    assert_eq!(comes_back(server, &knock).await.err(), refused, "{way:?}: the PIN");
    assert!(comes_back(server, &without_pin).await.is_err(), "{way:?}: the link alone");
    assert_eq!(ends, comes_back(server, &ClientMsg::Resume { session: maria.secret, media: None }).await.is_err());
}

/// Each way, one after the other: media both ways ends within a second of the moment when whoever did it was told that it is
/// done; socket, tab, device and PIN are dead from then on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_put_out_is_out_on_every_path() {
    let server = Deployment::start().await;
    let console = server.console().await;
    for way in [
        Way::Removed,
        Way::PinWithdrawn,
        Way::PinReplaced,
        Way::RoleChanged,
        Way::AccountDisabled,
        Way::AccountDisabledByOperator,
        Way::Ended,
        Way::EndedByModerator,
        Way::SentBack,
    ] {
        Box::pin(is_final(&server, &console, way)).await;
    }
}
