//! An SMSC over SMPP 3.4 or 5.0: one bound connection, opened when it is needed and again when it broke. As a transceiver, where
//! the SMSC lets us, so that it can say by the same connection what became of a message (SMPP 3.4, Appendix B).

use std::str::FromStr as _;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use rusmpp::Pdu;
use rusmpp::extra::concatenation::SubmitSmMultipartExt as _;
use rusmpp::extra::encoding::ucs2::Ucs2;
use rusmpp::pdus::{BindTransceiver, BindTransmitter, DeliverSm, DeliverSmResp, SubmitSm};
use rusmpp::tlvs::TlvValue;
use rusmpp::types::COctetString;
use rusmpp::values::{MessageState, MessageType, Npi, RegisteredDelivery, Ton};
use rusmppc::error::Error;
use rusmppc::{Client, ConnectionBuilder, Event};
use shared::letter::DeliveryState;
use shared::secret::Secret;
use tokio::sync::{Mutex, mpsc};

use super::{Sending, Sms, SmsError, SmsSender, Taken};
use crate::letters::receipts::Receipt;

/// `registered_delivery`: a receipt of the final outcome, good or bad (SMPP 3.4, 5.2.17).
const FINAL_OUTCOME: u8 = 1;

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
    /// Where receipts go, if they are asked for.
    receipts: Option<mpsc::Sender<Receipt>>,
    /// Tells the parts of one long message from those of the next.
    reference: AtomicU16,
}

impl Smpp {
    /// Nothing is connected yet.
    pub fn new(
        url: &str,
        (system_id, password): (&str, Secret),
        from: &str,
        receipts: Option<mpsc::Sender<Receipt>>,
    ) -> Self {
        let (url, system_id, from) = (url.to_owned(), system_id.to_owned(), from.to_owned());
        Self { url, system_id, password, from, bound: Mutex::new(None), receipts, reference: 0.into() }
    }

    async fn bind(&self) -> Result<Client, SmsError> {
        let (system_id, password) = (field(&self.system_id)?, field(self.password.reveal())?);
        if self.receipts.is_some() {
            let both = BindTransceiver::builder().system_id(system_id.clone()).password(password.clone()).build();
            let client = self.connect().await?;
            match client.bind_transceiver(both).await {
                Ok(_) => return Ok(client),
                // An account that may only send: no receipts then.
                Err(Error::UnexpectedResponse { .. }) => {}
                Err(other) => return Err(refused(other)),
            }
            let _ = client.close().await;
        }
        let client = self.connect().await?;
        let sends = BindTransmitter::builder().system_id(system_id).password(password).build();
        client.bind_transmitter(sends).await.map_err(refused)?;
        Ok(client)
    }

    async fn connect(&self) -> Result<Client, SmsError> {
        let connecting = ConnectionBuilder::new().response_timeout(TIMEOUT).connect(self.url.as_str());
        let connected =
            tokio::time::timeout(TIMEOUT, connecting).await.map_err(|_| not_now("no connection in time"))?;
        let (client, mut events) = connected.map_err(|error| not_now(&error.to_string()))?;
        let (answers, receipts) = (client.clone(), self.receipts.clone());
        tokio::spawn(async move {
            while let Some(event) = events.next().await {
                let Event::Incoming(command) = event else { continue };
                let Some(Pdu::DeliverSm(said)) = command.pdu() else { continue };
                // Answered whatever it is: an SMSC says again what nobody has answered.
                let _ = answers.deliver_sm_resp(command.sequence_number(), DeliverSmResp::default()).await;
                if let (Some(receipts), Some(receipt)) = (&receipts, receipt(said)) {
                    let _ = receipts.try_send(receipt);
                }
            }
        });
        Ok(client)
    }

    /// Gives what the SMSC calls the message, which is the name of its last part.
    async fn submit(&self, sms: &Sms) -> Result<Taken, SmsError> {
        let parts = self.parts(sms)?;
        let mut bound = self.bound.lock().await;
        let client = match bound.take().filter(Client::is_active) {
            Some(client) => client,
            None => self.bind().await?,
        };
        let mut name = None;
        for part in parts {
            // A connection that failed is not put back: the next message opens another.
            let answer = client.submit_sm(part).await.map_err(refused)?;
            name = Some(answer.message_id().as_str().to_owned());
        }
        *bound = Some(client);
        Ok(Taken { receipt: name.filter(|name| !name.is_empty()) })
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
        let mut parts = parts.build().map_err(|_| SmsError::NotTaken("the text cannot be encoded".into()))?;
        if let (Some(last), Some(_)) = (parts.last_mut(), &self.receipts) {
            last.registered_delivery = RegisteredDelivery::from(FINAL_OUTCOME);
        }
        Ok(parts)
    }
}

/// What a receipt says, if it is one and says something final: in its parameters (SMPP 3.4, 5.3.2.12 and 5.3.2.35), else in its
/// text, `id:… stat:…` (Appendix B).
pub(crate) fn receipt(said: &DeliverSm) -> Option<Receipt> {
    if said.esm_class.message_type != MessageType::ShortMessageContainsMCDeliveryReceipt {
        return None;
    }
    let (mut of, mut state) = (None, None);
    for value in said.tlvs().iter().filter_map(|parameter| parameter.value()) {
        match value {
            TlvValue::ReceiptedMessageId(id) => of = Some(id.as_str().to_owned()),
            TlvValue::MessageState(MessageState::Delivered) => state = Some((DeliveryState::Delivered, "")),
            TlvValue::MessageState(MessageState::Expired) => state = Some((DeliveryState::Undelivered, "EXPIRED")),
            TlvValue::MessageState(MessageState::Undeliverable) => {
                state = Some((DeliveryState::Undelivered, "UNDELIV"))
            }
            TlvValue::MessageState(MessageState::Rejected) => state = Some((DeliveryState::Undelivered, "REJECTD")),
            _ => {}
        }
    }
    let text = said.short_message().to_str().unwrap_or_default();
    let word = |name: &str| text.split_once(name).and_then(|(_, rest)| rest.split_whitespace().next());
    let state = state.or_else(|| match word("stat:")? {
        "DELIVRD" => Some((DeliveryState::Delivered, "")),
        "EXPIRED" => Some((DeliveryState::Undelivered, "EXPIRED")),
        "UNDELIV" => Some((DeliveryState::Undelivered, "UNDELIV")),
        "REJECTD" => Some((DeliveryState::Undelivered, "REJECTD")),
        _ => None,
    });
    let of = of.or_else(|| word("id:").map(str::to_owned))?;
    state.map(|(state, said)| Receipt { of, state, said: said.to_owned() })
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
fn refused(error: Error) -> SmsError {
    match error {
        Error::UnexpectedResponse { .. } => SmsError::NotTaken("the SMSC refused it".into()),
        other => not_now(&other.to_string()),
    }
}
