//! Every route of the console by everybody who might call it, against one table. A route that is added must be added here:
//! the test reads the router's own source.

use axum::http::Method;
use serde_json::{Value, json};
use shared::api::ApiError;

use super::meetings::eve_of_another_organisation;
use super::{Answer, Browser, PASSWORD, Site, person};

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// Anybody, from our own pages.
    Nothing,
    /// Whoever is logged in.
    Login,
    /// Whoever is logged in to the organisation of the meeting or the account.
    Meeting,
}

/// Method, path, body, and who may. `{m}` and `{i}` are a meeting of Ada's and its invitee, `{a}` is
/// Bob's account.
pub(super) fn table() -> Vec<(Method, &'static str, Value, Needs)> {
    use Needs::{Login, Meeting, Nothing};
    let meeting = json!({ "title": "x", "start": { "kind": "now" }, "duration_minutes": 5, "time_zone": "UTC", "ask_password": false });
    let settings = json!({ "duration_minutes": 5, "ask_password": false, "password_before_minutes": 0, "kind": "nothing_kept", "rules": {} });
    let template = json!({ "name": "Signing", "settings": settings });
    let people = [json!({ "name": "Piet", "phone": "+32470123456" })];
    let alert = json!({ "title": "x", "duration_minutes": 5, "time_zone": "UTC", "people": people });
    vec![
        (Method::GET, "/openapi.json", Value::Null, Nothing),
        (Method::GET, "/site", Value::Null, Nothing),
        (Method::GET, "/door", Value::Null, Login),
        (Method::GET, "/outbox", Value::Null, Login),
        (Method::POST, "/login", json!({ "name": "Nobody", "password": "wrong" }), Nothing),
        (Method::GET, "/me", Value::Null, Login),
        (Method::GET, "/accounts", Value::Null, Login),
        (Method::POST, "/accounts/{a}/disable", Value::Null, Meeting),
        (Method::POST, "/accounts/{a}/enable", Value::Null, Meeting),
        (Method::GET, "/me/authenticator", Value::Null, Login),
        (Method::POST, "/me/authenticator", json!({ "password": PASSWORD }), Login),
        (Method::POST, "/me/authenticator/confirm", json!({ "code": "12345" }), Login),
        (Method::POST, "/me/authenticator/remove", json!({ "password": PASSWORD, "code": "12345" }), Login),
        (Method::GET, "/meetings", Value::Null, Login),
        (Method::POST, "/meetings", meeting, Login),
        (Method::POST, "/meetings/call", alert, Login),
        (Method::GET, "/templates", Value::Null, Login),
        (Method::POST, "/templates", template, Login),
        (Method::POST, "/templates/{template}/remove", Value::Null, Login),
        (Method::GET, "/meetings/{m}", Value::Null, Meeting),
        (Method::PATCH, "/meetings/{m}", json!({}), Meeting),
        (Method::POST, "/meetings/{m}/invitees", person("Piet"), Meeting),
        (Method::PATCH, "/meetings/{m}/invitees/{i}", json!({}), Meeting),
        (Method::GET, "/meetings/{m}/invitees/{i}/invitation.ics", Value::Null, Meeting),
        (Method::POST, "/meetings/{m}/invitees/{i}/password", Value::Null, Meeting),
        (Method::POST, "/meetings/{m}/invitees/{i}/password/read-out", Value::Null, Meeting),
        (Method::POST, "/meetings/{m}/invitees/{i}/invitation", Value::Null, Meeting),
        (Method::POST, "/meetings/{m}/invitations", Value::Null, Meeting),
        (Method::POST, "/meetings/{m}/invitees/{i}/pin", Value::Null, Meeting),
        (Method::POST, "/meetings/{m}/invitees/{i}/pin/revoke", Value::Null, Meeting),
        // Last, in this order: they end what the others need.
        (Method::POST, "/meetings/{m}/end", Value::Null, Meeting),
        (Method::POST, "/meetings/{m}/archive", Value::Null, Meeting),
        (Method::GET, "/meetings/{m}/record", Value::Null, Meeting),
        (Method::GET, "/meetings/{m}/record.html", Value::Null, Meeting),
        (Method::POST, "/logout", Value::Null, Nothing),
    ]
}

async fn call(browser: &Browser<'_>, (method, path, body): (&Method, &str, &Value)) -> Answer {
    let body = (!body.is_null()).then(|| body.to_string());
    browser.send(method.clone(), &format!("/api/v1{path}"), body).await
}

/// D5: every route by a stranger, by a page of another site, with a cookie that was logged out, by another organisation's
/// account, and by whoever may. Nobody else gets anything, and nothing ends in a 500.
#[tokio::test]
async fn every_route_is_as_declared() {
    let site = Site::open().await;
    let ada = site.ada().await;
    let made = ada.meeting().await;
    let invitee = ada.invite(&made, "Piet").await.invitee;
    let bob = site.with_bob().await;
    let eve = eve_of_another_organisation(&site).await;
    let stale = site.ada().await;
    assert_eq!(stale.post("/api/v1/logout", Value::Null).await.status.as_u16(), 204);
    for (method, path, body, needs) in table() {
        let path = path.replace("{m}", &made.info.id.to_string()).replace("{i}", &invitee.id.to_string());
        let path = path.replace("{a}", &bob.to_string());
        let what = format!("{method} {path}");
        let request = (&method, path.as_str(), &body);
        for (who, browser) in [("a stranger", &site.stranger()), ("a stale cookie", &stale)] {
            let answer = call(browser, request).await;
            let refused = (answer.status.as_u16() == 401).then(|| answer.error().1);
            let expected = (needs != Needs::Nothing).then_some(ApiError::NotLoggedIn);
            let wrong_login = refused == Some(ApiError::WrongLogin) && path == "/login";
            assert!(refused == expected || wrong_login, "{what} by {who}: {} {}", answer.status, answer.text);
        }
        if method != Method::GET {
            let foreign = site.ada().await.with("origin", "https://evil.example");
            let answer = call(&foreign, request).await;
            assert_eq!(answer.error(), (403, ApiError::ForeignOrigin), "{what} from another site");
        }
        if needs == Needs::Meeting {
            assert_eq!(call(&eve, request).await.error(), (404, ApiError::NotFound), "{what} by another organisation");
        }
        if path == "/login" {
            continue;
        }
        let answer = call(&ada, request).await;
        let status = answer.status.as_u16();
        assert!(status < 500 && !matches!(status, 401 | 403), "{what} by whoever may: {status} {}", answer.text);
    }
}

/// The table has every route of the router.
#[test]
fn the_table_is_whole() {
    let source = include_str!("../mod.rs");
    let routes = source.split(".route(\"").skip(1).filter_map(|rest| rest.split_once('"'));
    let known: Vec<_> = table().into_iter().map(|(method, path, ..)| (method, path)).collect();
    let mut found = 0;
    for (path, rest) in routes {
        let handlers = rest.split(".route(").next().unwrap_or_default();
        let path = path.replace("{meeting}", "{m}").replace("{invitee}", "{i}").replace("{account}", "{a}");
        for (word, method) in [("get(", Method::GET), ("post(", Method::POST), ("patch(", Method::PATCH)] {
            if handlers.contains(word) && path != "/ws" {
                found += 1;
                assert!(known.iter().any(|(m, p)| *m == method && *p == path), "{method} {path} is not in the table");
            }
        }
        let other = ["put(", "delete(", "any("].iter().any(|word| handlers.contains(word));
        assert!(!other, "{path}: a method that this test does not read");
    }
    assert_eq!(found, known.len(), "a route in the table is not in the router");
}
