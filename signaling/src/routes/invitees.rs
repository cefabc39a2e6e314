//! Inviting people: their PINs, passwords and invitations.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::api::{ApiError, Field, FieldError, Invitee, InviteePatch, IssuedPin, NewInvitee, PasswordToRead};
use shared::ids::InviteeId;
use shared::pin::Pin;
use shared::secret::Secret;
use shared::signal::PasswordRefused;

use super::meetings::{find, find_running};
use crate::db;
use crate::extract::{Json, Path, Refusal, Session};
use crate::meetings::events::{Actor, DoorEvent, Entry};
use crate::meetings::invitees::{self as rules, Invited, Listed};
use crate::meetings::passwords::PasswordError;
use crate::meetings::pins::{Issue, IssueError};
use crate::meetings::{Meeting, calendar as ics, links};
use crate::state::AppState;

/// `POST /meetings/{id}/invitees`
pub(super) async fn invite(
    State(state): State<AppState>,
    session: Session,
    Path(meeting): Path<String>,
    Json(new): Json<NewInvitee>,
) -> Result<(StatusCode, axum::Json<IssuedPin>), Refusal> {
    let meeting = find_running(&state, &session, &meeting).await?;
    let id = InviteeId::from_random(state.chance.id());
    let invited = rules::invite(&new, id, (meeting.organisation, meeting.id));
    let invited = invited.map_err(|(field, reason)| Refusal::field(field, reason))?;
    if let Some(account) = invited.account
        && !db::accounts::may_be_invited(&state.db, account, meeting.organisation).await?
    {
        return Err(Refusal::field(Field::Account, FieldError::UnknownAccount));
    }
    let pin = add(&state, &invited, Actor::Account(session.account)).await?;
    let issued = issued(&state, &meeting, id, &pin).await?;
    Ok((StatusCode::CREATED, axum::Json(issued)))
}

/// Writes invitee, PIN and event, all or nothing.
pub(crate) async fn add(state: &AppState, invited: &Invited, actor: Actor) -> Result<Pin, Refusal> {
    let now = state.clock.now();
    let mut transaction = state.db.write().begin().await?;
    let link_hash = links::hash(&state.keys, invited.id);
    if !db::invitees::insert(&mut transaction, invited, &link_hash, now).await? {
        return Err(ApiError::MeetingFull.into());
    }
    let pin = state.issuer().issue(&mut transaction, issue(state, invited, actor)).await?;
    transaction.commit().await?;
    Ok(pin)
}

/// `POST /meetings/{id}/invitees/{id}/pin`
pub(super) async fn reissue_pin(
    State(state): State<AppState>,
    session: Session,
    Path((meeting, invitee)): Path<(String, String)>,
) -> Result<axum::Json<IssuedPin>, Refusal> {
    let meeting = find_running(&state, &session, &meeting).await?;
    let invited = listed(&state, &meeting, &invitee).await?.invited;
    let issue = issue(&state, &invited, Actor::Account(session.account));
    let mut transaction = state.db.write().begin().await?;
    let pin = state.issuer().issue(&mut transaction, issue).await?;
    transaction.commit().await?;
    state.live.pin_revoked(meeting.id, invited.id);
    issued(&state, &meeting, invited.id, &pin).await.map(axum::Json)
}

/// `POST /meetings/{id}/invitees/{id}/pin/revoke`
pub(super) async fn revoke_pin(
    State(state): State<AppState>,
    session: Session,
    Path((meeting, invitee)): Path<(String, String)>,
) -> Result<axum::Json<Invitee>, Refusal> {
    let meeting = find_running(&state, &session, &meeting).await?;
    let invited = listed(&state, &meeting, &invitee).await?.invited;
    if note(&state, &session, &invited, DoorEvent::PinRevoked).await? {
        state.live.pin_revoked(meeting.id, invited.id);
    }
    shown(&state, &meeting, invited.id).await.map(axum::Json)
}

/// `PATCH /meetings/{id}/invitees/{id}`
pub(super) async fn change(
    State(state): State<AppState>,
    session: Session,
    Path((meeting, invitee)): Path<(String, String)>,
    Json(changes): Json<InviteePatch>,
) -> Result<axum::Json<Invitee>, Refusal> {
    let meeting = find_running(&state, &session, &meeting).await?;
    let invited = listed(&state, &meeting, &invitee).await?.invited;
    if let Some(to) = changes.role.filter(|role| *role != invited.role) {
        let event = DoorEvent::RoleChanged { from: invited.role, to };
        if note(&state, &session, &invited, event).await? {
            state.live.role_changed(meeting.id, invited.id);
        }
    }
    shown(&state, &meeting, invited.id).await.map(axum::Json)
}

/// Does to an invitation what the event says and writes it; `false` when nothing was left to do.
async fn note(state: &AppState, session: &Session, invited: &Invited, event: DoorEvent) -> Result<bool, Refusal> {
    let Invited { organisation, meeting, id, .. } = *invited;
    let (at, actor) = (state.clock.now(), Actor::Account(session.account));
    let entry = Entry { organisation, meeting, invitee: Some(id), at, actor, event };
    Ok(db::door_events::apply(&state.db, state.chance.as_ref(), &entry).await?)
}

/// `POST /meetings/{id}/invitees/{id}/password`
pub(super) async fn send_password(
    State(state): State<AppState>,
    session: Session,
    Path((meeting, invitee)): Path<(String, String)>,
) -> Result<axum::Json<Invitee>, Refusal> {
    let meeting = find_running(&state, &session, &meeting).await?;
    let invited = listed(&state, &meeting, &invitee).await?.invited;
    state.passwords().send(invited.id, Actor::Account(session.account)).await?;
    shown(&state, &meeting, invited.id).await.map(axum::Json)
}

/// `POST /meetings/{id}/invitees/{id}/password/read-out`
pub(super) async fn password_to_read(
    State(state): State<AppState>,
    session: Session,
    Path((meeting, invitee)): Path<(String, String)>,
) -> Result<axum::Json<PasswordToRead>, Refusal> {
    let meeting = find_running(&state, &session, &meeting).await?;
    let invited = listed(&state, &meeting, &invitee).await?.invited;
    let password = state.passwords().read_out(invited.id, Actor::Account(session.account)).await?;
    let invitee = shown(&state, &meeting, invited.id).await?;
    Ok(axum::Json(PasswordToRead { invitee, password }))
}

/// `GET /meetings/{id}/invitees/{id}/invitation.ics`
pub(super) async fn calendar(
    State(state): State<AppState>,
    session: Session,
    Path((meeting, invitee)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let meeting = find(&state, &session, &meeting).await?;
    let invited = listed(&state, &meeting, &invitee).await?.invited;
    let link = links::url(&state.keys, &state.config.public_url(), invited.id);
    let published = ics::Published { sequence: db::letters::sequence(&state.db, meeting.id).await?, organiser: None };
    let body = ics::invitation(&meeting, invited.id, &link, (state.clock.now(), &published));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8")),
        (header::CONTENT_DISPOSITION, attachment(&invited.name)),
    ];
    Ok((headers, body).into_response())
}

/// A file named after the person, so that several are told apart in a folder: in ASCII for old programs, and as
/// it is written (RFC 6266, RFC 8187). Whatever means something to a file system or a header becomes a hyphen.
fn attachment(name: &str) -> HeaderValue {
    let means_something = |c: char| {
        c.is_control() || c.is_whitespace() || (c.is_ascii() && !c.is_ascii_alphanumeric() && !matches!(c, '\'' | '_'))
    };
    let parts = name.split(means_something).filter(|part| !part.is_empty());
    let name = format!("{}.ics", std::iter::once("invitation").chain(parts).collect::<Vec<_>>().join("-"));
    let ascii: String = name.chars().map(|c| if c.is_ascii() { c } else { '_' }).collect();
    let written: String = name
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    let header = format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{written}");
    // Letters, digits and a few signs always make a header; a plain name is better than no file.
    HeaderValue::try_from(header)
        .unwrap_or_else(|_| HeaderValue::from_static("attachment; filename=\"invitation.ics\""))
}

fn issue(state: &AppState, invited: &Invited, actor: Actor) -> Issue {
    let Invited { organisation, meeting, id, .. } = *invited;
    Issue { organisation, meeting, invitee: id, at: state.clock.now(), actor }
}

pub(super) async fn issued(
    state: &AppState,
    meeting: &Meeting,
    invitee: InviteeId,
    pin: &Pin,
) -> Result<IssuedPin, Refusal> {
    Ok(IssuedPin { invitee: shown(state, meeting, invitee).await?, pin: Secret::new(pin.grouped()) })
}

pub(super) async fn shown(state: &AppState, meeting: &Meeting, invitee: InviteeId) -> Result<Invitee, Refusal> {
    let listed = listed(state, meeting, &invitee.to_string()).await?;
    let link = links::url(&state.keys, &state.config.public_url(), invitee);
    Ok(listed.shown(meeting.ask_password, link))
}

pub(super) async fn listed(state: &AppState, meeting: &Meeting, invitee: &str) -> Result<Listed, Refusal> {
    let id = invitee.parse().map_err(|_| ApiError::NotFound)?;
    let listed = db::invitees::find(&state.db, meeting.organisation, meeting.id, id).await?;
    listed.ok_or(Refusal(ApiError::NotFound))
}

impl From<IssueError> for Refusal {
    fn from(error: IssueError) -> Self {
        match error {
            IssueError::Db(error) => error.into(),
            IssueError::AccountDisabled => Self(ApiError::AccountOfInvitationDisabled),
            IssueError::NoneLeft => {
                tracing::error!(%error, "a PIN was not issued");
                Self(ApiError::Internal)
            }
        }
    }
}

impl From<PasswordError> for Refusal {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Refused(PasswordRefused::NoPhone) => Self(ApiError::NoPhone),
            PasswordError::Refused(PasswordRefused::NoSender) => Self(ApiError::NoSms),
            PasswordError::Refused(PasswordRefused::SentTooOften { retry_after_s }) => {
                Self(ApiError::TooManyTries { retry_after_s })
            }
            PasswordError::Refused(PasswordRefused::BudgetSpent) => Self(ApiError::SmsBudgetSpent),
            PasswordError::Refused(PasswordRefused::CountryNotServed) => Self(ApiError::SmsCountryNotServed),
            PasswordError::Refused(_) | PasswordError::NotSent(_) => Self(ApiError::SmsNotDelivered),
            PasswordError::NoSuchInvitee => Self(ApiError::NotFound),
            PasswordError::Hash(error) => error.into(),
            PasswordError::Code(error) => error.into(),
            PasswordError::Db(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::attachment;

    /// A name is somebody's words: it opens no folder, ends no header and overwrites no other invitation.
    #[test]
    fn the_calendar_file_is_named_after_the_person() {
        let table = [
            ("Olga", "invitation-Olga.ics", "invitation-Olga.ics"),
            ("Jan van der Berg", "invitation-Jan-van-der-Berg.ics", "invitation-Jan-van-der-Berg.ics"),
            ("../../etc/passwd", "invitation-etc-passwd.ics", "invitation-etc-passwd.ics"),
            ("A\"; x=\"b\r\n", "invitation-A-x-b.ics", "invitation-A-x-b.ics"),
            ("Zoë O'Neil", "invitation-Zo_-O'Neil.ics", "invitation-Zo%C3%AB-O%27Neil.ics"),
            ("...", "invitation.ics", "invitation.ics"),
            ("李", "invitation-_.ics", "invitation-%E6%9D%8E.ics"),
        ];
        for (name, ascii, written) in table {
            let expected = format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{written}");
            assert_eq!(attachment(name).to_str().unwrap(), expected);
        }
    }
}
