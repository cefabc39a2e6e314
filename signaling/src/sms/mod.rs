//! Sending an SMS. One trait; for now one sender, the outbox, which keeps messages in memory for the demo's console.
//! A real gateway is another implementation; nothing else changes.

mod outbox;

use std::future::Future;
use std::pin::Pin;

pub use outbox::Outbox;
use shared::secret::Secret;

/// A message on its way to a telephone. Its text may hold a password, so it has no `Debug` that shows it.
#[derive(Debug, Clone)]
pub struct Sms {
    /// The number, E.164.
    pub to: Secret,
    /// What it says.
    pub text: Secret,
}

/// Why a message did not go out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SmsError {
    /// This server has no SMS sender (`sms.sender = "none"`).
    #[error("this server sends no SMS")]
    NoSender,
    /// The gateway did not take it.
    #[error("the SMS gateway did not take the message")]
    NotTaken,
}

/// What [`SmsSender::send`] gives back: a future in a box, so that the sender can be chosen by configuration.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), SmsError>> + Send + 'a>>;

/// Takes messages and gets them to telephones.
pub trait SmsSender: Send + Sync {
    /// Whether there is anything behind it that sends.
    fn is_there(&self) -> bool {
        true
    }

    /// Hands one message over.
    fn send(&self, sms: Sms) -> Sending<'_>;
}

/// Refuses every message: the deployment has no gateway.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSender;

impl SmsSender for NoSender {
    fn is_there(&self) -> bool {
        false
    }

    fn send(&self, _sms: Sms) -> Sending<'_> {
        Box::pin(std::future::ready(Err(SmsError::NoSender)))
    }
}
