//! The console's sentences for typed values: errors, roles, states, lengths of time. Pure, one function a type,
//! each an exhaustive match so that a new variant asks for its sentence.

use shared::api::{ApiError, Field, FieldError};
use shared::input::InvalidText;
use shared::letter::{Delivery, DeliveryState, Way};
use shared::meeting::{DoorRules, MeetingKind, MeetingPhase, Role};
use shared::signal::PasswordState;
use shared::text::{tr, tr_with};

use super::api::CallError;

/// Why a call failed, as a sentence that says what to do.
pub(crate) fn call_error(error: &CallError) -> String {
    match error {
        CallError::Refused(refusal) => api_error(refusal),
        CallError::Unreachable => tr("The server cannot be reached. Check the connection and try again.").to_owned(),
        CallError::Unexpected { status } => tr_with(
            "The server answered in a way this page does not understand ({status}). Reload the page.",
            &[("status", &status.to_string())],
        ),
    }
}

/// Why a password did not go out.
pub(crate) fn password_not_sent(error: &CallError) -> String {
    match error {
        CallError::Refused(ApiError::TooManyTries { retry_after_s: 0 | 1 }) => {
            tr("A password was sent just now; another can be sent in a second.").to_owned()
        }
        CallError::Refused(ApiError::TooManyTries { retry_after_s }) => tr_with(
            "A password was sent just now; another can be sent in {seconds} seconds.",
            &[("seconds", &retry_after_s.to_string())],
        ),
        other => call_error(other),
    }
}

/// Why an invitation did not go out.
pub(crate) fn invitation_not_sent(error: &CallError) -> String {
    match error {
        CallError::Refused(ApiError::TooManyTries { retry_after_s }) => tr_with(
            "One was sent just now; another can be sent in {seconds} seconds.",
            &[("seconds", &retry_after_s.to_string())],
        ),
        other => call_error(other),
    }
}

/// What goes to one person on which way: by e-mail, by SMS. Where the link is enough, one way is.
pub(crate) fn invitation_ways((by_mail, by_sms): (bool, bool), link_suffices: bool) -> &'static str {
    match (by_mail, by_sms) {
        (true, _) if link_suffices => tr(
            "The link goes by e-mail. In this meeting it is enough: whoever reads the mailbox gets as far as the lobby.",
        ),
        (false, true) if link_suffices => tr(
            "The link goes by SMS. In this meeting it is enough: whoever has the telephone in hand gets as far as the lobby.",
        ),
        (true, true) => tr(
            "The link goes by e-mail and a new PIN by SMS, so that neither mailbox nor telephone alone opens the door. The PIN so far stops working, and whoever is in with it comes in again with the new one.",
        ),
        (true, false) => tr(
            "The link goes by e-mail. The PIN does not: tell it to this person another way, for whoever reads a mailbox with both gets as far as the lobby.",
        ),
        (false, true) => tr(
            "Link and a new PIN go to the telephone in one SMS: whoever has it in hand gets as far as the lobby. The PIN so far stops working, and whoever is in with it comes in again with the new one.",
        ),
        (false, false) => tr("There is no way to send it."),
    }
}

/// The same for everybody at once.
pub(crate) fn invitations_ways((by_mail, by_sms): (bool, bool), link_suffices: bool) -> &'static str {
    match (by_mail, by_sms) {
        (true, _) | (_, true) if link_suffices => tr(
            "In this meeting the link is enough: it goes by e-mail, or by SMS to whoever has given no address. Moderators are sent a new PIN as well.",
        ),
        (true, true) => tr(
            "Links go by e-mail and new PINs by SMS; whoever has given no e-mail address gets both by SMS, and whoever has given no number is told the PIN by you. PINs handed out so far stop working for all who get an SMS.",
        ),
        (true, false) => tr("Links go by e-mail. PINs do not: tell each to its person another way."),
        (false, true) => {
            tr("Links and new PINs go by SMS, together. PINs handed out so far stop working for all who get one.")
        }
        (false, false) => tr("There is no way to send them."),
    }
}

/// Why the server refused.
pub(crate) fn api_error(error: &ApiError) -> String {
    match error {
        ApiError::NotLoggedIn => tr("You are no longer logged in."),
        ApiError::WrongLogin => tr("Name or password is wrong."),
        ApiError::CodeNeeded => tr("This account needs the code of its authenticator app too."),
        ApiError::WrongCode => wrong_code(),
        ApiError::CodesUsedUp => tr(
            "Too many codes were wrong: no more are looked at. Use a recovery code, or ask the operator of this server to take the authenticator off the account.",
        ),
        ApiError::AccountDisabled => tr("This account is disabled. Ask whoever looks after the accounts here."),
        ApiError::OwnAccount => tr("You are logged in to this account. Let somebody else do this."),
        ApiError::AccountOfInvitationDisabled => tr("The account that this invitation is for is disabled. Enable it under \"Accounts\" first."),
        ApiError::AuthenticatorInUse => tr("This account has an authenticator already. Reload the page."),
        ApiError::NoAuthenticator => tr("No authenticator is being set up or in use any more. Reload the page."),
        ApiError::TooManyTries { retry_after_s } => return too_many_tries(*retry_after_s),
        ApiError::Busy => tr("The server is busy with other logins. Try again in a moment."),
        ApiError::DatabaseAway => {
            tr("The server cannot reach its database. Look in a moment whether this was done, and try again.")
        }
        ApiError::ForeignOrigin => tr("This request did not come from this site's own pages. Reload the page."),
        ApiError::NotFound => tr("This does not exist, or it is not yours."),
        ApiError::MeetingOver => tr("The meeting is over; nothing about it can be changed any more."),
        ApiError::MeetingNotOver => tr("The meeting is not over yet. End it first."),
        ApiError::TooManyTemplates => tr("There are as many templates as there may be: remove one first."),
        ApiError::MeetingFull => tr("The meeting has as many invitees as it can have."),
        ApiError::NoPhone => tr("This person has no telephone number to send a password to."),
        ApiError::NoSms => tr("This server sends no SMS, so nobody can be asked for an SMS password."),
        ApiError::SmsNotDelivered => tr("The SMS gateway did not take the message. Try again in a moment."),
        ApiError::SmsBudgetSpent => {
            tr("This server has sent as many SMS today as it may. The operator can raise the limit.")
        }
        ApiError::SmsCountryNotServed => tr("This server sends no SMS to the country of this number."),
        ApiError::NoWay => {
            tr("This person has neither a telephone number nor an e-mail address that this server can send to.")
        }
        ApiError::PinWithdrawn => tr("The PIN of this person was withdrawn. Issue a new one first."),
        ApiError::MailBudgetSpent => {
            tr("As many e-mails went out today as may, in all, for this meeting or to this address.")
        }
        ApiError::Person { reason, .. } => return field_error(reason),
        ApiError::Field { reason, .. } => return field_error(reason),
        ApiError::Unreadable => tr("The server could not read this request. Reload the page."),
        ApiError::TooLarge => tr("That is more than the server takes."),
        ApiError::Internal => tr("The server could not do this. Its log says why."),
    }
    .to_owned()
}

/// What somebody has to know whose code was not taken.
fn wrong_code() -> &'static str {
    tr(
        "This code is not right, or it was used before. One of the app works once and for half a minute: wait for the next.",
    )
}

fn too_many_tries(seconds: u32) -> String {
    match seconds {
        0 | 1 => tr("Too many tries. Try again in a second.").to_owned(),
        120.. => tr_with(
            "Too many tries. Try again in {minutes} minutes.",
            &[("minutes", &seconds.div_ceil(60).to_string())],
        ),
        _ => tr_with("Too many tries. Try again in {seconds} seconds.", &[("seconds", &seconds.to_string())]),
    }
}

/// What is wrong with this field, for beside it.
pub(crate) fn error_of(field: Field, error: &FieldError) -> String {
    match (field, error) {
        (Field::Password, FieldError::Wrong) => tr("This is not your password.").to_owned(),
        (Field::Code, FieldError::Wrong) => wrong_code().to_owned(),
        _ => field_error(error),
    }
}

/// What is wrong with a field, for beside it.
pub(crate) fn field_error(error: &FieldError) -> String {
    match error {
        FieldError::Text { reason } => return invalid_text(reason),
        FieldError::ImpossibleNumber => {
            tr("No telephone has a number like this. Check its digits and the country code.")
        }
        FieldError::UnknownAccount => tr("There is no such account any more. Choose another."),
        FieldError::NotATime => tr("Choose a date and a time."),
        FieldError::InThePast => tr("This lies in the past."),
        FieldError::OutOfRange { min, max } => return out_of_range(*min, *max),
        FieldError::UnknownTimeZone => tr("Choose a time zone from the list, like Europe/Brussels."),
        FieldError::Wrong => tr("This is not right."),
    }
    .to_owned()
}

fn out_of_range(min: u32, max: u32) -> String {
    tr_with("Choose a number from {min} to {max}.", &[("min", &min.to_string()), ("max", &max.to_string())])
}

fn invalid_text(error: &InvalidText) -> String {
    match error {
        InvalidText::Empty => tr("This cannot be empty."),
        InvalidText::TooLong { max } => {
            return tr_with("At most {max} characters.", &[("max", &max.to_string())]);
        }
        InvalidText::ControlCharacter => tr("This contains a control character, which cannot be shown."),
        InvalidText::HiddenCharacter => tr("This contains invisible characters that change the reading direction."),
        InvalidText::NotAnEmail => tr("This is not an e-mail address."),
        InvalidText::NotAPhoneNumber => tr("Write the number with its country code, like +31 20 123 4567."),
    }
    .to_owned()
}

/// A role's name.
pub(crate) fn role(role: Role) -> &'static str {
    match role {
        Role::Moderator => tr("Moderator"),
        Role::Participant => tr("Participant"),
        Role::Observer => tr("Observer"),
    }
}

/// What a role may do, in one sentence.
pub(crate) fn role_meaning(role: Role, sends_sms: bool) -> &'static str {
    match role {
        Role::Moderator if !sends_sms => tr(
            "Sees who waits, lets people in and ends the meeting. Needs an account here that they log in to, or a password that you read out, besides the PIN.",
        ),
        Role::Moderator => tr(
            "Sees who waits, lets people in and ends the meeting. Needs a password by SMS besides the PIN, or an account here that they log in to.",
        ),
        Role::Participant => tr("Sees, hears, speaks, points and draws once a moderator has let them in."),
        Role::Observer => tr("Sees and hears. Only moderators see and hear an observer."),
    }
}

/// Why nothing is offered that goes by SMS.
pub(crate) fn no_sms() -> &'static str {
    tr(
        "This server sends no SMS, so nobody can be asked for a password; moderators prove themselves with their own account, or with a password that you read out, besides their PIN.",
    )
}

/// What somebody invited to whom no password can be sent has to know.
pub(crate) fn without_phone(role: Role, meeting_asks: bool, has_account: bool) -> Option<&'static str> {
    match (role, meeting_asks, has_account) {
        (Role::Moderator, _, true) => Some(tr(
            "No password can be sent to this moderator, who comes in from a browser in which they are logged in, or with their authenticator app, if they have one.",
        )),
        (Role::Moderator, _, false) => {
            Some(tr("No password can be sent to this moderator: choose their account, or read one out to them."))
        }
        (_, true, true) => Some(tr(
            "This meeting asks for a second proof: without a telephone number this person needs an authenticator app, set up under \"Accounts\".",
        )),
        (_, true, false) => Some(tr(
            "This meeting asks for a password by SMS: without a telephone number this person cannot come in. A number cannot be added later.",
        )),
        (_, false, _) => None,
    }
}

/// Who cannot come in while a meeting asks everybody for a password: those without a telephone number.
pub(crate) fn unreachable(names: &[String]) -> Option<String> {
    match names {
        [] => None,
        [name] => Some(tr_with(
            "{name} has no telephone number and cannot be sent a password. Invite this person again with a number.",
            &[("name", name)],
        )),
        names => Some(tr_with(
            "These people have no telephone number and cannot be sent a password: {names}. Invite them again with a number.",
            &[("names", &names.join(", "))],
        )),
    }
}

/// What a meeting asks of whoever comes, a sentence each.
pub(crate) fn door_rules(rules: &DoorRules) -> Vec<String> {
    let identity = match rules.confirmations {
        0 => None,
        1 => Some(tr("A moderator must confirm who somebody is before letting them in.")),
        _ => Some(tr("Two moderators must confirm who somebody is before they are let in.")),
    };
    let camera = rules.camera_required.then(|| tr("Nobody is let in whose camera is off."));
    let link = rules.link_suffices.then(|| tr("Whoever has no PIN at hand can knock with their link alone."));
    [camera, identity, link].into_iter().flatten().map(str::to_owned).collect()
}

/// A phase's name.
pub(crate) fn phase(phase: MeetingPhase) -> &'static str {
    match phase {
        MeetingPhase::Scheduled => tr("Upcoming"),
        MeetingPhase::Open => tr("Open"),
        MeetingPhase::Over => tr("Over"),
        MeetingPhase::Archived => tr("Archived"),
    }
}

/// A small chance, as people say it: "1 in 160", rounded to two digits. `None`: there is none.
pub(crate) fn chance(chance: f64) -> Option<String> {
    if chance <= 0.0 {
        return None;
    }
    let one_in = 1.0 / chance;
    let unit = 10_f64.powf(one_in.log10().floor() - 1.0).max(1.0);
    let rounded = (one_in / unit).round() * unit;
    Some(tr_with("1 in {n}", &[("n", &grouped(&format!("{rounded:.0}")))]))
}

/// A number in groups of three digits.
fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// So many a second: whole when there are many.
pub(crate) fn pace(per_s: f64) -> String {
    if per_s >= 100.0 { grouped(&format!("{per_s:.0}")) } else { format!("{per_s:.1}") }
}

/// How many there are, in groups of three digits.
pub(crate) fn count(n: u64) -> String {
    grouped(&n.to_string())
}

/// How things stand with a second proof, short enough for a table.
pub(crate) fn password(state: &PasswordState) -> String {
    match state {
        PasswordState::NotAsked => tr("Not asked"),
        PasswordState::NotSent => tr("Not sent yet"),
        PasswordState::Sent { phone_ends_in } => {
            return tr_with("Sent to …{digits}", &[("digits", phone_ends_in)]);
        }
        PasswordState::ReadOut => tr("To be read out"),
        PasswordState::Code => tr("Code of their app"),
        PasswordState::Given | PasswordState::CodeGiven => tr("Given"),
        PasswordState::UsedUp => tr("Used up"),
    }
    .to_owned()
}

/// When passwords go out, as a choice.
pub(crate) fn password_time(minutes_before: u32) -> String {
    match minutes_before {
        0 => tr("when the person comes and asks for it, or you press the button").to_owned(),
        1..60 => tr_with("{n} minutes before the start", &[("n", &minutes_before.to_string())]),
        _ => tr_with("{time} before the start", &[("time", &minutes(minutes_before))]),
    }
}

/// How far a letter came. `time` is since when.
pub(crate) fn delivery(delivery: &Delivery, time: &str) -> String {
    let said = delivery.said.as_deref().unwrap_or_default();
    let values = [("time", time), ("said", said)];
    match delivery.state {
        DeliveryState::Sending => tr("On its way").to_owned(),
        DeliveryState::Accepted => tr_with("Sent {time}", &values),
        DeliveryState::Delivered => tr_with("Arrived {time}", &values),
        DeliveryState::NotReached if delivery.way == Way::Email => {
            tr_with("Failed {time}: the mail server could not be used ({said})", &values)
        }
        DeliveryState::NotReached => tr_with("Failed {time}: the gateway could not be used ({said})", &values),
        DeliveryState::KeptBack => tr_with("Not sent {time}: {said}", &values),
        DeliveryState::Refused if said.is_empty() => tr_with("Failed {time}: refused", &values),
        DeliveryState::Refused => tr_with("Failed {time}: refused ({said})", &values),
        DeliveryState::CountryNotServed => tr("Not sent: this country is not served").to_owned(),
        DeliveryState::Undelivered if said.is_empty() => tr_with("Did not arrive ({time})", &values),
        DeliveryState::Undelivered => tr_with("Did not arrive ({time}, {said})", &values),
        DeliveryState::Unknown => tr("The server was stopped meanwhile: not known whether it went out").to_owned(),
    }
}

/// The same of an invitation, where it stands beside a number or an address.
pub(crate) fn invitation_delivery(invitation: &Delivery, time: &str) -> String {
    match invitation.state {
        DeliveryState::Sending => tr("Invitation on its way").to_owned(),
        DeliveryState::Accepted => tr_with("Invitation sent {time}", &[("time", time)]),
        _ => delivery(invitation, time),
    }
}

/// A length of time as people say it: `45 min`, `1 h`, `1 h 30 min`.
pub(crate) fn minutes(minutes: u32) -> String {
    let (hours, rest) = ((minutes / 60).to_string(), (minutes % 60).to_string());
    match (minutes / 60, minutes % 60) {
        (0, _) => tr_with("{minutes} min", &[("minutes", &rest)]),
        (_, 0) => tr_with("{hours} h", &[("hours", &hours)]),
        _ => tr_with("{hours} h {minutes} min", &[("hours", &hours), ("minutes", &rest)]),
    }
}

/// How many people are invited.
pub(crate) fn invited(count: u32) -> String {
    match count {
        0 => tr("Nobody invited yet").to_owned(),
        1 => tr("1 person invited").to_owned(),
        n => tr_with("{n} people invited", &[("n", &n.to_string())]),
    }
}

/// How many are in the room now.
pub(crate) fn present(count: u32) -> String {
    tr_with("{n} in the room", &[("n", &count.to_string())])
}

/// How many wait in the lobby now.
pub(crate) fn waiting(count: u32) -> String {
    tr_with("{n} waiting", &[("n", &count.to_string())])
}

/// What becomes of what is said and shown.
pub(crate) fn kept(kind: MeetingKind) -> &'static str {
    match kind {
        MeetingKind::NothingKept => {
            tr("Nothing of this meeting is kept: what is said, shown, pointed at or drawn is gone when it is over.")
        }
        MeetingKind::MayBeRecorded => tr(
            "This server keeps nothing of this meeting. What people's recorders keep is in their hands; moderators see each of them and can put it out.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_read_as_people_say_them() {
        let table = [
            (6.29e-3, "1 in 160"),
            (1e-2, "1 in 100"),
            (7.2e-8, "1 in 14\u{202f}000\u{202f}000"),
            (0.4, "1 in 3"),
            (1.0, "1 in 1"),
        ];
        for (value, said) in table {
            assert_eq!(chance(value).as_deref(), Some(said));
        }
        assert_eq!(chance(0.0), None);
        assert_eq!((pace(2_000.0).as_str(), pace(31.8).as_str(), count(999).as_str()), ("2\u{202f}000", "31.8", "999"));
    }

    #[test]
    fn a_letter_that_failed_says_why() {
        let failed = Delivery {
            way: shared::letter::Way::Sms,
            state: DeliveryState::Refused,
            at: shared::units::UnixMs(0),
            said: Some("it answered 400".into()),
        };
        assert_eq!(delivery(&failed, "14:03"), "Failed 14:03: refused (it answered 400)");
        let sent = Delivery { state: DeliveryState::Accepted, said: None, ..failed };
        assert_eq!(delivery(&sent, "14:03"), "Sent 14:03");
        assert_eq!(invitation_delivery(&sent, "14:03"), "Invitation sent 14:03");
        assert_eq!(
            (password_time(15), password_time(120)),
            ("15 minutes before the start".into(), "2 h before the start".into())
        );
    }

    #[test]
    fn lengths_read_as_people_say_them() {
        for (length, said) in [(5, "5 min"), (60, "1 h"), (90, "1 h 30 min"), (480, "8 h")] {
            assert_eq!(minutes(length), said);
        }
    }

    #[test]
    fn a_refused_login_says_how_long_to_wait() {
        let refused = CallError::Refused(ApiError::TooManyTries { retry_after_s: 42 });
        assert_eq!(call_error(&refused), "Too many tries. Try again in 42 seconds.");
    }

    #[test]
    fn a_second_password_is_not_called_a_second_try() {
        let refused = CallError::Refused(ApiError::TooManyTries { retry_after_s: 30 });
        let said = password_not_sent(&refused);
        assert_eq!(said, "A password was sent just now; another can be sent in 30 seconds.");
        assert_eq!(password_not_sent(&CallError::Unreachable), call_error(&CallError::Unreachable));
    }

    #[test]
    fn those_who_cannot_be_sent_a_password_are_named() {
        assert_eq!(unreachable(&[]), None);
        assert!(unreachable(&["Ada".into()]).unwrap().starts_with("Ada has no"));
        assert!(unreachable(&["Ada".into(), "Ben".into()]).unwrap().contains(": Ada, Ben."));
    }

    #[test]
    fn only_who_needs_a_telephone_is_warned_about_none() {
        for has_account in [false, true] {
            assert!(without_phone(Role::Moderator, false, has_account).is_some());
            for role in [Role::Participant, Role::Observer] {
                assert!(without_phone(role, true, has_account).is_some());
                assert!(without_phone(role, false, has_account).is_none());
            }
        }
    }

    #[test]
    fn counts_are_whole_sentences() {
        assert_eq!((invited(0), invited(1)), ("Nobody invited yet".into(), "1 person invited".into()));
        assert_eq!((invited(3), present(2)), ("3 people invited".into(), "2 in the room".into()));
    }
}
