//! Where gateways say what became of a message, see [`crate::sms::callback`]: `POST` with a form as Twilio does, `GET` as
//! Kannel does. No cookie, no page: the address itself is what the gateway has.

use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::routing::get;

use crate::sms::callback::{self, PATH};
use crate::state::AppState;

/// Letters of a message's part.
const ID_CHARS: usize = 32;

/// Whether this path is one of them: what is sent there comes from no page.
pub(crate) fn owns(path: &str) -> bool {
    path.starts_with(PATH)
}

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/sms/receipts/{message}", get(kannel).post(twilio))
}

async fn kannel(
    State(state): State<AppState>,
    Path(message): Path<String>,
    Query(fields): Query<Vec<(String, String)>>,
) -> StatusCode {
    take(&state, &message, &fields)
}

async fn twilio(
    State(state): State<AppState>,
    Path(message): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> StatusCode {
    take(&state, &message, &fields)
}

/// Whether the message is one of ours is not said. 503 asks the gateway to come again: more wait than are kept.
fn take(state: &AppState, message: &str, fields: &[(String, String)]) -> StatusCode {
    if message.len() != ID_CHARS || !message.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return StatusCode::NOT_FOUND;
    }
    match callback::read(message, fields).map(|receipt| state.receipts.try_send(receipt)) {
        Some(Err(_)) => StatusCode::SERVICE_UNAVAILABLE,
        Some(Ok(())) | None => StatusCode::NO_CONTENT,
    }
}
