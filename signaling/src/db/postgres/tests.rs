//! URLs, and a connection that goes silent.

use tokio::io::copy_bidirectional;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

use super::*;
use crate::config;
use crate::db::sql::query;
use crate::testing;

#[test]
fn beyond_this_machine_a_server_proves_who_it_is() {
    let mode = |url: &str, waived| Server::at(url, waived).map(|server| format!("{:?}", server.options.get_ssl_mode()));
    for local in ["localhost", "127.0.0.1", "127.9.9.9:5433", "[::1]"] {
        assert_eq!(mode(&format!("postgres://conclave@{local}/conclave"), false).as_deref(), Ok("Disable"), "{local}");
    }
    for socket in ["postgres:///conclave?host=/run/postgresql", "postgres://conclave@%2Frun%2Fpostgresql/conclave"] {
        assert_eq!(mode(socket, false).as_deref(), Ok("Disable"), "{socket}");
    }
    for far in ["db.example.org", "192.0.2.7:5433", "[2001:db8::7]", "localhost.example.org", "128.0.0.1"] {
        let url = format!("postgres://conclave@{far}/conclave");
        assert_eq!(mode(&url, false).as_deref(), Ok("VerifyFull"), "{far}");
        for weak in ["disable", "allow", "prefer", "require", "verify-ca"] {
            let url = format!("{url}?sslmode={weak}");
            assert_eq!(mode(&url, false), Err(UrlError::Unverified), "{url}");
            assert!(mode(&url, true).is_ok_and(|mode| mode != "VerifyFull"), "{url}");
        }
    }
    // The host after the question mark is the one that is spoken to.
    let moved = "postgres://conclave@localhost/conclave?host=db.example.org&sslmode=disable";
    assert_eq!(mode(moved, false), Err(UrlError::Unverified));
}

#[test]
fn a_url_says_where_and_nothing_secret() {
    let table = [
        ("mysql://conclave@localhost/conclave", UrlError::Malformed),
        ("conclave", UrlError::Malformed),
        ("postgres://conclave@local host/conclave", UrlError::Malformed),
        ("postgres://conclave:hunter2@localhost/conclave", UrlError::Password),
        ("postgres://conclave@localhost/conclave?password=hunter2", UrlError::Password),
        ("postgres://conclave@localhost/conclave?options=-c%20fsync%3Doff", UrlError::Parameter),
        ("postgres://conclave@localhost/conclave?sslmod=disable", UrlError::Parameter),
        ("postgres://conclave@localhost", UrlError::NoDatabase),
        ("postgres://conclave@localhost/", UrlError::NoDatabase),
    ];
    for (url, error) in table {
        assert_eq!(Server::at(url, false).err(), Some(error), "{url}");
    }
}

/// A way to the server in another folder. What has come by it by the time that it falls silent is never heard of again; what
/// comes later gets through.
fn detour(from: &std::path::Path, to: String) -> watch::Sender<()> {
    let listener = UnixListener::bind(from.join(".s.PGSQL.5432")).unwrap();
    let (silence, silent) = watch::channel(());
    tokio::spawn(async move {
        loop {
            let (mut ours, _) = listener.accept().await.unwrap();
            let (to, mut silent) = (to.clone(), silent.clone());
            silent.mark_unchanged();
            tokio::spawn(async move {
                let mut theirs = UnixStream::connect(to).await.unwrap();
                tokio::select! {
                    _ = copy_bidirectional(&mut ours, &mut theirs) => {}
                    Ok(()) = silent.changed() => std::future::pending().await,
                }
            });
        }
    });
    silence
}

/// A server's machine loses its power in the middle of a transaction, and another takes its place: the one connection that
/// writes stands for a quarter of an hour as far as the system knows.
#[tokio::test]
async fn a_connection_that_went_silent_is_given_up() {
    let Some(database) = testing::postgres::database().await else { return };
    let url = database.config.url.clone().unwrap();
    let (start, folder) = url.split_once("?host=").unwrap();
    let ours = testing::folder();
    let silence = detour(ours.path(), format!("{folder}/.s.PGSQL.5432"));
    let url = format!("{start}?host={}", ours.path().display());
    let db = testing::postgres::open(&config::Database { url: Some(url), ..config::Database::default() }).await;
    let insert = || query("INSERT INTO organisations (id, name, created_at) VALUES ($1, 'x', 0)");
    let mut lost = db.write().begin().await.unwrap();
    insert().bind("lost").execute(&mut *lost).await.unwrap();
    silence.send(()).unwrap();
    let refused = tokio::time::timeout(PATIENCE * 2, insert().bind("refused").execute(&mut *lost)).await;
    let refused = DbError::from(refused.expect("waits for ever").unwrap_err());
    assert!(refused.is_away(), "{refused}");
    drop(lost);
    let mut tries = 0;
    while let Err(error) = insert().bind("written").execute(db.write()).await {
        tries += 1;
        assert!(tries < 3 && DbError::from(error).is_away(), "the connection that writes is lost");
    }
    let names: Vec<String> =
        crate::db::sql::query_scalar("SELECT id FROM organisations").fetch_all(db.write()).await.unwrap();
    assert_eq!(names, ["written"]);
}
