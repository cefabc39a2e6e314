//! What is sent to people, as rows that a restart does not forget: each is written down before it goes out, and how it went
//! afterwards. [`round`] sends the passwords that the clock asks for; [`post`] sends invitations, whose words are in [`invitation`]
//! and [`phrase`]; [`receipts`] writes down what a gateway says afterwards.

pub mod errands;
pub mod invitation;
pub mod mail_limit;
pub mod phrase;
pub mod post;
pub mod receipts;
pub mod round;

use std::fmt;

use shared::ids::{InviteeId, MeetingId, OrganisationId};
use shared::letter::{DeliveryState, LetterKind, Way};
use shared::units::UnixMs;

use crate::chance::hex;
use crate::mail::MailError;
use crate::sms::SmsError;

/// Which letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LetterId([u8; 16]);

impl LetterId {
    /// Of 128 random bits.
    pub const fn from_random(bits: [u8; 16]) -> Self {
        Self(bits)
    }
}

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// What is sent to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Letter {
    /// Whose organisation.
    pub organisation: OrganisationId,
    /// About which meeting.
    pub meeting: MeetingId,
    /// To whom.
    pub invitee: InviteeId,
    /// What.
    pub kind: LetterKind,
    /// How.
    pub way: Way,
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How far it came.
    pub state: DeliveryState,
    /// What gateway or mail server said when it did not take it.
    pub said: Option<String>,
    /// What the gateway calls it in its receipts.
    pub receipt: Option<String>,
}

impl Outcome {
    /// It was taken. `receipt` is what the gateway's receipts will call it.
    pub const fn accepted(receipt: Option<String>) -> Self {
        Self { state: DeliveryState::Accepted, said: None, receipt }
    }

    /// The gateway did not take it.
    pub fn failed(error: &SmsError) -> Self {
        match error {
            SmsError::NoSender => Self::not(DeliveryState::KeptBack, ""),
            SmsError::NotTaken(said) => Self::not(DeliveryState::Refused, said),
            SmsError::NotNow(said) => Self::not(DeliveryState::NotReached, said),
        }
    }

    /// The mail server did not take it.
    pub fn mail_failed(error: &MailError) -> Self {
        match error {
            MailError::NoSender => Self::not(DeliveryState::KeptBack, ""),
            MailError::NotTaken(said) => Self::not(DeliveryState::Refused, said),
            MailError::NotNow(said) => Self::not(DeliveryState::NotReached, said),
        }
    }

    /// It did not go out, for a reason in a few words.
    pub fn not(state: DeliveryState, said: &str) -> Self {
        let said = Some(said.chars().take(MAX_SAID_CHARS).collect::<String>());
        Self { state, said: said.filter(|said| !said.is_empty()), receipt: None }
    }
}

/// Longest that is kept of what a gateway says.
const MAX_SAID_CHARS: usize = 200;

/// An SMS of before a restart. No `Debug`: it has a number.
pub struct SentBefore {
    /// When.
    pub at: UnixMs,
    /// For which meeting.
    pub meeting: MeetingId,
    /// To which number.
    pub number: String,
}
