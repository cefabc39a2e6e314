//! What the lobby says to those who wait and to those who decide.
//!
//! Matches are exhaustive on purpose: a new case does not compile until it has a sentence.

use shared::signal::{AdmissionError, InUse, PasswordRefused, PasswordState, PastKind, RefuseReason, Sent, Software};
use shared::text::{tr, tr_with};

/// What somebody reads who was not let in, below that they were not.
pub fn refused(reason: RefuseReason) -> &'static str {
    match reason {
        RefuseReason::Unsaid => {
            tr("Your PIN still works. If you think that this was a mistake, speak to the organiser and knock again.")
        }
        RefuseReason::NotVerified => tr(
            "They could not make sure that you are the person on the invitation. Your PIN still works: knock again when you can show it, or speak to the organiser.",
        ),
        RefuseReason::WrongPerson => tr(
            "They expected somebody else with this invitation. If you are the person on it, speak to the organiser; your PIN still works.",
        ),
        RefuseReason::ComeBackLater => {
            tr("Not at this moment. Your PIN still works: come back later, while the meeting goes on.")
        }
    }
}

/// A reason as moderators choose it.
pub fn refuse_choice(reason: RefuseReason) -> &'static str {
    match reason {
        RefuseReason::Unsaid => tr("No reason given"),
        RefuseReason::NotVerified => tr("Could not make sure who it is"),
        RefuseReason::WrongPerson => tr("Not the person on the invitation"),
        RefuseReason::ComeBackLater => tr("Not now, come back later"),
    }
}

/// Why somebody was not admitted, or not sent back.
pub fn not_admitted(error: AdmissionError) -> &'static str {
    match error {
        AdmissionError::Locked => tr("The room is locked. Open it first, under \"Rules of the room\"."),
        AdmissionError::CameraOff => tr("Their camera is off, and this meeting wants to see whoever comes in."),
        AdmissionError::NotConfirmed => tr("This meeting wants their identity confirmed first."),
        AdmissionError::Moderator => tr("A moderator cannot be sent to the lobby."),
        AdmissionError::LobbyNeeded => {
            tr("This meeting wants everybody looked at before they come in, so nobody skips its lobby.")
        }
    }
}

/// Where a PIN is in use already.
pub fn in_use(place: InUse) -> &'static str {
    match place {
        InUse::GreenRoom => tr("This PIN is open in another window too. Nobody has come in with it yet."),
        InUse::Lobby => tr("Somebody else is waiting here with the same PIN. Only one of them can come in."),
        InUse::Room => tr("Somebody is in the meeting with the same PIN. Admitting this one takes the other out."),
        InUse::Lost => {
            tr("Somebody with the same PIN lost their connection just now. Admitting this one ends their way back.")
        }
    }
}

/// How it went that a moderator had something sent to `name`, who waits; by SMS both ways of it are limited.
pub fn sent_from_card(name: &str, what: Sent, refused: Option<&PasswordRefused>) -> String {
    let named = [("name", name)];
    match (what, refused) {
        (Sent::Password, None) => tr_with("A password is on its way to {name}'s telephone.", &named),
        (Sent::Code, None) => tr_with("{name} is asked for the code of their authenticator app.", &named),
        (Sent::Invitation, None) => {
            tr_with("The invitation is on its way to {name}. With a new PIN they knock again.", &named)
        }
        (_, Some(PasswordRefused::NoPhone)) => tr_with("Nothing was sent: {name}'s invitation has no number.", &named),
        (_, Some(PasswordRefused::NoSender)) => tr(
            "Nothing was sent: this server sends no SMS. At the console a password can be read out before they knock.",
        )
        .to_owned(),
        (_, Some(PasswordRefused::SentTooOften { retry_after_s })) => tr_with(
            "Nothing was sent: {name} was sent something just now. Try again in {s} seconds.",
            &[("name", name), ("s", &retry_after_s.to_string())],
        ),
        (_, Some(PasswordRefused::BudgetSpent)) => {
            tr("Nothing was sent: as many messages went out today as may.").to_owned()
        }
        (_, Some(PasswordRefused::CountryNotServed)) => {
            tr_with("Nothing was sent: this server sends nothing to the country of {name}'s number.", &named)
        }
        (_, Some(_)) => tr_with("The message to {name} could not be sent. Try again in a moment.", &named),
    }
}

/// What somebody in the lobby reads above the field for a password that a moderator asked for.
pub fn asked_at_door(state: &PasswordState) -> String {
    match state {
        PasswordState::Sent { phone_ends_in } => tr_with(
            "A moderator asks for a password. It was sent by SMS to your telephone that ends in {digits}.",
            &[("digits", phone_ends_in)],
        ),
        PasswordState::UsedUp => {
            tr("That was wrong too often. Have a new password sent, or ask the organiser to read one out to you.")
                .to_owned()
        }
        PasswordState::Code => {
            tr("A moderator asks for the code of your authenticator app: the six digits that it shows now.").to_owned()
        }
        PasswordState::Given => tr("The password is right. A moderator sees that you gave it.").to_owned(),
        PasswordState::CodeGiven => tr("The code is right. A moderator sees that you gave it.").to_owned(),
        PasswordState::NotAsked | PasswordState::NotSent | PasswordState::ReadOut => {
            tr("A moderator asks for a password.").to_owned()
        }
    }
}

/// What happened before, in a few words.
pub fn past(what: PastKind) -> &'static str {
    match what {
        PastKind::Waited => tr("Came to the lobby"),
        PastKind::Refused => tr("Was not let in"),
        PastKind::CameIn => tr("Came in"),
        PastKind::SentBack => tr("Was sent back to the lobby"),
        PastKind::Lapsed => tr("Had to wait again: another country, or away too long"),
        PastKind::Left => tr("Left"),
        PastKind::Lost => tr("Lost the connection"),
    }
}

/// What a browser says it is.
pub fn software(software: &Software) -> String {
    match (&software.browser, &software.system) {
        (Some(browser), Some(system)) => {
            tr_with("Says it is {browser} on {system}", &[("browser", browser), ("system", system)])
        }
        (Some(name), None) | (None, Some(name)) => tr_with("Says it is {name}", &[("name", name)]),
        (None, None) => tr("Does not say which browser it is").to_owned(),
    }
}
