//! Signaling's end of the line to the SFU. In one process it is a pair of channels; later the same messages cross TLS.

use shared::control::{Command, Event};
use tokio::sync::mpsc;

use crate::live::Registry;

/// Takes commands to the SFU. What comes back goes through [`route`].
pub trait Media: Send + Sync {
    /// Tells the SFU. Never waits.
    fn command(&self, command: Command);
}

/// A channel is enough of an SFU for signaling: the embedded one, and a test that stands in for it.
impl Media for mpsc::UnboundedSender<Command> {
    fn command(&self, command: Command) {
        if self.send(command).is_err() {
            tracing::error!("the media node is gone: restart the server");
        }
    }
}

/// Passes the SFU's events on to the rooms they concern, until the SFU is gone.
pub async fn route(registry: Registry, mut events: mpsc::UnboundedReceiver<Event>) {
    while let Some(event) = events.recv().await {
        registry.media_event(event);
    }
}
