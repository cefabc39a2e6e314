//! D28 to D30 on the whole server: address and telephone number compared, through a proxy that is trusted and one that is not.

use std::net::SocketAddr;
use std::time::Instant;

use e2e::media_client::MediaClient;
use e2e::{Caller, Console, Deployment, Meeting, Options, Proxy, invitee, meeting_now};
use shared::api::NewInvitee;
use shared::location::{ComputerPlace, LocationHint, PhonePlace, Verdict};
use shared::meeting::Role;
use shared::signal::{ClientMsg, ServerMsg};

/// A meeting with Maria, who moderates, and one participant for each of these telephone numbers, called by it.
async fn meeting(console: &Console, phones: &[Option<&str>]) -> Meeting {
    let mut people = vec![invitee("Maria", Role::Moderator)];
    people.extend(phones.iter().enumerate().map(|(number, phone)| NewInvitee {
        phone: phone.map(str::to_owned),
        ..invitee(&format!("person {number}"), Role::Participant)
    }));
    console.meeting_with(&meeting_now("Weekly"), &people).await
}

/// Comes in with the standard offer; nobody listens to the media.
async fn enter(caller: &mut Caller, number: u16) {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let Some(client) = MediaClient::new(number, nowhere, Instant::now()) else { panic!("str0m makes no offer") };
    caller.enter(client.offer()).await;
}

/// What Maria's lobby card says of the person with this number, who came with this header.
async fn hint_of(
    server: &Deployment,
    maria: &mut Caller,
    meeting: &Meeting,
    number: usize,
    header: &str,
) -> LocationHint {
    let proxy = Proxy::start(server, header).await;
    let mut person = Caller::connect(proxy.url(), None).await;
    let name = format!("person {number}");
    person.knock(meeting.link(&name)).await;
    enter(&mut person, 100).await;
    let (who, hint) = maria
        .hear("the card", |message| match message {
            ServerMsg::LobbyChanged { card } if card.name == name => Some((card.participant, card.location.clone())),
            _ => None,
        })
        .await;
    // A room has ten places, the lobby's among them.
    person.say(&ClientMsg::Leave);
    let left = |message: &ServerMsg| matches!(message, ServerMsg::LobbyLeft { participant } if *participant == who);
    maria.hear("the card's end", |message| left(message).then_some(())).await;
    hint
}

async fn moderator(server: &Deployment, console: &Console, meeting: &Meeting) -> Caller {
    let mut maria = Caller::connect(server.url(), Some(console.cookie())).await;
    maria.knock(meeting.link("Maria")).await;
    enter(&mut maria, 1).await;
    maria
}

fn country(code: &str) -> ComputerPlace {
    ComputerPlace::country(code)
}

/// Each pair as it arrives on the moderator's card, IPv6 among them. The caller's own forwarding header stands left of what
/// the proxy adds and is never believed.
#[tokio::test]
async fn a_trusted_proxy_s_address_is_compared_with_the_number() {
    use Verdict::{Agree, Differ, Nearby, Unknown};
    let table = [
        ("145.1.2.3", Some("+31201234567"), Agree, country("NL")),
        ("145.1.2.3", Some("+31612345678"), Agree, country("NL")),
        ("2001:610:1::5", Some("+31201234567"), Agree, country("NL")),
        ("2a02:a011::1", Some("+32470123456"), Agree, country("BE")),
        ("2001:200::1", Some("+81312345678"), Agree, country("JP")),
        ("::ffff:145.1.2.3", Some("+31201234567"), Agree, country("NL")),
        ("81.245.1.1", Some("+31201234567"), Differ, country("BE")),
        ("2001:610:1::5", Some("+32470123456"), Differ, country("NL")),
        ("8.8.8.8", Some("+33142685300"), Differ, country("US")),
        // Maastricht and Aachen; Groningen and Aachen; a mobile has no town.
        ("145.2.1.1", Some("+492411234567"), Nearby, country("NL")),
        ("145.3.1.1", Some("+492411234567"), Differ, country("NL")),
        ("145.2.1.1", Some("+32470123456"), Differ, country("NL")),
        ("8.8.8.8", Some("+12025550123"), Agree, country("US")),
        ("8.8.8.8", Some("+14165550123"), Unknown, country("US")),
        ("145.1.2.3", Some("+79161234567"), Differ, country("NL")),
        ("51.1.1.1", Some("+442079460000"), Agree, country("GB")),
        ("145.1.2.3", Some("+870773111632"), Unknown, country("NL")),
        ("145.1.2.3", None, Unknown, country("NL")),
        ("10.1.2.3", Some("+31201234567"), Unknown, ComputerPlace::PrivateNetwork),
        ("fd00::1", Some("+31201234567"), Unknown, ComputerPlace::PrivateNetwork),
        ("9.9.9.9", Some("+31201234567"), Unknown, ComputerPlace::NotFound),
    ];
    let server = Deployment::start_with(Options::behind_proxy("127.0.0.1/32")).await;
    let console = server.console().await;
    let phones: Vec<_> = table.iter().map(|(_, phone, ..)| *phone).collect();
    let meeting = meeting(&console, &phones).await;
    let mut maria = moderator(&server, &console, &meeting).await;
    for (number, (address, phone, verdict, place)) in table.into_iter().enumerate() {
        let header = format!("X-Forwarded-For: 81.245.9.9, {address}");
        let hint = hint_of(&server, &mut maria, &meeting, number, &header).await;
        let is_there = match &place {
            ComputerPlace::Country { .. } => hint.computer.code() == place.code(),
            other => hint.computer == *other,
        };
        assert!(hint.verdict == verdict && is_there, "{address} {phone:?} {hint:?}");
    }
}

/// Who is no trusted proxy may say what they like: the address stays that of the connection.
#[tokio::test]
async fn a_stranger_s_forwarding_headers_change_nothing() {
    let headers = [
        "X-Forwarded-For: 145.1.2.3",
        "Forwarded: for=145.1.2.3",
        "X-Real-IP: 145.1.2.3",
        "CF-Connecting-IP: 145.1.2.3",
        "True-Client-IP: 145.1.2.3",
        "X-Forwarded-For: 145.1.2.3\r\nX-Forwarded-For: 145.1.2.3, 145.1.2.3",
    ];
    let server = Deployment::start_with(Options::behind_proxy("10.0.0.0/8")).await;
    let console = server.console().await;
    let meeting = meeting(&console, &[Some("+31612345678"); 6]).await;
    let mut maria = moderator(&server, &console, &meeting).await;
    for (number, header) in headers.into_iter().enumerate() {
        let hint = hint_of(&server, &mut maria, &meeting, number, header).await;
        let own = LocationHint {
            verdict: Verdict::Unknown,
            computer: ComputerPlace::PrivateNetwork,
            phone: PhonePlace::country("NL"),
            network: None,
            media: None,
        };
        assert_eq!(hint, own, "{header}");
    }
}
