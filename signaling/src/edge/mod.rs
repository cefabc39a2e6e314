//! What every request passes before anybody answers it: is it for this server ([`host`]), does it come from this
//! server's own pages ([`origin`]), whose address is it ([`client`]), and which headers go on the answer ([`headers`]).
//!
//! Each rule is a pure function; [`guard`] applies them.

pub mod client;
pub mod crowd;
pub mod headers;
pub mod host;
pub mod lag;
pub mod origin;
pub mod source;

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use shared::api::ApiError;
use shared::text::tr;

use crate::edge::client::Client;
use crate::extract::Refusal;
use crate::guards::{self, Guard};
use crate::routes::{devices, receipts};
use crate::state::AppState;

/// Refuses what is not for this server or not from its pages, notes whose address it is, and hardens the answer.
pub async fn guard(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    if !guards::holds(Guard::LogWords) {
        let headers = request.headers().iter().map(|(name, value)| (name, String::from_utf8_lossy(value.as_bytes())));
        headers.for_each(|(name, value)| tracing::info!(%name, %value, "a header"));
    }
    let mut response = match refusal(&state, &request) {
        Some(response) => response,
        None => {
            note_client(&state, &mut request);
            next.run(request).await
        }
    };
    state.counters.responded(response.status());
    headers::harden(response.headers_mut(), state.config.has_trusted_certificate());
    response
}

fn refusal(state: &AppState, request: &Request) -> Option<Response> {
    let Some(authority) = host::of(request) else {
        return Some(misdirected());
    };
    if !state.hosts.allow(&authority) {
        return Some(misdirected());
    }
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    // Devices come without a page, and with a token that no browser sends by itself; gateways to an address that they alone know.
    let path = request.uri().path();
    let has_token = devices::owns(path) || receipts::owns(path);
    if !reads && !has_token && !origin::is_ours(&state.config, &authority, request.headers()) {
        return Some(Refusal::from(ApiError::ForeignOrigin).into_response());
    }
    None
}

/// 421: the name that was typed is not one of ours. It is not echoed.
fn misdirected() -> Response {
    let sentence = tr(
        "This server does not answer to the name in the address bar. If the name is right, the operator adds it to `hosts` in the configuration.\n",
    );
    let plain = (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    (StatusCode::MISDIRECTED_REQUEST, [plain], sentence).into_response()
}

fn note_client(state: &AppState, request: &mut Request) {
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>().copied() {
        client::warn_of_unknown_proxy(request.headers(), &state.config.proxy);
        let address = client::address(peer.ip(), request.headers(), &state.config.proxy);
        request.extensions_mut().insert(Client(address));
    }
}
