//! Devices over HTTP, as encoders and players call: the real router with its guard, and a token from a page's real socket.

use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, Method, StatusCode, header};
use shared::device::{DeviceState, DeviceUse};
use shared::limits::MAX_SDP_BYTES;
use shared::meeting::{MeetingKind, Role};
use shared::secret::Secret;
use shared::signal::{ClientMsg, ServerMsg};
use tower::ServiceExt as _;

use super::page::Page;
use super::theatre::{Theatre, theatre};
use crate::db::sql;
use crate::state::AppState;

const SDP: &str = "application/sdp";

/// What came back.
struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A program without cookies and without an origin.
struct Program<'s> {
    state: &'s AppState,
    token: Option<&'s str>,
    headers: Vec<(&'static str, &'static str)>,
    peer: SocketAddr,
}

impl<'s> Program<'s> {
    fn new(theatre: &'s Theatre, token: &'s Secret) -> Self {
        let peer = SocketAddr::from(([192, 0, 2, 9], 40_000));
        Self { state: &theatre.world.state, token: Some(token.reveal()), headers: vec![("content-type", SDP)], peer }
    }

    async fn send(&self, method: Method, path: &str, body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost:8080");
        if let Some(token) = self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let response = crate::routes::router(self.state).oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    async fn post(&self, path: &str, body: &str) -> Answer {
        self.send(Method::POST, path, body).await
    }
}

/// Mia in her meeting of this kind.
async fn mia(kind: MeetingKind) -> (Theatre, Page) {
    let mut theatre = theatre().await;
    let write = theatre.world.state.db.write();
    sql::query("UPDATE meetings SET kind = $1").bind(kind.as_str()).execute(write).await.unwrap();
    let mia = theatre.invite("Mia", Role::Moderator).await;
    let mut page = theatre.admins_page().await;
    page.join(&mia).await;
    page.enter().await;
    page.hear_admitted().await;
    (theatre, page)
}

async fn token(page: &mut Page, does: DeviceUse) -> Secret {
    page.say(ClientMsg::MakeDevice { does }).await;
    page.hear_until(|message| match message {
        ServerMsg::DeviceMade { token, .. } => Some(token.clone()),
        _ => None,
    })
    .await
}

async fn state(page: &mut Page) -> DeviceState {
    page.hear_until(|message| match message {
        ServerMsg::DevicesChanged { devices } => devices.first().map(|device| device.state),
        _ => None,
    })
    .await
}

/// RFC 9725 section 4: one request in, one answer out, and the address of what came of it.
#[tokio::test]
async fn an_encoder_connects_and_goes() {
    let (theatre, mut page) = mia(MeetingKind::NothingKept).await;
    let token = token(&mut page, DeviceUse::Publish).await;
    let encoder = Program::new(&theatre, &token);
    let created = encoder.post("/whip", "offer").await;
    assert_eq!((created.status, created.text.as_str()), (201, "answer"));
    assert_eq!(created.header(header::CONTENT_TYPE), SDP);
    let location = created.header(header::LOCATION).to_owned();
    assert!(location.starts_with("/whip/") && !location.contains(token.reveal()), "{location}");
    assert_eq!(state(&mut page).await, DeviceState::Connecting);

    let fragment = Program { headers: vec![("content-type", "application/trickle-ice-sdpfrag")], ..encoder };
    assert_eq!(fragment.send(Method::PATCH, &location, "a=candidate:1 1 udp 1 192.0.2.9 9 typ host").await.status, 204);
    assert_eq!(fragment.send(Method::PATCH, &location, "a=ice-ufrag:other").await.status, 422);

    let encoder = Program::new(&theatre, &token);
    assert_eq!(encoder.send(Method::PATCH, &location, "x").await.status, 415);
    assert_eq!(encoder.send(Method::DELETE, "/whip/0", "").await.status, 404);
    assert_eq!(encoder.send(Method::DELETE, &location, "").await.status, 200);
    assert_eq!(encoder.send(Method::DELETE, &location, "").await.status, 404);
    for method in [Method::GET, Method::PUT] {
        assert_eq!(encoder.send(method, "/whip", "").await.status, 405);
    }
}

/// What is wrong with a request is said by its status and in a sentence (RFC 9457).
#[tokio::test]
async fn each_refusal_has_its_status_and_its_sentence() {
    let (theatre, mut page) = mia(MeetingKind::NothingKept).await;
    let token = token(&mut page, DeviceUse::Publish).await;
    let large = "x".repeat(MAX_SDP_BYTES + 1);
    let nobody_s = Secret::new(token.reveal().replace(|digit: char| digit.is_ascii_digit(), "f"));
    let program = || Program::new(&theatre, &token);
    let table = [
        (Program { token: None, ..program() }, "/whip", "offer", 401, "A device token is needed"),
        (Program { token: Some("nonsense"), ..program() }, "/whip", "offer", 401, "not good for anything"),
        (Program { token: Some(nobody_s.reveal()), ..program() }, "/whip", "offer", 401, "not good for anything"),
        (program(), "/whep", "offer", 403, "other use"),
        (Program { headers: vec![], ..program() }, "/whip", "offer", 415, "application/sdp"),
        (
            Program { headers: vec![("content-type", SDP), ("accept", "text/html")], ..program() },
            "/whip",
            "offer",
            406,
            "application/sdp",
        ),
        (program(), "/whip", large.as_str(), 413, "too large"),
        (program(), "/whip", "garbage", 400, "cannot be read"),
    ];
    for (program, path, body, status, sentence) in table {
        let answer = program.post(path, body).await;
        assert_eq!(answer.status, status, "{path} {sentence}: {}", answer.text);
        assert!(answer.text.contains(sentence), "{sentence}: {}", answer.text);
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json");
        assert_eq!(answer.headers.contains_key(header::WWW_AUTHENTICATE), matches!(status, 401 | 403), "{sentence}");
        assert!(!answer.text.contains(token.reveal()));
    }
}

#[tokio::test]
async fn offers_and_unknown_tokens_are_bounded() {
    let (theatre, mut page) = mia(MeetingKind::NothingKept).await;
    let token = token(&mut page, DeviceUse::Publish).await;
    let encoder = Program::new(&theatre, &token);
    let mut statuses = Vec::new();
    for _ in 0..7 {
        statuses.push(encoder.post("/whip", "offer").await.status);
    }
    assert_eq!(statuses, [201, 201, 201, 201, 201, 201, 429]);
    assert_eq!(encoder.post("/whip", "offer").await.header(header::RETRY_AFTER), "2");
    let guesser = Program { peer: SocketAddr::from(([192, 0, 2, 66], 1)), token: Some("guess"), ..encoder };
    for _ in 0..10 {
        assert_eq!(guesser.post("/whip", "offer").await.status, 401);
    }
    let enough = guesser.post("/whip", "offer").await;
    assert_eq!((enough.status, enough.header(header::RETRY_AFTER)), (429, "60"));
    let other = self::token(&mut page, DeviceUse::Publish).await;
    let neighbour = Program { peer: guesser.peer, ..Program::new(&theatre, &other) };
    assert_eq!(neighbour.post("/whip", "offer").await.status, 201, "a good token from the same place");
}

/// D32: only a meeting that was made as one is watched.
#[tokio::test]
async fn a_television_watches_where_the_meeting_s_kind_allows_it() {
    let (_theatre, mut page) = mia(MeetingKind::NothingKept).await;
    page.say(ClientMsg::MakeDevice { does: DeviceUse::Watch }).await;
    assert!(matches!(page.hear().await, ServerMsg::ProtocolError { .. }));
    let (theatre, mut page) = mia(MeetingKind::MayBeRecorded).await;
    let token = token(&mut page, DeviceUse::Watch).await;
    let created = Program::new(&theatre, &token).post("/whep", "offer").await;
    assert!(created.status == 201 && created.header(header::LOCATION).starts_with("/whep/"));
    page.say(ClientMsg::EndMeeting).await;
    page.hear_turned_away().await;
    assert_eq!(Program::new(&theatre, &token).post("/whep", "offer").await.status, 401, "it died with the meeting");
}

/// A page of another site may connect with a token that it was given, and with nothing else.
#[tokio::test]
async fn scripts_of_other_sites_have_their_token_and_nothing_more() {
    let (theatre, mut page) = mia(MeetingKind::NothingKept).await;
    let token = token(&mut page, DeviceUse::Publish).await;
    let origin = ("origin", "https://player.example");
    let script = Program { headers: vec![("content-type", SDP), origin], ..Program::new(&theatre, &token) };
    let asked = script.send(Method::OPTIONS, "/whip", "").await;
    assert_eq!((asked.status, asked.header("accept-post")), (204, SDP));
    assert!(asked.header(header::ACCESS_CONTROL_ALLOW_HEADERS).contains("authorization"));
    let created = script.post("/whip", "offer").await;
    assert_eq!((created.status, created.header(header::ACCESS_CONTROL_ALLOW_ORIGIN)), (201, "*"));
    assert!(created.header(header::ACCESS_CONTROL_EXPOSE_HEADERS).contains("location"));
    let refused = Program { token: None, ..script };
    assert_eq!(refused.post("/whip", "offer").await.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
    let elsewhere = refused.post("/api/v1/logout", "").await;
    assert_eq!(elsewhere.status, StatusCode::FORBIDDEN.as_u16(), "everything else is for our own pages");
}
