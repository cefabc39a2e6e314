//! What happened, in sentences. Exhaustive: an event without a sentence does not compile.

use shared::letter::Way;
use shared::location::Verdict;
use shared::meeting::{MeetingKind, Role};
use shared::signal::{RefuseReason, Stage};
use shared::text::{tr, tr_with};

use crate::meetings::events::{DoorEvent, Evidence, Lapse, SecondFactor};

/// What happened. `time` writes a moment, `account` is what the account is called that the event tells of.
pub(super) fn event(event: &DoorEvent, time: impl Fn(shared::units::UnixMs) -> String, account: &str) -> String {
    match event {
        DoorEvent::PinIssued => tr("A PIN was issued").to_owned(),
        DoorEvent::AccountDisabled => tr("The account was disabled; the PIN was withdrawn").to_owned(),
        DoorEvent::PinRevoked => tr("The PIN was withdrawn").to_owned(),
        DoorEvent::RoleChanged { from, to } => {
            tr_with("The role was changed: {from}, now {to}", &[("from", role(*from)), ("to", role(*to))])
        }
        DoorEvent::PasswordSent => tr("A password was sent by SMS").to_owned(),
        DoorEvent::PasswordShown => tr("A password was shown at the console, to be read out").to_owned(),
        DoorEvent::InvitationSent { way: Way::Email } => tr("The invitation was sent by e-mail").to_owned(),
        DoorEvent::InvitationSent { way: Way::Sms } => tr("The invitation was sent by SMS").to_owned(),
        DoorEvent::PasswordVoided => tr("The password was typed wrong too often and is void").to_owned(),
        DoorEvent::CodesUsedUp => {
            tr("Codes of the account's authenticator were wrong too often; the PIN takes none any more").to_owned()
        }
        DoorEvent::Knocked { evidence: shown } => tr_with("Knocked: {evidence}", &[("evidence", &evidence(shown))]),
        DoorEvent::EnteredLobby => tr("Waited in the lobby").to_owned(),
        DoorEvent::ModeratorEntered { second_factor } => match second_factor {
            SecondFactor::Account { .. } => {
                tr_with("Came in as moderator, logged in to the account {name}", &[("name", account)])
            }
            SecondFactor::AuthenticatorCode { .. } => {
                tr_with("Came in as moderator, with the code of {name}'s authenticator", &[("name", account)])
            }
            SecondFactor::SmsPassword => tr("Came in as moderator, with the password by SMS").to_owned(),
            SecondFactor::ReadOutPassword => tr("Came in as moderator, with a password that was read out").to_owned(),
        },
        DoorEvent::Admitted { evidence: shown, location } => tr_with(
            "Was let in: {evidence}; {location}",
            &[("evidence", &evidence(shown)), ("location", verdict(*location))],
        ),
        DoorEvent::AdmittedByRule { evidence: shown, location } => tr_with(
            "Came in past the lobby, as the room's rules were: {evidence}; {location}",
            &[("evidence", &evidence(shown)), ("location", verdict(*location))],
        ),
        DoorEvent::Refused { reason } => match reason {
            RefuseReason::Unsaid => tr("Was not let in"),
            RefuseReason::NotVerified => tr("Was not let in: could not make sure who it is"),
            RefuseReason::WrongPerson => tr("Was not let in: not the person on the invitation"),
            RefuseReason::ComeBackLater => tr("Was not let in: to come back later"),
        }
        .to_owned(),
        DoorEvent::SecondUse => tr("Somebody knocked with a PIN that was in use just then").to_owned(),
        DoorEvent::SentBack => tr("Was sent back to the lobby").to_owned(),
        DoorEvent::IdentityConfirmed { .. } => tr("The identity was confirmed").to_owned(),
        DoorEvent::IdentityDoubted => tr("The confirmation of the identity was taken back").to_owned(),
        DoorEvent::IdentityLapsed { why: Lapse::Away } => {
            tr("The confirmation of the identity lapsed: away for too long").to_owned()
        }
        DoorEvent::IdentityLapsed { why: Lapse::Country } => {
            tr("The confirmation of the identity lapsed: came back from another country").to_owned()
        }
        DoorEvent::LocationChanged { location } => tr_with(
            "Came back from another country, as far as the address says; {location}",
            &[("location", verdict(*location))],
        ),
        DoorEvent::LocksChanged { locks } => {
            let state = if locks.closed { tr("the room is locked") } else { tr("the room is open") };
            tr_with("The rules of the room were changed: {state}", &[("state", state)])
        }
        DoorEvent::Removed => tr("Was taken out of the meeting; the PIN died").to_owned(),
        DoorEvent::Returned { stage: Stage::Room } => tr("Came back to the room").to_owned(),
        DoorEvent::Returned { stage: Stage::Lobby } => tr("Came back to the lobby").to_owned(),
        DoorEvent::Left { stage, on_purpose } => match (stage, on_purpose) {
            (Stage::Room, true) => tr("Left the room"),
            (Stage::Room, false) => tr("Lost the connection to the room"),
            (Stage::Lobby, true) => tr("Left the lobby"),
            (Stage::Lobby, false) => tr("Lost the connection to the lobby"),
        }
        .to_owned(),
        DoorEvent::DeviceCame { watches: true } => tr("A device of theirs came in that watches").to_owned(),
        DoorEvent::DeviceCame { watches: false } => tr("A device of theirs came in that sends").to_owned(),
        DoorEvent::DeviceRemoved => tr("A device of theirs was put out").to_owned(),
        DoorEvent::Extended { ends_at } => tr_with("The end was moved to {time}", &[("time", &time(*ends_at))]),
        DoorEvent::Ended => tr("The meeting ended").to_owned(),
        DoorEvent::Archived => tr("The meeting was archived").to_owned(),
    }
}

fn evidence(shown: &Evidence) -> String {
    let way = match (shown.came_by_link, shown.pin_typed) {
        (true, true) => tr("by the link, with the PIN"),
        (false, true) => tr("with the PIN, without the link"),
        (_, false) => tr("by the link alone, without a PIN"),
    };
    match (shown.password_given, shown.code_given) {
        (true, _) => tr_with("{way} and the password", &[("way", way)]),
        (false, true) => tr_with("{way} and the code of their authenticator", &[("way", way)]),
        (false, false) => way.to_owned(),
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Agree => tr("location hint: countries agree"),
        Verdict::Nearby => tr("location hint: two countries, near each other"),
        Verdict::Differ => tr("location hint: countries differ"),
        Verdict::Unknown => tr("location hint: unknown"),
    }
}

/// A role's name.
pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::Moderator => tr("Moderator"),
        Role::Participant => tr("Participant"),
        Role::Observer => tr("Observer"),
    }
}

/// What could leave the meeting.
pub(super) fn kind(kind: MeetingKind) -> &'static str {
    match kind {
        MeetingKind::NothingKept => tr("Nothing of what was said, shown or drawn was kept."),
        MeetingKind::MayBeRecorded => tr("The meeting could be watched or recorded by devices of people in it."),
    }
}
