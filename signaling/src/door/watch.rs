//! Once a minute: what is over long enough is put away, with its PINs; how many PINs work is counted, and so how many
//! evaluations the door grants; and what it did is written down.

use std::time::Duration;

use shared::pin::PinLengths;

use super::tally::Minute;
use crate::db::{self, DbError};
use crate::meetings::archive;
use crate::state::AppState;

/// How often. A PIN that was issued since counts at the next time.
const EVERY: Duration = Duration::from_secs(60);

/// Finds out what a guess can find, now and from here on every minute.
pub fn spawn(state: AppState) {
    tokio::spawn(async move {
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // The first comes at once.
        let mut is_first = true;
        loop {
            every.tick().await;
            let minute = if is_first { Minute::default() } else { state.door.close_minute() };
            is_first = false;
            if let Err(error) = look_after(&state, minute).await {
                tracing::error!(%error, "the door's numbers could not be read or written; it goes on with the old ones");
            }
        }
    });
}

/// Counts the PINs that work now.
///
/// # Errors
/// The database failed.
pub async fn count_live(state: &AppState) -> Result<(), DbError> {
    let lengths = db::pins::lengths(&state.db).await?;
    let lengths = lengths.unwrap_or(PinLengths::exactly(state.config.door.pin_digits));
    state.door.expose(db::pins::exposure(&state.db, state.clock.now()).await?, lengths);
    Ok(())
}

/// One look, and the minute that ended with it.
///
/// # Errors
/// The database failed.
pub async fn look_after(state: &AppState, minute: Minute) -> Result<(), DbError> {
    let now = state.clock.now();
    archive::look_after(state).await?;
    count_live(state).await?;
    if minute.is_worth_writing() {
        let Minute { evaluated, failed, turned_away, sources } = minute;
        tracing::info!(evaluated, failed, turned_away, sources, "tries at the PIN door in the last minute");
        db::door_minutes::insert(&state.db, now, minute).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::sql;

    /// An attack is one row a minute, whatever its size, and a quiet minute is none.
    #[tokio::test]
    async fn tries_are_written_down_in_aggregate() {
        let world = crate::testing::world().await;
        let state = &world.state;
        let minute = Minute { evaluated: 90_000, failed: 90_000, turned_away: 7, sources: 10_000 };
        for _ in 0..3 {
            look_after(state, minute).await.unwrap();
            world.clock.advance_ms(60_000);
            look_after(state, Minute { evaluated: 2, ..Minute::default() }).await.unwrap();
            world.clock.advance_ms(60_000);
        }
        let rows: Vec<(i64, i64, i64, i64)> =
            sql::query_as("SELECT evaluated, failed, turned_away, sources FROM door_minutes")
                .fetch_all(state.db.read())
                .await
                .unwrap();
        assert_eq!(rows, [(90_000, 90_000, 7, 10_000); 3]);
        world.clock.advance_ms(91 * 24 * 3_600_000);
        look_after(state, minute).await.unwrap();
        let kept: i64 =
            sql::query_scalar("SELECT COUNT(*) FROM door_minutes").fetch_one(state.db.read()).await.unwrap();
        assert_eq!(kept, 1);
    }
}
