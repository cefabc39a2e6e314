//! Putting meetings away, and what follows from it for their PINs (D14, D38).

use shared::ids::{MeetingId, OrganisationId};

use super::events::{Actor, DoorEvent, Entry};
use crate::db::{self, DbError};
use crate::state::AppState;

const DAY_MS: i64 = 24 * 3_600_000;

/// Archives a meeting that is over; `false` when it is not, or was archived before.
///
/// # Errors
/// The database failed.
pub async fn archive(
    state: &AppState,
    organisation: OrganisationId,
    meeting: MeetingId,
    actor: Actor,
) -> Result<bool, DbError> {
    let (at, event) = (state.clock.now(), DoorEvent::Archived);
    let entry = Entry { organisation, meeting, invitee: None, at, actor, event };
    db::door_events::apply(&state.db, state.chance.as_ref(), &entry).await
}

/// Archives what has been over long enough, and frees the PINs whose cool-down is over.
///
/// # Errors
/// The database failed.
pub async fn look_after(state: &AppState) -> Result<(), DbError> {
    let (now, config) = (state.clock.now(), &state.config.door);
    if config.archive_after_days > 0 {
        let until = now.plus_ms(-DAY_MS * i64::from(config.archive_after_days));
        for (organisation, meeting) in db::meetings::to_archive(&state.db, until).await? {
            archive(state, organisation, meeting, Actor::Clock).await?;
        }
    }
    let freed = db::pins::free(&state.db, now.plus_ms(-DAY_MS * i64::from(config.cool_down_days))).await?;
    if freed > 0 {
        tracing::info!(freed, "the cool-down of PINs is over: they may be issued again");
    }
    Ok(())
}
