//! Records of their own in the server's log, by whoever can say something to it.

use std::net::Ipv4Addr;
use std::time::Duration;

use e2e::{Caller, Deployment, invitee, meeting_now};
use reqwest::Method;
use serde_json::json;
use shared::api::NewMeeting;
use shared::meeting::Role;

use crate::stranger::request;
use crate::{Attack, Outcome, PLAIN};

pub(crate) const ATTACKS: &[Attack] =
    &[Attack::new("log_injection", "log_words,log_lines", PLAIN, |d| Box::pin(injection(d))).with_talkative_log()];

/// As a record of the server's own would begin.
const FORGED: &str = "2026-11-30T12:00:00.000000Z ERROR signaling: forged";
/// What ends a line, for one reader or another.
const ENDS: [char; 6] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}', '\u{0b}'];

/// Line ends of every kind before a record, what steers a terminal, and what would end a value.
fn corpus() -> Vec<String> {
    let mut corpus: Vec<String> = ENDS.iter().map(|end| format!("a{end}{FORGED}")).collect();
    corpus.extend([format!("a\r\n{FORGED}"), format!("a%0d%0a{FORGED}"), format!("a\\n{FORGED}")]);
    corpus.extend(["\u{1b}[2J\u{1b}[1;31mforged".into(), format!("\"}}\n{{\"forged\":\"{FORGED}\"")]);
    corpus
}

/// Every field of a request and of the WebSocket's messages, with the log as talkative as an operator can make it.
async fn injection(server: &Deployment) -> Outcome {
    let port = server.port();
    let from = Ipv4Addr::new(127, 5, 0, 1);
    let console = server.console().await;
    let meeting = console.meeting("Board", &[("Piet", Role::Participant)]).await;
    let page = Caller::connect(server.url(), Some(console.cookie())).await;
    let mut sent = 0;
    for text in corpus() {
        for header in
            ["User-Agent", "Origin", "Cookie", "X-Forwarded-For", "Referer", "Accept-Language", "Authorization"]
        {
            let host = format!("Host: localhost:{port}\r\nConnection: close");
            let get = format!("GET /api/v1/site HTTP/1.1\r\n{host}\r\n{header}: {text}\r\n\r\n");
            request(server, from, &get).await;
        }
        for line in [
            format!("GET /{} HTTP/1.1\r\nHost: localhost:{port}", text.replace(' ', "%20")),
            format!("GET /api/v1/site?q={} HTTP/1.1\r\nHost: localhost:{port}", text.replace(' ', "%20")),
            format!("GET / HTTP/1.1\r\nHost: {text}"),
        ] {
            request(server, from, &format!("{line}\r\nConnection: close\r\n\r\n")).await;
        }
        let bodies = [
            ("/login", json!({ "name": text, "password": text })),
            ("/meetings", serde_json::to_value(NewMeeting { title: text.clone(), ..meeting_now("") }).unwrap()),
            ("/meetings", serde_json::to_value(NewMeeting { time_zone: text.clone(), ..meeting_now("x") }).unwrap()),
            ("/meetings", json!({ &text: text })),
        ];
        for (path, body) in bodies {
            console.send(Method::POST, path, Some(&body)).await;
        }
        let person = invitee(&text, Role::Participant);
        console.send(Method::POST, &format!("/meetings/{}/invitees", meeting.id), Some(&person)).await;
        let messages = [
            json!({ "join": { "pin": text, "link": null } }),
            json!({ "join": { "pin": "0000 0000 0000 0000", "link": text } }),
            json!({ "resume": { "session": text, "media": null } }),
            json!({ "enter": { "offer": text, "media": { "microphone": true, "camera": true, "screen": false } } }),
            json!({ &text: {} }),
        ];
        messages.iter().for_each(|message| page.say_text(message.to_string()));
        // Between the parts of a message JSON allows line ends.
        page.say_text(format!("{{\n{FORGED}\n}}"));
        sent += 3 + 7 + 5 + 6;
        // Fewer than a page may say at once.
        tokio::time::sleep(Duration::from_millis(350)).await;
    }
    let log = server.log();
    let lines: Vec<&str> = log.split(ENDS).filter(|line| !line.is_empty()).collect();
    let is_record = |line: &&&str| line.starts_with("20") && line.get(10..11) == Some("T");
    let (torn, forged) = (lines.iter().filter(|line| !is_record(line)).count(), count(&lines));
    let steers = log.matches('\u{1b}').count();
    let figure = format!(
        "{forged} forged records, {torn} torn, {steers} terminal controls in {} lines of log after {sent} tries",
        lines.len()
    );
    Outcome { succeeded: forged + torn + steers > 0, figure }
}

fn count(lines: &[&str]) -> usize {
    lines.iter().filter(|line| line.starts_with(FORGED)).count()
}
