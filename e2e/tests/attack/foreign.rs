//! What a cookie or a tab's secret is good for once it should be dead.

use e2e::{Caller, Console, Deployment};
use reqwest::header::{COOKIE, ORIGIN};
use reqwest::{Client, RequestBuilder};
use shared::api::Login;
use shared::meeting::Role;
use shared::secret::Secret;
use shared::signal::{ClientMsg, ServerMsg};

use crate::{Attack, Outcome, PLAIN};

pub(crate) const ATTACKS: &[Attack] = &[
    Attack::new("session_fixation", "new_token", PLAIN, |d| Box::pin(session_fixation(d))),
    Attack::new("cookie_after_logout", "logout", PLAIN, |d| Box::pin(cookie_after_logout(d))),
    Attack::new("way_back_after_removal", "tab", PLAIN, |d| Box::pin(way_back_after_removal(d))),
];

fn with_cookie(server: &Deployment, request: RequestBuilder, token: &str) -> RequestBuilder {
    request.header(ORIGIN, server.url()).header(COOKIE, format!("__Host-conclave={token}"))
}

async fn is_somebody(server: &Deployment, token: &str) -> bool {
    let request = Client::new().get(format!("{}/api/v1/me", server.url()));
    with_cookie(server, request, token).send().await.unwrap().status() == 200
}

/// Somebody logs in with a token in their browser that an attacker put there.
async fn session_fixation(server: &Deployment) -> Outcome {
    let planted = "a".repeat(64);
    assert!(!is_somebody(server, &planted).await);
    let (name, password) = server.admin();
    let login = Login { name: name.into(), password: Secret::new(password) };
    let request = Client::new().post(format!("{}/api/v1/login", server.url())).json(&login);
    let answer = with_cookie(server, request, &planted).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let is_in = is_somebody(server, &planted).await;
    Outcome {
        succeeded: is_in,
        figure: format!("the planted token is {}", if is_in { "logged in" } else { "nobody's" }),
    }
}

/// Somebody logs out whose cookie was copied before.
async fn cookie_after_logout(server: &Deployment) -> Outcome {
    let console = server.console().await;
    let copied = console.cookie().split_once('=').unwrap().1.to_owned();
    assert!(is_somebody(server, &copied).await);
    let request = Client::new().post(format!("{}/api/v1/logout", server.url()));
    assert_eq!(with_cookie(server, request, &copied).send().await.unwrap().status(), 204);
    let is_in = is_somebody(server, &copied).await;
    Outcome {
        succeeded: is_in,
        figure: format!("the copied cookie is {}", if is_in { "logged in" } else { "nobody's" }),
    }
}

/// Somebody is put out and comes back with what their tab had.
async fn way_back_after_removal(server: &Deployment) -> Outcome {
    let console = server.console().await;
    let meeting = console.meeting("Board", &[("Maria", Role::Moderator), ("Peter", Role::Participant)]).await;
    let maria = moderator(server, &console, meeting.link("Maria")).await;
    let mut peter = Caller::connect(server.url(), None).await;
    let link = meeting.link("Peter");
    peter.say(&ClientMsg::Join { pin: Secret::new(&link.pin), link: None });
    let welcomed = |message: &ServerMsg| match message {
        ServerMsg::Welcomed { session, invited_as, .. } => Some((session.clone(), invited_as.participant)),
        _ => None,
    };
    let (secret, participant) = peter.hear("welcomed", welcomed).await;
    let media = e2e::media_socket::MediaSocket::on_loopback(2).unwrap();
    peter.enter(media.client.offer()).await;
    maria.say(&ClientMsg::Admit { participant });
    peter.hear("admitted", |message| matches!(message, ServerMsg::Admitted { .. }).then_some(())).await;
    maria.say(&ClientMsg::Remove { participant });
    peter.hear("the last words", |message| matches!(message, ServerMsg::TurnedAway { .. }).then_some(())).await;
    let mut back = Caller::connect(server.url(), None).await;
    back.say(&ClientMsg::Resume { session: secret, media: Some(1) });
    let answer = |message: &ServerMsg| match message {
        ServerMsg::Welcomed { .. } => Some("is welcome".to_owned()),
        ServerMsg::JoinRefused { reason } => Some(format!("is refused: {reason:?}")),
        _ => None,
    };
    let answer = back.hear("an answer", answer).await;
    Outcome { succeeded: answer == "is welcome", figure: format!("the tab's secret {answer}") }
}

async fn moderator(server: &Deployment, console: &Console, link: &e2e::Link) -> Caller {
    let (mut caller, _) = crate::talk::Inside::enter(server, console.cookie(), link, 1).await;
    caller.hear("admitted", |message| matches!(message, ServerMsg::Admitted { .. }).then_some(())).await;
    caller
}
