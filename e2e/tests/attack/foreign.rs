//! What a page of another site can have a browser send, and what a cookie or a tab's secret is good for once it should be dead.

use std::net::SocketAddr;

use e2e::{Browser, Caller, Console, Deployment, Person, meeting_now};
use reqwest::header::{COOKIE, ORIGIN};
use reqwest::{Client, RequestBuilder};
use serde_json::json;
use shared::api::{Login, MeetingSummary};
use shared::meeting::{MeetingPhase, Role};
use shared::secret::Secret;
use shared::signal::{ClientMsg, ServerMsg};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{Attack, Outcome, PLAIN};

pub(crate) const ATTACKS: &[Attack] = &[
    Attack::new("requests_by_a_foreign_page", "origin,json_type", PLAIN, |d| Box::pin(foreign_page(d))),
    Attack::new("session_fixation", "new_token", PLAIN, |d| Box::pin(session_fixation(d))),
    Attack::new("cookie_after_logout", "logout", PLAIN, |d| Box::pin(cookie_after_logout(d))),
    Attack::new("way_back_after_removal", "tab", PLAIN, |d| Box::pin(way_back_after_removal(d))),
];

/// A site of somebody else's on another port of the same host: to a browser the same site, so that it sends even cookies that
/// are `SameSite=Strict`.
pub(crate) async fn evil_site() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // A browser opens some that it does not need yet.
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4_096]).await;
                let page = "<!doctype html><title>x</title><iframe name=hidden></iframe>";
                let head = "HTTP/1.1 200 x\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length:";
                let _ = stream.write_all(format!("{head} {}\r\n\r\n{page}", page.len()).as_bytes()).await;
            });
        }
    });
    address
}

/// Somebody who is logged in looks at a page that has their browser make and end meetings, open a socket and log them out, with
/// what needs no asking beforehand: forms, and `fetch` as a form would.
async fn foreign_page(server: &Deployment) -> Outcome {
    let console = server.console().await;
    let running = console.meeting("Running", &[]).await;
    let victim = Browser::start(Person::MARIA).await;
    victim.log_in(server).await;
    let evil = evil_site().await;
    victim.open(&format!("http://localhost:{}/", evil.port())).await;
    let call = r#"const [url, type, body] = arguments;
        return fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include',
            ...(type ? { headers: { 'content-type': type }, body } : {}) }).then(() => 'sent', error => String(error))"#;
    let form = r#"const [url, type, name, value] = arguments;
        const form = document.createElement('form');
        Object.assign(form, { action: url, method: 'POST', enctype: type, target: 'hidden' });
        if (name) form.append(Object.assign(document.createElement('input'), { name, value }));
        document.body.append(form);
        form.submit();
        return new Promise(done => setTimeout(done, 700))"#;
    let api = |path: &str| json!(format!("{}/api/v1{path}", server.url()));
    let meeting = |title: &str| serde_json::to_string(&meeting_now(title)).unwrap();
    let text = json!("text/plain");
    victim.run(call, vec![api("/meetings"), text.clone(), json!(meeting("by fetch"))]).await;
    // A form writes `name=value`: the equals sign belongs to the title.
    let body = meeting("by=form");
    let (name, value) = body.split_once('=').unwrap();
    victim.run(form, vec![api("/meetings"), text, json!(name), json!(value)]).await;
    victim.run(call, vec![api(&format!("/meetings/{}/end", running.id))]).await;
    let socket = r#"return new Promise(done => {
            const socket = new WebSocket(arguments[0].replace('http', 'ws'));
            socket.onopen = () => done(true);
            socket.onerror = () => done(false);
        })"#;
    let opened = victim.run(socket, vec![api("/ws")]).await == json!(true);
    victim.run(form, vec![api("/logout"), json!("application/x-www-form-urlencoded")]).await;
    let meetings: Vec<MeetingSummary> = console.get("/meetings").await.unwrap();
    let is_there = |title: &str| meetings.iter().any(|meeting| meeting.info.title == title);
    let ended = console.detail(&running).await.phase == MeetingPhase::Over;
    victim.open(&format!("{}/console", server.url())).await;
    let me = victim.run("return fetch('/api/v1/me').then(answer => answer.status)", vec![]).await;
    let worked = [is_there("by fetch"), is_there("by=form"), ended, opened, me != json!(200)];
    let count = worked.iter().filter(|worked| **worked).count();
    let figure = format!(
        "{count} of 5 requests by Chromium taken (meeting by fetch, by form, an end, a socket, a logout: {worked:?})"
    );
    Outcome { succeeded: count > 0, figure }
}

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
    let login = Login { name: name.into(), password: Secret::new(password), code: None };
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
