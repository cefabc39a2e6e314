//! One line to signaling: commands go to the media thread, its events and counters come back.

use std::convert::Infallible;

use shared::control::Event;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, watch};

use super::control::Line;
use crate::Handle;
use crate::wire::{self, BEAT, FromNode, ToNode, WireError};

/// Serves signaling until the line ends; says why it did.
pub(super) async fn serve(
    line: Line,
    media: &Handle,
    events: &mut mpsc::UnboundedReceiver<Event>,
    drain: watch::Receiver<bool>,
) -> WireError {
    tracing::info!("signaling is there");
    let (read, write) = tokio::io::split(line);
    let ended: Result<Infallible, WireError> = tokio::select! {
        ended = listen(read, media) => ended,
        ended = talk(write, media, events, drain) => ended,
    };
    match ended {
        Err(error) => error,
    }
}

async fn listen(mut line: impl AsyncRead + Unpin, media: &Handle) -> Result<Infallible, WireError> {
    loop {
        match wire::read(&mut line).await? {
            ToNode::Command(command) => media.commands.send(command).await.map_err(|_| stopped())?,
            ToNode::Alive => {}
            ToNode::Hello { .. } => return Err(WireError::Unreadable),
        }
    }
}

async fn talk(
    mut line: impl AsyncWrite + Unpin,
    media: &Handle,
    events: &mut mpsc::UnboundedReceiver<Event>,
    mut drain: watch::Receiver<bool>,
) -> Result<Infallible, WireError> {
    let mut beat = tokio::time::interval(BEAT);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    drain.mark_changed();
    loop {
        let message = tokio::select! {
            event = events.recv() => FromNode::Event(event.ok_or_else(stopped)?),
            // Whether it answers is what signaling wants to know: a node whose media hangs is a lost node.
            _ = beat.tick() => FromNode::Alive(Box::new(media.stats().await.ok_or_else(stopped)?)),
            Ok(()) = drain.changed() => match *drain.borrow_and_update() {
                true => FromNode::Draining,
                false => continue,
            },
        };
        wire::write(&mut line, &message).await?;
    }
}

fn stopped() -> WireError {
    WireError::Closed(std::io::Error::other("the media thread stopped"))
}
