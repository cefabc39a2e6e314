//! The authenticator of the account that is logged in. The password is asked again, and what is typed is looked at as seldom as
//! at the login; what is wrong is a field here, because the session goes on.

use axum::extract::State;
use axum::http::HeaderMap;
use shared::api::{ApiError, Field, FieldError, Login};
use shared::authenticator::{
    Authenticator, BeginAuthenticator, ConfirmAuthenticator, NewAuthenticator, RecoveryCodes, RemoveAuthenticator,
};
use shared::secret::Secret;

use super::accounts::check;
use crate::accounts::authenticator::{CodeError, Holder};
use crate::chance::token_hash;
use crate::db;
use crate::edge::client::Client;
use crate::edge::source::Source;
use crate::extract::{Json, Refusal, Session, token_of};
use crate::state::AppState;

/// `GET /me/authenticator`
pub(super) async fn state(
    State(state): State<AppState>,
    session: Session,
) -> Result<axum::Json<Authenticator>, Refusal> {
    Ok(axum::Json(state.authenticators().state(session.account).await?))
}

/// `POST /me/authenticator`
pub(super) async fn begin(
    State(state): State<AppState>,
    session: Session,
    client: Client,
    Json(begin): Json<BeginAuthenticator>,
) -> Result<axum::Json<NewAuthenticator>, Refusal> {
    ask_again(&state, client, &session, (begin.password, None)).await.map_err(in_session)?;
    let site = format!("Conclave {}", host(&state.config.public_url()));
    let begun = state.authenticators().begin(holder(&session), &site).await?;
    Ok(axum::Json(begun.ok_or(ApiError::AuthenticatorInUse)?))
}

/// `POST /me/authenticator/confirm`
pub(super) async fn confirm(
    State(state): State<AppState>,
    session: Session,
    client: Client,
    headers: HeaderMap,
    Json(confirm): Json<ConfirmAuthenticator>,
) -> Result<axum::Json<RecoveryCodes>, Refusal> {
    let source = Source::from(client.0);
    state.logins.take(source, state.clock.now()).map_err(|retry_after_s| ApiError::TooManyTries { retry_after_s })?;
    let token = token_of(&headers).map(|token| token_hash(token.reveal())).unwrap_or_default();
    let confirmed = state.authenticators().confirm(holder(&session), &confirm.code, &token).await;
    if !matches!(confirmed, Err(CodeError::Wrong)) {
        state.logins.forget(source);
    }
    confirmed.map(axum::Json).map_err(|error| in_session(error.into()))
}

/// `POST /me/authenticator/remove`
pub(super) async fn remove(
    State(state): State<AppState>,
    session: Session,
    client: Client,
    Json(remove): Json<RemoveAuthenticator>,
) -> Result<axum::Json<Authenticator>, Refusal> {
    ask_again(&state, client, &session, (remove.password, Some(remove.code))).await.map_err(in_session)?;
    if !db::authenticators::remove(&state.db, session.account).await? {
        return Err(ApiError::NoAuthenticator.into());
    }
    Ok(axum::Json(state.authenticators().state(session.account).await?))
}

/// What the login would ask.
async fn ask_again(
    state: &AppState,
    client: Client,
    session: &Session,
    (password, code): (Secret, Option<Secret>),
) -> Result<(), Refusal> {
    let login = Login { name: session.name.clone(), password, code };
    check(state, Source::from(client.0), &login).await.map(drop)
}

fn holder(session: &Session) -> Holder<'_> {
    Holder { account: session.account, organisation: session.organisation, name: &session.name }
}

/// A refusal of the login's, as one within a session.
fn in_session(Refusal(error): Refusal) -> Refusal {
    match error {
        ApiError::WrongLogin => Refusal::field(Field::Password, FieldError::Wrong),
        // Disabled just now: the session is gone as well.
        ApiError::AccountDisabled => ApiError::NotLoggedIn.into(),
        ApiError::WrongCode => Refusal::field(Field::Code, FieldError::Wrong),
        // No code was typed where none is asked for: there is an authenticator.
        ApiError::CodeNeeded => ApiError::AuthenticatorInUse.into(),
        other => other.into(),
    }
}

/// The host of an address, without its port.
fn host(url: &str) -> &str {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or_default();
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    }
}

impl From<CodeError> for Refusal {
    fn from(error: CodeError) -> Self {
        match error {
            CodeError::Wrong => Self(ApiError::WrongCode),
            CodeError::Wait { retry_after_s } => Self(ApiError::TooManyTries { retry_after_s }),
            CodeError::UsedUp => Self(ApiError::CodesUsedUp),
            CodeError::None => Self(ApiError::NoAuthenticator),
            CodeError::Sealed => {
                tracing::error!(%error, "a request failed");
                Self(ApiError::Internal)
            }
            CodeError::Db(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn an_app_shows_where_the_account_is() {
        let table = [
            ("https://meet.example.org", "meet.example.org"),
            ("http://localhost:8080", "localhost"),
            ("https://[2001:db8::7]:8443/", "[2001:db8::7]"),
        ];
        for (url, expected) in table {
            assert_eq!(host(url), expected);
        }
    }
}
