//! A Kannel smsbox: `POST /cgi-bin/sendsms` with its `X-Kannel-` headers, so that neither number nor password is in an address
//! that a log could keep (Kannel 1.4.5 user guide, "SMS push reply codes" and "X-Kannel Post Headers").

use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use shared::secret::Secret;

use super::callback::Callbacks;
use super::{Sending, Sms, SmsSender, Taken, http, is_gsm};

/// `X-Kannel-DLR-Mask`: delivered to the telephone (1), not delivered (2), refused by the SMSC (16).
const FINAL: &str = "19";
/// `X-Kannel-Coding` of UCS-2.
const UCS2: &str = "2";

/// One user of one smsbox.
pub struct Kannel {
    client: Client,
    url: String,
    user: String,
    password: Secret,
    from: String,
    callbacks: Option<Callbacks>,
}

impl Kannel {
    /// `url` is the whole address of `sendsms`. With `callbacks` it is told where to say what became of a message.
    ///
    /// # Errors
    /// The HTTP client could not be made.
    pub fn new(
        url: &str,
        (user, password): (&str, Secret),
        from: &str,
        callbacks: Option<Callbacks>,
    ) -> Result<Self, reqwest::Error> {
        let client = http::client()?;
        Ok(Self { client, url: url.into(), user: user.into(), password, from: from.into(), callbacks })
    }
}

impl SmsSender for Kannel {
    fn send(&self, sms: Sms) -> Sending<'_> {
        let mut request = self
            .client
            .post(&self.url)
            .header("X-Kannel-Username", &self.user)
            .header("X-Kannel-Password", self.password.reveal())
            .header("X-Kannel-From", &self.from)
            .header("X-Kannel-To", sms.to.reveal());
        let text = sms.text.reveal();
        request = if is_gsm(text) {
            request.header(CONTENT_TYPE, "text/plain; charset=utf-8").body(text.to_owned())
        } else {
            let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            request.header(CONTENT_TYPE, "text/plain; charset=UTF-16BE").header("X-Kannel-Coding", UCS2).body(bytes)
        };
        let (receipt, url) = self.callbacks.as_ref().map(Callbacks::next).unzip();
        if let Some(url) = url {
            request = request.header("X-Kannel-DLR-Mask", FINAL).header("X-Kannel-DLR-Url", format!("{url}?state=%d"));
        }
        Box::pin(async move { http::send(request).await.map(|_| Taken { receipt }) })
    }
}
