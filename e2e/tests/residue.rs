//! D32: nothing of what was pointed at, drawn or said about a screen remains after the meeting; and no log knows a
//! person. Searched as bytes, in every notation a program might have used.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed step is a failed test")]

use std::collections::BTreeMap;

use e2e::{Browser, Deployment, Options, Person, Postgres, invitee, meeting_now};
use shared::meeting::Role;

/// Where on the board Peter points and draws: fractions that nothing else in a database would hold.
const PLACES: [(f64, f64); 3] = [(0.273_19, 0.611_43), (0.381_77, 0.233_91), (0.517_31, 0.447_83)];
const TITLE: &str = "Zephyranthes";
const LATER: &str = "Wollastonite";
/// Stands in the configuration, which the server logs when it starts: the control for the log.
const PLANTED: &str = "Chalcanthite";
const PHONE: &str = "+32470987651";
const EMAIL: &str = "peter.unlikely@mail.example";

#[tokio::test]
async fn nothing_of_a_meeting_remains_and_the_log_knows_nobody() {
    leaves_nothing(None).await;
}

#[tokio::test]
async fn nothing_of_it_remains_on_postgres_either() {
    leaves_nothing(Some(Postgres::start().await)).await;
}

async fn leaves_nothing(postgres: Option<Postgres>) {
    let database = postgres.as_ref().map_or_else(String::new, Postgres::config);
    let config = format!("[sms]\nsender = \"outbox\"\n[geo]\nattribution = \"{PLANTED}\"\n{database}");
    let server = Deployment::start_with(Options { config, ..Options::default() }).await;
    let console = server.console().await;
    let mut peter_invited = invitee("Petronella", Role::Participant);
    (peter_invited.phone, peter_invited.email) = (Some(PHONE.into()), Some(EMAIL.into()));
    let meeting =
        console.meeting_with(&meeting_now(TITLE), &[invitee("Marigold", Role::Moderator), peter_invited]).await;
    console.send_password(&meeting, meeting.link("Petronella")).await;

    let maria = Browser::start(Person::MARIA).await;
    maria.moderate(&server, meeting.link("Marigold")).await;
    let peter = Browser::start(Person::PETER).await;
    peter.come_in(meeting.link("Petronella")).await.until_sees("lobby").await;
    maria.admit("Petronella").await;
    peter.until_sees("room").await;
    peter.until_faces(&[Person { name: "Marigold", ..Person::MARIA }]).await;

    let number = maria.number_of("tile-", "Petronella").await;
    let mut marks = Vec::new();
    for (x, y) in PLACES {
        peter.hover("whiteboard", x, y).await;
        maria
            .wait("the pointer", || async {
                maria.pointer(number).await.is_some_and(|(px, py)| (px - x).abs() < 0.02 && (py - y).abs() < 0.02)
            })
            .await;
        marks.push(maria.raw_pointer(number).await.expect("a pointer"));
    }
    peter.click("tool-pen").await;
    peter.draw("whiteboard", &PLACES).await;
    maria.wait("the stroke", || async { maria.ink("whiteboard").await > 0 }).await;
    maria.click("end-meeting").await;
    maria.confirm_if_asked("end-meeting-confirm").await;
    peter.until_sees("ended").await;
    // What the database wrote after the last checkpoint is in the WAL: the control for that file.
    console.meeting(LATER, &[]).await;

    let mut files = server.files();
    // A server's tables are searched as SQL: in so many bytes as its files have, a point's four occur by chance.
    files.extend(postgres.as_ref().map(|postgres| ("conclave.db".into(), postgres.dump().into_bytes())));
    let servers_files: Vec<_> = postgres.iter().flat_map(Postgres::files).collect();
    let servers_files: Vec<_> = servers_files.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes)).collect();
    let is_at_server = |needle: &str| servers_files.iter().any(|file| file.contains(needle));
    let names: Vec<_> = files.iter().map(|(path, bytes)| format!("{} {}", path.display(), bytes.len())).collect();
    let holders = |needle: &[u8]| -> Vec<String> {
        let holds = |bytes: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        files
            .iter()
            .filter(|(_, bytes)| holds(bytes))
            .map(|(path, _)| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect()
    };
    // Positive control: what is kept on purpose is found where it is kept.
    assert!(holders(TITLE.as_bytes()).iter().any(|file| file.starts_with("conclave.db")), "{names:?}");
    assert!(holders(LATER.as_bytes()).iter().any(|file| file.ends_with("-wal") || file.ends_with(".db")), "{names:?}");
    assert_eq!(is_at_server(LATER), postgres.is_some(), "the database server's files are the wrong place to search");
    let log = server.log();
    assert!(log.contains(PLANTED), "the planted mark is not in the log: it is the wrong place to search\n{log}");

    for (x, y) in &marks {
        for needle in notations(*x, *y) {
            assert_eq!(holders(&needle), Vec::<String>::new(), "a pointer at {x} {y} is on disk");
            assert!(!contains(log.as_bytes(), &needle), "a pointer at {x} {y} is in the log");
        }
    }
    for (x, y) in PLACES {
        let (x, y) = ((x * 65535.0) as u16, (y * 65535.0) as u16);
        for needle in notations(x, y) {
            assert_eq!(holders(&needle), Vec::<String>::new(), "a stroke at {x} {y} is on disk");
        }
    }

    let outbox = console.outbox().await;
    let mut personal = BTreeMap::from([
        ("phone", PHONE.to_owned()),
        ("e-mail", EMAIL.to_owned()),
        ("admin's password", server.admin().1.to_owned()),
    ]);
    for link in &meeting.links {
        personal.insert("PIN", link.pin.clone());
        personal.insert("PIN in digits", link.pin.replace(' ', ""));
        assert!(!contains(log.as_bytes(), link.invitee.name.as_bytes()), "a name is in the log:\n{log}");
        let token = link.url().rsplit('#').next().unwrap();
        assert!(!log.contains(token), "a link's token is in the log");
        for secret in [link.pin.clone(), link.pin.replace(' ', ""), token.to_owned()] {
            assert_eq!(holders(secret.as_bytes()), Vec::<String>::new(), "a PIN or token is on disk in clear");
            assert!(!is_at_server(&secret), "a PIN or token is in the database server's files");
        }
    }
    for (what, secret) in &personal {
        assert!(!log.contains(secret.as_str()), "a {what} is in the log:\n{log}");
    }
    for sms in outbox {
        let password = sms.text.split_whitespace().next_back().expect("the message ends with the password");
        assert!(!log.contains(password) && !log.contains(&sms.text), "an SMS is in the log");
        assert_eq!(holders(password.as_bytes()), Vec::<String>::new(), "an SMS password is on disk in clear");
        assert!(!is_at_server(password), "an SMS password is in the database server's files");
    }
    assert!(!log.contains(console.cookie().split('=').nth(1).unwrap()), "a session is in the log");
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// Ways to write a point down: as on the wire, little-endian, in JSON. Never one number alone: two bytes occur by chance.
fn notations(x: u16, y: u16) -> Vec<Vec<u8>> {
    let wire = [x.to_be_bytes(), y.to_be_bytes()].concat();
    let little = [x.to_le_bytes(), y.to_le_bytes()].concat();
    let json = [format!("{x},{y}"), format!("\"x\":{x},\"y\":{y}"), format!("{x}, {y}")];
    [wire, little].into_iter().chain(json.into_iter().map(String::into_bytes)).collect()
}
