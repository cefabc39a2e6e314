//! What a room decides durably, written in order by a task of its own: a slow database holds up its paperwork, not
//! the people in it. What must hold before anybody hears of it (a removal, the end) is waited for, within reason.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::chance::Chance;
use crate::db::{Db, door_events};
use crate::meetings::events::{DoorEvent, Entry};

/// How long a room waits for a note that must hold first. Longer keeps a removed person's PIN from opening the door
/// for a moment while the database hangs; shorter keeps the removed person in the room for less.
const PATIENCE: Duration = Duration::from_secs(2);
/// Tries, a second apart at least. While a server is away each takes some seconds of its own.
const TRIES: u32 = 60;

/// A room's way to its notes.
pub(super) struct Notes(mpsc::UnboundedSender<(Entry, oneshot::Sender<()>)>);

impl Notes {
    /// Starts the task that writes. It ends once the room is gone and everything is written.
    pub(super) fn start(db: Db, chance: Arc<dyn Chance>) -> Self {
        let (sender, mut receiver) = mpsc::unbounded_channel::<(Entry, oneshot::Sender<()>)>();
        tokio::spawn(async move {
            while let Some((entry, done)) = receiver.recv().await {
                write(&db, chance.as_ref(), &entry).await;
                let _ = done.send(());
            }
        });
        Self(sender)
    }

    /// Has a note written; comes back once it is, when it must hold before anything else happens.
    pub(super) async fn note(&self, entry: Entry) {
        let must_hold_first = matches!(entry.event, DoorEvent::Removed | DoorEvent::Ended);
        let (done, written) = oneshot::channel();
        let _ = self.0.send((entry, done));
        if must_hold_first && tokio::time::timeout(PATIENCE, written).await.is_err() {
            tracing::error!("the database is slow: what a meeting decided is not written down yet");
        }
    }
}

/// Tries again what changes something, and everything else while it is the database that is away. The next note waits.
async fn write(db: &Db, chance: &dyn Chance, entry: &Entry) {
    let changes_something = matches!(entry.event, DoorEvent::Removed | DoorEvent::Ended | DoorEvent::Extended { .. });
    let id = door_events::new_id(chance);
    for attempt in 1..=TRIES {
        let Err(error) = door_events::apply_as(db, &id, entry).await else { return };
        tracing::error!(meeting = %entry.meeting, %error, attempt, "a door event was not written");
        if !changes_something && !error.is_away() {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
