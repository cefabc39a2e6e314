//! Scheduling, listing and ending meetings.

use axum::extract::State;
use axum::http::StatusCode;
use shared::api::{ApiError, MeetingDetail, MeetingPatch, MeetingSummary, NewMeeting};
use shared::ids::MeetingId;
use shared::meeting::MeetingPhase;

use crate::db;
use crate::extract::{Json, Path, Refusal, Session};
use crate::meetings::Meeting;
use crate::meetings::archive;
use crate::meetings::events::Actor;
use crate::meetings::links;
use crate::meetings::schedule::{self, Owner};
use crate::state::AppState;

/// `GET /meetings`
pub(super) async fn list(
    State(state): State<AppState>,
    session: Session,
) -> Result<axum::Json<Vec<MeetingSummary>>, Refusal> {
    let now = state.clock.now();
    let meetings = db::meetings::list(&state.db, session.organisation).await?;
    let summary = |(meeting, invitees): (Meeting, u32)| {
        let counts = state.live.counts(meeting.id);
        meeting.summary(now, invitees, (counts.present, counts.waiting))
    };
    Ok(axum::Json(meetings.into_iter().map(summary).collect()))
}

/// `POST /meetings`
pub(super) async fn create(
    State(state): State<AppState>,
    session: Session,
    Json(new): Json<NewMeeting>,
) -> Result<(StatusCode, axum::Json<MeetingDetail>), Refusal> {
    check_passwords(&state, new.ask_password)?;
    let now = state.clock.now();
    let meeting = MeetingId::from_random(state.chance.id());
    let owner = Owner { meeting, organisation: session.organisation, account: session.account };
    let meeting = schedule::schedule(&new, owner, now).map_err(|(field, reason)| Refusal::field(field, reason))?;
    db::meetings::insert(&state.db, &meeting, now).await?;
    Ok((StatusCode::CREATED, axum::Json(meeting.detail(now))))
}

/// `GET /meetings/{id}`
pub(super) async fn detail(
    State(state): State<AppState>,
    session: Session,
    Path(id): Path<String>,
) -> Result<axum::Json<MeetingDetail>, Refusal> {
    let meeting = find(&state, &session, &id).await?;
    with_invitees(&state, &meeting).await
}

/// `PATCH /meetings/{id}`
pub(super) async fn change(
    State(state): State<AppState>,
    session: Session,
    Path(id): Path<String>,
    Json(changes): Json<MeetingPatch>,
) -> Result<axum::Json<MeetingDetail>, Refusal> {
    let mut meeting = find_running(&state, &session, &id).await?;
    if let Some(ask) = changes.ask_password {
        check_passwords(&state, ask)?;
        meeting.ask_password = ask;
    }
    if let Some(minutes) = changes.password_before_minutes {
        let checked = schedule::password_before(minutes);
        meeting.password_before_minutes = checked.map_err(|(field, reason)| Refusal::field(field, reason))?;
    }
    if !db::meetings::set_passwords(&state.db, &meeting).await? {
        return Err(ApiError::MeetingOver.into());
    }
    with_invitees(&state, &meeting).await
}

/// `POST /meetings/{id}/end`
pub(super) async fn end(
    State(state): State<AppState>,
    session: Session,
    Path(id): Path<String>,
) -> Result<axum::Json<MeetingDetail>, Refusal> {
    let meeting = find_running(&state, &session, &id).await?;
    state.live.end(meeting.organisation, meeting.id, Actor::Account(session.account)).await?;
    let meeting = find(&state, &session, &id).await?;
    with_invitees(&state, &meeting).await
}

/// `POST /meetings/{id}/archive`
pub(super) async fn put_away(
    State(state): State<AppState>,
    session: Session,
    Path(id): Path<String>,
) -> Result<axum::Json<MeetingDetail>, Refusal> {
    let meeting = find(&state, &session, &id).await?;
    if meeting.phase(state.clock.now()) < MeetingPhase::Over {
        return Err(ApiError::MeetingNotOver.into());
    }
    if meeting.ended_at.is_none() {
        // Its time has passed and nobody has looked yet.
        state.live.end(meeting.organisation, meeting.id, Actor::Clock).await?;
    }
    archive::archive(&state, meeting.organisation, meeting.id, Actor::Account(session.account)).await?;
    let meeting = find(&state, &session, &id).await?;
    with_invitees(&state, &meeting).await
}

/// Passwords are asked only where they can arrive: a meeting nobody could get into helps nobody.
fn check_passwords(state: &AppState, asked: bool) -> Result<(), Refusal> {
    if asked && !state.sms.is_there() { Err(ApiError::NoSms.into()) } else { Ok(()) }
}

/// The meeting, if it is one of the organisation's.
pub(super) async fn find(state: &AppState, session: &Session, id: &str) -> Result<Meeting, Refusal> {
    let id = id.parse().map_err(|_| ApiError::NotFound)?;
    let meeting = db::meetings::find(&state.db, session.organisation, id).await?;
    meeting.ok_or(Refusal(ApiError::NotFound))
}

/// The meeting, if it is one of the organisation's and not over.
pub(super) async fn find_running(state: &AppState, session: &Session, id: &str) -> Result<Meeting, Refusal> {
    let meeting = find(state, session, id).await?;
    if meeting.phase(state.clock.now()) >= MeetingPhase::Over {
        return Err(ApiError::MeetingOver.into());
    }
    Ok(meeting)
}

pub(super) async fn with_invitees(state: &AppState, meeting: &Meeting) -> Result<axum::Json<MeetingDetail>, Refusal> {
    let listed = db::invitees::list(&state.db, meeting.organisation, meeting.id).await?;
    let public_url = state.config.public_url();
    let shown = listed.into_iter().map(|listed| {
        let link = links::url(&state.keys, &public_url, listed.invited.id);
        listed.shown(meeting.ask_password, link)
    });
    let detail = meeting.detail(state.clock.now());
    let record_key = (detail.phase >= MeetingPhase::Over).then(|| state.keys.record_key());
    Ok(axum::Json(MeetingDetail { invitees: shown.collect(), record_key, ..detail }))
}
