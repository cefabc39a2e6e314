//! The console's calls as values: one function per row of the table in [`shared::api`], each naming method,
//! address, body and the type of the answer. Pure; [`super::fetch`] sends them, [`super::session`] watches the answers.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::api::{
    ApiError, CallIn, CalledIn, ConsoleAccount, DoorReport, Invitee, InviteePatch, IssuedPin, Login, Me, MeetingDetail,
    MeetingPatch, MeetingSummary, NewInvitee, NewMeeting, OutboxMessage, PasswordToRead, Site,
};
use shared::authenticator::{
    Authenticator, BeginAuthenticator, ConfirmAuthenticator, NewAuthenticator, RecoveryCodes, RemoveAuthenticator,
};
use shared::ids::{AccountId, InviteeId, MeetingId, TemplateId};
use shared::template::{NewTemplate, Template};

const BASE: &str = "/api/v1";

/// Why a call brought no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CallError {
    /// The server said why.
    Refused(ApiError),
    /// Nothing came back.
    Unreachable,
    /// Something came back that is not of this API: a proxy's page, another version.
    Unexpected {
        /// HTTP status.
        status: u16,
    },
}

/// A call whose answer is a `T`.
#[derive(Debug)]
pub(crate) struct Call<T> {
    /// HTTP method.
    pub(crate) method: &'static str,
    /// Address on this server.
    pub(crate) path: String,
    /// JSON.
    pub(crate) body: Option<String>,
    answer: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Call<T> {
    fn new(method: &'static str, path: &str) -> Self {
        Self { method, path: format!("{BASE}{path}"), body: None, answer: PhantomData }
    }

    /// The bodies are plain structs of strings and numbers, which always serialise.
    fn with(mut self, body: &impl Serialize) -> Self {
        self.body = serde_json::to_string(body).ok();
        self
    }

    /// Reads the answer. A body that is empty (204) reads as the unit.
    pub(crate) fn read(&self, status: u16, body: &str) -> Result<T, CallError> {
        let unexpected = |_| CallError::Unexpected { status };
        if (200..300).contains(&status) {
            let body = if body.is_empty() { "null" } else { body };
            return serde_json::from_str(body).map_err(unexpected);
        }
        Err(serde_json::from_str(body).map_or_else(unexpected, CallError::Refused))
    }
}

/// What this deployment is.
pub(crate) fn site() -> Call<Site> {
    Call::new("GET", "/site")
}

/// The organisation's meeting templates.
pub(crate) fn templates() -> Call<Vec<Template>> {
    Call::new("GET", "/templates")
}

/// Keeps a template, in place of the one of the same name.
pub(crate) fn keep_template(new: &NewTemplate) -> Call<Vec<Template>> {
    Call::new("POST", "/templates").with(new)
}

/// Removes a template.
pub(crate) fn remove_template(id: TemplateId) -> Call<Vec<Template>> {
    Call::new("POST", &format!("/templates/{id}/remove"))
}

/// Logs in.
pub(crate) fn login(login: &Login) -> Call<Me> {
    Call::new("POST", "/login").with(login)
}

/// Logs out.
pub(crate) fn logout() -> Call<()> {
    Call::new("POST", "/logout")
}

/// Who is logged in.
pub(crate) fn me() -> Call<Me> {
    Call::new("GET", "/me")
}

/// The organisation's accounts.
pub(crate) fn accounts() -> Call<Vec<ConsoleAccount>> {
    Call::new("GET", "/accounts")
}

/// Disables one.
pub(crate) fn disable_account(id: AccountId) -> Call<Vec<ConsoleAccount>> {
    Call::new("POST", &format!("/accounts/{id}/disable"))
}

/// Lets one log in again.
pub(crate) fn enable_account(id: AccountId) -> Call<Vec<ConsoleAccount>> {
    Call::new("POST", &format!("/accounts/{id}/enable"))
}

/// How things stand with the account's authenticator.
pub(crate) fn authenticator() -> Call<Authenticator> {
    Call::new("GET", "/me/authenticator")
}

/// Begins to set one up.
pub(crate) fn begin_authenticator(begin: &BeginAuthenticator) -> Call<NewAuthenticator> {
    Call::new("POST", "/me/authenticator").with(begin)
}

/// Confirms it with its first code.
pub(crate) fn confirm_authenticator(confirm: &ConfirmAuthenticator) -> Call<RecoveryCodes> {
    Call::new("POST", "/me/authenticator/confirm").with(confirm)
}

/// Switches it off.
pub(crate) fn remove_authenticator(remove: &RemoveAuthenticator) -> Call<Authenticator> {
    Call::new("POST", "/me/authenticator/remove").with(remove)
}

/// Every meeting.
pub(crate) fn meetings() -> Call<Vec<MeetingSummary>> {
    Call::new("GET", "/meetings")
}

/// Makes a meeting.
pub(crate) fn create_meeting(meeting: &NewMeeting) -> Call<MeetingDetail> {
    Call::new("POST", "/meetings").with(meeting)
}

/// One meeting.
pub(crate) fn meeting(id: MeetingId) -> Call<MeetingDetail> {
    Call::new("GET", &format!("/meetings/{id}"))
}

/// Changes a meeting.
pub(crate) fn change_meeting(id: MeetingId, patch: &MeetingPatch) -> Call<MeetingDetail> {
    Call::new("PATCH", &format!("/meetings/{id}")).with(patch)
}

/// Ends a meeting for everybody.
pub(crate) fn end_meeting(id: MeetingId) -> Call<MeetingDetail> {
    Call::new("POST", &format!("/meetings/{id}/end"))
}

/// Archives a meeting that is over.
pub(crate) fn archive_meeting(id: MeetingId) -> Call<MeetingDetail> {
    Call::new("POST", &format!("/meetings/{id}/archive"))
}

/// Invites somebody.
pub(crate) fn invite(id: MeetingId, invitee: &NewInvitee) -> Call<IssuedPin> {
    Call::new("POST", &format!("/meetings/{id}/invitees")).with(invitee)
}

/// Gives an invitee a new PIN; the old one dies.
pub(crate) fn reissue_pin(meeting: MeetingId, invitee: InviteeId) -> Call<IssuedPin> {
    Call::new("POST", &format!("/meetings/{meeting}/invitees/{invitee}/pin"))
}

/// Withdraws an invitee's PIN without another in its place.
pub(crate) fn revoke_pin(meeting: MeetingId, invitee: InviteeId) -> Call<Invitee> {
    Call::new("POST", &format!("/meetings/{meeting}/invitees/{invitee}/pin/revoke"))
}

/// Changes an invitation.
pub(crate) fn change_invitee(meeting: MeetingId, invitee: InviteeId, patch: &InviteePatch) -> Call<Invitee> {
    Call::new("PATCH", &format!("/meetings/{meeting}/invitees/{invitee}")).with(patch)
}

/// Sends an SMS password now.
pub(crate) fn send_password(meeting: MeetingId, invitee: InviteeId) -> Call<Invitee> {
    Call::new("POST", &format!("/meetings/{meeting}/invitees/{invitee}/password"))
}

/// Sends an invitee's invitation.
pub(crate) fn send_invitation(meeting: MeetingId, invitee: InviteeId) -> Call<Invitee> {
    Call::new("POST", &format!("/meetings/{meeting}/invitees/{invitee}/invitation"))
}

/// Sends the invitations of all who were sent none.
pub(crate) fn send_invitations(meeting: MeetingId) -> Call<MeetingDetail> {
    Call::new("POST", &format!("/meetings/{meeting}/invitations"))
}

/// Starts a meeting and calls people into it.
pub(crate) fn call_in(call: &CallIn) -> Call<CalledIn> {
    Call::new("POST", "/meetings/call").with(call)
}

/// Makes a password to read out; the one before is void.
pub(crate) fn password_to_read(meeting: MeetingId, invitee: InviteeId) -> Call<PasswordToRead> {
    Call::new("POST", &format!("/meetings/{meeting}/invitees/{invitee}/password/read-out"))
}

/// Where the calendar file of an invitation is: a plain download.
pub(crate) fn calendar_path(meeting: MeetingId, invitee: InviteeId) -> String {
    format!("{BASE}/meetings/{meeting}/invitees/{invitee}/invitation.ics")
}

/// What the PIN door does.
pub(crate) fn door() -> Call<DoorReport> {
    Call::new("GET", "/door")
}

/// The messages that were kept instead of sent.
pub(crate) fn outbox() -> Call<Vec<OutboxMessage>> {
    Call::new("GET", "/outbox")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_go_where_the_contract_says() {
        let (m, i) = (MeetingId::from_random([1; 16]), InviteeId::from_random([2; 16]));
        let patch = MeetingPatch { ask_password: Some(true), password_before_minutes: Some(15) };
        let change = change_meeting(m, &patch);
        assert_eq!((change.method, change.path), ("PATCH", format!("/api/v1/meetings/{m}")));
        assert_eq!(change.body.as_deref(), Some(r#"{"ask_password":true,"password_before_minutes":15}"#));
        let pin = reissue_pin(m, i);
        assert_eq!((pin.method, pin.path, pin.body), ("POST", format!("/api/v1/meetings/{m}/invitees/{i}/pin"), None));
    }

    #[test]
    fn an_answer_a_refusal_and_something_else_are_told_apart() {
        let refusal = serde_json::to_string(&ApiError::TooManyTries { retry_after_s: 9 }).unwrap();
        let table = [
            (
                200,
                r#"{"demo":true,"geo_attribution":null,"sms":false,"pin_lengths":{"shortest":16,"longest":16},"video_codec":"vp8","version":"1"}"#,
                None,
            ),
            (429, refusal.as_str(), Some(CallError::Refused(ApiError::TooManyTries { retry_after_s: 9 }))),
            (502, "<html>Bad gateway</html>", Some(CallError::Unexpected { status: 502 })),
            (200, "<html>", Some(CallError::Unexpected { status: 200 })),
        ];
        for (status, body, error) in table {
            assert_eq!(site().read(status, body).err(), error, "{status}");
        }
        assert_eq!(logout().read(204, ""), Ok(()));
    }
}
