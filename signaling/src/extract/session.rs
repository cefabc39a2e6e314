//! The account behind the cookie. Taking a [`Session`] as a parameter is what makes a handler private.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use shared::api::ApiError;
use shared::ids::{AccountId, OrganisationId};
use shared::secret::Secret;

use crate::accounts::sessions::{self, Activity};
use crate::edge::crowd::Keep;
use crate::extract::Refusal;
use crate::state::AppState;

/// `__Host-`: browsers take it only with `Secure`, `Path=/` and no `Domain`, so no neighbour can plant it.
pub const COOKIE: &str = "__Host-conclave";
/// Pages send it with what they ask by themselves: such asking is not activity (D8).
const BACKGROUND: &str = "x-background";

/// Who is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Which account.
    pub account: AccountId,
    /// Whose.
    pub organisation: OrganisationId,
    /// The account's name.
    pub name: String,
}

impl FromRequestParts<AppState> for Session {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let token = token_of(&parts.headers).ok_or(ApiError::NotLoggedIn)?;
        let activity = if parts.headers.contains_key(BACKGROUND) { Activity::Background } else { Activity::Person };
        let session = sessions::find(state, &token, activity).await?.ok_or(Refusal(ApiError::NotLoggedIn))?;
        if let Some(connection) = parts.extensions.get::<Keep>() {
            connection.keep();
        }
        Ok(session)
    }
}

/// The session token a request carries, if any.
pub fn token_of(headers: &HeaderMap) -> Option<Secret> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, token)| Secret::new(token))
}

/// The `Set-Cookie` of a login.
pub fn cookie(token: &Secret) -> Option<HeaderValue> {
    let text = format!("{COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Strict", token.reveal());
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The `Set-Cookie` of a logout.
pub const fn clear_cookie() -> HeaderValue {
    HeaderValue::from_static("__Host-conclave=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")
}
