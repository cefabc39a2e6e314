//! Before the socket: is it one of our own pages that asks, and who is logged in at the console in the same browser?

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::software;
use super::stage::{Visitor, account_of};
use crate::edge::client::Client;
use crate::edge::crowd::Keep;
use crate::edge::origin;
use crate::extract::token_of;
use crate::state::AppState;

/// `GET /api/v1/ws`
pub async fn upgrade(
    State(state): State<AppState>,
    client: Client,
    connection: Option<Extension<Keep>>,
    headers: HeaderMap,
    socket: WebSocketUpgrade,
) -> Response {
    // The edge has asked the same; a socket that any page could open would be too much to lose with a changed route.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !origin::is_ours(&state.config, &host.to_ascii_lowercase(), &headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let login = match token_of(&headers) {
        Some(login) => account_of(&state, &login).await.map(|_| login),
        None => None,
    };
    let connection = connection.map(|Extension(keep)| keep);
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let visitor = Visitor { address: client.0, login, software: software::of(agent) };
    super::accept(state, visitor, connection, socket)
}
