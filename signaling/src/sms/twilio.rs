//! Gateways that speak HTTP as Twilio does: `POST /2010-04-01/Accounts/{account}/Messages.json`, a form with `To`, `From` and
//! `Body`, Basic authentication (https://www.twilio.com/docs/messaging/api/message-resource).

use reqwest::Client;
use shared::secret::Secret;

use super::callback::Callbacks;
use super::{Sending, Sms, SmsSender, Taken, http};

/// One account at one gateway.
pub struct Twilio {
    client: Client,
    url: String,
    account: String,
    token: Secret,
    from: String,
    callbacks: Option<Callbacks>,
}

impl Twilio {
    /// `base` is scheme and host, `from` a number or a sender's name the account may use. With `callbacks` it is told where to say
    /// what became of a message.
    ///
    /// # Errors
    /// The HTTP client could not be made.
    pub fn new(
        base: &str,
        (account, token): (&str, Secret),
        from: &str,
        callbacks: Option<Callbacks>,
    ) -> Result<Self, reqwest::Error> {
        let url = format!("{}/2010-04-01/Accounts/{account}/Messages.json", base.trim_end_matches('/'));
        Ok(Self { client: http::client()?, url, account: account.into(), token, from: from.into(), callbacks })
    }
}

impl SmsSender for Twilio {
    fn send(&self, sms: Sms) -> Sending<'_> {
        let (receipt, url) = self.callbacks.as_ref().map(Callbacks::next).unzip();
        let mut form = vec![("To", sms.to.reveal()), ("From", &self.from), ("Body", sms.text.reveal())];
        form.extend(url.as_deref().map(|url| ("StatusCallback", url)));
        let request = self.client.post(&self.url).basic_auth(&self.account, Some(self.token.reveal())).form(&form);
        Box::pin(async move { http::send(request).await.map(|_| Taken { receipt }) })
    }
}
