//! Logging in and out.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::api::{ApiError, ConsoleAccount, Login, Me};
use shared::ids::{AccountId, OrganisationId};

use crate::accounts::disabling;
use crate::accounts::sessions::{self, LoginError};
use crate::accounts::{Account, MAX_PASSWORD_BYTES};
use crate::db;
use crate::db::accounts::NotDisabled;
use crate::edge::client::Client;
use crate::edge::source::Source;
use crate::extract::{Json, Path, Refusal, Session, clear_cookie, cookie, token_of};
use crate::guards::{self, Guard};
use crate::state::AppState;

/// `POST /login`
pub(super) async fn login(
    State(state): State<AppState>,
    client: Client,
    headers: HeaderMap,
    Json(login): Json<Login>,
) -> Result<Response, Refusal> {
    let account = check(&state, Source::from(client.0), &login).await?;
    let token = sessions::open(&state, &account, token_of(&headers).as_ref()).await?;
    let cookie = cookie(&token).ok_or(ApiError::Internal)?;
    let me = who(&state, account.name, account.organisation).await?;
    Ok(([(header::SET_COOKIE, cookie)], axum::Json(me)).into_response())
}

/// `GET /accounts`
pub(super) async fn list(
    State(state): State<AppState>,
    session: Session,
) -> Result<axum::Json<Vec<ConsoleAccount>>, Refusal> {
    Ok(axum::Json(db::accounts::list(&state.db, session.organisation).await?))
}

/// `POST /accounts/{id}/disable`
pub(super) async fn disable(
    State(state): State<AppState>,
    session: Session,
    Path(account): Path<String>,
) -> Result<axum::Json<Vec<ConsoleAccount>>, Refusal> {
    let account = account.parse().map_err(|_| ApiError::NotFound)?;
    if account == session.account {
        return Err(ApiError::OwnAccount.into());
    }
    let whose = (account, session.organisation);
    match disabling::disable(&state, whose, session.account).await? {
        Ok(()) => tracing::info!(%account, by = %session.account, "an account was disabled"),
        // What is asked is so already, or there is none.
        Err(NotDisabled::NotThere) => find(&state, whose).await?,
        // Whoever asks was disabled meanwhile.
        Err(NotDisabled::TheLast) => return Err(ApiError::NotLoggedIn.into()),
    }
    list(State(state), session).await
}

/// `POST /accounts/{id}/enable`
pub(super) async fn enable(
    State(state): State<AppState>,
    session: Session,
    Path(account): Path<String>,
) -> Result<axum::Json<Vec<ConsoleAccount>>, Refusal> {
    let account = account.parse().map_err(|_| ApiError::NotFound)?;
    // Whoever was disabled while they asked this does not undo it.
    if account == session.account {
        return Err(ApiError::OwnAccount.into());
    }
    if db::accounts::enable(&state.db, account, session.organisation).await? {
        tracing::info!(%account, by = %session.account, "an account was enabled");
    } else {
        find(&state, (account, session.organisation)).await?;
    }
    list(State(state), session).await
}

/// Whether there is this account.
async fn find(state: &AppState, (account, organisation): (AccountId, OrganisationId)) -> Result<(), Refusal> {
    let all = db::accounts::list(&state.db, organisation).await?;
    all.iter().find(|found| found.id == account).map(|_| ()).ok_or(Refusal(ApiError::NotFound))
}

/// Takes one of the source's tries; gives it back unless the password or the code was wrong.
pub(super) async fn check(state: &AppState, source: Source, login: &Login) -> Result<Account, Refusal> {
    if !guards::holds(Guard::LogWords) {
        tracing::info!(name = %login.name, "somebody logs in");
    }
    let now = state.clock.now();
    state.logins.take(source, now).map_err(|retry_after_s| ApiError::TooManyTries { retry_after_s })?;
    if login.password.reveal().len() > MAX_PASSWORD_BYTES {
        return Err(ApiError::WrongLogin.into());
    }
    let checked = sessions::check(state, (&login.name, &login.password), login.code.as_ref()).await;
    if !checked.as_ref().is_err_and(LoginError::is_a_guess) {
        state.logins.forget(source);
    }
    checked.map_err(Refusal::from)
}

impl From<LoginError> for Refusal {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Wrong => Self(ApiError::WrongLogin),
            LoginError::Disabled => Self(ApiError::AccountDisabled),
            LoginError::CodeNeeded => Self(ApiError::CodeNeeded),
            LoginError::Code(error) => error.into(),
            LoginError::Hash(error) => error.into(),
            LoginError::Db(error) => error.into(),
        }
    }
}

/// `POST /logout`: also without a session, so that a page can always get back to the start.
pub(super) async fn logout(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, Refusal> {
    if let Some(token) = token_of(&headers) {
        sessions::close(&state, &token).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, clear_cookie())]).into_response())
}

/// `GET /me`
pub(super) async fn me(State(state): State<AppState>, session: Session) -> Result<axum::Json<Me>, Refusal> {
    who(&state, session.name, session.organisation).await.map(axum::Json)
}

async fn who(state: &AppState, name: String, organisation: OrganisationId) -> Result<Me, Refusal> {
    let organisation = db::accounts::organisation_name(&state.db, organisation).await?.unwrap_or_default();
    let idle_logout_s = state.config.accounts.idle_minutes.saturating_mul(60);
    Ok(Me { name, organisation, idle_logout_s, outbox: state.outbox.is_some() })
}
