//! What the PIN door does, for the console.

use axum::extract::State;
use shared::api::DoorReport;

use crate::door::budget::{TARGET_PER_MEETING, TARGET_PER_YEAR, YEAR_S};
use crate::door::watch;
use crate::extract::{Refusal, Session};
use crate::state::AppState;

/// As long as a long meeting, seconds.
const MEETING_S: f64 = 7_200.0;

/// `GET /door`
pub(super) async fn report(
    State(state): State<AppState>,
    _session: Session,
) -> Result<axum::Json<DoorReport>, Refusal> {
    watch::count_live(&state).await?;
    let exposure = state.door.exposure();
    let granted_per_s = exposure.evaluations_per_s();
    let (lately, busiest_per_s) = state.door.lately();
    Ok(axum::Json(DoorReport {
        pin_digits: state.config.door.pin_digits,
        live_pins: exposure.live_pins,
        granted_per_s,
        chance_per_year: exposure.chance(granted_per_s, YEAR_S),
        target_per_year: TARGET_PER_YEAR,
        chance_per_meeting: exposure.chance_in_one_meeting(granted_per_s, MEETING_S),
        target_per_meeting: TARGET_PER_MEETING,
        chance_at_busiest: exposure.chance(busiest_per_s, YEAR_S),
        waiting: state.door.waiting(),
        evaluated: lately.evaluated,
        failed: lately.failed,
        turned_away: lately.turned_away,
        sources: lately.sources,
        sms_today: state.sms.is_there().then(|| state.send_limit.today(state.clock.now())),
    }))
}
