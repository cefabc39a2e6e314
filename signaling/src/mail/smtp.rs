//! A mail server over SMTP (RFC 5321), encrypted (RFC 3207, RFC 8314): a connection for each message.

use std::path::Path;
use std::time::Duration;

use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use shared::secret::Secret;

use super::{MailError, MailSender, Message, Sending};
use crate::config::{MailTls, SmtpConfig};

/// How long the mail server may take for each step. Servers that ask others about a sender take some seconds (RFC 5321 section
/// 4.5.3.2 allows minutes, for which nobody at a console waits).
const TIMEOUT: Duration = Duration::from_secs(20);
/// Pauses before the second try and the third.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];

/// One account at one mail server.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Why the sender could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SmtpSetupError {
    /// The authority's file.
    #[error("[mail.smtp] `authority`, {0}, cannot be read as PEM: check its name and content")]
    Authority(String),
    /// TLS.
    #[error("[mail.smtp] TLS cannot be set up: {0}")]
    Tls(Error),
}

impl Smtp {
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// The authority's certificate or TLS itself.
    pub fn new(config: &SmtpConfig, password: Option<Secret>, from: Mailbox) -> Result<Self, SmtpSetupError> {
        let tls = match config.tls {
            MailTls::None => Tls::None,
            MailTls::Starttls => Tls::Required(parameters(config)?),
            MailTls::Implicit => Tls::Wrapper(parameters(config)?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
            .port(config.port())
            .tls(tls)
            .hello_name(ClientId::Domain(from.email.domain().to_owned()))
            .timeout(Some(TIMEOUT));
        if let (Some(user), Some(password)) = (&config.user, password) {
            builder = builder.credentials(Credentials::new(user.clone(), password.reveal().to_owned()));
        }
        Ok(Self { transport: builder.build(), from })
    }

    async fn once(&self, message: &Message) -> Result<(), MailError> {
        let mail = self.written(message)?;
        self.transport.send(mail).await.map(drop).map_err(|error| told(&error))
    }

    /// Text and HTML as alternatives (RFC 2046 section 5.1.4), the calendar file beside them.
    fn written(&self, message: &Message) -> Result<lettre::Message, MailError> {
        let unwritable = |_| MailError::NotTaken("the message cannot be written".into());
        let address: Address = message.to.parse().map_err(|_| MailError::NotTaken("not an address".into()))?;
        let calendar = ContentType::parse("text/calendar; charset=utf-8; method=PUBLISH; name=\"invitation.ics\"")
            .map_err(|_| MailError::NotTaken("the message cannot be written".into()))?;
        let alternatives = MultiPart::alternative()
            .singlepart(SinglePart::plain(message.text.clone()))
            .singlepart(SinglePart::html(message.html.clone()));
        let file = Attachment::new("invitation.ics".into()).body(message.calendar.clone(), calendar);
        lettre::Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(Some(message.name.clone()), address))
            .subject(message.subject.clone())
            .message_id(Some(format!("<{}@{}>", message.id, self.from.email.domain())))
            .header(AutoSubmitted)
            .multipart(MultiPart::mixed().multipart(alternatives).singlepart(file))
            .map_err(unwritable)
    }
}

impl MailSender for Smtp {
    fn send(&self, message: Message) -> Sending<'_> {
        Box::pin(async move {
            for pause in PAUSES {
                match self.once(&message).await {
                    Err(MailError::NotNow(reason)) => {
                        tracing::warn!(%reason, "an e-mail did not go out yet; it is tried again");
                        tokio::time::sleep(pause).await;
                    }
                    outcome => return outcome,
                }
            }
            self.once(&message).await
        })
    }
}

fn parameters(config: &SmtpConfig) -> Result<TlsParameters, SmtpSetupError> {
    let mut builder = TlsParameters::builder(config.host.clone());
    if let Some(file) = &config.authority {
        builder = builder.add_root_certificate(authority(file)?);
    }
    builder.build().map_err(SmtpSetupError::Tls)
}

fn authority(file: &Path) -> Result<Certificate, SmtpSetupError> {
    let unreadable = || SmtpSetupError::Authority(file.display().to_string());
    let pem = std::fs::read(file).map_err(|_| unreadable())?;
    Certificate::from_pem(&pem).map_err(|_| unreadable())
}

/// A mail server's words may repeat the address: its code says enough.
fn told(error: &Error) -> MailError {
    match error.status() {
        Some(code) if error.is_permanent() => MailError::NotTaken(format!("it answered {code}")),
        Some(code) => MailError::NotNow(format!("it answered {code}")),
        None if error.is_tls() => MailError::NotNow("no encrypted connection".into()),
        None if error.is_timeout() => MailError::NotNow("no answer in time".into()),
        None => MailError::NotNow("no connection".into()),
    }
}

/// `Auto-Submitted: auto-generated` (RFC 3834 section 5): nobody's absence note answers it.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}
