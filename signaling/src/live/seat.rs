//! A page's end of its room: what it asks goes in, what the room says comes out of the outbox.

use std::sync::Arc;

use shared::ids::SessionId;
use shared::signal::{ClientMsg, ServerMsg};
use tokio::sync::mpsc;

use super::room::Input;

/// Messages that may wait for a page. A page that is this far behind is given up; it comes back with its secret and
/// a fresh picture. Ten people who all toggle everything for a second stay below it.
const OUTBOX_MESSAGES: usize = 256;

/// Where a room puts what it says to a page. When the room drops it, the page is hung up on once all of it has gone out.
pub type Outbox = mpsc::Sender<ServerMsg>;

/// An outbox and its other end.
pub fn outbox() -> (Outbox, mpsc::Receiver<ServerMsg>) {
    mpsc::channel(OUTBOX_MESSAGES)
}

/// A place in a room, for as long as the connection lives. Dropping it tells the room.
pub struct Seat {
    pub(super) session: SessionId,
    pub(super) room: mpsc::UnboundedSender<super::actor::Message>,
    pub(super) page_is_gone: bool,
    pub(super) _counted: Arc<()>,
}

impl Seat {
    /// Which connection this is.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// Passes on what the page said. A room that is gone has already dropped the page's outbox.
    pub fn ask(&self, request: ClientMsg) {
        let input = Input::Asked { session: self.session, request };
        let _ = self.room.send(super::actor::Message::Input(input));
    }

    /// The page said that it is going: nothing of it is left behind the socket, its media neither.
    pub fn page_is_gone(&mut self) {
        self.page_is_gone = true;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let input = Input::HungUp { session: self.session, page_is_gone: self.page_is_gone };
        let _ = self.room.send(super::actor::Message::Input(input));
    }
}
