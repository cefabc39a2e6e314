//! The record of a meeting that is over, as signed JSON and as a page.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use shared::api::ApiError;
use shared::meeting::MeetingPhase;

use super::meetings::find;
use crate::db;
use crate::extract::{Path, Refusal, Session};
use crate::meetings::Meeting;
use crate::meetings::events::Actor;
use crate::record::content::{About, FORMAT, Happened, Invited, Named, Record};
use crate::record::{jws::Jws, page};
use crate::state::AppState;

/// `GET /meetings/{id}/record`
pub(super) async fn json(
    State(state): State<AppState>,
    session: Session,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let (record, jws) = signed(&state, &session, &id).await?;
    // Strings alone have no failing serialiser.
    let text = serde_json::to_string_pretty(&jws).unwrap_or_default();
    Ok(file(&record, "json", "application/jose+json", text))
}

/// `GET /meetings/{id}/record.html`
pub(super) async fn html(
    State(state): State<AppState>,
    session: Session,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let (record, jws) = signed(&state, &session, &id).await?;
    let text = page::write(&record, &jws, &state.keys.record_key());
    Ok(file(&record, "html", "text/html; charset=utf-8", text))
}

async fn signed(state: &AppState, session: &Session, id: &str) -> Result<(Record, Jws), Refusal> {
    let meeting = find(state, session, id).await?;
    if meeting.phase(state.clock.now()) < MeetingPhase::Over {
        return Err(ApiError::MeetingNotOver.into());
    }
    if meeting.ended_at.is_none() {
        // Its time has passed and nobody has looked yet.
        state.live.end(meeting.organisation, meeting.id, Actor::Clock).await?;
    }
    let record = gather(state, &find(state, session, id).await?).await?;
    let text = serde_json::to_string(&record).map_err(|error| {
        tracing::error!(%error, "a record could not be written");
        ApiError::Internal
    })?;
    let jws = state.keys.sign_record(&text);
    Ok((record, jws))
}

async fn gather(state: &AppState, meeting: &Meeting) -> Result<Record, Refusal> {
    let events = db::door_events::of_meeting(&state.db, meeting.organisation, meeting.id).await?;
    let people = db::invitees::list(&state.db, meeting.organisation, meeting.id).await?;
    let people = people.into_iter().map(|listed| listed.invited);
    let acted = |account: &Named| {
        let tells_of = |it: &Happened| it.by == Actor::Account(account.id) || it.event.account() == Some(account.id);
        events.iter().any(tells_of)
    };
    let mut accounts = db::accounts::names(&state.db, meeting.organisation).await?;
    accounts.retain(acted);
    Ok(Record {
        format: FORMAT.to_owned(),
        made_at: state.clock.now(),
        organisation: db::accounts::organisation_name(&state.db, meeting.organisation).await?.unwrap_or_default(),
        meeting: About {
            id: meeting.id,
            title: meeting.title.clone(),
            kind: meeting.kind,
            starts_at: meeting.starts_at,
            ends_at: meeting.ends_at,
            ended_at: meeting.ended_at.unwrap_or(meeting.ends_at),
            time_zone: meeting.time_zone.clone(),
            ask_password: meeting.ask_password,
            rules: meeting.rules.clone(),
        },
        people: people.map(|person| Invited { id: person.id, name: person.name, role: person.role }).collect(),
        accounts,
        events,
    })
}

/// A download, never shown in the console's own place.
fn file(record: &Record, extension: &str, kind: &'static str, text: String) -> Response {
    let day = jiff::Timestamp::from_millisecond(record.meeting.starts_at.0).unwrap_or_default().strftime("%Y-%m-%d");
    let name = format!("attachment; filename=\"meeting-record-{day}.{extension}\"");
    let name = HeaderValue::try_from(name).unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CONTENT_DISPOSITION, name)];
    (headers, text).into_response()
}
