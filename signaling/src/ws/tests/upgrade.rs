//! Before the socket: where a page must be from, and what an account's cookie is worth.

use std::net::SocketAddr;

use axum::routing::get;
use axum::{Extension, Router};
use shared::meeting::Role;
use shared::signal::ServerMsg;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::page::Page;
use super::theatre::{ADMIN, ORGANISATION, Theatre, theatre};
use crate::chance::token_hash;
use crate::db::sql;
use crate::edge::client::Client;
use crate::state::AppState;

/// The real upgrade, behind what the edge leaves in a request.
async fn serve(state: AppState) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let client = Extension(Client([127, 0, 0, 1].into()));
    let router = Router::new().route("/api/v1/ws", get(crate::ws::upgrade)).layer(client).with_state(state);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

async fn status(server: SocketAddr, origin: Option<&str>) -> u16 {
    let mut request = format!("ws://{server}/api/v1/ws").into_client_request().unwrap();
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().unwrap());
    }
    match connect_async(request).await {
        Ok((_, response)) => response.status().as_u16(),
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(other) => panic!("{other}"),
    }
}

/// A page of another site, of a file, or no browser at all opens no socket.
#[tokio::test]
async fn only_our_own_pages_open_a_socket() {
    let theatre = theatre().await;
    let server = serve(theatre.world.state.clone()).await;
    let own = format!("http://{server}");
    let almost = format!("http://{server}.evil.example");
    let table = [
        (Some(own.as_str()), 101),
        (None, 403),
        (Some("null"), 403),
        (Some("http://evil.example"), 403),
        (Some(almost.as_str()), 403),
    ];
    for (origin, expected) in table {
        assert_eq!(status(server, origin).await, expected, "{origin:?}");
    }
}

async fn log_in(theatre: &Theatre, token: &str, organisation: &str, account: &str) {
    let now = crate::testing::NOON.0;
    sql::query(
        "INSERT INTO account_sessions (token_hash, organisation_id, account_id, created_at, last_active_at) \
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(token_hash(token))
    .bind(organisation)
    .bind(account)
    .bind(now)
    .bind(now)
    .execute(theatre.world.state.db.write())
    .await
    .unwrap();
}

/// Somebody who is logged in, but for another organisation.
async fn stranger(theatre: &Theatre, token: &str) {
    let (other, account) = ("0e".repeat(16), "0f".repeat(16));
    let write = theatre.world.state.db.write();
    sql::query("INSERT INTO organisations (id, name, created_at) VALUES ($1, 'Other', 0)")
        .bind(&other)
        .execute(write)
        .await
        .unwrap();
    sql::query("INSERT INTO accounts (id, organisation_id, name, name_key, password_hash, created_at) VALUES ($1, $2, 'b', 'b', '', 0)")
        .bind(&account)
        .bind(&other)
        .execute(write)
        .await
        .unwrap();
    log_in(theatre, token, &other, &account).await;
}

/// Somebody of the same organisation.
async fn colleague(theatre: &Theatre, token: &str) {
    let account = "0c".repeat(16);
    sql::query("INSERT INTO accounts (id, organisation_id, name, name_key, password_hash, created_at) VALUES ($1, $2, 'c', 'c', '', 0)")
        .bind(&account)
        .bind(ORGANISATION.to_string())
        .execute(theatre.world.state.db.write())
        .await
        .unwrap();
    log_in(theatre, token, &ORGANISATION.to_string(), &account).await;
}

/// D24: a PIN alone makes no moderator; the cookie of the account that the invitation is for does, a colleague's and a
/// stranger's do not.
#[tokio::test]
async fn the_cookie_is_the_second_factor_of_its_own_invitation() {
    let mut theatre = theatre().await;
    let mia = theatre.invite("Mia", Role::Moderator).await;
    log_in(&theatre, "own", &ORGANISATION.to_string(), &ADMIN.to_string()).await;
    stranger(&theatre, "other").await;
    colleague(&theatre, "colleague").await;
    let server = serve(theatre.world.state.clone()).await;
    let origin = format!("http://{server}");
    for (token, welcome) in [("own", true), ("colleague", false), ("other", false), ("unknown", false)] {
        let cookie = format!("__Host-conclave={token}");
        let mut page = Page::greeted(server, &[("origin", &origin), ("cookie", &cookie)]).await;
        page.say(Page::join_message(&mia, true)).await;
        let answer = page.hear().await;
        match welcome {
            true => assert!(matches!(answer, ServerMsg::Welcomed { .. }), "{token}: {answer:?}"),
            false => assert!(matches!(answer, ServerMsg::PasswordRequired { for_moderator: true, .. }), "{token}"),
        }
    }
}
