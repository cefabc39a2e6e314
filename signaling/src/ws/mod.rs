//! The WebSocket of a participant's page, at `/api/v1/ws`.
//!
//! `upgrade` checks where the page comes from; [`accept`] that there is room for its socket; `connection` reads and
//! writes; [`stage`] is the typed state a connection is in (greeted, at the password, seated) and what may be said
//! there; [`limits`] bounds what one page and one source can cause. After the seat it is the room's business (`live`).

mod connection;
pub mod limits;
mod software;
pub mod stage;
#[cfg(test)]
mod tests;
mod upgrade;

use axum::extract::ws::WebSocketUpgrade;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use self::connection::Places;
use self::stage::Visitor;
pub use self::upgrade::upgrade;
use crate::edge::crowd::Keep;
use crate::guards::{self, Guard};
use crate::state::AppState;

/// Largest message that is read at all, bytes. Above [`shared::limits::MAX_SIGNAL_MESSAGE_BYTES`], so that a page which
/// sends too much hears so in a message of its own before the socket closes.
const READ_BYTES: usize = 2 * shared::limits::MAX_SIGNAL_MESSAGE_BYTES;
/// Read at a time, bytes. Tungstenite clears that much before every read, of its own accord 128 KiB, and what people say is short.
const READ_AT_ONCE_BYTES: usize = 4 * 1024;
/// What may wait to be written to a socket, bytes.
const WRITE_BUFFER_BYTES: usize = 1024 * 1024;

/// Opens the socket when there is a place for it.
/// `connection` keeps the place of the connection below, when there is one.
pub fn accept(state: AppState, visitor: Visitor, connection: Option<Keep>, socket: WebSocketUpgrade) -> Response {
    let Some(place) = state.sockets.take(visitor.address.into()) else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    if visitor.login.is_some() {
        place.keep().keep();
    }
    let places = Places { socket: place, connection };
    // Else as large as tungstenite takes them by itself.
    let (message, frame) =
        if guards::holds(Guard::MessageSize) { (READ_BYTES, READ_BYTES) } else { (64 << 20, 16 << 20) };
    let socket = socket.read_buffer_size(READ_AT_ONCE_BYTES);
    socket.max_message_size(message).max_frame_size(frame).max_write_buffer_size(WRITE_BUFFER_BYTES).on_upgrade(
        move |socket| async move {
            Box::pin(connection::run(state, visitor, places, socket)).await;
        },
    )
}
