//! What every page may know, and the outbox of a server that sends no SMS or no e-mail.

use axum::extract::State;
use shared::api::{ApiError, OutboxMessage, Site};

use crate::extract::{Refusal, Session};
use crate::state::AppState;

/// `GET /site`
pub(super) async fn site(State(state): State<AppState>) -> axum::Json<Site> {
    axum::Json(Site {
        demo: state.config.is_demo(),
        geo_attribution: state.geo_attribution(),
        sms: state.sms.is_there(),
        mail: state.mail.is_there(),
        pin_lengths: state.door.pin_lengths().and(state.config.door.pin_digits),
        video_codec: state.config.media.video_codec,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// `GET /outbox`
pub(super) async fn outbox(
    State(state): State<AppState>,
    _session: Session,
) -> Result<axum::Json<Vec<OutboxMessage>>, Refusal> {
    let outbox = state.outbox.as_ref().ok_or(ApiError::NotFound)?;
    Ok(axum::Json(outbox.newest_first()))
}
