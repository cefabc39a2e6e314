//! What rooms have sent for somebody at their door, and passwords compared there: each errand a task of its own, so that a slow
//! gateway holds up nobody else. A person has one of them at a time; pages' messages are limited before they come here.

use shared::ids::{InviteeId, MeetingId};
use shared::signal::{PasswordRefused, PasswordState};
use tokio::sync::mpsc;

use super::mail_limit::MailRefused;
use super::post::{self, InviteError};
use crate::db;
use crate::live::{Errand, ErrandDone, ErrandKind};
use crate::meetings::events::{Actor, SecondFactor};
use crate::meetings::passwords::PasswordError;
use crate::state::AppState;

/// Runs the rooms' errands for as long as the server does.
pub fn spawn(state: AppState, mut errands: mpsc::UnboundedReceiver<(MeetingId, Errand)>) {
    tokio::spawn(async move {
        while let Some((meeting, errand)) = errands.recv().await {
            let state = state.clone();
            tokio::spawn(async move {
                let Errand { participant, invitee, kind } = errand;
                let done = run(&state, meeting, invitee, kind).await;
                state.live.errand_done(meeting, (participant, invitee), done);
            });
        }
    });
}

async fn run(state: &AppState, meeting: MeetingId, invitee: InviteeId, kind: ErrandKind) -> ErrandDone {
    match kind {
        ErrandKind::SendPassword { by } => {
            let outcome = send_password(state, invitee, by).await.map_err(refusal);
            ErrandDone::PasswordSent { by, outcome }
        }
        ErrandKind::CheckPassword { typed } => {
            let outcome = state.passwords().check(invitee, &typed).await;
            ErrandDone::PasswordChecked(outcome.map(SecondFactor::given).map_err(refusal))
        }
        ErrandKind::Invite { by } => ErrandDone::Invited { by, outcome: invite(state, meeting, invitee, by).await },
    }
}

/// A moderator's wish for a second proof is granted by an authenticator as well; whoever asks for themselves wants the SMS.
async fn send_password(
    state: &AppState,
    invitee: InviteeId,
    by: Option<InviteeId>,
) -> Result<PasswordState, PasswordError> {
    let passwords = state.passwords();
    if by.is_some() && passwords.ask_code(invitee).await? {
        return Ok(PasswordState::Code);
    }
    passwords.send(invitee, Actor::Invitee(by.unwrap_or(invitee))).await
}

async fn invite(
    state: &AppState,
    meeting: MeetingId,
    invitee: InviteeId,
    by: InviteeId,
) -> Result<(), PasswordRefused> {
    let failed = |error: db::DbError| refusal(error.into());
    let recipient = db::passwords::recipient(&state.db, invitee).await.map_err(failed)?;
    let organisation = recipient.ok_or(PasswordRefused::NotDelivered)?.organisation;
    let found = db::meetings::find(&state.db, organisation, meeting).await.map_err(failed)?;
    let listed = db::invitees::find(&state.db, organisation, meeting, invitee).await.map_err(failed)?;
    let (found, listed) = found.zip(listed).ok_or(PasswordRefused::NotDelivered)?;
    let how = (listed.pin_issued_at.is_some(), Actor::Invitee(by));
    post::invite(state, &found, &listed.invited, how).await.map_err(|error| match error {
        InviteError::NoWay => PasswordRefused::NoPhone,
        InviteError::Sms(reason) => reason,
        InviteError::Mail(MailRefused::TooSoon { retry_after_s }) => PasswordRefused::SentTooOften { retry_after_s },
        InviteError::Mail(MailRefused::Spent) => PasswordRefused::BudgetSpent,
        InviteError::PinWithdrawn => PasswordRefused::NotDelivered,
        InviteError::Db(error) => failed(error),
    })
}

/// As the page hears it. What failed here stands in the log.
fn refusal(error: PasswordError) -> PasswordRefused {
    match error {
        PasswordError::Refused(reason) => reason,
        PasswordError::NotSent(_) => PasswordRefused::NotDelivered,
        other => {
            tracing::error!(cause = %other, "an errand of a room's failed");
            PasswordRefused::NotDelivered
        }
    }
}
