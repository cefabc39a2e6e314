//! The console's calls under `/api/v1`, as `shared::api` lists them, and the pages beside them. Handlers are thin: they
//! take types out of HTTP, ask `accounts` and `meetings`, and put types back.

mod accounts;
mod authenticator;
pub(crate) mod devices;
mod door;
mod invitations;
pub(crate) mod invitees;
mod meetings;
mod openapi;
pub(crate) mod receipts;
mod record;
mod site;
mod templates;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, patch, post};
use shared::api::ApiError;

use crate::extract::Refusal;
use crate::state::AppState;
use crate::{assets, edge, ws};

/// Everything this server answers, behind its guard.
pub fn router(state: &AppState) -> Router {
    let api = console().route("/ws", get(ws::upgrade)).fallback(async || Refusal::from(ApiError::NotFound));
    Router::new()
        .nest("/api/v1", api)
        .merge(devices::routes())
        .merge(receipts::routes())
        .fallback(get(assets::serve))
        .layer(from_fn_with_state(state.clone(), edge::guard))
        .with_state(state.clone())
}

fn console() -> Router<AppState> {
    Router::new()
        .route("/openapi.json", get(openapi::document))
        .route("/site", get(site::site))
        .route("/door", get(door::report))
        .route("/outbox", get(site::outbox))
        .route("/login", post(accounts::login))
        .route("/logout", post(accounts::logout))
        .route("/me", get(accounts::me))
        .route("/accounts", get(accounts::list))
        .route("/accounts/{account}/disable", post(accounts::disable))
        .route("/accounts/{account}/enable", post(accounts::enable))
        .route("/me/authenticator", get(authenticator::state).post(authenticator::begin))
        .route("/me/authenticator/confirm", post(authenticator::confirm))
        .route("/me/authenticator/remove", post(authenticator::remove))
        .route("/meetings", get(meetings::list).post(meetings::create))
        .route("/meetings/call", post(invitations::call_in))
        .route("/templates", get(templates::list).post(templates::keep))
        .route("/templates/{template}/remove", post(templates::remove))
        .route("/meetings/{meeting}", get(meetings::detail).merge(patch(meetings::change)))
        .route("/meetings/{meeting}/end", post(meetings::end))
        .route("/meetings/{meeting}/archive", post(meetings::put_away))
        .route("/meetings/{meeting}/record", get(record::json))
        .route("/meetings/{meeting}/record.html", get(record::html))
        .route("/meetings/{meeting}/invitations", post(invitations::send_all))
        .route("/meetings/{meeting}/invitees/{invitee}/invitation", post(invitations::send))
        .route("/meetings/{meeting}/invitees", post(invitees::invite))
        .route("/meetings/{meeting}/invitees/{invitee}", patch(invitees::change))
        .route("/meetings/{meeting}/invitees/{invitee}/pin", post(invitees::reissue_pin))
        .route("/meetings/{meeting}/invitees/{invitee}/pin/revoke", post(invitees::revoke_pin))
        .route("/meetings/{meeting}/invitees/{invitee}/password", post(invitees::send_password))
        .route("/meetings/{meeting}/invitees/{invitee}/password/read-out", post(invitees::password_to_read))
        .route("/meetings/{meeting}/invitees/{invitee}/invitation.ics", get(invitees::calendar))
}
