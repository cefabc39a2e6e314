//! An SMSC over SMPP 3.4 or 5.0: one bound transmitter, opened when it is needed and again when it broke.

use std::str::FromStr as _;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use rusmpp::extra::concatenation::SubmitSmMultipartExt as _;
use rusmpp::extra::encoding::ucs2::Ucs2;
use rusmpp::pdus::{BindTransmitter, SubmitSm};
use rusmpp::types::COctetString;
use rusmpp::values::{Npi, Ton};
use rusmppc::{Client, ConnectionBuilder};
use shared::secret::Secret;
use tokio::sync::Mutex;

use super::{Sending, Sms, SmsError, SmsSender};

/// How long the SMSC may take to connect, to bind and to answer.
const TIMEOUT: Duration = Duration::from_secs(8);

/// One account at one SMSC.
pub struct Smpp {
    /// `smpp://HOST:PORT`, or `smpps://` for TLS.
    url: String,
    system_id: String,
    password: Secret,
    from: String,
    /// The bound connection. Held while a message is sent: an SMSC may take one at a time, and parts stay in order.
    bound: Mutex<Option<Client>>,
    /// Tells the parts of one long message from those of the next.
    reference: AtomicU16,
}

impl Smpp {
    /// Nothing is connected yet.
    pub fn new(url: &str, system_id: &str, password: Secret, from: &str) -> Self {
        let (url, system_id, from) = (url.to_owned(), system_id.to_owned(), from.to_owned());
        Self { url, system_id, password, from, bound: Mutex::new(None), reference: 0.into() }
    }

    async fn bind(&self) -> Result<Client, SmsError> {
        let bind = BindTransmitter::builder()
            .system_id(field(&self.system_id)?)
            .password(field(self.password.reveal())?)
            .build();
        let connecting = ConnectionBuilder::new().response_timeout(TIMEOUT).connect(self.url.as_str());
        let connected =
            tokio::time::timeout(TIMEOUT, connecting).await.map_err(|_| not_now("no connection in time"))?;
        let (client, mut events) = connected.map_err(|error| not_now(&error.to_string()))?;
        // What an SMSC says by itself is of no use to a transmitter, but must be taken off the line.
        tokio::spawn(async move { while events.next().await.is_some() {} });
        client.bind_transmitter(bind).await.map_err(refused)?;
        Ok(client)
    }

    async fn submit(&self, sms: &Sms) -> Result<(), SmsError> {
        let parts = self.parts(sms)?;
        let mut bound = self.bound.lock().await;
        let client = match bound.take().filter(Client::is_active) {
            Some(client) => client,
            None => self.bind().await?,
        };
        for part in parts {
            // A connection that failed is not put back: the next message opens another.
            client.submit_sm(part).await.map_err(refused)?;
        }
        *bound = Some(client);
        Ok(())
    }

    /// The message in as many parts as it takes.
    fn parts(&self, sms: &Sms) -> Result<Vec<SubmitSm>, SmsError> {
        let is_number = self.from.trim_start_matches('+').bytes().all(|byte| byte.is_ascii_digit());
        let (ton, npi) = if is_number { (Ton::International, Npi::Isdn) } else { (Ton::Alphanumeric, Npi::Unknown) };
        let reference = self.reference.fetch_add(1, Ordering::Relaxed);
        let message = SubmitSm::builder()
            .source_addr_ton(ton)
            .source_addr_npi(npi)
            .source_addr(field(self.from.trim_start_matches('+'))?)
            .dest_addr_ton(Ton::International)
            .dest_addr_npi(Npi::Isdn)
            .destination_addr(field(sms.to.reveal().trim_start_matches('+'))?)
            .build();
        let parts =
            message.multipart(sms.text.reveal()).reference_u16(reference).gsm7bit_unpacked().fallback(Ucs2::new());
        parts.build().map_err(|_| SmsError::NotTaken("the text cannot be encoded".into()))
    }
}

impl SmsSender for Smpp {
    fn send(&self, sms: Sms) -> Sending<'_> {
        Box::pin(async move { self.submit(&sms).await })
    }
}

fn field<const MIN: usize, const MAX: usize>(text: &str) -> Result<COctetString<MIN, MAX>, SmsError> {
    COctetString::from_str(text).map_err(|_| SmsError::NotTaken("a name or number is too long for SMPP".into()))
}

fn not_now(reason: &str) -> SmsError {
    SmsError::NotNow(reason.to_owned())
}

/// An answer that says no is for good; everything else may be another way the next time. The text names kinds, not content.
fn refused(error: rusmppc::error::Error) -> SmsError {
    match error {
        rusmppc::error::Error::UnexpectedResponse { .. } => SmsError::NotTaken("the SMSC refused it".into()),
        other => not_now(&other.to_string()),
    }
}
