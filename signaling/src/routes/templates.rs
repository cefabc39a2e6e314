//! Meeting templates.

use axum::extract::{Path, State};
use shared::api::{ApiError, Field};
use shared::ids::TemplateId;
use shared::input;
use shared::template::{NewTemplate, Template};

use crate::db;
use crate::extract::{Json, Refusal, Session};
use crate::meetings::schedule;
use crate::state::AppState;

/// `GET /templates`
pub(super) async fn list(
    State(state): State<AppState>,
    session: Session,
) -> Result<axum::Json<Vec<Template>>, Refusal> {
    Ok(axum::Json(db::templates::list(&state.db, session.organisation).await?))
}

/// `POST /templates`: what is there now.
pub(super) async fn keep(
    State(state): State<AppState>,
    session: Session,
    Json(new): Json<NewTemplate>,
) -> Result<axum::Json<Vec<Template>>, Refusal> {
    let name = input::name(&new.name).map_err(|reason| Refusal::text(Field::Name, reason))?;
    let settings = schedule::settings(&new.settings).map_err(|(field, reason)| Refusal::field(field, reason))?;
    let id = TemplateId::from_random(state.chance.id());
    let now = state.clock.now();
    if !db::templates::keep(&state.db, session.organisation, (id, &name, &settings), now).await? {
        return Err(ApiError::TooManyTemplates.into());
    }
    list(State(state), session).await
}

/// `POST /templates/{id}/remove`: what is left.
pub(super) async fn remove(
    State(state): State<AppState>,
    session: Session,
    Path(id): Path<String>,
) -> Result<axum::Json<Vec<Template>>, Refusal> {
    let id = id.parse().map_err(|_| ApiError::NotFound)?;
    if !db::templates::remove(&state.db, session.organisation, id).await? {
        return Err(ApiError::NotFound.into());
    }
    list(State(state), session).await
}
