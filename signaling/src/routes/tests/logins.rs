//! Ada logs in and out; others try to.

use std::sync::Arc;

use axum::http::Method;
use serde_json::json;
use shared::api::{ApiError, Me};
use tokio::task::JoinSet;

use super::{PASSWORD, Site};
use crate::db::sql;

const ME: &str = "/api/v1/me";
const MINUTE: i64 = 60_000;

/// D7: accounts are protected by name and password.
#[tokio::test]
async fn ada_logs_in_and_gets_a_cookie_that_nobody_can_read_or_send_elsewhere() {
    let site = Site::open().await;
    let mut ada = site.stranger();
    assert_eq!(ada.get(ME).await.error(), (401, ApiError::NotLoggedIn));
    let answer = ada.log_in(" ada ", PASSWORD).await;
    let me: Me = answer.json();
    assert!(me.outbox, "the console shows where SMS go");
    assert_eq!((me.name.as_str(), me.organisation.as_str(), me.idle_logout_s), ("Ada", "Conclave", 1800));
    let cookie = answer.header("set-cookie");
    let (pair, flags) = cookie.split_once("; ").unwrap();
    let token = pair.strip_prefix("__Host-conclave=").unwrap();
    assert!(token.len() == 64 && token.bytes().all(|c| c.is_ascii_hexdigit()), "256 bits");
    assert_eq!(flags, "Path=/; Secure; HttpOnly; SameSite=Strict");
    assert_eq!(ada.get(ME).await.json::<Me>(), me);
    let stored: Vec<String> = sql::query_scalar("SELECT token_hash FROM account_sessions")
        .fetch_all(site.world.state.db.read())
        .await
        .unwrap();
    assert_eq!(stored, [crate::chance::token_hash(token)], "the token itself is not stored");
}

#[tokio::test]
async fn wrong_and_unknown_get_one_answer() {
    let site = Site::open().await;
    let mut mallory = site.stranger();
    let table =
        [("Ada", "wrong"), ("Nobody", PASSWORD), ("", ""), ("Ada", ""), ("Ada\0", PASSWORD), ("' OR 1=1 --", "x")];
    for (name, password) in table {
        let answer = mallory.log_in(name, password).await;
        assert_eq!(answer.error(), (401, ApiError::WrongLogin), "{name:?}");
        assert!(answer.headers.get("set-cookie").is_none());
    }
    let long = mallory.log_in("Ada", &"x".repeat(2_000)).await;
    assert_eq!(long.error(), (401, ApiError::WrongLogin));
}

/// D8: after an inactivity period the account is logged out; a page that asks by itself does not prolong it.
#[tokio::test]
async fn idle_minutes_log_out_and_background_asking_does_not_count() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let page = || async {
        let mut page = site.stranger().with("x-background", "1");
        page.cookie.clone_from(&ada.cookie);
        page.get(ME).await.status.as_u16()
    };
    site.world.clock.advance_ms(29 * MINUTE);
    assert_eq!(ada.get(ME).await.status, 200, "a click starts the time anew");
    for _ in 0..29 {
        site.world.clock.advance_ms(MINUTE);
        assert_eq!(page().await, 200);
    }
    site.world.clock.advance_ms(MINUTE);
    assert_eq!(page().await, 401, "thirty minutes after the click");
    site.world.clock.advance_ms(-5 * MINUTE);
    assert_eq!(ada.get(ME).await.error(), (401, ApiError::NotLoggedIn), "and it does not come back");
}

#[tokio::test]
async fn a_busy_session_ends_after_a_day() {
    let site = Site::open().await;
    let ada = site.ada().await;
    for _ in 0..(24 * 6 - 1) {
        site.world.clock.advance_ms(10 * MINUTE);
        assert_eq!(ada.get(ME).await.status, 200);
    }
    site.world.clock.advance_ms(10 * MINUTE);
    assert_eq!(ada.get(ME).await.status, 401);
}

#[tokio::test]
async fn a_cookie_replayed_after_logout_opens_nothing() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let answer = ada.send(Method::POST, "/api/v1/logout", None).await;
    assert_eq!(answer.status, 204);
    assert!(
        answer.header("set-cookie").starts_with("__Host-conclave=; ")
            && answer.header("set-cookie").ends_with("Max-Age=0")
    );
    for path in [ME, "/api/v1/meetings", "/api/v1/outbox"] {
        assert_eq!(ada.get(path).await.error(), (401, ApiError::NotLoggedIn), "{path}");
    }
    assert_eq!(ada.send(Method::POST, "/api/v1/logout", None).await.status, 204, "twice does no harm");
}

/// A planted cookie is not adopted, and the session that a browser brought to a login ends with it.
#[tokio::test]
async fn login_makes_a_new_session_and_never_takes_one_over() {
    let site = Site::open().await;
    let mut planted = site.stranger();
    planted.cookie = Some(format!("__Host-conclave={}", "ab".repeat(32)));
    planted.log_in("Ada", PASSWORD).await;
    assert_ne!(planted.cookie, Some(format!("__Host-conclave={}", "ab".repeat(32))));
    let mut ada = site.ada().await;
    let old = ada.cookie.clone();
    ada.log_in("Ada", PASSWORD).await;
    assert_ne!(ada.cookie, old);
    let mut thief = site.stranger();
    thief.cookie = old;
    assert_eq!(thief.get(ME).await.status, 401);
    assert_eq!(ada.get(ME).await.status, 200);
}

#[tokio::test]
async fn ten_failures_from_one_source_and_the_eleventh_is_not_looked_at() {
    let site = Site::open().await;
    let mut mallory = site.stranger();
    for _ in 0..10 {
        assert_eq!(mallory.log_in("Ada", "guess").await.status, 401);
    }
    let refused = mallory.log_in("Ada", PASSWORD).await;
    assert_eq!(refused.error(), (429, ApiError::TooManyTries { retry_after_s: 60 }));
    assert_eq!(refused.header("retry-after"), "60");
    assert_eq!(
        site.stranger().at([192, 0, 2, 9]).log_in("Ada", PASSWORD).await.status,
        200,
        "others are not locked out"
    );
    site.world.clock.advance_ms(MINUTE);
    assert_eq!(mallory.log_in("Ada", PASSWORD).await.status, 200);
}

/// An unknown name is hashed for like a known one: when the hasher is busy, both hear so.
#[tokio::test]
async fn an_unknown_name_costs_what_a_known_one_costs() {
    let site = Site::open().await;
    let _places = site.world.state.hasher.fill().unwrap();
    for name in ["Ada", "Nobody"] {
        let answer = site.stranger().log_in(name, "guess").await;
        assert_eq!(answer.error(), (503, ApiError::Busy), "{name}");
        assert_eq!(answer.header("retry-after"), "1");
    }
}

/// A flood from many sources waits in a short queue or hears "busy"; nothing piles up.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_logins_is_bounded() {
    let site = Arc::new(Site::open().await);
    let mut flood = JoinSet::new();
    for n in 0..200u8 {
        let site = Arc::clone(&site);
        flood.spawn(async move { site.stranger().at([198, 51, 100, n]).log_in("Ada", "guess").await.status.as_u16() });
    }
    let answers = flood.join_all().await;
    assert!(answers.iter().all(|status| matches!(status, 401 | 503)), "{answers:?}");
    assert!(answers.contains(&401));
    assert_eq!(site.stranger().log_in("Ada", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn what_is_not_a_login_is_refused_with_a_type() {
    let site = Site::open().await;
    let mallory = site.stranger();
    let unreadable = [
        json!({ "name": "Ada" }).to_string(),
        json!({ "name": "Ada", "password": PASSWORD, "admin": true }).to_string(),
        json!({ "name": 1, "password": PASSWORD }).to_string(),
        json!([]).to_string(),
        format!("{} x", json!({ "name": "Ada", "password": PASSWORD })),
        "{".to_owned(),
        String::new(),
        "[".repeat(10_000),
    ];
    for body in unreadable {
        let answer = mallory.send(Method::POST, "/api/v1/login", Some(body.clone())).await;
        assert_eq!(answer.error(), (400, ApiError::Unreadable), "{body:.60}");
    }
    let large = json!({ "name": "Ada", "password": "x".repeat(20_000) }).to_string();
    assert_eq!(mallory.send(Method::POST, "/api/v1/login", Some(large)).await.error(), (413, ApiError::TooLarge));
    let form = site.stranger().with("content-type", "text/plain");
    let body = json!({ "name": "Ada", "password": PASSWORD }).to_string();
    assert_eq!(form.send(Method::POST, "/api/v1/login", Some(body)).await.error(), (400, ApiError::Unreadable));
}
