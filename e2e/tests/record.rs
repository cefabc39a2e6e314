//! The record of a meeting that is over: made by a real server, downloaded, checked by the command line, and looked at.

#![expect(clippy::unwrap_used, reason = "the whole file is tests and their helpers")]

use std::path::{Path, PathBuf};
use std::process::Command;

use e2e::media_socket::MediaSocket;
use e2e::{Browser, Caller, Deployment, Person, TempFolder};
use reqwest::Method;
use shared::meeting::Role;
use shared::signal::{ClientMsg, RefuseReason, ServerMsg};

/// `conclave record …`: how it ended and what it said.
fn conclave(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(std::env::var("CONCLAVE_BIN").unwrap()).arg("record").args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
    (output.status.code().unwrap(), said)
}

fn verify(file: &Path, more: &[&str]) -> (i32, String) {
    conclave(&[&["verify", file.to_str().unwrap()], more].concat())
}

async fn download(console: &e2e::Console, path: &str, file: PathBuf) -> PathBuf {
    let answer = console.send(Method::GET, path, None::<&()>).await;
    assert_eq!(answer.status(), 200, "{path}");
    assert!(
        answer.headers()["content-disposition"].to_str().unwrap().starts_with("attachment; filename=\"meeting-record-")
    );
    std::fs::write(&file, answer.bytes().await.unwrap()).unwrap();
    file
}

/// Peter is refused and let in, the meeting ends: the record says so, both its files verify, and neither does after one
/// letter was changed in it. Nobody's telephone number is in it.
#[tokio::test]
async fn a_meeting_leaves_a_record_that_verifies() {
    let server = Deployment::start().await;
    let console = server.console().await;
    let meeting = console.meeting("Signing", &[("Maria", Role::Moderator), ("Peter", Role::Participant)]).await;
    let running = console.send(Method::GET, &format!("/meetings/{}/record", meeting.id), None::<&()>).await;
    assert_eq!(running.status(), 409, "while it goes on there is none");

    let mut maria = Caller::connect(server.url(), Some(console.cookie())).await;
    let media = MediaSocket::on_loopback(1).unwrap();
    maria.knock(meeting.link("Maria")).await;
    maria.enter(media.client.offer()).await;
    for is_let_in in [false, true] {
        let mut peter = Caller::connect(server.url(), None).await;
        let media = MediaSocket::on_loopback(2).unwrap();
        peter.knock(meeting.link("Peter")).await;
        peter.enter(media.client.offer()).await;
        let card = |message: &ServerMsg| match message {
            ServerMsg::LobbyChanged { card } => Some(card.participant),
            _ => None,
        };
        let participant = maria.hear("Peter's card", card).await;
        let decision = if is_let_in {
            ClientMsg::Admit { participant }
        } else {
            ClientMsg::Refuse { participant, reason: RefuseReason::NotVerified }
        };
        maria.say(&decision);
        let decided = |message: &ServerMsg| {
            matches!(message, ServerMsg::Admitted { .. } | ServerMsg::TurnedAway { .. }).then_some(())
        };
        peter.hear("the decision", decided).await;
    }
    console.end(&meeting).await;

    let folder = TempFolder::new("record");
    let base = format!("/meetings/{}/record", meeting.id);
    let json = download(&console, &base, folder.path().join("record.json")).await;
    let page = download(&console, &format!("{base}.html"), folder.path().join("record.html")).await;
    let key = console.detail(&meeting).await.record_key.unwrap();
    let data = server.data();
    let data = data.to_str().unwrap();
    assert_eq!(conclave(&["key", "--data", data]), (0, format!("{key}\n")));
    for file in [&json, &page] {
        let (code, said) = verify(file, &["--key", &key]);
        assert!(code == 0 && said.contains("VALID") && said.contains("\"Signing\""), "{code} {said}");
        assert_eq!(verify(file, &["--data", data]).0, 0);
        let (code, said) = verify(file, &[]);
        assert!(code == 3 && said.contains("INTACT"), "{code} {said}");
        let (code, said) = verify(file, &["--key", "another"]);
        assert!(code == 1 && said.contains("NOT VALID"), "{code} {said}");
        let text = std::fs::read_to_string(file).unwrap();
        let touched = folder.path().join("touched");
        let at = text.rfind("payload").unwrap() + 40;
        let other = if &text[at..=at] == "A" { "B" } else { "A" };
        std::fs::write(&touched, format!("{}{other}{}", &text[..at], &text[at + 1..])).unwrap();
        let (code, said) = verify(&touched, &["--key", &key]);
        assert!(code == 1 && said.contains("NOT VALID"), "{code} {said}");
    }
    let text = std::fs::read_to_string(&page).unwrap();
    for words in
        ["Was not let in: could not make sure who it is", "Was let in: by the link, with the PIN", "The meeting ended"]
    {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    assert!(!text.contains("470123456"), "a telephone number");

    let browser = Browser::start(Person::MARIA).await;
    browser.open(&format!("file://{}", page.display())).await;
    assert!(browser.page_text().await.contains("could not make sure who it is"));
    browser.pictures("record").await;
    browser.log_in(&server).await;
    browser.open(&format!("{}/console/meetings/{}", server.url(), meeting.id)).await;
    assert_eq!(browser.text("record-key").await, key);
    browser.pictures("console-record").await;
}
