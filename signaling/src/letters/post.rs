//! Invitations on their way: written down at once, sent one after the other by a task of their own, so that nobody at a console
//! waits for a hundred mail servers, and no gateway is handed a flood.
//!
//! The PIN is not stored, so an SMS with it takes a new one; the PIN before it dies. Whoever has come with theirs is therefore
//! left out when everybody is sent one.

use shared::letter::{DeliveryState, LetterKind, Way};
use shared::meeting::{MeetingPhase, Role};
use shared::secret::Secret;
use shared::signal::{InvitationSays, PasswordRefused};
use tokio::sync::Mutex;

use super::invitation::Invitation;
use super::mail_limit::MailRefused;
use super::phrase::phrase;
use super::{Letter, LetterId, Outcome};
use crate::db::{self, DbError};
use crate::meetings::events::{Actor, DoorEvent, Entry};
use crate::meetings::invitees::Invited;
use crate::meetings::pins::{Issue, IssueError};
use crate::meetings::send_limit::Addressee;
use crate::meetings::{Meeting, calendar, links};
use crate::sms::Sms;
use crate::state::AppState;

/// Whose turn it is to send.
#[derive(Debug, Default)]
pub struct Post(Mutex<()>);

/// Why an invitation is not sent.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// There is neither a number nor an address that this server can send to.
    #[error("there is no way to send it")]
    NoWay,
    /// The PIN was withdrawn, and with it the invitation.
    #[error("the PIN was withdrawn")]
    PinWithdrawn,
    /// Not by SMS.
    #[error("{0:?}")]
    Sms(PasswordRefused),
    /// Not by e-mail.
    #[error("{0:?}")]
    Mail(MailRefused),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// A letter that was written down and waits for its turn.
struct Job {
    id: LetterId,
    letter: Letter,
    invited: Invited,
    actor: Actor,
}

/// Sends somebody their invitation, on every way there is.
///
/// # Errors
/// It goes out on none of them.
pub async fn invite(
    state: &AppState,
    meeting: &Meeting,
    invited: &Invited,
    (has_pin, actor): (bool, Actor),
) -> Result<(), InviteError> {
    if !has_pin {
        return Err(InviteError::PinWithdrawn);
    }
    let (mut jobs, mut refused) = (Vec::new(), Vec::new());
    for way in ways(state, meeting, invited) {
        match begin(state, invited, way, actor).await {
            Ok(job) => jobs.push(job),
            Err(InviteError::Db(error)) => return Err(error.into()),
            Err(reason) => refused.push((way, reason)),
        }
    }
    if jobs.is_empty() {
        return Err(refused.pop().map_or(InviteError::NoWay, |(_, reason)| reason));
    }
    for (way, reason) in refused {
        // That one went there just now is seen already.
        if !matches!(reason, InviteError::Mail(MailRefused::TooSoon { .. })) {
            keep_back(state, invited, way, &reason).await?;
        }
    }
    deliver(state.clone(), meeting.clone(), jobs);
    Ok(())
}

/// Sends everybody theirs who was not sent one, and has not come. What a limit keeps back is written down as refused.
///
/// # Errors
/// The database failed.
pub async fn invite_all(state: &AppState, meeting: &Meeting, actor: Actor) -> Result<(), DbError> {
    let waiting = db::letters::uninvited(&state.db, meeting.id).await?;
    let listed = db::invitees::list(&state.db, meeting.organisation, meeting.id).await?;
    let mut jobs = Vec::new();
    for listed in listed.into_iter().filter(|listed| waiting.contains(&listed.invited.id)) {
        let invited = listed.invited;
        for way in ways(state, meeting, &invited) {
            match begin(state, &invited, way, actor).await {
                Ok(job) => jobs.push(job),
                Err(InviteError::Db(error)) => return Err(error),
                Err(reason) => keep_back(state, &invited, way, &reason).await?,
            }
        }
    }
    deliver(state.clone(), meeting.clone(), jobs);
    Ok(())
}

/// Calls people into a meeting that has just begun, by SMS with link and PIN. What a limit keeps back is written down.
///
/// # Errors
/// The database failed.
pub async fn call(state: &AppState, meeting: &Meeting, called: Vec<Invited>, actor: Actor) -> Result<(), DbError> {
    let mut jobs = Vec::new();
    for invited in called {
        match begin(state, &invited, Way::Sms, actor).await {
            Ok(job) => jobs.push(job),
            Err(InviteError::Db(error)) => return Err(error),
            Err(reason) => keep_back(state, &invited, Way::Sms, &reason).await?,
        }
    }
    deliver(state.clone(), meeting.clone(), jobs);
    Ok(())
}

/// What the invitation says of who invites, and its words: the page shows them back.
///
/// # Errors
/// The database failed.
pub async fn says(state: &AppState, invited: &Invited) -> Result<InvitationSays, DbError> {
    says_of(state, (invited.meeting, invited.id)).await
}

/// As [`says`], by ids.
///
/// # Errors
/// The database failed.
pub async fn says_of(
    state: &AppState,
    (meeting, invitee): (shared::ids::MeetingId, shared::ids::InviteeId),
) -> Result<InvitationSays, DbError> {
    let (organisation, moderator) = db::letters::sender(&state.db, meeting, invitee).await?.unwrap_or_default();
    Ok(InvitationSays { organisation, moderator, phrase: phrase(&state.keys, invitee) })
}

/// E-mail first: who reads it waits for the SMS that it speaks of. Where the link is enough, one of them is.
fn ways(state: &AppState, meeting: &Meeting, invited: &Invited) -> Vec<Way> {
    let mail = (invited.email.is_some() && state.mail.is_there()).then_some(Way::Email);
    let sms = (invited.phone.is_some() && state.sms.is_there()).then_some(Way::Sms);
    let most = if link_suffices(meeting, invited) { 1 } else { 2 };
    mail.into_iter().chain(sms).take(most).collect()
}

/// Never a moderator's.
fn link_suffices(meeting: &Meeting, invited: &Invited) -> bool {
    meeting.rules.link_suffices && invited.role != Role::Moderator
}

/// Takes its share of the limits and writes it down.
async fn begin(state: &AppState, invited: &Invited, way: Way, actor: Actor) -> Result<Job, InviteError> {
    let (id, letter, now) = (LetterId::from_random(state.chance.id()), letter(invited, way), state.clock.now());
    match (way, &invited.phone, &invited.email) {
        (Way::Email, _, Some(address)) => {
            let refused = db::letters::begin_mail(&state.db, (id, letter), address, state.config.mail.per_day, now);
            refused.await?.map_err(InviteError::Mail)?;
        }
        (Way::Sms, Some(number), _) => {
            let people = db::letters::invited(&state.db, invited.meeting).await?;
            let to = Addressee { number, meeting: invited.meeting, invited: people };
            state.send_limit.take(now, to).map_err(InviteError::Sms)?;
            db::letters::begin(&state.db, id, letter, DeliveryState::Sending, now).await?;
        }
        _ => return Err(InviteError::NoWay),
    }
    Ok(Job { id, letter, invited: invited.clone(), actor })
}

fn letter(invited: &Invited, way: Way) -> Letter {
    let Invited { organisation, meeting, id, .. } = *invited;
    Letter { organisation, meeting, invitee: id, kind: LetterKind::Invitation, way }
}

async fn keep_back(state: &AppState, invited: &Invited, way: Way, reason: &InviteError) -> Result<(), DbError> {
    let (state_now, said) = match reason {
        InviteError::Sms(PasswordRefused::CountryNotServed) => (DeliveryState::CountryNotServed, None),
        InviteError::Sms(PasswordRefused::SentTooOften { .. }) | InviteError::Mail(MailRefused::TooSoon { .. }) => {
            (DeliveryState::KeptBack, Some("one went there just now"))
        }
        _ => (DeliveryState::KeptBack, Some("as many went out today as may")),
    };
    let (id, now) = (LetterId::from_random(state.chance.id()), state.clock.now());
    db::letters::begin(&state.db, id, letter(invited, way), state_now, now).await?;
    let outcome = Outcome::not(state_now, said.unwrap_or_default());
    db::letters::settle(&state.db, id, &outcome, now).await
}

/// Sends them in order, after those that others have given.
fn deliver(state: AppState, meeting: Meeting, jobs: Vec<Job>) {
    tokio::spawn(async move {
        let _turn = state.post.0.lock().await;
        for job in jobs {
            let id = job.id;
            if let Err(error) = send(&state, &meeting, job).await {
                tracing::error!(%error, letter = %id, "what became of an invitation was not written down");
            }
        }
    });
}

async fn send(state: &AppState, meeting: &Meeting, job: Job) -> Result<(), DbError> {
    let outcome = match still(state, meeting, &job).await? {
        Still::Over => Outcome::not(DeliveryState::KeptBack, "the meeting is over"),
        Still::Withdrawn => Outcome::not(DeliveryState::KeptBack, "the PIN was withdrawn"),
        Still::Invited(meeting) => match job.letter.way {
            Way::Email => send_mail(state, &meeting, &job).await?,
            Way::Sms => send_sms(state, &meeting, &job).await?,
        },
    };
    let (at, event) = (state.clock.now(), DoorEvent::InvitationSent { way: job.letter.way });
    let Letter { organisation, meeting, invitee, .. } = job.letter;
    let entry = Entry { organisation, meeting, invitee: Some(invitee), at, actor: job.actor, event };
    db::letters::settle_with(&state.db, state.chance.as_ref(), (job.id, &outcome), &entry).await
}

/// How things stand when a letter's turn has come: those before it may have taken minutes.
enum Still {
    Invited(Box<Meeting>),
    Over,
    Withdrawn,
}

async fn still(state: &AppState, meeting: &Meeting, job: &Job) -> Result<Still, DbError> {
    let Some(meeting) = db::meetings::find(&state.db, meeting.organisation, meeting.id).await? else {
        return Ok(Still::Over);
    };
    let listed = db::invitees::find(&state.db, meeting.organisation, meeting.id, job.invited.id).await?;
    if meeting.phase(state.clock.now()) >= MeetingPhase::Over {
        return Ok(Still::Over);
    }
    let has_pin = listed.is_some_and(|listed| listed.pin_issued_at.is_some());
    Ok(if has_pin { Still::Invited(Box::new(meeting)) } else { Still::Withdrawn })
}

async fn send_mail(state: &AppState, meeting: &Meeting, job: &Job) -> Result<Outcome, DbError> {
    let invitation = invitation(state, meeting, &job.invited).await?;
    let sequence = db::letters::sequence(&state.db, meeting.id).await?;
    let organiser = state.config.mail.mailbox();
    let published = calendar::Published {
        sequence,
        organiser: organiser.map(|mailbox| (invitation.says.organisation.clone(), mailbox.email.to_string())),
    };
    let file = calendar::invitation(meeting, job.invited.id, &invitation.link, (state.clock.now(), &published));
    let to = job.invited.email.as_deref().unwrap_or_default();
    let message = invitation.mail(job.id.to_string(), to, file);
    Ok(match state.mail.send(message).await {
        Ok(()) => Outcome::accepted(None),
        Err(error) => {
            tracing::error!(%error, "an invitation was not sent");
            Outcome::mail_failed(&error)
        }
    })
}

async fn send_sms(state: &AppState, meeting: &Meeting, job: &Job) -> Result<Outcome, DbError> {
    let invitation = invitation(state, meeting, &job.invited).await?;
    let has_begun = meeting.starts_at <= state.clock.now();
    if invitation.link_suffices {
        return Ok(hand_over(state, job, invitation.sms_with_link_alone(has_begun)).await);
    }
    let pin = match new_pin(state, job).await {
        Ok(pin) => pin,
        Err(IssueError::Db(error)) => return Err(error),
        Err(IssueError::AccountDisabled) => {
            return Ok(Outcome::not(DeliveryState::KeptBack, "the account of this invitation is disabled"));
        }
        Err(error @ IssueError::NoneLeft) => {
            tracing::error!(%error, "a PIN was not issued");
            return Ok(Outcome::not(DeliveryState::KeptBack, "no PIN is left"));
        }
    };
    let has_mail = job.invited.email.is_some() && state.mail.is_there();
    let text = if has_mail { invitation.sms_with_pin(&pin) } else { invitation.sms_with_link(&pin, has_begun) };
    Ok(hand_over(state, job, text).await)
}

async fn hand_over(state: &AppState, job: &Job, text: Secret) -> Outcome {
    let sms = Sms { to: Secret::new(job.invited.phone.as_deref().unwrap_or_default()), text };
    match state.sms.send(sms).await {
        Ok(taken) => Outcome::accepted(taken.receipt),
        Err(error) => {
            tracing::error!(%error, "an invitation was not sent");
            Outcome::failed(&error)
        }
    }
}

/// The PIN before it dies, and whoever is in with that one comes in again.
async fn new_pin(state: &AppState, job: &Job) -> Result<Secret, IssueError> {
    let Letter { organisation, meeting, invitee, .. } = job.letter;
    let issue = Issue { organisation, meeting, invitee, at: state.clock.now(), actor: job.actor };
    let mut transaction = state.db.write().begin().await.map_err(DbError::from)?;
    let pin = state.issuer().issue(&mut transaction, issue).await?;
    transaction.commit().await.map_err(DbError::from)?;
    state.live.pin_revoked(meeting, invitee);
    Ok(Secret::new(pin.grouped()))
}

async fn invitation<'a>(
    state: &AppState,
    meeting: &'a Meeting,
    invited: &'a Invited,
) -> Result<Invitation<'a>, DbError> {
    let link = links::url(&state.keys, &state.config.public_url(), invited.id);
    let phone = invited.phone.as_deref().filter(|_| state.sms.is_there());
    let (says, link_suffices) = (says(state, invited).await?, link_suffices(meeting, invited));
    Ok(Invitation { meeting, name: &invited.name, phone, says, link, link_suffices })
}
