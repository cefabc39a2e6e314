//! `[mail]`: how e-mail goes out, from whom, and how much.

use std::path::PathBuf;

use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};

use super::ConfigError;

/// `[mail]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// Which sender.
    pub sender: MailSenderKind,
    /// From whom, `Conclave <meet@example.org>`. Nobody here reads what comes back to it.
    pub from: Option<String>,
    /// Messages a day (UTC) in all. What is more is not sent, and the log and the console say so.
    pub per_day: u32,
    /// For the sender `smtp`.
    pub smtp: Option<SmtpConfig>,
}

impl Default for Mail {
    fn default() -> Self {
        Self { sender: MailSenderKind::None, from: None, per_day: 500, smtp: None }
    }
}

/// Which way e-mail goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailSenderKind {
    /// None: invitations are handed out by hand. In the demo this means `outbox`.
    #[default]
    None,
    /// Kept in memory and shown in the console, to everybody with an account.
    Outbox,
    /// Through a mail server.
    Smtp,
}

/// `[mail.smtp]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// The mail server's name, as its certificate has it.
    pub host: String,
    /// Its port. Default: 587, with `tls = "implicit"` 465, without TLS 25.
    pub port: Option<u16>,
    /// How the connection is encrypted.
    #[serde(default)]
    pub tls: MailTls,
    /// The account, where the server wants one.
    pub user: Option<String>,
    /// A file with its password, readable by this server alone. Goes with `user`.
    pub password_file: Option<PathBuf>,
    /// A PEM file with the authority that signed the server's certificate, where it is not one the system knows.
    pub authority: Option<PathBuf>,
}

/// How a connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailTls {
    /// Begins in the open and is encrypted before anything is said (RFC 3207); a server that does not is refused.
    #[default]
    Starttls,
    /// From the first byte (RFC 8314).
    Implicit,
    /// Not at all: to a mail server on this machine alone.
    None,
}

impl SmtpConfig {
    /// The port that is used.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            MailTls::Starttls => 587,
            MailTls::Implicit => 465,
            MailTls::None => 25,
        })
    }
}

impl Mail {
    /// From whom messages are, once checked.
    pub fn mailbox(&self) -> Option<Mailbox> {
        self.from.as_ref().and_then(|from| from.parse().ok())
    }

    /// The sender has what it needs, says nothing in the open, and the demo writes to nobody.
    pub(super) fn check(&self, is_demo: bool) -> Result<(), ConfigError> {
        if self.from.is_some() && self.mailbox().is_none() {
            return Err(ConfigError::wrong("[mail] `from` must be an address such as \"Conclave <meet@example.org>\""));
        }
        if self.sender != MailSenderKind::Smtp {
            return Ok(());
        }
        if is_demo {
            return Err(ConfigError::wrong(
                "the demo sends no real e-mail: leave `demo` out, or set `sender = \"outbox\"` under [mail]",
            ));
        }
        let (Some(smtp), Some(_)) = (&self.smtp, &self.from) else {
            return Err(ConfigError::wrong("[mail] `sender = \"smtp\"` needs `from` and [mail.smtp]: see README.md"));
        };
        if smtp.tls == MailTls::None && !["127.0.0.1", "localhost", "::1"].contains(&smtp.host.as_str()) {
            return Err(ConfigError::wrong(
                "[mail.smtp] a mail server on another machine needs `tls`: links and names would travel in the open",
            ));
        }
        if smtp.user.is_some() != smtp.password_file.is_some() {
            return Err(ConfigError::wrong("[mail.smtp] needs both `user` and `password_file`, or neither"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, is_demo: bool) -> Result<(), String> {
        let mail: Mail = toml::from_str(text).map_err(|error| error.to_string())?;
        mail.check(is_demo).map_err(|error| error.to_string())
    }

    #[test]
    fn mail_is_encrypted_complete_and_not_of_the_demo() {
        let smtp = |rest: &str| format!("sender = \"smtp\"\nfrom = \"Acme <meet@example.org>\"\n[smtp]\n{rest}");
        assert_eq!(check("", true), Ok(()));
        assert_eq!(check("sender = \"outbox\"", true), Ok(()));
        assert_eq!(check(&smtp("host = \"mail.example.org\""), false), Ok(()));
        assert_eq!(check(&smtp("host = \"localhost\"\ntls = \"none\""), false), Ok(()));
        let refused = [
            (smtp("host = \"mail.example.org\""), true, "demo"),
            (smtp("host = \"mail.example.org\"\ntls = \"none\""), false, "in the open"),
            (smtp("host = \"localhost.example.org\"\ntls = \"none\""), false, "in the open"),
            (smtp("host = \"mail.example.org\"\nuser = \"x\""), false, "password_file"),
            ("sender = \"smtp\"\nfrom = \"a@b.example\"".into(), false, "needs `from` and"),
            ("sender = \"smtp\"\n[smtp]\nhost = \"x\"".into(), false, "needs `from` and"),
            ("from = \"nobody\"".into(), false, "must be an address"),
        ];
        for (text, is_demo, why) in refused {
            let error = check(&text, is_demo).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn each_encryption_has_its_usual_port() {
        let port = |rest: &str| toml::from_str::<SmtpConfig>(&format!("host = \"x\"\n{rest}")).unwrap().port();
        assert_eq!(port(""), 587);
        assert_eq!(port("tls = \"implicit\""), 465);
        assert_eq!(port("tls = \"none\""), 25);
        assert_eq!(port("port = 2525"), 2525);
    }
}
