//! `[sms]`: how SMS go out, and how many.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use shared::secret::Secret;

use super::ConfigError;

/// `[sms]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sms {
    /// Which sender.
    pub sender: SmsSenderKind,
    /// Messages a day (UTC) in all. What is more is not sent, and the log and the console say so: an attacker who makes this
    /// server send spends the operator's money.
    pub per_day: u32,
    /// Messages a day to the numbers of one country.
    pub per_country_per_day: u32,
    /// Countries that are sent to, as two letters. None: every country that somebody invited has a number of.
    pub countries: Vec<String>,
    /// For the sender `twilio`.
    pub twilio: Option<TwilioConfig>,
    /// For the sender `kannel`.
    pub kannel: Option<KannelConfig>,
    /// For the sender `smpp`.
    pub smpp: Option<SmppConfig>,
}

impl Default for Sms {
    fn default() -> Self {
        Self {
            sender: SmsSenderKind::None,
            per_day: 500,
            per_country_per_day: 300,
            countries: Vec::new(),
            twilio: None,
            kannel: None,
            smpp: None,
        }
    }
}

/// Which way SMS go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmsSenderKind {
    /// None: SMS passwords cannot be sent. In the demo this means `outbox`.
    #[default]
    None,
    /// Kept in memory and shown in the console, to everybody with an account.
    Outbox,
    /// A gateway that speaks HTTP as Twilio does.
    Twilio,
    /// A Kannel smsbox.
    Kannel,
    /// An SMSC over SMPP.
    Smpp,
}

/// `[sms.twilio]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwilioConfig {
    /// Scheme and host; other gateways copy the interface.
    #[serde(default = "TwilioConfig::url")]
    pub url: String,
    /// The account's SID.
    pub account: String,
    /// A file with its token, readable by this server alone.
    pub token_file: PathBuf,
    /// The number or name that messages come from.
    pub from: String,
    /// Whether it is to say what became of messages, at an address under `public_url` that it must reach.
    #[serde(default)]
    pub receipts: bool,
}

impl TwilioConfig {
    fn url() -> String {
        "https://api.twilio.com".into()
    }
}

/// `[sms.kannel]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KannelConfig {
    /// The whole address of `sendsms`.
    pub url: String,
    /// A `sendsms-user` of the smsbox.
    pub user: String,
    /// A file with the user's password, readable by this server alone.
    pub password_file: PathBuf,
    /// The number or name that messages come from.
    pub from: String,
    /// Whether it is to say what became of messages, at an address under `public_url` that it must reach.
    #[serde(default)]
    pub receipts: bool,
}

/// `[sms.smpp]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmppConfig {
    /// `smpp://HOST:PORT`, or `smpps://HOST:PORT` for TLS.
    pub url: String,
    /// The account.
    pub system_id: String,
    /// A file with its password, readable by this server alone.
    pub password_file: PathBuf,
    /// The number or name that messages come from.
    pub from: String,
    /// Whether to ask for receipts, and to bind as a transceiver for them. Without: as a transmitter.
    #[serde(default = "SmppConfig::receipts")]
    pub receipts: bool,
}

impl SmppConfig {
    fn receipts() -> bool {
        true
    }
}

impl Sms {
    /// Whether messages would reach telephones.
    pub fn is_real(&self) -> bool {
        matches!(self.sender, SmsSenderKind::Twilio | SmsSenderKind::Kannel | SmsSenderKind::Smpp)
    }

    /// The sender has what it needs, and the demo rings nobody's telephone.
    pub(super) fn check(&self, is_demo: bool) -> Result<(), ConfigError> {
        let missing = match self.sender {
            SmsSenderKind::Twilio if self.twilio.is_none() => Some("twilio"),
            SmsSenderKind::Kannel if self.kannel.is_none() => Some("kannel"),
            SmsSenderKind::Smpp if self.smpp.is_none() => Some("smpp"),
            _ => None,
        };
        if let Some(name) = missing {
            return Err(ConfigError::Wrong(format!("[sms] `sender = \"{name}\"` needs [sms.{name}]: see README.md")));
        }
        if is_demo && self.is_real() {
            return Err(ConfigError::wrong(
                "the demo sends no real SMS: leave `demo` out, or set `sender = \"outbox\"` under [sms]",
            ));
        }
        let is_code = |code: &String| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        if !self.countries.iter().all(is_code) {
            return Err(ConfigError::wrong("[sms] `countries` must be codes of two capital letters, such as \"BE\""));
        }
        self.check_addresses()
    }

    /// A gateway on another machine needs to be told where this server is.
    pub(super) fn check_receipts(&self, has_public_url: bool) -> Result<(), ConfigError> {
        let kannel = self.sender == SmsSenderKind::Kannel && self.kannel.as_ref().is_some_and(|it| it.receipts);
        let twilio = self.sender == SmsSenderKind::Twilio && self.twilio.as_ref().is_some_and(|it| it.receipts);
        if (kannel || twilio) && !has_public_url {
            return Err(ConfigError::wrong(
                "[sms] `receipts = true` needs `public_url`: the gateway is told to call it",
            ));
        }
        Ok(())
    }

    fn check_addresses(&self) -> Result<(), ConfigError> {
        let carries_secrets_in_the_open = |url: &str| {
            let host = url.strip_prefix("http://").or_else(|| url.strip_prefix("smpp://"));
            host.is_some_and(|host| !["127.0.0.1", "localhost", "[::1]"].iter().any(|own| is_host(host, own)))
        };
        let has_scheme = |url: &str, schemes: [&str; 2]| schemes.iter().any(|scheme| url.starts_with(scheme));
        let http = [self.twilio.as_ref().map(|c| &c.url), self.kannel.as_ref().map(|c| &c.url)];
        let smpp = self.smpp.as_ref().map(|c| &c.url);
        if !http.iter().flatten().all(|url| has_scheme(url, ["https://", "http://"])) {
            return Err(ConfigError::wrong("[sms] `url` must begin with https:// (or http:// on this machine)"));
        }
        if !smpp.iter().all(|url| has_scheme(url, ["smpps://", "smpp://"])) {
            return Err(ConfigError::wrong("[sms.smpp] `url` must begin with smpps:// or smpp://"));
        }
        // An SMSC without TLS is reached over a private network as a rule; an HTTP gateway is not.
        if http.iter().flatten().any(|url| carries_secrets_in_the_open(url)) {
            return Err(ConfigError::wrong(
                "[sms] a gateway on another machine needs https://: passwords and numbers would travel in the open",
            ));
        }
        Ok(())
    }
}

fn is_host(rest: &str, host: &str) -> bool {
    rest.strip_prefix(host).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
}

/// The one line of a file with a secret.
///
/// # Errors
/// It cannot be read or is empty.
pub fn secret(file: &Path) -> Result<Secret, ConfigError> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| ConfigError::Wrong(format!("the file {} cannot be read ({error})", file.display())))?;
    let line = text.trim();
    if line.is_empty() {
        return Err(ConfigError::Wrong(format!("the file {} is empty: put the password in it", file.display())));
    }
    Ok(Secret::new(line))
}
