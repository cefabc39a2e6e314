//! The console's calls as a browser makes them: the real router with its guard, a database, a clock one can move.

mod authenticator;
mod disabling;
mod edge;
mod invitations;
mod logins;
mod meetings;
mod openapi;
mod pages;
mod people;
mod rights;
mod templates;

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, Method, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::api::{ApiError, IssuedPin, MeetingDetail};
use shared::secret::Secret;
use tower::ServiceExt as _;

use crate::accounts;
use crate::config::Config;
use crate::routes::router;
use crate::testing::{World, world_with};

const PASSWORD: &str = "correct horse battery staple";

/// A deployment with one account, Ada's.
struct Site {
    world: World,
    router: Router,
}

/// What came back.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

/// A browser at an address, with its cookie.
struct Browser<'s> {
    site: &'s Site,
    peer: SocketAddr,
    cookie: Option<String>,
    headers: Vec<(&'static str, String)>,
}

impl Site {
    async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    async fn open_with(change: impl FnOnce(&mut Config)) -> Self {
        let world = world_with(change).await;
        let state = &world.state;
        let parts = (&state.db, &state.hasher, state.chance.as_ref());
        accounts::create(parts, ("Ada", &Secret::new(PASSWORD)), state.clock.now()).await.unwrap();
        Self { router: router(state), world }
    }

    /// Somebody who is not logged in.
    fn stranger(&self) -> Browser<'_> {
        let own = |value: &str| value.to_owned();
        let headers = vec![("host", own("localhost:8080")), ("origin", own("http://localhost:8080"))];
        Browser { site: self, peer: SocketAddr::from(([192, 0, 2, 1], 40_000)), cookie: None, headers }
    }

    async fn ada(&self) -> Browser<'_> {
        let mut browser = self.stranger();
        let answer = browser.log_in("Ada", PASSWORD).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        browser
    }
}

impl Answer {
    fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    fn error(&self) -> (u16, ApiError) {
        (self.status.as_u16(), self.json())
    }

    fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Browser<'_> {
    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self
    }

    fn at(mut self, peer: [u8; 4]) -> Self {
        self.peer = SocketAddr::from((peer, 40_000));
        self
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body.to_string())).await
    }

    async fn send(&self, method: Method, path: &str, body: Option<String>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        if body.is_some() && !self.headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let mut request = request.body(body.map_or_else(Body::empty, Body::from)).unwrap();
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let response = self.site.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// Logs in and keeps the cookie.
    async fn log_in(&mut self, name: &str, password: &str) -> Answer {
        let answer = self.post("/api/v1/login", json!({ "name": name, "password": password })).await;
        if let Some(cookie) = answer.headers.get(header::SET_COOKIE) {
            self.cookie = cookie.to_str().unwrap().split(';').next().map(str::to_owned);
        }
        answer
    }

    /// A meeting that starts now.
    async fn meeting(&self) -> MeetingDetail {
        self.post("/api/v1/meetings", meeting_now()).await.json()
    }

    async fn invite(&self, meeting: &MeetingDetail, name: &str) -> IssuedPin {
        self.post(&format!("/api/v1/meetings/{}/invitees", meeting.info.id), person(name)).await.json()
    }
}

fn meeting_now() -> Value {
    json!({ "title": "Board", "start": { "kind": "now" }, "duration_minutes": 60, "time_zone": "Europe/Brussels", "ask_password": false })
}

fn person(name: &str) -> Value {
    json!({ "name": name, "phone": "+32470123456", "email": null, "role": "participant" })
}
