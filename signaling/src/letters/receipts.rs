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

#[cfg(test)]
mod tests {
    use shared::letter::{LetterKind, Way};

    use super::*;
    use crate::letters::round::tests::board;
    use crate::letters::{Letter, LetterId, Outcome};

    /// A receipt moves the message it names from sent to arrived, once; one of long ago that had the same name stays.
    #[tokio::test]
    async fn a_receipt_is_about_one_message() {
        let (world, _, meeting) = board(1).await;
        let (state, now) = (&world.state, world.state.clock.now());
        let listed = db::invitees::list(&state.db, meeting.organisation, meeting.id).await.unwrap();
        let invitee = listed[0].invited.id;
        let letter = Letter {
            organisation: meeting.organisation,
            meeting: meeting.id,
            invitee,
            kind: LetterKind::Password,
            way: Way::Sms,
        };
        let taken = Outcome::accepted(Some("7".into()));
        for (n, at) in [(1, now.plus_ms(-MAX_AGE_MS - 1)), (2, now)] {
            let id = LetterId::from_random([n; 16]);
            db::letters::begin(&state.db, id, letter, DeliveryState::Sending, at).await.unwrap();
            db::letters::settle(&state.db, id, &taken, at).await.unwrap();
        }
        let receipt = |of: &str| Receipt { of: of.into(), state: DeliveryState::Undelivered, said: "EXPIRED".into() };
        assert!(!take(state, &receipt("8")).await, "nobody's");
        assert!(take(state, &receipt("7")).await);
        assert!(!take(state, &receipt("7")).await, "a second time");
        let states: Vec<String> = db::sql::query_scalar("SELECT state FROM letters ORDER BY begun_at")
            .fetch_all(state.db.read())
            .await
            .unwrap();
        assert_eq!(states, ["accepted", "undelivered"]);
        let newest = db::letters::newest(&state.db, meeting.organisation, meeting.id).await.unwrap();
        assert_eq!(newest[&(invitee, LetterKind::Password, Way::Sms)].said.as_deref(), Some("EXPIRED"));
    }
}
