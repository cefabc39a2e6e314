//! The one way an error becomes an HTTP answer: a [`shared::api::ApiError`] with its status. Details go to the log.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::api::{ApiError, Field, FieldError};
use shared::input::InvalidText;

use crate::accounts::hashing::HashError;
use crate::db::DbError;

/// What a handler fails with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub ApiError);

impl Refusal {
    /// A wrong field.
    pub fn field(field: Field, reason: FieldError) -> Self {
        Self(ApiError::Field { field, reason })
    }

    /// A field whose text breaks a rule.
    pub fn text(field: Field, reason: InvalidText) -> Self {
        Self::field(field, FieldError::Text { reason })
    }

    /// The answer's status, as the table in [`ApiError`] says.
    pub fn status(&self) -> StatusCode {
        status(&self.0)
    }

    /// After how many seconds trying again is sensible, where waiting helps.
    pub fn retry_after_s(&self) -> Option<u32> {
        match self.0 {
            ApiError::TooManyTries { retry_after_s } => Some(retry_after_s),
            ApiError::Busy => Some(1),
            ApiError::DatabaseAway => Some(5),
            _ => None,
        }
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl From<DbError> for Refusal {
    fn from(error: DbError) -> Self {
        tracing::error!(%error, "a request failed in the database");
        Self(if error.is_away() { ApiError::DatabaseAway } else { ApiError::Internal })
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        DbError::from(error).into()
    }
}

impl From<HashError> for Refusal {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self(ApiError::Busy),
            HashError::Failed(_) => {
                tracing::error!(%error, "a request failed");
                Self(ApiError::Internal)
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status(), axum::Json(&self.0)).into_response();
        if let Some(seconds) = self.retry_after_s() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn status(error: &ApiError) -> StatusCode {
    match error {
        ApiError::Unreadable => StatusCode::BAD_REQUEST,
        ApiError::NotLoggedIn | ApiError::WrongLogin | ApiError::CodeNeeded | ApiError::WrongCode => {
            StatusCode::UNAUTHORIZED
        }
        ApiError::ForeignOrigin | ApiError::AccountDisabled => StatusCode::FORBIDDEN,
        ApiError::NotFound => StatusCode::NOT_FOUND,
        ApiError::MeetingOver
        | ApiError::MeetingNotOver
        | ApiError::MeetingFull
        | ApiError::TooManyTemplates
        | ApiError::NoPhone
        | ApiError::NoSms
        | ApiError::SmsBudgetSpent
        | ApiError::MailBudgetSpent
        | ApiError::NoWay
        | ApiError::PinWithdrawn
        | ApiError::CodesUsedUp
        | ApiError::OwnAccount
        | ApiError::AccountOfInvitationDisabled
        | ApiError::AuthenticatorInUse
        | ApiError::NoAuthenticator
        | ApiError::SmsCountryNotServed => StatusCode::CONFLICT,
        ApiError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ApiError::Field { .. } | ApiError::Person { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        ApiError::TooManyTries { .. } => StatusCode::TOO_MANY_REQUESTS,
        ApiError::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ApiError::SmsNotDelivered => StatusCode::BAD_GATEWAY,
        ApiError::Busy | ApiError::DatabaseAway => StatusCode::SERVICE_UNAVAILABLE,
    }
}
