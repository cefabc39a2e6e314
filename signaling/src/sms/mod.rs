//! Sending an SMS: one trait, and senders that the operator chooses from. [`twilio`] speaks HTTP as Twilio and the many who
//! copy it do, [`kannel`] to a Kannel smsbox, [`smpp`] to an SMSC; the [`Outbox`] keeps messages in memory for the console.
//! [`Retrying`] tries again what failed for a moment. Numbers, texts and passwords never reach the log.

pub mod callback;
mod http;
pub mod kannel;
mod outbox;
mod retrying;
pub mod smpp;
pub mod twilio;

use std::future::Future;
use std::pin::Pin;

pub use outbox::Outbox;
pub use retrying::Retrying;
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
    /// The gateway did not take it, and would not the next time.
    #[error("the SMS gateway did not take the message ({0})")]
    NotTaken(String),
    /// The gateway did not answer, or asked to try again.
    #[error("the SMS gateway cannot be used just now ({0})")]
    NotNow(String),
}

/// What [`SmsSender::send`] gives back: a future in a box, so that the sender can be chosen by configuration.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Taken, SmsError>> + Send + 'a>>;

/// A message that the gateway took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// What its receipts will call it, where the gateway sends any.
    pub receipt: Option<String>,
}

/// Takes messages and gets them to telephones.
pub trait SmsSender: Send + Sync {
    /// Whether there is anything behind it that sends.
    fn is_there(&self) -> bool {
        true
    }

    /// Hands one message over.
    fn send(&self, sms: Sms) -> Sending<'_>;
}

/// Whether a text fits the alphabet that every telephone has (GSM 03.38). Others are sent as UCS-2, with fewer than half as many
/// characters in a message.
pub fn is_gsm(text: &str) -> bool {
    const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿\
        abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€";
    text.chars().all(|c| BASIC.contains(c))
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

#[cfg(test)]
mod tests {
    use super::is_gsm;

    #[test]
    fn what_every_telephone_shows() {
        for text in ["Your password: ACDEFGHJ", "Réunion à 13:00 ü € [x]", ""] {
            assert!(is_gsm(text), "{text}");
        }
        assert!(is_gsm("à ü € {x}") && !is_gsm("“quoted”") && !is_gsm("李") && !is_gsm("a\u{301}"));
    }
}
