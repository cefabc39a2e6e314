//! A JSON body, read whole within a size and a time, into a type that knows exactly its fields.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header;
use serde::de::DeserializeOwned;
use shared::api::ApiError;

use crate::extract::Refusal;
use crate::guards::{self, Guard};

/// Largest body of any call. The largest honest one, a meeting, is under 2 KiB.
const MAX_BODY_BYTES: usize = 16 * 1024;
/// How long a body may take to arrive. Longer forgives worse networks and lets a slow sender hold a connection longer.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The body as `T`. The types deny unknown fields: what is not understood is not silently dropped.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Refusal> {
        let is_json =
            request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
                value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
            });
        if !is_json && guards::holds(Guard::JsonType) {
            return Err(ApiError::Unreadable.into());
        }
        let bytes = read(request.into_body()).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|_| ApiError::Unreadable.into())
    }
}

async fn read(body: Body) -> Result<Bytes, Refusal> {
    let patience = if guards::holds(Guard::BodyTimeout) { BODY_TIMEOUT } else { Duration::from_secs(3_600) };
    match tokio::time::timeout(patience, to_bytes(body, MAX_BODY_BYTES)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        // The one error of `to_bytes` that is not a broken connection.
        Ok(Err(_)) => Err(ApiError::TooLarge.into()),
        Err(_) => Err(ApiError::Unreadable.into()),
    }
}
