//! The console's REST bodies, under `/api/v1`. JSON both ways; errors are [`ApiError`] with a fitting HTTP status.
//!
//! | call | body → answer |
//! |---|---|
//! | `GET  /site` | → [`Site`] (no login needed) |
//! | `POST /login` | [`Login`] → [`Me`], sets the cookie |
//! | `POST /logout` | → 204 |
//! | `GET  /me` | → [`Me`] |
//! | `GET  /accounts` | → `[`[`ConsoleAccount`]`]`, by name |
//! | `POST /accounts/{id}/disable` | → all of them; it logs in no more, and its PINs die |
//! | `POST /accounts/{id}/enable` | → all of them; PINs that died stay dead |
//! | `GET  /me/authenticator` | → [`crate::authenticator::Authenticator`] |
//! | `POST /me/authenticator` | [`crate::authenticator::BeginAuthenticator`] → [`crate::authenticator::NewAuthenticator`] |
//! | `POST /me/authenticator/confirm` | [`crate::authenticator::ConfirmAuthenticator`] → [`crate::authenticator::RecoveryCodes`] |
//! | `POST /me/authenticator/remove` | [`crate::authenticator::RemoveAuthenticator`] → [`crate::authenticator::Authenticator`] |
//! | `GET  /meetings` | → `[`[`MeetingSummary`]`]`, newest start first |
//! | `POST /meetings` | [`NewMeeting`] → 201 [`MeetingDetail`] |
//! | `GET  /meetings/{id}` | → [`MeetingDetail`] |
//! | `PATCH /meetings/{id}` | [`MeetingPatch`] → [`MeetingDetail`] |
//! | `POST /meetings/{id}/end` | → [`MeetingDetail`] |
//! | `POST /meetings/{id}/archive` | → [`MeetingDetail`]; its PINs begin to cool down |
//! | `GET  /meetings/{id}/record` | → `application/jose+json`: the signed record of a meeting that is over |
//! | `GET  /meetings/{id}/record.html` | → `text/html`: the same as a page |
//! | `POST /meetings/{id}/invitees` | [`NewInvitee`] → 201 [`IssuedPin`] |
//! | `PATCH /meetings/{id}/invitees/{id}` | [`InviteePatch`] → [`Invitee`]; who is in the meeting comes in again |
//! | `POST /meetings/{id}/invitees/{id}/pin` | → [`IssuedPin`]; the old PIN dies |
//! | `POST /meetings/{id}/invitees/{id}/pin/revoke` | → [`Invitee`]; the PIN dies and there is no other |
//! | `POST /meetings/{id}/invitations` | → [`MeetingDetail`]; invitations go out to all who were sent none |
//! | `POST /meetings/{id}/invitees/{id}/invitation` | → [`Invitee`]; theirs goes out, by SMS with a new PIN |
//! | `POST /meetings/call` | [`CallIn`] → 201 [`CalledIn`]; starts now, everybody gets an SMS with link and PIN |
//! | `POST /meetings/{id}/invitees/{id}/password` | → [`Invitee`]; a password goes out by SMS now |
//! | `POST /meetings/{id}/invitees/{id}/password/read-out` | → [`PasswordToRead`]; the one before is void |
//! | `GET  /meetings/{id}/invitees/{id}/invitation.ics` | → `text/calendar` |
//! | `GET  /templates` | → `[`[`crate::template::Template`]`]`, by name |
//! | `POST /templates` | [`crate::template::NewTemplate`] → all of them; one of the same name is replaced |
//! | `POST /templates/{id}/remove` | → those that are left |
//! | `GET  /door` | → [`DoorReport`] |
//! | `GET  /outbox` | → `[`[`OutboxMessage`]`]` (where SMS or e-mail go to the outbox, else 404) |

use serde::{Deserialize, Serialize};

use crate::codec::VideoCodec;
use crate::ids::{AccountId, InviteeId};
use crate::input::InvalidText;
use crate::letter::Delivery;
use crate::meeting::{DoorRules, MeetingInfo, MeetingKind, MeetingPhase, Role};
use crate::pin::PinLengths;
use crate::secret::Secret;
use crate::signal::PasswordState;
use crate::units::UnixMs;

/// What every page may know of this deployment before anybody logs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Site {
    /// Plain HTTP on loopback: a banner says so (D15).
    pub demo: bool,
    /// Attribution the location database asks for, when one is loaded.
    pub geo_attribution: Option<String>,
    /// SMS can be sent. Without it no password reaches anybody, so pages offer none.
    pub sms: bool,
    /// E-mail can be sent.
    #[serde(default)]
    pub mail: bool,
    /// How many digits PINs have.
    pub pin_lengths: PinLengths,
    /// How pages are to encode cameras, where their browser can.
    pub video_codec: VideoCodec,
    /// Version of the server.
    pub version: String,
}

/// Console login.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// Account name.
    pub name: String,
    /// Its password.
    pub password: Secret,
    /// What its authenticator shows, or a recovery code: for accounts that have one, after [`ApiError::CodeNeeded`].
    #[serde(default)]
    pub code: Option<Secret>,
}

/// The account that is logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// Account name.
    pub name: String,
    /// The organisation it belongs to.
    pub organisation: String,
    /// Idle seconds after which it is logged out (D8). Asking in the background does not count as activity.
    pub idle_logout_s: u32,
    /// SMS or e-mail go to the outbox, which `GET /outbox` shows. Said only to accounts: a stranger need not know it.
    pub outbox: bool,
}

/// A new meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewMeeting {
    /// Checked by [`crate::input::title`].
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Title))]
    pub title: String,
    /// When.
    pub start: Start,
    /// Minutes, 1 to [`crate::limits::MAX_MEETING_MINUTES`].
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Minutes))]
    pub duration_minutes: u32,
    /// IANA name.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::ZoneName))]
    pub time_zone: String,
    /// Whether everybody needs an SMS password on top of the PIN (D25).
    pub ask_password: bool,
    /// So many minutes before the start those go out by themselves, up to
    /// [`crate::limits::MAX_PASSWORD_BEFORE_MINUTES`]. 0: only when somebody asks for one.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::MinutesBefore))]
    pub password_before_minutes: u32,
    /// What may leave the meeting. No later call changes it.
    #[serde(default)]
    pub kind: MeetingKind,
    /// What is asked of whoever comes. No later call changes it.
    #[serde(default)]
    pub rules: DoorRules,
}

/// When a meeting starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Start {
    /// At once. With brackets: serde denies unknown fields to these alone.
    Now {},
    /// At a wall-clock time in the meeting's time zone.
    At {
        /// `2026-11-21T14:30`, as `<input type="datetime-local">` gives it.
        local: String,
    },
}

/// Changes to a meeting; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MeetingPatch {
    /// Ask for an SMS password or not.
    pub ask_password: Option<bool>,
    /// [`NewMeeting::password_before_minutes`].
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::MinutesBefore>))]
    pub password_before_minutes: Option<u32>,
}

/// A line in the list of meetings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MeetingSummary {
    /// What and when.
    pub info: MeetingInfo,
    /// Where it is in its life.
    pub phase: MeetingPhase,
    /// How many people are invited.
    pub invitees: u32,
    /// How many are in the room just now.
    pub present: u32,
    /// How many are in the lobby just now.
    pub waiting: u32,
}

/// A meeting with its invitees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MeetingDetail {
    /// What and when.
    pub info: MeetingInfo,
    /// Where it is in its life.
    pub phase: MeetingPhase,
    /// Whether everybody needs an SMS password.
    pub ask_password: bool,
    /// What is asked of whoever comes.
    #[serde(default)]
    pub rules: DoorRules,
    /// So many minutes before the start those go out by themselves; 0: only when somebody asks for one.
    pub password_before_minutes: u32,
    /// Scheduled length, minutes, extensions included.
    pub duration_minutes: u32,
    /// In order of invitation.
    pub invitees: Vec<Invitee>,
    /// What the key is called that signs the record, once the meeting is over (RFC 7638).
    #[serde(default)]
    pub record_key: Option<String>,
}

/// An account of the organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountName {
    /// Which.
    pub id: AccountId,
    /// What it is called at the login.
    pub name: String,
}

/// An account of the organisation, as the console lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConsoleAccount {
    /// Which.
    pub id: AccountId,
    /// What it is called at the login.
    pub name: String,
    /// Since when it may not log in; `None`: it may.
    pub disabled_at: Option<UnixMs>,
    /// Whether its login asks for the code of an authenticator.
    pub has_authenticator: bool,
}

/// A person to invite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewInvitee {
    /// Checked by [`crate::input::name`].
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Name))]
    pub name: String,
    /// Checked by [`crate::input::phone`] and against the numbering plan. Needed for an SMS password.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Phone>))]
    pub phone: Option<String>,
    /// Checked by [`crate::input::email`].
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Email>))]
    pub email: Option<String>,
    /// What they may do.
    pub role: Role,
    /// Whose account they have, if they have one in this organisation: at the door its login makes a moderator, and what its
    /// authenticator shows is taken in place of a password.
    #[serde(default)]
    pub account: Option<AccountId>,
}

/// Changes to an invitation; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct InviteePatch {
    /// What they may do.
    pub role: Option<Role>,
}

/// An invited person, as the console shows them. Never with a PIN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invitee {
    /// Which invitation.
    pub id: InviteeId,
    /// Name on the invitation.
    pub name: String,
    /// E.164.
    pub phone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// What they may do.
    pub role: Role,
    /// Their account, if they have one in this organisation.
    #[serde(default)]
    pub account: Option<AccountName>,
    /// When the PIN that works now was issued; `None` when it was withdrawn.
    pub pin_issued_at: Option<UnixMs>,
    /// How things stand with the SMS password.
    pub password: PasswordState,
    /// What became of the newest SMS with a password.
    pub password_sms: Option<Delivery>,
    /// What became of the newest invitation by e-mail.
    pub invitation_email: Option<Delivery>,
    /// What became of the newest invitation by SMS.
    pub invitation_sms: Option<Delivery>,
    /// The invitation link; the PIN is still asked. Its token is in the fragment, so that it reaches no server log.
    pub link: String,
}

/// A PIN, shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IssuedPin {
    /// Whose.
    pub invitee: Invitee,
    /// Its digits in groups of four.
    pub pin: Secret,
}

/// A meeting that starts now, and whom to call into it by SMS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CallIn {
    /// Checked by [`crate::input::title`].
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Title))]
    pub title: String,
    /// Minutes, 1 to [`crate::limits::MAX_MEETING_MINUTES`].
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Minutes))]
    pub duration_minutes: u32,
    /// IANA name.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::ZoneName))]
    pub time_zone: String,
    /// Who is called, at least one.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::People))]
    pub people: Vec<Called>,
}

/// Somebody who is called in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Called {
    /// Checked by [`crate::input::name`].
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Name))]
    pub name: String,
    /// Checked by [`crate::input::phone`] and against the numbering plan.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Phone))]
    pub phone: String,
}

/// The meeting that was started, and the way in of who started it, as its moderator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CalledIn {
    /// The meeting.
    pub meeting: MeetingDetail,
    /// For who called.
    pub own: IssuedPin,
}

/// A password that somebody reads out to its person, shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasswordToRead {
    /// Whose.
    pub invitee: Invitee,
    /// As it is read out, in two groups of four.
    pub password: Secret,
}

/// What the PIN door does, and what that lets a stranger who only guesses hope for (D12).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DoorReport {
    /// Digits of new PINs.
    pub pin_digits: usize,
    /// PINs that work just now.
    pub live_pins: u64,
    /// PINs a second that are looked at, at most, all askers together.
    pub granted_per_s: f64,
    /// Chance within a year that guessing at that pace finds a PIN that works, with as many as work now.
    pub chance_per_year: f64,
    /// Above which the deployment's PINs are too short.
    pub target_per_year: f64,
    /// Chance that guessing at that pace for two hours finds a PIN of the meeting that has most.
    pub chance_per_meeting: f64,
    /// See [`DoorReport::target_per_year`].
    pub target_per_meeting: f64,
    /// The same as [`DoorReport::chance_per_year`] at the pace of the last hour's busiest minute.
    pub chance_at_busiest: f64,
    /// Tries that wait for their turn.
    pub waiting: usize,
    /// In the last hour: PINs looked at without a link.
    pub evaluated: u32,
    /// In the last hour: PINs that were wrong.
    pub failed: u32,
    /// In the last hour: tries that were not looked at.
    pub turned_away: u32,
    /// Most sources in a minute of the last hour.
    pub sources: u32,
    /// SMS that went out today (UTC), and how many may; `None`: this server sends none.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<u32>>, min_items = 2, max_items = 2))]
    pub sms_today: Option<(u32, u32)>,
}

impl DoorReport {
    /// Whether guessing stays as hopeless as it is meant to be.
    pub fn holds(&self) -> bool {
        // A hair above is rounding: the door aims at the target itself.
        self.chance_per_year <= self.target_per_year * 1.000_001 && self.chance_per_meeting <= self.target_per_meeting
    }
}

/// An SMS or e-mail that was not sent but kept for the console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OutboxMessage {
    /// When.
    pub at: UnixMs,
    /// To which number or address.
    pub to: String,
    /// Of an e-mail.
    #[serde(default)]
    pub subject: Option<String>,
    /// What it says.
    pub text: String,
}

/// Why a call failed. One variant per thing a page does differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "error")]
pub enum ApiError {
    /// 401: nobody is logged in (any more).
    #[error("log in first")]
    NotLoggedIn,
    /// 401: name or password is wrong; which one is not said.
    #[error("name or password is wrong")]
    WrongLogin,
    /// 401: name and password are right, and the account has an authenticator: [`Login::code`] is needed too.
    #[error("the code of the authenticator is needed too")]
    CodeNeeded,
    /// 401: the code is wrong, or was used before.
    #[error("the code is wrong or was used before")]
    WrongCode,
    /// 409: so many codes were wrong that none is looked at any more. A recovery code is.
    #[error("too many codes were wrong: only a recovery code is taken now")]
    CodesUsedUp,
    /// 403: name and password are right, and the account is disabled.
    #[error("the account is disabled")]
    AccountDisabled,
    /// 409: the invitation is for an account that is disabled, so that no PIN is issued for it.
    #[error("the account of this invitation is disabled")]
    AccountOfInvitationDisabled,
    /// 409: nobody disables or enables the account that they are logged in to.
    #[error("this is the account that is logged in")]
    OwnAccount,
    /// 409: the account has an authenticator.
    #[error("there is an authenticator already")]
    AuthenticatorInUse,
    /// 409: the account has no authenticator, or none was begun.
    #[error("there is no authenticator")]
    NoAuthenticator,
    /// 429: wait.
    #[error("too many tries, wait {retry_after_s} s")]
    TooManyTries {
        /// Seconds.
        retry_after_s: u32,
    },
    /// 503: more logins at once than the server hashes.
    #[error("the server is busy, try again")]
    Busy,
    /// 503: the database does not answer. What was asked for may have been done all the same.
    #[error("the database does not answer, try again")]
    DatabaseAway,
    /// 403: the request did not come from this site's own pages.
    #[error("this request did not come from this site's pages")]
    ForeignOrigin,
    /// 404: it is not there, or not yours.
    #[error("not found")]
    NotFound,
    /// 409: the meeting is over.
    #[error("the meeting is over")]
    MeetingOver,
    /// 409: the meeting is not over yet.
    #[error("the meeting is not over")]
    MeetingNotOver,
    /// 409: the meeting has as many invitees as it can.
    #[error("the meeting is full")]
    MeetingFull,
    /// 409: the organisation has as many meeting templates as it may.
    #[error("there are as many templates as there may be")]
    TooManyTemplates,
    /// 409: this person has no telephone number.
    #[error("there is no telephone number to send to")]
    NoPhone,
    /// 409: this server has no way to send an SMS, so it asks nobody for an SMS password.
    #[error("this server sends no SMS")]
    NoSms,
    /// 502: the SMS gateway did not take it.
    #[error("the SMS was not taken by the gateway")]
    SmsNotDelivered,
    /// 409: as many SMS went out today as may.
    #[error("as many SMS went out today as may")]
    SmsBudgetSpent,
    /// 409: no SMS are sent to the country of the number.
    #[error("no SMS are sent to the country of this number")]
    SmsCountryNotServed,
    /// 409: there is neither a number nor an address that this server can send to.
    #[error("there is no way to send an invitation")]
    NoWay,
    /// 409: the PIN was withdrawn, and with it the invitation.
    #[error("the PIN was withdrawn: issue a new one first")]
    PinWithdrawn,
    /// 409: as many e-mails went out today as may.
    #[error("as many e-mails went out today as may")]
    MailBudgetSpent,
    /// 422: a field of one of several people is wrong.
    #[error("person {row}: {field}: {reason}")]
    Person {
        /// Which, from 0.
        row: usize,
        /// Which field.
        field: Field,
        /// Why.
        reason: FieldError,
    },
    /// 422: one field is wrong.
    #[error("{field}: {reason}")]
    Field {
        /// Which.
        field: Field,
        /// Why.
        reason: FieldError,
    },
    /// 400: the body is not what this call takes.
    #[error("the request cannot be read")]
    Unreadable,
    /// 413: the body is too large.
    #[error("the request is too large")]
    TooLarge,
    /// 500: details are in the server's log.
    #[error("the server could not do this; its log says why")]
    Internal,
}

/// A field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// [`NewMeeting::title`].
    Title,
    /// [`NewMeeting::start`].
    Start,
    /// [`NewMeeting::duration_minutes`].
    Duration,
    /// [`NewMeeting::time_zone`].
    TimeZone,
    /// [`NewMeeting::rules`].
    Checklist,
    /// [`NewMeeting::password_before_minutes`].
    PasswordBefore,
    /// [`NewInvitee::name`].
    Name,
    /// [`NewInvitee::phone`].
    Phone,
    /// [`NewInvitee::email`].
    Email,
    /// An account's password, asked again.
    Password,
    /// The code of an authenticator, or a recovery code.
    Code,
    /// [`NewInvitee::account`].
    Account,
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Field::Title => "title",
            Field::Start => "start",
            Field::Duration => "duration",
            Field::TimeZone => "time zone",
            Field::Checklist => "checklist",
            Field::PasswordBefore => "minutes before the start",
            Field::Name => "name",
            Field::Phone => "phone",
            Field::Email => "e-mail",
            Field::Password => "password",
            Field::Code => "code",
            Field::Account => "account",
        })
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum FieldError {
    /// A rule of [`crate::input`].
    #[error("{reason}")]
    Text {
        /// Which.
        reason: InvalidText,
    },
    /// No telephone number of that shape exists in any numbering plan.
    #[error("no such telephone number can exist")]
    ImpossibleNumber,
    /// The organisation has no such account.
    #[error("there is no such account")]
    UnknownAccount,
    /// Not a date and time.
    #[error("is not a date and time")]
    NotATime,
    /// The meeting would already be over.
    #[error("lies in the past")]
    InThePast,
    /// Out of range.
    #[error("must be between {min} and {max}")]
    OutOfRange {
        /// Smallest.
        min: u32,
        /// Largest.
        max: u32,
    },
    /// Not in the time zone database.
    #[error("is not a known time zone")]
    UnknownTimeZone,
    /// Not the right one.
    #[error("is wrong")]
    Wrong,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_is_not_dropped() {
        let read = serde_json::from_str::<Start>;
        assert_eq!(read(r#"{"kind":"now"}"#).unwrap(), Start::Now {});
        assert!(read(r#"{"kind":"now","local":"2030-11-21T14:30"}"#).is_err());
        assert!(read(r#"{"kind":"at","local":"2030-11-21T14:30","zone":"UTC"}"#).is_err());
        assert_eq!(serde_json::to_string(&Start::Now {}).unwrap(), r#"{"kind":"now"}"#);
    }
}
