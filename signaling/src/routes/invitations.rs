//! Sending invitations, and starting a meeting by calling people into it.

use axum::extract::State;
use axum::http::StatusCode;
use shared::api::{ApiError, CallIn, Called, CalledIn, Field, Invitee, MeetingDetail, NewInvitee, NewMeeting, Start};
use shared::ids::{InviteeId, MeetingId};
use shared::meeting::{DoorRules, MeetingKind, Role};
use shared::signal::PasswordRefused;

use super::invitees::{add, issued, listed, shown};
use super::meetings::{find_running, with_invitees};
use crate::db;
use crate::extract::{Json, Path, Refusal, Session};
use crate::letters::mail_limit::MailRefused;
use crate::letters::post::{self, InviteError};
use crate::meetings::Meeting;
use crate::meetings::events::Actor;
use crate::meetings::invitees::{self as rules, Invited};
use crate::meetings::schedule::{self, Owner};
use crate::state::AppState;

/// `POST /meetings/{id}/invitees/{id}/invitation`
pub(super) async fn send(
    State(state): State<AppState>,
    session: Session,
    Path((meeting, invitee)): Path<(String, String)>,
) -> Result<axum::Json<Invitee>, Refusal> {
    let meeting = find_running(&state, &session, &meeting).await?;
    let listed = listed(&state, &meeting, &invitee).await?;
    let by = (listed.pin_issued_at.is_some(), Actor::Account(session.account));
    post::invite(&state, &meeting, &listed.invited, by).await?;
    shown(&state, &meeting, listed.invited.id).await.map(axum::Json)
}

/// `POST /meetings/{id}/invitations`
pub(super) async fn send_all(
    State(state): State<AppState>,
    session: Session,
    Path(meeting): Path<String>,
) -> Result<axum::Json<MeetingDetail>, Refusal> {
    let meeting = find_running(&state, &session, &meeting).await?;
    if !state.mail.is_there() && !state.sms.is_there() {
        return Err(ApiError::NoWay.into());
    }
    post::invite_all(&state, &meeting, Actor::Account(session.account)).await?;
    with_invitees(&state, &meeting).await
}

/// `POST /meetings/call` (Q18)
pub(super) async fn call_in(
    State(state): State<AppState>,
    session: Session,
    Json(call): Json<CallIn>,
) -> Result<(StatusCode, axum::Json<CalledIn>), Refusal> {
    if !state.sms.is_there() {
        return Err(ApiError::NoSms.into());
    }
    let now = state.clock.now();
    let id = MeetingId::from_random(state.chance.id());
    let owner = Owner { meeting: id, organisation: session.organisation, account: session.account };
    let CallIn { title, duration_minutes, time_zone, people } = call;
    let new = NewMeeting {
        title,
        start: Start::Now {},
        duration_minutes,
        time_zone,
        ask_password: false,
        password_before_minutes: 0,
        kind: MeetingKind::NothingKept,
        rules: DoorRules::default(),
    };
    let meeting = schedule::schedule(&new, owner, now).map_err(|(field, reason)| Refusal::field(field, reason))?;
    // Everything is checked before anything is made: an alert goes to all or to nobody.
    let called = called(&state, &meeting, &people)?;
    let caller = caller(&state, &session, &meeting).await?;
    db::meetings::insert(&state.db, &meeting, now).await?;
    let actor = Actor::Account(session.account);
    let pin = add(&state, &caller, actor).await?;
    for invited in &called {
        add(&state, invited, actor).await?;
    }
    post::call(&state, &meeting, called, actor).await?;
    let own = issued(&state, &meeting, caller.id, &pin).await?;
    let axum::Json(meeting) = with_invitees(&state, &meeting).await?;
    Ok((StatusCode::CREATED, axum::Json(CalledIn { meeting, own })))
}

/// Who is called, each checked; at least one, and room for the caller.
fn called(state: &AppState, meeting: &Meeting, people: &[Called]) -> Result<Vec<Invited>, Refusal> {
    if people.is_empty() {
        return Err(Refusal::text(Field::Name, shared::input::InvalidText::Empty));
    }
    if people.len() >= shared::limits::MAX_INVITEES {
        return Err(ApiError::MeetingFull.into());
    }
    let invited = |(row, person): (usize, &Called)| {
        let Called { name, phone } = person.clone();
        if phone.trim().is_empty() {
            let reason = shared::api::FieldError::Text { reason: shared::input::InvalidText::Empty };
            return Err(Refusal(ApiError::Person { row, field: Field::Phone, reason }));
        }
        let new = NewInvitee { name, phone: Some(phone), email: None, role: Role::Participant, account: None };
        let id = InviteeId::from_random(state.chance.id());
        rules::invite(&new, id, (meeting.organisation, meeting.id))
            .map_err(|(field, reason)| Refusal(ApiError::Person { row, field, reason }))
    };
    people.iter().enumerate().map(invited).collect()
}

/// Whoever calls is the moderator, under the name of their account; being logged in is their second proof.
async fn caller(state: &AppState, session: &Session, meeting: &Meeting) -> Result<Invited, Refusal> {
    let name = db::accounts::name(&state.db, session.account).await?.ok_or(ApiError::NotLoggedIn)?;
    let id = InviteeId::from_random(state.chance.id());
    let Meeting { organisation, id: meeting, .. } = *meeting;
    let account = Some(session.account);
    Ok(Invited { id, organisation, meeting, name, phone: None, email: None, role: Role::Moderator, account })
}

impl From<InviteError> for Refusal {
    fn from(error: InviteError) -> Self {
        Self(match error {
            InviteError::NoWay => ApiError::NoWay,
            InviteError::PinWithdrawn => ApiError::PinWithdrawn,
            InviteError::Sms(PasswordRefused::SentTooOften { retry_after_s })
            | InviteError::Mail(MailRefused::TooSoon { retry_after_s }) => ApiError::TooManyTries { retry_after_s },
            InviteError::Sms(PasswordRefused::CountryNotServed) => ApiError::SmsCountryNotServed,
            InviteError::Sms(_) => ApiError::SmsBudgetSpent,
            InviteError::Mail(MailRefused::Spent) => ApiError::MailBudgetSpent,
            InviteError::Db(error) => return error.into(),
        })
    }
}
