//! What refusals, waits, ends and hints say to people: what happened, and what they can do.
//!
//! Matches are exhaustive on purpose: a new reason does not compile until it has a sentence.

use shared::codec::VideoCodec;
use shared::control::KeyLength;
use shared::device::{DeviceError, DeviceState, DeviceUse};
use shared::meeting::{MeetingKind, Role};
use shared::pin::{InvalidPin, PinLengths};
use shared::signal::{
    JoinRefused, OfferError, PasswordRefused, PasswordState, ProtocolError, RosterEntry, ShareError, TurnedAway,
    Waiting,
};
use shared::surface::DrawRefused;
use shared::text::{tr, tr_with};
use shared::units::UnixMs;

use super::apply::News;
use super::lobby_words;
use super::state::{Ended, Queued};

/// What happened, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// What happened.
    pub what: String,
    /// What to do.
    pub advice: String,
}

fn explained(what: impl Into<String>, advice: impl Into<String>) -> Explained {
    Explained { what: what.into(), advice: advice.into() }
}

/// Why a PIN was not taken. `time` writes a moment in the reader's own way.
pub fn join_refused(reason: &JoinRefused, time: impl Fn(UnixMs) -> String) -> Explained {
    match reason {
        JoinRefused::NotValidNow => explained(
            tr("This PIN is not valid now."),
            tr(
                "Check its digits and the time of the meeting: a PIN works from 15 minutes before the start until the end. The link in your invitation can say more.",
            ),
        ),
        JoinRefused::WrongPin => explained(
            tr("This is not the PIN of this invitation."),
            tr("Compare the digits with your invitation. Somebody else's PIN does not work with your link."),
        ),
        JoinRefused::TooEarly { opens_at, starts_at } => explained(
            tr_with("You are early: the meeting starts {start}.", &[("start", &time(*starts_at))]),
            tr_with("Come back with the same PIN from {open}.", &[("open", &time(*opens_at))]),
        ),
        JoinRefused::Over | JoinRefused::MeetingOver => explained(
            tr("This meeting is over."),
            tr("Its PINs no longer work. If you should still meet, ask the organiser for a new invitation."),
        ),
        JoinRefused::Revoked => explained(
            tr("This PIN was replaced or withdrawn."),
            tr("Look for a newer message from the organiser, or ask them."),
        ),
        JoinRefused::TooManyTries { retry_after_s } => explained(
            tr("Too many PINs were tried from this network."),
            tr_with(
                "Wait {s} seconds and try again. What you typed was not looked at.",
                &[("s", &retry_after_s.to_string())],
            ),
        ),
        JoinRefused::Crowded { retry_after_s } => explained(
            tr("Too many PINs are being tried just now."),
            tr_with(
                "What you typed was not looked at. Wait {s} seconds and try again; the link in your invitation gets in without waiting.",
                &[("s", &retry_after_s.to_string())],
            ),
        ),
        JoinRefused::Full => explained(
            tr("The PIN is right, but the meeting is full."),
            tr("Try again when somebody has left, or ask the organiser."),
        ),
        JoinRefused::PinNeeded => explained(
            tr("This meeting wants your PIN."),
            tr(
                "It came with your invitation, perhaps in a message of its own. Without it the link does not open the meeting.",
            ),
        ),
        JoinRefused::InUse => explained(
            tr("This PIN is in use already, more than once."),
            tr("Nobody was put out. Ask the organiser: somebody else may have your PIN."),
        ),
        JoinRefused::RoomLost => explained(
            tr("The server was restarted and the room is gone."),
            tr("Nothing of the meeting was kept. Come in again with your PIN; the others have to do the same."),
        ),
        JoinRefused::SessionUnknown => {
            explained(tr("This window is no longer part of the meeting."), tr("Come in again with your PIN."))
        }
    }
}

/// Whether a refusal is about what was typed, rather than about the meeting or the time.
pub fn is_about_the_digits(reason: &JoinRefused) -> bool {
    matches!(reason, JoinRefused::NotValidNow | JoinRefused::WrongPin | JoinRefused::Revoked)
}

/// Why nothing has happened yet, to somebody whose PIN waits for its turn.
pub fn queued(place: Queued) -> Explained {
    explained(
        tr("Many PINs are being tried just now. Yours waits for its turn."),
        tr_with(
            "Turns before yours: {ahead}. Longest wait: {s} s. Leave this page open. The server looks at only so many PINs a second, so that nobody can guess one.",
            &[("ahead", &place.ahead.to_string()), ("s", &place.wait_s.max(1).to_string())],
        ),
    )
}

/// How many digits a PIN has here.
pub fn pin_digits(lengths: PinLengths) -> String {
    let PinLengths { shortest, longest } = lengths;
    let (shortest, longest) = (shortest.to_string(), longest.to_string());
    if shortest == longest {
        tr_with("{n} digits", &[("n", &shortest)])
    } else {
        tr_with("{least} to {most} digits", &[("least", &shortest), ("most", &longest)])
    }
}

/// What is wrong with a PIN while it is typed.
pub fn invalid_pin(error: InvalidPin, lengths: PinLengths) -> String {
    let digits = pin_digits(lengths);
    match error {
        InvalidPin::Empty => tr("Type the PIN from your invitation.").to_owned(),
        InvalidPin::TooShort(n) => {
            tr_with("A PIN has {digits}, this has {n}.", &[("digits", &digits), ("n", &n.to_string())])
        }
        InvalidPin::TooLong => tr_with("A PIN has {digits}, this has more.", &[("digits", &digits)]),
        InvalidPin::NotADigit => tr("A PIN has digits only. Spaces between them are fine.").to_owned(),
    }
}

/// Why a password was not taken or sent.
pub fn password_refused(reason: &PasswordRefused) -> String {
    match reason {
        PasswordRefused::Wrong { tries_left: 1 } => {
            tr("This is not the password. One try is left; then a new one must be sent.").to_owned()
        }
        PasswordRefused::Wrong { tries_left } => {
            tr_with("This is not the password. {n} tries are left.", &[("n", &tries_left.to_string())])
        }
        PasswordRefused::UsedUp => {
            tr("Too many wrong tries: this password no longer works. Have a new one sent.").to_owned()
        }
        PasswordRefused::WrongCode { tries_left: 1 } => {
            tr("This is not what your app shows now, or it was used before. Wait for the next code: one try is left.")
                .to_owned()
        }
        PasswordRefused::WrongCode { tries_left } => tr_with(
            "This is not what your app shows now, or it was used before. Wait for the next code; {n} tries are left.",
            &[("n", &tries_left.to_string())],
        ),
        PasswordRefused::CodesUsedUp => {
            tr("Too many wrong codes: none is taken here any more. Have a password sent, or ask the organiser to read one out to you.")
                .to_owned()
        }
        PasswordRefused::NotSent => tr("No password was sent yet. Have one sent first.").to_owned(),
        PasswordRefused::SentTooOften { retry_after_s } => tr_with(
            "A password was sent just now. Wait {s} seconds before the next.",
            &[("s", &retry_after_s.to_string())],
        ),
        PasswordRefused::NoPhone => {
            tr("Your invitation has no telephone number to send to. Ask the organiser for a new invitation.").to_owned()
        }
        PasswordRefused::NoSender => {
            tr("This server sends no SMS. Ask the organiser to read a password out to you.").to_owned()
        }
        PasswordRefused::BudgetSpent => {
            tr("This server has sent as many messages today as its operator allows. Ask the organiser.").to_owned()
        }
        PasswordRefused::CountryNotServed => {
            tr("This server sends no messages to the country of your number. Ask the organiser.").to_owned()
        }
        PasswordRefused::NotDelivered => tr("The message could not be sent. Try again in a moment.").to_owned(),
    }
}

/// What stands above the password field.
pub fn password_state(state: &PasswordState) -> String {
    match state {
        PasswordState::NotAsked | PasswordState::Given | PasswordState::CodeGiven => {
            tr("No password is needed any more.").to_owned()
        }
        PasswordState::NotSent => tr("We send it to the telephone on your invitation.").to_owned(),
        PasswordState::Sent { phone_ends_in } => tr_with(
            "It was sent to the telephone whose number ends in {digits}. It has eight characters.",
            &[("digits", phone_ends_in)],
        ),
        PasswordState::ReadOut => {
            tr("The organiser has it for you and reads it out to you. It has eight characters.").to_owned()
        }
        PasswordState::Code => tr("Open your authenticator app and type the six digits that it shows now.").to_owned(),
        PasswordState::UsedUp => tr("That was wrong too often. Have a new password sent.").to_owned(),
    }
}

/// The password's state on a lobby card.
pub fn password_on_card(state: &PasswordState) -> &'static str {
    match state {
        PasswordState::NotAsked => tr("No password asked"),
        PasswordState::NotSent => tr("Password not sent"),
        PasswordState::Sent { .. } => tr("Password sent, not given"),
        PasswordState::ReadOut => tr("Password to be read out, not given"),
        PasswordState::Code => tr("Code of their app asked, not given"),
        PasswordState::Given => tr("Password given"),
        PasswordState::CodeGiven => tr("Code of their app given"),
        PasswordState::UsedUp => tr("Wrong too often"),
    }
}

/// Why there is nobody's picture although it is sent.
pub fn undecodable(name: &str, codec: VideoCodec) -> String {
    tr_with("{name} sends {codec}, which this browser cannot show.", &[("name", name), ("codec", codec.name())])
}

/// What somebody in the lobby waits for.
pub fn waiting(reason: Waiting) -> Explained {
    match reason {
        Waiting::NoModeratorYet => explained(
            tr("No moderator has come yet."),
            tr("You will be let in by a moderator. Keep this window open; nothing else is needed."),
        ),
        Waiting::ModeratorDecides => explained(
            tr("A moderator sees that you are waiting."),
            tr("They can see your picture and let you in. You see and hear nothing of the meeting before that."),
        ),
        Waiting::ModeratorGone => explained(
            tr("The moderators have left the meeting for now."),
            tr("You stay in line. When one comes back they will see you here."),
        ),
        Waiting::Locked => explained(
            tr("The meeting is locked just now."),
            tr("A moderator sees that you are waiting. Nobody is let in until they open it again."),
        ),
        Waiting::CameraWanted => explained(
            tr("Switch your camera on to be let in."),
            tr("In this meeting a moderator must see whoever comes in. Only moderators see you here."),
        ),
        Waiting::PinInUse => explained(
            tr("Somebody is here already with your PIN."),
            tr(
                "If that is you on another device, a moderator can let this one in instead. If it is not, tell them below.",
            ),
        ),
    }
}

/// Why it is over for this page.
pub fn ended(reason: &Ended) -> Explained {
    match reason {
        Ended::Left => {
            explained(tr("You have left the meeting."), tr("While it goes on you can come back with your PIN."))
        }
        Ended::StayedOut => {
            explained(tr("You did not go in."), tr("While the meeting goes on you can come back with your PIN."))
        }
        Ended::TurnedAway(TurnedAway::Refused { reason }) => {
            explained(tr("A moderator did not let you in."), super::lobby_words::refused(*reason))
        }
        Ended::TurnedAway(TurnedAway::Removed) => explained(
            tr("A moderator took you out of the meeting."),
            tr("Your PIN no longer works. Only the organiser can give you a new one."),
        ),
        Ended::TurnedAway(TurnedAway::MeetingOver) | Ended::NotResumed(JoinRefused::MeetingOver) => explained(
            tr("The meeting is over."),
            tr("Nothing of it was kept: no sound, no picture, no drawing. Its PINs no longer work."),
        ),
        Ended::TurnedAway(TurnedAway::ReplacedByNewer) => explained(
            tr("This invitation was opened in another window or on another device."),
            tr("Go on there; this window can be closed. If that was not you, tell the organiser at once."),
        ),
        Ended::TurnedAway(TurnedAway::Revoked) => explained(
            tr("Your PIN was replaced or withdrawn."),
            tr("Look for a newer message from the organiser, or ask them."),
        ),
        Ended::TurnedAway(TurnedAway::RoleChanged) => explained(
            tr("The organiser changed what you may do in this meeting."),
            tr("Come in again with the same PIN."),
        ),
        Ended::NotResumed(reason) => join_refused(reason, |_| String::new()),
        Ended::Outdated => explained(
            tr("This page is older than the server."),
            tr("Reload the page, then come in again with your PIN."),
        ),
    }
}

/// The end in a word or two, for the title of the browser's tab.
pub fn ended_title(reason: &Ended) -> &'static str {
    match reason {
        Ended::Left | Ended::StayedOut => tr("Left"),
        Ended::TurnedAway(TurnedAway::Refused { .. }) => tr("Not let in"),
        Ended::TurnedAway(TurnedAway::Removed) => tr("Taken out"),
        Ended::TurnedAway(TurnedAway::MeetingOver)
        | Ended::NotResumed(JoinRefused::MeetingOver | JoinRefused::Over) => tr("Over"),
        Ended::TurnedAway(TurnedAway::ReplacedByNewer) => tr("Opened elsewhere"),
        Ended::TurnedAway(TurnedAway::Revoked) | Ended::NotResumed(JoinRefused::Revoked) => tr("New PIN needed"),
        Ended::TurnedAway(TurnedAway::RoleChanged) => tr("Role changed"),
        Ended::NotResumed(JoinRefused::RoomLost) => tr("Server restarted"),
        Ended::NotResumed(
            JoinRefused::NotValidNow
            | JoinRefused::WrongPin
            | JoinRefused::TooEarly { .. }
            | JoinRefused::TooManyTries { .. }
            | JoinRefused::Crowded { .. }
            | JoinRefused::Full
            | JoinRefused::PinNeeded
            | JoinRefused::InUse
            | JoinRefused::SessionUnknown,
        ) => tr("Not in the meeting"),
        Ended::Outdated => tr("Reload the page"),
    }
}

/// Whether the way back is the PIN field. Where it is not, the invitation leads nowhere any more.
pub fn leads_back_to_the_pin(reason: &Ended) -> bool {
    !matches!(
        reason,
        Ended::TurnedAway(TurnedAway::MeetingOver | TurnedAway::ReplacedByNewer | TurnedAway::Removed)
            | Ended::NotResumed(JoinRefused::MeetingOver | JoinRefused::Over)
    )
}

/// A role beside a name.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::Moderator => tr("Moderator"),
        Role::Participant => tr("Participant"),
        Role::Observer => tr("Observer"),
    }
}

/// What the green room says below the way in: what happens then, and who will see this person.
pub fn on_entering(role: Role) -> &'static str {
    match role {
        Role::Moderator => tr("You go straight in. Others wait until you let them in."),
        Role::Participant => tr("A moderator sees your picture and your name, and lets you in."),
        Role::Observer => tr(
            "You come as an observer: only moderators see and hear you, and you cannot point or draw. A moderator lets you in.",
        ),
    }
}

/// Why a stroke was not taken.
pub fn draw_refused(reason: DrawRefused) -> &'static str {
    match reason {
        DrawRefused::Full => tr("The whiteboard is full. A moderator can clear it."),
        DrawRefused::NotAllowed => tr("You cannot draw just now: only moderators do."),
        DrawRefused::TooFast => tr("That was faster than the whiteboard can follow; your last stroke was not taken."),
    }
}

/// A stroke that the connection did not take.
pub fn stroke_not_sent() -> &'static str {
    tr("The connection did not take your last stroke, so the others do not see it. Draw it again.")
}

/// Undo or clear that the connection did not take.
pub fn not_sent() -> &'static str {
    tr("The connection did not take this, so nothing has changed. Try again.")
}

/// A device is called after its owner, wherever it is named.
pub fn named(mut entry: RosterEntry) -> RosterEntry {
    if entry.device.is_some() {
        entry.name = tr_with("Device of {name}", &[("name", &entry.name)]);
    }
    entry
}

/// What somebody, or something, is in the room.
pub fn standing(entry: &RosterEntry) -> &'static str {
    match entry.device.map(|device| (device.does, device.keys)) {
        None => role(entry.role),
        Some((DeviceUse::Publish, KeyLength::Bits256)) => tr("Sends picture and sound"),
        Some((DeviceUse::Publish, KeyLength::Bits128)) => tr("Sends picture and sound, with 128-bit keys only"),
        Some((DeviceUse::Watch, KeyLength::Bits256)) => tr("Watches, and may record"),
        Some((DeviceUse::Watch, KeyLength::Bits128)) => tr("Watches, and may record, with 128-bit keys only"),
    }
}

/// What a device is for, as its owner chooses it.
pub fn device_use(does: DeviceUse) -> &'static str {
    match does {
        DeviceUse::Publish => tr("To send picture and sound"),
        DeviceUse::Watch => tr("To watch or record"),
    }
}

/// How a device is.
pub fn device_state(state: DeviceState) -> &'static str {
    match state {
        DeviceState::Away => tr("Not connected"),
        DeviceState::Connecting => tr("Connecting"),
        DeviceState::Connected => tr("Connected"),
        DeviceState::NoCommonEncryption => tr(
            "Refused: it has no encryption that is taken here. That is 256-bit keys, unless whoever runs the server lets devices have shorter ones.",
        ),
        DeviceState::Unreachable => {
            tr("It made its offer, but its picture and sound did not get through to the server.")
        }
    }
}

/// What may leave a meeting, in a few words.
pub fn kind_badge(kind: MeetingKind) -> &'static str {
    match kind {
        MeetingKind::NothingKept => tr("Nothing is kept"),
        MeetingKind::MayBeRecorded => tr("May be watched or recorded"),
    }
}

/// What may leave a meeting.
pub fn kind(kind: MeetingKind) -> &'static str {
    match kind {
        MeetingKind::NothingKept => tr("Nothing of this meeting is kept: no recording, no drawing, no chat."),
        MeetingKind::MayBeRecorded => tr(
            "This meeting may be watched or recorded: devices of people in it may take picture and sound out of it. Each stands in the list of people while it does.",
        ),
    }
}

/// A short message.
pub fn news(news: &News) -> String {
    match news {
        News::Joined(name) => tr_with("{name} came in.", &[("name", name)]),
        News::Left(name) => tr_with("{name} left.", &[("name", name)]),
        News::Waits(name) => tr_with("{name} is waiting in the lobby.", &[("name", name)]),
        News::HandUp(name) => tr_with("{name} raised a hand.", &[("name", name)]),
        News::Shares(name) => tr_with("{name} is sharing their screen.", &[("name", name)]),
        News::SharesNoMore(name) => tr_with("{name} stopped sharing.", &[("name", name)]),
        News::ShareTaken(name) => share_taken(name.as_deref()),
        News::LetIn => tr("You are in the meeting.").to_owned(),
        News::LetInMuted => {
            tr("You are in the meeting. Your microphone is off, as everybody's is who comes in.").to_owned()
        }
        News::SentBack => tr("A moderator sent you back to the lobby.").to_owned(),
        News::Wrote(name) => tr_with("{name} wrote from the lobby.", &[("name", name)]),
        News::Answered => tr("A moderator wrote to you.").to_owned(),
        News::PasswordAsked => tr("A moderator asks for a second proof that it is you.").to_owned(),
        News::SentFromCard(name, what, refused) => lobby_words::sent_from_card(name, *what, refused.as_ref()),
        News::PinUsedElsewhere => tr(
            "Somebody else is at the door with your PIN. Nothing changes for you; a moderator decides. If it is not you, tell them.",
        )
        .to_owned(),
        News::Locked(true) => tr("The meeting is locked: nobody is let in.").to_owned(),
        News::Locked(false) => tr("The meeting is open again.").to_owned(),
        News::EndMoved => tr("The end of the meeting was moved.").to_owned(),
        News::NoNode => no_node().to_owned(),
        News::NotDone(error) => not_done(error),
    }
}

/// No media node is there just now.
fn no_node() -> &'static str {
    tr("The server has no sound and picture just now. This page goes on trying.")
}

/// What was on the whiteboard is gone with the media node that held it.
pub fn board_lost() -> &'static str {
    tr("What was on the whiteboard is lost with the media server that held it. It is empty now for everybody.")
}

/// Why this person's screen is not shared: somebody else's is.
pub fn share_taken(by: Option<&str>) -> String {
    match by {
        Some(name) => tr_with(
            "{name} is sharing their screen, and the meeting shows one at a time. Ask them to stop, then share yours.",
            &[("name", name)],
        ),
        None => tr("Somebody else is sharing their screen, and the meeting shows one at a time.").to_owned(),
    }
}

fn not_done(error: &ProtocolError) -> String {
    match error {
        ProtocolError::Share { error: ShareError::Observer } => tr("Observers cannot share their screen."),
        ProtocolError::Share { error: ShareError::Taken { .. } } => return share_taken(None),
        ProtocolError::Device { error: DeviceError::NotWatchable } => {
            tr("This meeting was made as one that is neither watched nor recorded.")
        }
        ProtocolError::Device { error: DeviceError::TooMany } => {
            tr("You have as many devices as there can be. Take one away first.")
        }
        ProtocolError::Admission { error } => super::lobby_words::not_admitted(*error),
        ProtocolError::NotAllowed => tr("Only a moderator can do that."),
        ProtocolError::NobodyThere => tr("That person is no longer there."),
        ProtocolError::TooMany | ProtocolError::Offer { error: OfferError::TooMany } => {
            tr("That was too much at once. Wait a moment.")
        }
        ProtocolError::OutOfRange => tr("That value is not possible."),
        ProtocolError::Offer { error: OfferError::RoomFull } => {
            tr("The meeting is full just now. Try again when somebody has left.")
        }
        ProtocolError::Offer { error: OfferError::NoNode } => {
            tr("The server has no sound and picture just now. Try again in a moment.")
        }
        ProtocolError::Offer { .. } => tr(
            "The server did not take this browser's media connection. Try a current Firefox, Chrome, Edge or Safari.",
        ),
        ProtocolError::Internal => tr("The server could not do that just now. Try again."),
        ProtocolError::TooLarge
        | ProtocolError::Unreadable
        | ProtocolError::UnknownKind
        | ProtocolError::Binary
        | ProtocolError::WrongState
        | ProtocolError::Version { .. } => tr("The server did not understand this page. Reload it."),
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use shared::signal::RefuseReason;

    use super::*;

    #[test]
    fn an_observer_learns_what_that_is_before_going_in() {
        let said = on_entering(Role::Observer);
        assert!(said.contains("only moderators see and hear you") && said.contains("cannot point or draw"));
    }

    #[test]
    fn every_end_says_what_happened_and_what_to_do() {
        let reasons = [
            Ended::Left,
            Ended::StayedOut,
            Ended::Outdated,
            Ended::TurnedAway(TurnedAway::Refused { reason: RefuseReason::Unsaid }),
            Ended::TurnedAway(TurnedAway::Removed),
            Ended::TurnedAway(TurnedAway::MeetingOver),
            Ended::TurnedAway(TurnedAway::ReplacedByNewer),
            Ended::TurnedAway(TurnedAway::Revoked),
            Ended::NotResumed(JoinRefused::RoomLost),
            Ended::NotResumed(JoinRefused::SessionUnknown),
        ];
        let sentences: std::collections::HashSet<_> = reasons.iter().map(|reason| ended(reason).what).collect();
        assert_eq!(sentences.len(), reasons.len(), "each has its own sentence");
        assert!(reasons.iter().all(|reason| !ended(reason).advice.is_empty()));
    }

    #[test]
    fn a_tab_says_left_to_those_who_went_themselves_alone() {
        for reason in [
            Ended::TurnedAway(TurnedAway::Refused { reason: RefuseReason::Unsaid }),
            Ended::NotResumed(JoinRefused::RoomLost),
        ] {
            assert_ne!(ended_title(&reason), ended_title(&Ended::Left), "{reason:?}");
        }
    }

    #[test]
    fn an_early_guest_learns_when_the_door_opens() {
        let reason = JoinRefused::TooEarly { opens_at: UnixMs(1), starts_at: UnixMs(2) };
        let words = join_refused(&reason, |time| format!("t{}", time.0));
        assert_eq!(words.what, "You are early: the meeting starts t2.");
        assert_eq!(words.advice, "Come back with the same PIN from t1.");
    }
}
