//! The real server on a real PostgreSQL: it does what it does on a file, and when the database goes away in the middle of a
//! meeting, the meeting does not notice.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use e2e::media_socket::MediaSocket;
use e2e::{Caller, Console, Deployment, Link, Meeting, Options, Postgres, TempFolder, meeting_now, until};
use reqwest::Method;
use shared::api::ApiError;
use shared::ids::ParticipantId;
use shared::meeting::Role;
use shared::secret::Secret;
use shared::signal::{ClientMsg, JoinRefused, ProtocolError, ServerMsg, TurnedAway};
use str0m::media::MediaKind;

const PEOPLE: [(&str, Role); 4] = [
    ("Maria", Role::Moderator),
    ("Petronella", Role::Participant),
    ("Paul", Role::Participant),
    ("Nadia", Role::Participant),
];

/// A server on this database, with its numbers on a port of their own.
async fn server_on(postgres: &Postgres) -> (Deployment, String) {
    // Free a moment ago; `{port}` is the pages'.
    let numbers = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = format!("[sms]\nsender = \"outbox\"\n[metrics]\nlisten = \"{numbers}\"\n{}", postgres.config());
    let server = Deployment::start_with(Options { config, ..Options::default() }).await;
    (server, format!("http://{numbers}/health"))
}

/// Somebody in a room, with media that flows.
struct Guest {
    caller: Caller,
    media: Box<MediaSocket>,
}

impl Guest {
    /// Into the lobby, or straight in for who moderates.
    async fn comes(server: &Deployment, cookie: Option<&str>, link: &Link, number: u16) -> Self {
        let mut caller = Caller::connect(server.url(), cookie).await;
        caller.knock(link).await;
        let mut media = MediaSocket::on_loopback(number).unwrap();
        let answer = caller.enter(media.client.offer()).await;
        media.accept(&answer).unwrap();
        Self { caller, media: Box::new(media) }
    }

    /// Admits whoever's card comes, and answers who that is to the room.
    async fn admits(&mut self, name: &str) -> ParticipantId {
        let participant = self
            .caller
            .hear("a card", |message| match message {
                ServerMsg::LobbyChanged { card } if card.name == name => Some(card.participant),
                _ => None,
            })
            .await;
        self.caller.say(&ClientMsg::Admit { participant });
        participant
    }

    async fn is_admitted(&mut self) {
        self.caller.hear("admission", |message| matches!(message, ServerMsg::Admitted { .. }).then_some(())).await;
        let connected =
            tokio::task::block_in_place(|| self.media.run_until(Duration::from_secs(20), |client| client.connected));
        assert!(connected, "no media");
    }
}

/// A meeting of Maria and Petronella, whose media flows.
async fn meeting(server: &Deployment, console: &Console) -> (Meeting, Guest, Guest) {
    let meeting = console.meeting("Zephyranthes", &PEOPLE).await;
    let mut maria = Guest::comes(server, Some(console.cookie()), meeting.link("Maria"), 1).await;
    maria.is_admitted().await;
    let mut petronella = Guest::comes(server, None, meeting.link("Petronella"), 2).await;
    maria.admits("Petronella").await;
    petronella.is_admitted().await;
    (meeting, maria, petronella)
}

/// Petronella talks to Maria: so many packets, and how many arrive.
fn talks(from: &mut Guest, to: &mut Guest) -> (u32, usize) {
    let before = to.media.client.counters_of(MediaKind::Audio, from.media.client.number).len();
    let packets = 50;
    for _ in 0..packets {
        from.media.client.send_audio(Instant::now(), None);
        from.media.flush();
        from.media.run_for(Duration::from_millis(10));
        to.media.run_for(Duration::from_millis(10));
    }
    to.media.run_for(Duration::from_millis(50));
    (packets, to.media.client.counters_of(MediaKind::Audio, from.media.client.number).len() - before)
}

fn all_arrives(from: &mut Guest, to: &mut Guest, when: &str) {
    let (sent, arrived) = tokio::task::block_in_place(|| talks(from, to));
    assert_eq!(arrived, sent as usize, "of Petronella's voice, {when}");
}

/// What the door says to somebody who types their PIN now.
async fn knocks(server: &Deployment, link: &Link) -> ServerMsg {
    let mut caller = Caller::connect(server.url(), None).await;
    let token = link.url().rsplit('#').next().unwrap();
    caller.say(&ClientMsg::Join { pin: Secret::new(&link.pin), link: Some(Secret::new(token)) });
    let is_answer = |message: &ServerMsg| {
        matches!(message, ServerMsg::Welcomed { .. } | ServerMsg::JoinRefused { .. } | ServerMsg::ProtocolError { .. })
            .then(|| message.clone())
    };
    caller.hear("the door's answer", is_answer).await
}

async fn health(url: &str) -> (u16, String) {
    let answer = reqwest::get(url).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

fn events(postgres: &Postgres, kind: &str) -> usize {
    postgres.sql(&format!("SELECT COUNT(*) FROM door_events WHERE kind = '{kind}'")).parse().unwrap()
}

/// Account, meeting and door live through a crash; nothing secret is in the server's files or its log.
#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_on_postgres_outlives_a_crash_and_leaves_no_secret() {
    let postgres = Postgres::start().await;
    let (mut server, health_url) = server_on(&postgres).await;
    let console = server.console().await;
    let (meeting, maria, petronella) = meeting(&server, &console).await;
    console.send_password(&meeting, meeting.link("Paul")).await;
    assert_eq!(health(&health_url).await.0, 200);
    assert!(!server.data().join("conclave.db").exists(), "a file beside the server");
    let outbox = console.outbox().await;
    drop((maria, petronella));
    server.restart().await;
    // The session of before is good, the meeting is there and its PINs open it.
    let console_again = server.console().await;
    let names = console_again.detail(&meeting).await.invitees.into_iter().map(|invitee| invitee.name);
    assert_eq!(names.collect::<Vec<_>>(), PEOPLE.map(|(name, _)| name));
    let path = format!("/meetings/{}", meeting.id);
    assert!(console.get::<serde_json::Value>(&path).await.is_ok(), "a session does not end with the process");
    assert!(matches!(knocks(&server, meeting.link("Nadia")).await, ServerMsg::Welcomed { .. }));
    console_again.end(&meeting).await;
    let over = knocks(&server, meeting.link("Nadia")).await;
    assert!(matches!(&over, ServerMsg::JoinRefused { reason: JoinRefused::Over }), "{over:?}");
    assert_eq!(postgres.sql("SELECT COUNT(*) FROM passwords"), "0", "served");

    // As text, because that is searched fast: what is no text is none of these.
    let files: Vec<_> = postgres.files().iter().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect();
    let is_anywhere = |needle: &str| files.iter().any(|file| file.contains(needle));
    assert!(is_anywhere("Zephyranthes") && postgres.dump().contains("Petronella"), "the search finds what is there");
    let mut secrets = vec![server.admin().1.to_owned(), console.cookie().split('=').nth(1).unwrap().to_owned()];
    secrets.extend(outbox.iter().map(|sms| sms.text.split_whitespace().next_back().unwrap().to_owned()));
    for link in &meeting.links {
        secrets.extend([
            link.pin.clone(),
            link.pin.replace(' ', ""),
            link.url().rsplit('#').next().unwrap().to_owned(),
        ]);
    }
    let log = server.log();
    assert!(log.contains("SELECT"), "a log that has no statements is the wrong place to search");
    for secret in secrets {
        assert!(!is_anywhere(&secret), "a secret is in PostgreSQL's files");
        assert!(!log.contains(&secret), "a secret is in the log");
    }
    for (name, _) in PEOPLE {
        assert!(!log.contains(name), "{name} is in the log");
    }
}

/// A database that is frozen for longer than anybody waits, then stopped and started: whoever is in the meeting hears every
/// word; who comes is refused in time; what was decided meanwhile is written once.
#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_does_not_notice_that_its_database_is_gone() {
    let mut postgres = Postgres::start().await;
    let (server, health_url) = server_on(&postgres).await;
    let console = server.console().await;
    let (meeting, mut maria, mut petronella) = meeting(&server, &console).await;
    let mut paul = Guest::comes(&server, None, meeting.link("Paul"), 3).await;
    until("the notes", || async { events(&postgres, "entered_lobby") == 2 }).await;
    let admitted = events(&postgres, "admitted");
    all_arrives(&mut petronella, &mut maria, "before");

    postgres.freeze();
    let frozen = Instant::now();
    let (status, said) = health(&health_url).await;
    assert!(
        status == 503 && said.contains("\"database\":\"silent\"") && said.contains("\"media\":\"answers\""),
        "{said}"
    );
    all_arrives(&mut petronella, &mut maria, "with the database frozen");
    // Who waits in the lobby is let in all the same; it is written when it can be.
    let pauls = maria.admits("Paul").await;
    paul.is_admitted().await;
    all_arrives(&mut petronella, &mut maria, "with one more, admitted meanwhile");
    let path = format!("/meetings/{}", meeting.id);
    let (page, door) = tokio::join!(console.get::<serde_json::Value>(&path), knocks(&server, meeting.link("Nadia")));
    assert_eq!(page.unwrap_err(), ApiError::DatabaseAway);
    assert!(matches!(&door, ServerMsg::ProtocolError { error: ProtocolError::Internal }), "{door:?}");
    println!("bench: refused_with_a_frozen_database {} ms", frozen.elapsed().as_millis());
    all_arrives(&mut petronella, &mut maria, "after those who came were refused");

    postgres.thaw();
    until("the database again", || async { health(&health_url).await.0 == 200 }).await;
    assert!(matches!(knocks(&server, meeting.link("Nadia")).await, ServerMsg::Welcomed { .. }));
    until("what was decided meanwhile", || async { events(&postgres, "admitted") == admitted + 1 }).await;

    postgres.stop();
    assert_eq!(health(&health_url).await.0, 503);
    all_arrives(&mut petronella, &mut maria, "with the database stopped");
    let refused = console.get::<serde_json::Value>("/meetings").await;
    assert_eq!(refused.unwrap_err(), ApiError::DatabaseAway);
    // Out within seconds, whatever the database says. The PIN dies when that can be written, and opens nothing before.
    maria.caller.say(&ClientMsg::Remove { participant: pauls });
    let is_removed = |message: &ServerMsg| matches!(message, ServerMsg::TurnedAway { reason: TurnedAway::Removed });
    paul.caller.hear("that he is out", |message| is_removed(message).then_some(())).await;
    let door = knocks(&server, meeting.link("Paul")).await;
    assert!(matches!(&door, ServerMsg::ProtocolError { error: ProtocolError::Internal }), "{door:?}");
    postgres.start_again().await;
    until("the database again", || async { health(&health_url).await.0 == 200 }).await;
    until("the removal", || async { events(&postgres, "removed") == 1 }).await;
    let door = knocks(&server, meeting.link("Paul")).await;
    assert!(matches!(&door, ServerMsg::JoinRefused { .. }), "{door:?}");
    all_arrives(&mut petronella, &mut maria, "after the database came back");
    assert!(console.get::<serde_json::Value>("/meetings").await.is_ok(), "the console's session lives");
    assert_eq!(events(&postgres, "admitted"), admitted + 1, "written once");
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

/// A server that gets a twentieth of its machine, and that once in a second.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_database_makes_those_wait_who_ask_it_and_nobody_else() {
    let postgres = Arc::new(Postgres::start().await);
    let (server, _) = server_on(&postgres).await;
    let console = server.console().await;
    let (meeting, mut maria, mut petronella) = meeting(&server, &console).await;
    let frozen = Arc::clone(&postgres);
    let slow = tokio::spawn(async move {
        loop {
            frozen.freeze();
            tokio::time::sleep(Duration::from_millis(950)).await;
            frozen.thaw();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    all_arrives(&mut petronella, &mut maria, "beside a slow database");
    let asked = Instant::now();
    let mut paul = Guest::comes(&server, None, meeting.link("Paul"), 3).await;
    maria.admits("Paul").await;
    paul.is_admitted().await;
    console.meeting("Zinnia", &[("Olga", Role::Participant)]).await;
    println!("bench: join_and_meeting_on_a_slow_database {} ms", asked.elapsed().as_millis());
    slow.abort();
    let _ = slow.await;
    postgres.thaw();
    assert_eq!(postgres.sql("SELECT COUNT(*) FROM meetings WHERE title = 'Zinnia'"), "1");
    until("that he was admitted", || async { events(&postgres, "admitted") == 2 }).await;
}

/// A disk without room: what reads goes on, what writes is refused as it is and not half done, and it ends with its cause.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_what_would_be_written() {
    let Some(postgres) = Postgres::start_on_a_small_disk().await else {
        println!("left out: only root may make a small disk");
        return;
    };
    let (server, _) = server_on(&postgres).await;
    let console = server.console().await;
    let (meeting, mut maria, mut petronella) = meeting(&server, &console).await;
    let stored = |what: &str| -> usize { postgres.sql(&format!("SELECT COUNT(*) FROM {what}")).parse().unwrap() };
    postgres.fill_the_disk();
    // The last pages of some tables have room for a few more rows.
    let mut made = 0;
    let refused = loop {
        assert!(made < 300, "the disk is not full");
        match console.call::<_, serde_json::Value>(Method::POST, "/meetings", Some(&meeting_now("Zinnia"))).await {
            Ok(_) => made += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(refused, ApiError::DatabaseAway);
    assert_eq!(stored("meetings"), made + 1, "what was refused is not there");
    assert_eq!(console.detail(&meeting).await.invitees.len(), PEOPLE.len(), "reading goes on");
    all_arrives(&mut petronella, &mut maria, "with the disk full");
    postgres.free_the_disk();
    console.meeting("Zinnia", &[]).await;
    assert_eq!(stored("meetings"), made + 2);
}

/// What `conclave` says at once when it is to use this database.
fn started_on(server: &Deployment, url: &str, password: Option<&str>) -> Result<(), String> {
    let folder = TempFolder::new("start");
    let file = folder.path().join("password");
    let password_file = password.map_or_else(String::new, |password| {
        std::fs::write(&file, format!("{password}\n")).unwrap();
        format!("password_file = \"{}\"\n", file.display())
    });
    let config = folder.path().join("conclave.toml");
    std::fs::write(&config, format!("[database]\nurl = \"{url}\"\n{password_file}")).unwrap();
    let mut command = Command::new(server.binary());
    command.args(["admin", "create", "--name", "Bea", "--config"]).arg(config).arg("--data").arg(folder.path());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

/// Whatever is wrong with the server is one sentence that says what to do, and holds no password.
#[tokio::test]
async fn what_is_wrong_with_the_server_is_one_sentence_with_the_remedy() {
    let postgres = Postgres::start().await;
    let server = Deployment::start().await;
    for statement in [
        "CREATE ROLE guest LOGIN",
        "CREATE DATABASE foreigner OWNER conclave",
        "CREATE DATABASE latin ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0 OWNER conclave",
        "CREATE DATABASE standby OWNER conclave",
        "ALTER DATABASE standby SET default_transaction_read_only = on",
        "CREATE DATABASE newer OWNER conclave",
    ] {
        postgres.administrate(statement);
    }
    postgres.sql_in("foreigner", "CREATE TABLE meetings (room TEXT)");
    let by_socket = |user: &str, database: &str| {
        format!("postgres://{user}@/{database}?host={}&port={}", postgres.folder().display(), postgres.port())
    };
    let by_tcp = |host: &str, database: &str, port: u16| format!("postgres://conclave@{host}:{port}/{database}");
    assert_eq!(started_on(&server, &by_socket("conclave", "newer"), None), Ok(()));
    postgres.sql_in("newer", "UPDATE _sqlx_migrations SET version = 9999 WHERE version = 1");
    let local = |database: &str| by_tcp("127.0.0.1", database, postgres.port());
    let table = [
        (by_tcp("127.0.0.1", "conclave", 1), None, "cannot be reached", "start it"),
        ("postgres://conclave@/conclave?host=/nowhere".to_owned(), None, "cannot be reached", "start it"),
        (local("conclave"), Some("hunter2"), "does not let conclave in", "password_file"),
        (local("conclave"), None, "does not let conclave in", "password_file"),
        (by_socket("nobody", "conclave"), None, "does not let nobody in", "pg_hba.conf"),
        (local("other"), Some("secret"), "no database other", "createdb --owner=conclave other"),
        (by_socket("guest", "conclave"), None, "guest may not make tables", "OWNER TO guest"),
        (by_socket("conclave", "foreigner"), None, "something else", "for Conclave alone"),
        (by_socket("conclave", "latin"), None, "SQL_ASCII", "--encoding=UTF8"),
        (by_socket("conclave", "standby"), None, "takes no writes", "the primary"),
        (by_socket("conclave", "newer"), None, "newer version", "another database"),
        (format!("{}?sslmode=verify-full", local("conclave")), Some("secret"), "cannot prove", "sslrootcert="),
    ];
    let is_sentence = |said: &str, cause: &str, remedy: &str| {
        let last = said.trim_end().lines().last().unwrap_or_default();
        assert!(last.starts_with("conclave: ") && last.contains(cause) && last.contains(remedy), "{cause}: {said}");
        assert!(!said.contains("panicked") && !said.contains("hunter2") && !said.contains("secret"), "{said}");
    };
    for (url, password, cause, remedy) in table {
        is_sentence(&started_on(&server, &url, password).unwrap_err(), cause, remedy);
    }
    postgres.freeze();
    is_sentence(&started_on(&server, &local("conclave"), Some("secret")).unwrap_err(), "does not answer", "start it");
    postgres.thaw();
    assert_eq!(started_on(&server, &local("conclave"), Some("secret")), Ok(()));
}

/// Over TLS a server proves who it is: by an authority that is known, under the name it is called by.
#[tokio::test]
async fn a_server_on_another_machine_proves_who_it_is() {
    let postgres = Postgres::start().await;
    let authority = postgres.speak_tls();
    let server = Deployment::start().await;
    let url = |host: &str, more: &str| {
        format!("postgres://conclave@{host}:{}/conclave?sslmode=verify-full{more}", postgres.port())
    };
    let known = format!("&sslrootcert={}", authority.display());
    for (url, what) in [(url("localhost", ""), "an unknown authority"), (url("127.0.0.1", &known), "another name")] {
        let said = started_on(&server, &url, Some("secret")).expect_err(what);
        assert!(said.contains("cannot prove"), "{what}: {said}");
    }
    let password = TempFolder::new("password");
    let file = password.path().join("password");
    std::fs::write(&file, "secret").unwrap();
    let config =
        format!("[database]\nurl = \"{}\"\npassword_file = \"{}\"\n", url("localhost", &known), file.display());
    let server = Deployment::start_with(Options { config, ..Options::default() }).await;
    server.console().await;
    let encrypted = "SELECT bool_and(ssl), COUNT(*) > 0 FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'conclave'";
    assert_eq!(postgres.administrate(encrypted), "t|t");
}
