//! The server held to its own OpenAPI document by schemathesis: whatever is asked, what comes back is what the document says.
//! `CONCLAVE_OPENAPI_SECONDS=600` asks so long, each time something else.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]
#![expect(clippy::print_stdout, reason = "how much was asked is worth a line")]

use std::collections::BTreeSet;
use std::sync::mpsc::{self, TryRecvError};
use std::time::Duration;

use e2e::media_socket::MediaSocket;
use e2e::schemathesis::{Effort, Findings, ask};
use e2e::{Caller, Console, Deployment, Options};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use shared::api::{ApiError, Me};
use shared::device::DeviceUse;
use shared::meeting::Role;
use shared::secret::Secret;
use shared::signal::{ClientMsg, ServerMsg};

/// As much of it as fits a minute.
fn effort(times: u32) -> Effort {
    let seconds = std::env::var("CONCLAVE_OPENAPI_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    seconds.map_or(Effort::Same(times), Effort::Seconds)
}

/// SMS and e-mail are kept, and the day's limits of both are out of the way.
async fn server() -> Deployment {
    let config = "[sms]\nsender = \"outbox\"\nper_day = 100000\nper_country_per_day = 100000\n[mail]\nsender = \"outbox\"\nper_day = 100000\n";
    Deployment::start_with(Options { config: config.into(), log: "info", ..Options::default() }).await
}

/// The calls of the document, as schemathesis names them.
async fn declared(server: &Deployment) -> BTreeSet<String> {
    let document: Value = Console::stranger(server.url()).get("/openapi.json").await.unwrap();
    let paths = document["paths"].as_object().unwrap();
    let calls = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    // The document itself it has read before it begins.
    calls.filter(|call| call != "GET /api/v1/openapi.json").collect()
}

/// A device's token, which is good as long as its person is in the room.
async fn device(server: &Deployment, console: &Console) -> (Secret, Caller, mpsc::Sender<()>) {
    let meeting = console.meeting("With a device", &[("Quinn", Role::Moderator)]).await;
    let mut quinn = Caller::connect(server.url(), Some(console.cookie())).await;
    quinn.knock(meeting.link("Quinn")).await;
    let mut media = MediaSocket::on_loopback(1).unwrap();
    let answer = quinn.enter(media.client.offer()).await;
    media.accept(&answer).unwrap();
    let (here, gone) = mpsc::channel();
    std::thread::spawn(move || {
        while gone.try_recv() == Err(TryRecvError::Empty) {
            media.run_for(Duration::from_millis(50));
        }
    });
    quinn.say(&ClientMsg::MakeDevice { does: DeviceUse::Publish });
    let made = |message: &ServerMsg| match message {
        ServerMsg::DeviceMade { token, .. } => Some(token.clone()),
        _ => None,
    };
    (quinn.hear("a token", made).await, quinn, here)
}

fn report(who: &str, found: &Findings) {
    println!("openapi: {who} {} requests {:?}", found.requests(), found.by_status());
    assert!(found.passed, "{who}:\n{}", found.said);
    assert_eq!(found.answered(|status| status >= 500), 0, "{who}: {:?}", found.answers);
}

/// An owner, and all the time the same one: its session lives to the end, and a good share of what it asks is granted.
#[tokio::test]
async fn an_owner_is_answered_as_declared() {
    let server = server().await;
    let console = server.console().await;
    let (token, _quinn, _media) = device(&server, &console).await;
    // The first in the list, which leads to disabling it.
    let (made, said) = server.admin_command(&["create", "--name", "Aaron"]);
    assert!(made, "{said}");
    let found = ask(&server, &console, Some(&token), effort(12)).await;
    report("owner", &found);
    let mut declared = declared(&server).await;
    declared.remove("POST /api/v1/logout");
    assert_eq!(found.answers.keys().cloned().collect::<BTreeSet<_>>(), declared, "what was asked");
    assert!(
        found.answers["POST /whip"].contains_key(&400),
        "no offer was looked at: {:?}",
        found.answers["POST /whip"]
    );
    let granted = found.answered(|status| (200..300).contains(&status));
    // Most of what it makes up is meant to be refused: a fifth was granted when this was written.
    assert!(100 * granted > 15 * found.requests(), "{granted} of {}", found.requests());
    // Nobody makes up a password, a session of WebRTC or a WebSocket's handshake.
    let expected = [
        "DELETE /whep/{resource}",
        "DELETE /whip/{resource}",
        "GET /api/v1/ws",
        "PATCH /whep/{resource}",
        "PATCH /whip/{resource}",
        "POST /api/v1/login",
        "POST /api/v1/me/authenticator",
        "POST /api/v1/me/authenticator/confirm",
        "POST /api/v1/me/authenticator/remove",
        "POST /whep",
        "POST /whip",
        // Of another account than one's own.
        "POST /api/v1/accounts/{account}/disable",
        "POST /api/v1/accounts/{account}/enable",
        // Of an invitee of a meeting that is not over, with a number: hit in longer runs alone.
        "POST /api/v1/meetings/{meeting}/invitees/{invitee}/invitation",
        "POST /api/v1/meetings/{meeting}/invitees/{invitee}/pin/revoke",
        "POST /api/v1/meetings/{meeting}/invitees/{invitee}/password",
        "POST /api/v1/meetings/{meeting}/invitees/{invitee}/password/read-out",
    ];
    let never: Vec<_> = found.never_granted().into_iter().filter(|call| !expected.contains(call)).collect();
    assert_eq!(never, Vec::<&str>::new(), "{:?}", found.answers);
    let _: Me = console.get("/me").await.unwrap();
    let out = console.send(Method::POST, "/logout", None::<&()>).await;
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
    assert_eq!(console.get::<Me>("/me").await, Err(ApiError::NotLoggedIn));
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

/// A stranger gets what every page may know, and nothing else whatever it makes up.
#[tokio::test]
async fn a_stranger_is_answered_as_declared() {
    let server = server().await;
    let console = server.console().await;
    let found = ask(&server, &Console::stranger(server.url()), None, effort(6)).await;
    report("stranger", &found);
    let granted = found.answers.iter().filter(|(_, statuses)| statuses.keys().any(|s| (200..300).contains(s)));
    let granted: Vec<_> = granted.map(|(call, _)| call.as_str()).collect();
    let open = [
        "GET /api/v1/site",
        "OPTIONS /whep",
        "OPTIONS /whep/{resource}",
        "OPTIONS /whip",
        "OPTIONS /whip/{resource}",
        "POST /api/v1/logout",
    ];
    assert_eq!(granted, open);
    assert!(found.answered(|status| status == 401) > 100, "{:?}", found.by_status());
    let _: Me = console.get("/me").await.unwrap();
}
