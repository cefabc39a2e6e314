//! Whether the parts answer, for a load balancer or a service manager: 200 when all do, 503 when one does not.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::{Observed, plain};

/// What `GET /health` says.
#[derive(Debug, Serialize)]
struct Health {
    media: Answer,
    database: Answer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Answers,
    Silent,
}

impl From<bool> for Answer {
    fn from(answers: bool) -> Self {
        if answers { Self::Answers } else { Self::Silent }
    }
}

/// `GET /health`
pub(super) async fn health(State(observed): State<Observed>) -> Response {
    let (media, database) = tokio::join!(observed.media_answers(), observed.database_answers());
    let status = if media && database { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let health = Health { media: media.into(), database: database.into() };
    (status, plain("application/json"), Json(health)).into_response()
}
