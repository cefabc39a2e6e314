//! Where devices connect: `/whip` to publish (RFC 9725) and `/whep` to watch (draft-ietf-wish-whep).
//!
//! A device brings one SDP offer and its token, and gets one answer with the address of its connection. The token says which
//! meeting and which person: no address holds a secret, and nothing of a browser's (cookie, origin) is looked at, so that pages
//! of other sites may connect with a token that somebody typed there. What a token cannot do is said as a problem (RFC 9457).
//!
//! The server is ICE-lite and has all its candidates in the answer. Candidates that trickle in are not needed: the device's checks
//! show where it is. An ICE restart is refused, as the RFC allows; a new `POST` with the same token takes the older one's place.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, post};
use serde::Serialize;
use shared::control::KeyLength;
use shared::device::DeviceUse;
use shared::limits::MAX_SDP_BYTES;
use shared::secret::Secret;
use shared::signal::OfferError;
use shared::text::tr;

use crate::chance::hex;
use crate::edge::client::Client;
use crate::edge::source::Source;
use crate::live::{DeviceAsk, PlugRefused};
use crate::state::AppState;

pub(super) const SDP: &str = "application/sdp";
pub(super) const FRAGMENT: &str = "application/trickle-ice-sdpfrag";
/// How long an offer may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// Seconds after which a device that found no place may try again.
const FULL_RETRY_S: u16 = 30;
/// The same after too many offers, or when the media node did not answer.
const SOON_RETRY_S: u16 = 2;

/// Scripts of any site may talk to these: they have nothing but the token that they send themselves.
const CORS: [(HeaderName, &str); 4] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (header::ACCESS_CONTROL_ALLOW_METHODS, "POST, PATCH, DELETE, OPTIONS"),
    (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, if-match"),
    (header::ACCESS_CONTROL_EXPOSE_HEADERS, "location, retry-after"),
];

/// Why a request is not granted.
#[derive(Debug)]
pub(super) enum Problem {
    NoToken,
    NotAcceptable,
    WrongType(&'static str),
    TooLarge,
    Slow,
    TooManyTries(u32),
    Refused(PlugRefused),
}

/// As RFC 9457 writes it.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(super) struct Shown {
    /// Why not.
    title: &'static str,
    /// The answer's status once more.
    status: u16,
}

/// Both addresses and what is beneath them.
pub(super) fn routes() -> Router<AppState> {
    [DeviceUse::Publish, DeviceUse::Watch].into_iter().fold(Router::new(), |router, does| {
        let path = does.path();
        let plug =
            move |state: State<AppState>, client: Client, request: Request| plug_in(does, state, client, request);
        router
            .route(path, post(plug).options(async || accepts("accept-post", SDP)))
            .route(
                &format!("{path}/{{resource}}"),
                delete(unplug).patch(trickle).options(async || accepts("accept-patch", FRAGMENT)),
            )
            .layer(map_response(with_cors))
    })
}

/// Whether a path is one of these.
pub(crate) fn owns(path: &str) -> bool {
    let beneath = |base| path.strip_prefix(base).is_some_and(|rest: &str| rest.is_empty() || rest.starts_with('/'));
    [DeviceUse::Publish, DeviceUse::Watch].map(DeviceUse::path).into_iter().any(beneath)
}

async fn with_cors(mut response: Response) -> Response {
    for (name, value) in CORS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn accepts(name: &'static str, what: &'static str) -> Response {
    (StatusCode::NO_CONTENT, [(HeaderName::from_static(name), HeaderValue::from_static(what))]).into_response()
}

/// `POST /whip`, `POST /whep`
async fn plug_in(
    does: DeviceUse,
    State(state): State<AppState>,
    client: Client,
    request: Request,
) -> Result<Response, Problem> {
    let token = token_of(request.headers())?;
    if !takes_sdp(request.headers()) {
        return Err(Problem::NotAcceptable);
    }
    let offer = body(request, SDP).await?;
    let keys = if state.config.media.devices_128_bit { KeyLength::Bits128 } else { KeyLength::Bits256 };
    let resource = hex(&state.chance.id());
    let location = format!("{}/{resource}", does.path());
    let answer = ask(&state, client, token, DeviceAsk::PlugIn { does, keys, offer, resource }).await?;
    let headers = [(header::CONTENT_TYPE, SDP.to_owned()), (header::LOCATION, location)];
    Ok((StatusCode::CREATED, headers, answer.unwrap_or_default()).into_response())
}

/// `DELETE /whip/{resource}`, `DELETE /whep/{resource}`
async fn unplug(
    State(state): State<AppState>,
    client: Client,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let token = token_of(&headers)?;
    ask(&state, client, token, DeviceAsk::Unplug { resource: resource(path)? }).await?;
    Ok(StatusCode::OK)
}

/// `PATCH /whip/{resource}`, `PATCH /whep/{resource}`
async fn trickle(
    State(state): State<AppState>,
    client: Client,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let token = token_of(request.headers())?;
    let resource = resource(path)?;
    let fragment = body(request, FRAGMENT).await?;
    let ufrag = fragment.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:"));
    let ufrag = ufrag.map(|ufrag| ufrag.trim().to_owned());
    ask(&state, client, token, DeviceAsk::Trickle { resource, ufrag }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The connection's own part of its address. What cannot be read is none.
fn resource(path: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    path.map(|Path(resource)| resource).map_err(|_| Problem::Refused(PlugRefused::NoConnection))
}

/// Asks the room that the token names. Nobody guesses 256 bits; who goes on trying is told to wait, as an encoder does that
/// tries for ever with a token of yesterday. Good tokens from the same place are served all the same.
async fn ask(state: &AppState, client: Client, token: Secret, ask: DeviceAsk) -> Result<Option<String>, Problem> {
    let outcome = state.live.device(token, ask).await;
    if outcome == Err(PlugRefused::Unknown) {
        state.device_tries.take(Source::from(client.0), state.clock.now()).map_err(Problem::TooManyTries)?;
    }
    outcome.map_err(Problem::Refused)
}

/// RFC 6750 section 2.1.
fn token_of(headers: &HeaderMap) -> Result<Secret, Problem> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let parts = value.and_then(|value| value.split_once(' '));
    let (_, token) = parts.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).ok_or(Problem::NoToken)?;
    Ok(Secret::new(token.trim()))
}

fn takes_sdp(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    accepted.peek().is_none()
        || accepted.flat_map(|value| value.split(',')).any(|range| {
            let range = range.split(';').next().unwrap_or_default().trim();
            ["*/*", "application/*", SDP].iter().any(|fits| range.eq_ignore_ascii_case(fits))
        })
}

async fn body(request: Request, content_type: &'static str) -> Result<String, Problem> {
    let given = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !given.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(content_type) {
        return Err(Problem::WrongType(content_type));
    }
    read(request.into_body()).await
}

async fn read(body: Body) -> Result<String, Problem> {
    let bytes = tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, MAX_SDP_BYTES)).await.map_err(|_| Problem::Slow)?;
    // The one error of `to_bytes` that is not a broken connection.
    let bytes = bytes.map_err(|_| Problem::TooLarge)?;
    String::from_utf8(bytes.into()).map_err(|_| Problem::Refused(PlugRefused::Offer(OfferError::Unreadable)))
}

impl Problem {
    /// Status and sentence.
    pub(super) fn shown(&self) -> (StatusCode, &'static str) {
        match self {
            Problem::NoToken => (
                StatusCode::UNAUTHORIZED,
                tr(
                    "A device token is needed, as \"Authorization: Bearer\". Make one in the meeting, with \"Connect a device\".",
                ),
            ),
            Problem::NotAcceptable => {
                (StatusCode::NOT_ACCEPTABLE, tr("The answer is application/sdp and nothing else."))
            }
            Problem::WrongType(FRAGMENT) => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, tr("Send application/trickle-ice-sdpfrag."))
            }
            Problem::WrongType(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, tr("Send the offer as application/sdp.")),
            Problem::TooLarge | Problem::Refused(PlugRefused::Offer(OfferError::TooLarge)) => {
                (StatusCode::PAYLOAD_TOO_LARGE, tr("This is too large for an offer."))
            }
            Problem::Slow => (StatusCode::REQUEST_TIMEOUT, tr("The offer took too long to arrive.")),
            Problem::TooManyTries(_) => {
                (StatusCode::TOO_MANY_REQUESTS, tr("Too many unknown tokens came from there. Wait a moment."))
            }
            Problem::Refused(refused) => shown(*refused),
        }
    }

    pub(super) fn retry_after_s(&self) -> Option<u32> {
        match self {
            Problem::TooManyTries(seconds) => Some(*seconds),
            Problem::Refused(PlugRefused::Full | PlugRefused::Offer(OfferError::RoomFull)) => Some(FULL_RETRY_S.into()),
            Problem::Refused(PlugRefused::TooMany | PlugRefused::NoAnswer | PlugRefused::Offer(OfferError::NoNode)) => {
                Some(SOON_RETRY_S.into())
            }
            _ => None,
        }
    }

    /// RFC 6750 section 3.
    pub(super) fn challenge(&self) -> Option<&'static str> {
        match self {
            Problem::NoToken => Some("Bearer"),
            Problem::Refused(PlugRefused::Unknown) => Some("Bearer error=\"invalid_token\""),
            Problem::Refused(PlugRefused::OtherUse | PlugRefused::NotWatchable) => {
                Some("Bearer error=\"insufficient_scope\"")
            }
            _ => None,
        }
    }
}

fn shown(refused: PlugRefused) -> (StatusCode, &'static str) {
    match refused {
        PlugRefused::Unknown => (
            StatusCode::UNAUTHORIZED,
            tr(
                "This token is not good for anything, or no longer. Make a new one in the meeting, with \"Connect a device\".",
            ),
        ),
        PlugRefused::OtherUse => (
            StatusCode::FORBIDDEN,
            tr("This token is for the other use: /whip takes tokens for publishing, /whep those for watching."),
        ),
        PlugRefused::NotWatchable => {
            (StatusCode::FORBIDDEN, tr("This meeting was made as one that is neither watched nor recorded."))
        }
        PlugRefused::NoConnection => (StatusCode::NOT_FOUND, tr("There is no such connection, or no longer.")),
        PlugRefused::Restart => (
            StatusCode::UNPROCESSABLE_ENTITY,
            tr("An ICE restart is not taken here. Connect anew: it takes the older connection's place."),
        ),
        PlugRefused::Full | PlugRefused::Offer(OfferError::RoomFull) => {
            (StatusCode::SERVICE_UNAVAILABLE, tr("The meeting is full just now."))
        }
        PlugRefused::TooMany => (StatusCode::TOO_MANY_REQUESTS, tr("That was too much at once. Wait a moment.")),
        PlugRefused::NoAnswer | PlugRefused::Offer(OfferError::NoNode) => {
            (StatusCode::SERVICE_UNAVAILABLE, tr("The media server did not answer. Try again."))
        }
        PlugRefused::Offer(OfferError::WrongCodec) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            tr(
                "Offer pictures as VP8, H.264 (baseline profile, packetization-mode=1) or VP9 (profile 0), and sound as Opus: this server passes on nothing else and converts nothing.",
            ),
        ),
        PlugRefused::Offer(OfferError::WrongDirection) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            tr("/whip takes one picture and one sound at most, to be sent; /whep takes offers to receive."),
        ),
        PlugRefused::Offer(OfferError::TooManyMediaSections) => {
            (StatusCode::UNPROCESSABLE_ENTITY, tr("The offer has too many media sections."))
        }
        PlugRefused::Offer(OfferError::Unusable | OfferError::OtherSession | OfferError::TooMany) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            tr(
                "The offer lacks what a connection needs: a DTLS fingerprint, ICE credentials, VP8, H.264, VP9 or Opus.",
            ),
        ),
        PlugRefused::Offer(OfferError::Unreadable | OfferError::TooLarge) => {
            (StatusCode::BAD_REQUEST, tr("The offer cannot be read as SDP."))
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, title) = self.shown();
        let mut response = (status, axum::Json(Shown { title, status: status.as_u16() })).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(challenge) = self.challenge() {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(seconds) = self.retry_after_s() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_these_paths_need_no_origin() {
        for path in ["/whip", "/whep", "/whip/0af1", "/whep/0af1"] {
            assert!(owns(path), "{path}");
        }
        for path in ["/", "/whipx", "/api/v1/whip", "/api/v1/login", "/console/whip", "/WHIP"] {
            assert!(!owns(path), "{path}");
        }
    }

    #[test]
    fn what_a_device_accepts_is_sdp_or_it_gets_none() {
        let accepts = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            values.iter().for_each(|value| {
                headers.append(header::ACCEPT, value.parse().unwrap());
            });
            takes_sdp(&headers)
        };
        assert!(accepts(&[]) && accepts(&["*/*"]) && accepts(&["text/html, application/sdp;q=0.9"]));
        assert!(accepts(&["text/html", "application/*"]) && !accepts(&["text/html"]) && !accepts(&[""]));
    }
}
