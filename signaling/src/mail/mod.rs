//! Sending e-mail: one trait, [`smtp`] for a mail server, and the outbox of [`crate::sms`] for the console. Addresses and texts
//! never reach the log.

pub mod smtp;

use std::future::Future;
use std::pin::Pin;

/// A message. It has a link that leads to somebody's invitation: no `Debug`.
#[derive(Clone)]
pub struct Message {
    /// What it is called in `Message-ID`.
    pub id: String,
    /// Name of whom it is to.
    pub name: String,
    /// Their address.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// What it says, plain.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// The calendar file, `METHOD:PUBLISH`.
    pub calendar: String,
}

/// Why a message did not go out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// This server has no mail sender.
    #[error("this server sends no e-mail")]
    NoSender,
    /// The mail server did not take it, and would not the next time.
    #[error("the mail server did not take the message ({0})")]
    NotTaken(String),
    /// The mail server could not be reached, or asked to try later.
    #[error("the mail server cannot be used just now ({0})")]
    NotNow(String),
}

/// What [`MailSender::send`] gives back.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), MailError>> + Send + 'a>>;

/// Takes messages and gets them to mailboxes.
pub trait MailSender: Send + Sync {
    /// Whether there is anything behind it that sends.
    fn is_there(&self) -> bool {
        true
    }

    /// Hands one message over.
    fn send(&self, message: Message) -> Sending<'_>;
}

/// Refuses every message.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMail;

impl MailSender for NoMail {
    fn is_there(&self) -> bool {
        false
    }

    fn send(&self, _message: Message) -> Sending<'_> {
        Box::pin(std::future::ready(Err(MailError::NoSender)))
    }
}
