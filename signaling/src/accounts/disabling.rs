//! Disabling an account, finally: it logs in no more, and neither it nor whoever came in on an invitation that is for it has
//! anything left that opens a door: sessions, PINs, tabs, devices, media.
//!
//! What stands in the database dies in one transaction (`db::accounts::disable`). Rooms hear of it from whoever did it in this
//! process, and within [`EVERY`] from [`spawn`] when it was another one: `conclave admin disable` works beside a running server.

use std::collections::HashMap;
use std::time::Duration;

use shared::ids::{AccountId, OrganisationId};
use shared::units::UnixMs;

use crate::db::accounts::{Disabled, NotDisabled};
use crate::db::{self, DbError};
use crate::meetings::events::Actor;
use crate::state::AppState;

/// How often the database is asked who was disabled elsewhere. People are out within a second of it.
const EVERY: Duration = Duration::from_millis(500);

/// Disables an account of an organisation, and puts out whoever is in a room on one of its invitations.
///
/// # Errors
/// The database failed.
pub async fn disable(
    state: &AppState,
    (account, organisation): (AccountId, OrganisationId),
    by: AccountId,
) -> Result<Result<(), NotDisabled>, DbError> {
    let disabled = Disabled { account, organisation, at: state.clock.now(), by: Actor::Account(by) };
    let done = db::accounts::disable(&state.db, state.chance.as_ref(), &disabled).await?;
    if done.is_ok() {
        put_out(state, account).await?;
    }
    Ok(done)
}

/// Which accounts were disabled, and when last.
pub(crate) type Known = HashMap<AccountId, UnixMs>;

/// Looks for as long as the server runs. Rooms are empty when it begins to.
pub fn spawn(state: AppState) {
    tokio::spawn(async move {
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut known = None;
        loop {
            every.tick().await;
            // What could not be asked is asked again. That the database is away is told elsewhere.
            match (db::accounts::disabled(&state.db).await, &mut known) {
                (Ok(disabled), None) => known = Some(disabled),
                (Ok(disabled), Some(known)) => look(&state, known, disabled).await,
                (Err(error), _) => tracing::debug!(%error, "which accounts are disabled could not be found out"),
            }
        }
    });
}

/// Whoever was disabled since the last look goes.
pub(crate) async fn look(state: &AppState, known: &mut Known, disabled: Known) {
    for (account, at) in disabled {
        if known.get(&account) == Some(&at) {
            continue;
        }
        match put_out(state, account).await {
            Ok(()) => drop(known.insert(account, at)),
            Err(error) => {
                tracing::warn!(%error, "people of a disabled account may still be in a meeting; the next look tries again");
            }
        }
    }
}

/// Their PINs are withdrawn already. Whoever is out hears nothing.
async fn put_out(state: &AppState, account: AccountId) -> Result<(), DbError> {
    let mut connection = state.db.read().acquire().await?;
    for (meeting, invitee) in db::invitees::of_account(&mut connection, account).await? {
        state.live.pin_revoked(meeting, invitee);
    }
    Ok(())
}
