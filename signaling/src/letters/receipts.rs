//! What a gateway says afterwards: whether a telephone has what it took.

use std::time::Duration;

use shared::letter::DeliveryState;
use tokio::sync::mpsc;

use crate::db;
use crate::state::AppState;

/// Receipts that may wait. More are dropped: what they tell of then stays "sent".
pub const MAX_WAITING: usize = 1_000;
/// A gateway may be quicker than our own note of what it calls a message: what is not found is looked for once more.
const SECOND_LOOK: Duration = Duration::from_secs(3);
/// How old a message may be, milliseconds: gateways begin their numbers anew now and then.
const MAX_AGE_MS: i64 = 3 * 24 * 3_600_000;

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What the gateway called the message when it took it.
    pub of: String,
    /// [`DeliveryState::Delivered`] or [`DeliveryState::Undelivered`].
    pub state: DeliveryState,
    /// Its word for why not.
    pub said: String,
}

/// Writes receipts down as they come.
pub fn spawn(state: AppState, mut arrived: mpsc::Receiver<Receipt>) {
    tokio::spawn(async move {
        while let Some(receipt) = arrived.recv().await {
            if !take(&state, &receipt).await {
                let state = state.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(SECOND_LOOK).await;
                    take(&state, &receipt).await;
                });
            }
        }
    });
}

/// Whether it was about something.
async fn take(state: &AppState, receipt: &Receipt) -> bool {
    let now = state.clock.now();
    match db::letters::receive(&state.db, receipt, (now.plus_ms(-MAX_AGE_MS), now)).await {
        Ok(was_ours) => was_ours,
        Err(error) => {
            tracing::error!(%error, "a gateway's receipt was not written down");
            true
        }
    }
}
