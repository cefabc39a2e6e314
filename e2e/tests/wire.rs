//! What a stranger may send: HTTP, WebSocket and media port, each with its clear answer and nothing lost.

use std::net::UdpSocket;

use e2e::{Caller, Deployment, TempFolder, invitee, meeting_now};
use reqwest::Method;
use shared::api::{ApiError, Field, FieldError, NewMeeting};
use shared::input::InvalidText;
use shared::limits::{MAX_SIGNAL_MESSAGE_BYTES, MAX_TITLE_CHARS};
use shared::meeting::Role;
use shared::signal::{ClientMsg, MediaState, OfferError, ProtocolError, ServerMsg};

fn error_of(message: &ServerMsg) -> Option<ProtocolError> {
    match message {
        ServerMsg::ProtocolError { error } => Some(error.clone()),
        _ => None,
    }
}

/// Every kind of nonsense on the WebSocket has its own answer, and the page may go on.
#[tokio::test]
async fn nonsense_on_the_websocket_is_answered_by_name() {
    let server = Deployment::start().await;
    let meeting = server.console().await.meeting("Weekly", &[("Peter", Role::Participant)]).await;
    let mut caller = Caller::connect(server.url(), None).await;
    let table = [
        ("not json", ProtocolError::Unreadable),
        (r#"{"teleport":{}}"#, ProtocolError::UnknownKind),
        (r#""end_meeting""#, ProtocolError::WrongState),
        (r#"{"admit":{"participant":1}}"#, ProtocolError::WrongState),
    ];
    for (text, error) in table {
        caller.say_text(text.to_owned());
        assert_eq!(caller.hear("an error", error_of).await, error, "{text}");
    }
    caller.knock(meeting.link("Peter")).await;
    let offers = [
        ("x".repeat(63 * 1024), OfferError::Unreadable),
        ("v=0\r\n".to_owned(), OfferError::Unreadable),
        (format!("v=0\r\n{}", "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n".repeat(70)), OfferError::TooManyMediaSections),
    ];
    for (offer, error) in offers {
        let media = MediaState::default();
        caller.say(&ClientMsg::Enter { offer, media });
        let found = caller.hear("an error", error_of).await;
        let fits = matches!(&found, ProtocolError::Offer { error: e } if *e == error || *e == OfferError::Unusable);
        assert!(fits, "{found:?} instead of {error:?}");
    }
    caller.say_text("x".repeat(MAX_SIGNAL_MESSAGE_BYTES + 6 * 1024));
    assert_eq!(caller.hear("an error", error_of).await, ProtocolError::TooLarge);
    let mut again = Caller::connect(server.url(), None).await;
    again.knock(meeting.link("Peter")).await;
}

/// Every kind of nonsense in the console's calls has its own answer.
#[tokio::test]
async fn nonsense_in_a_form_is_answered_field_by_field() {
    let server = Deployment::start().await;
    let console = server.console().await;
    let long = NewMeeting { title: "x".repeat(10_000), ..meeting_now("") };
    let mark = NewMeeting { title: "Bo\u{202e}ard".into(), ..meeting_now("") };
    let nul = NewMeeting { title: "Bo\0ard".into(), ..meeting_now("") };
    let text = |reason| FieldError::Text { reason };
    let table = [
        (long, Field::Title, text(InvalidText::TooLong { max: MAX_TITLE_CHARS })),
        (mark, Field::Title, text(InvalidText::HiddenCharacter)),
        (nul, Field::Title, text(InvalidText::ControlCharacter)),
        (
            NewMeeting { time_zone: "Mars/Olympus".into(), ..meeting_now("x") },
            Field::TimeZone,
            FieldError::UnknownTimeZone,
        ),
    ];
    for (meeting, field, reason) in table {
        let answer = console.call::<_, serde_json::Value>(Method::POST, "/meetings", Some(&meeting)).await;
        assert_eq!(answer, Err(ApiError::Field { field, reason }));
    }
    let meeting = console.meeting("Weekly", &[]).await;
    let path = format!("/meetings/{}/invitees", meeting.id);
    for phone in ["+999123456789", "+320"] {
        let mut person = invitee("Peter", Role::Participant);
        person.phone = Some(phone.into());
        let answer = console.call::<_, serde_json::Value>(Method::POST, &path, Some(&person)).await;
        assert!(matches!(answer, Err(ApiError::Field { field: Field::Phone, .. })), "{phone}: {answer:?}");
    }
}

/// A foreign page cannot open the WebSocket, and a foreign name gets nothing (DNS rebinding).
#[tokio::test]
async fn foreign_origins_and_foreign_names_are_turned_away() {
    let server = Deployment::start().await;
    let client = reqwest::Client::new();
    for origin in [None, Some("http://evil.example"), Some("null")] {
        let mut request = client.get(format!("{}/api/v1/ws", server.url()));
        request = request.header("connection", "Upgrade").header("upgrade", "websocket");
        request = request.header("sec-websocket-version", "13").header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        assert_eq!(request.send().await.unwrap().status(), 403, "{origin:?}");
    }
    let answer = client.get(format!("{}/", server.url())).header("host", "evil.example").send().await.unwrap();
    assert!(answer.status().is_client_error(), "{}", answer.status());
    let page = client.get(format!("{}/", server.url())).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") || policy.contains("default-src 'self'"), "{policy}");
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
}

/// Junk on the media port disturbs nobody: the door still opens and the server still answers.
#[tokio::test]
async fn junk_on_the_media_port_disturbs_nobody() {
    let server = Deployment::start().await;
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    for size in [0, 1, 19, 20, 1500, 9000] {
        for first in [0u8, 20, 22, 64, 128, 200, 255] {
            let _ = socket.send_to(&vec![first; size], ("127.0.0.1", server.port()));
        }
    }
    let meeting = server.console().await.meeting("Weekly", &[("Peter", Role::Participant)]).await;
    let mut caller = Caller::connect(server.url(), None).await;
    caller.knock(meeting.link("Peter")).await;
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

/// What cannot work is one clear sentence with the remedy and an exit code, not a stack trace.
#[tokio::test]
async fn a_server_that_cannot_start_says_why_in_a_sentence() {
    let server = Deployment::start().await;
    let folder = TempFolder::new("broken");
    let data = folder.path().join("data");
    let serve = |arguments: &[&str]| {
        let mut command = std::process::Command::new("timeout");
        // A server that does start would serve for ever.
        command.arg("60").arg(server.binary()).arg("serve").arg("--data").arg(&data).args(arguments);
        let output = command.current_dir(folder.path()).output().unwrap();
        let said = [output.stderr, output.stdout].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
        let refused = output.status.code().is_some_and(|code| code != 0 && code != 124);
        assert!(refused && !said.contains("panicked"), "{arguments:?} {:?}: {said}", output.status);
        said
    };
    let taken = format!("127.0.0.1:{}", server.port());
    assert!(serve(&["--listen", &taken]).contains(&server.port().to_string()));
    let beyond = serve(&["--listen", "0.0.0.0:0"]);
    assert!(beyond.contains("TLS") || beyond.contains("tls"), "{beyond}");
    std::fs::write(folder.path().join("bad.toml"), "listen = 7").unwrap();
    assert!(serve(&["--config", "bad.toml"]).contains("bad.toml"));
    // Afresh: an earlier start's write-ahead log would bring its database back.
    let _ = std::fs::remove_dir_all(&data);
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("conclave.db"), "this is no database, but long enough to be looked at as one").unwrap();
    assert!(serve(&["--listen", "127.0.0.1:0"]).contains("conclave.db"));
}

/// A location file that is none: the server starts, says so once, and works without.
#[tokio::test]
async fn a_broken_location_file_is_said_and_survived() {
    let folder = TempFolder::new("geo");
    let file = folder.path().join("broken.mmdb");
    std::fs::write(&file, "no database").unwrap();
    let config = format!("[geo]\nfiles = ['{}']\n", file.display());
    let server = Deployment::start_with(e2e::Options { config, ..e2e::Options::default() }).await;
    let log = server.log();
    let warnings = log.lines().filter(|line| line.contains("WARN") && line.contains("broken.mmdb")).count();
    assert_eq!(warnings, 1, "{log}");
}
