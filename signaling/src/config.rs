//! Configuration: one TOML file, documented here, and a few command-line flags that win over it.
//!
//! Every error is one sentence that says what to change. Nothing in it is secret but the paths of keys; it is
//! printed at start. `media_port`, `public_url` and the rest that depend on what was bound are settled in `serve`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// The port when none is given.
pub const DEFAULT_PORT: u16 = 8080;

/// Everything an operator can set. A field the file does not name keeps its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Addresses to listen on, with ports. Anything beyond loopback needs `[tls]`.
    pub listen: Vec<SocketAddr>,
    /// What people type to get here, `https://meet.example.org`. Default: the first address listened on.
    pub public_url: Option<String>,
    /// Further host names this server answers to, beside the public URL's and, on loopback, `localhost`.
    pub hosts: Vec<String>,
    /// The data folder: database, keys, self-signed certificate.
    pub data: PathBuf,
    /// The folder with the built pages.
    pub web: PathBuf,
    /// TLS. Without it only loopback addresses can be listened on.
    pub tls: Tls,
    /// A reverse proxy in front, if there is one.
    pub proxy: Proxy,
    /// Location databases.
    pub geo: Geo,
    /// Media over UDP.
    pub media: Media,
    /// How SMS go out.
    pub sms: Sms,
    /// Console accounts.
    pub accounts: Accounts,
    /// Make a demo admin and a demo meeting at start. Loopback or self-signed only.
    pub demo: bool,
}

/// `[tls]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// Certificate chain, PEM. Goes with `key`.
    pub cert: Option<PathBuf>,
    /// Private key, PEM.
    pub key: Option<PathBuf>,
    /// Make a certificate of our own, kept in the data folder; browsers warn about it.
    pub self_signed: bool,
}

/// `[proxy]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Proxy {
    /// Networks the proxy speaks from, `["10.0.0.0/8"]`. Empty: no proxy, every forwarding header is ignored.
    pub ranges: Vec<IpNet>,
    /// The one header it writes the client's address into, `X-Forwarded-For`. Every other one is ignored.
    pub header: Option<String>,
}

/// `[geo]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Geo {
    /// MMDB files, country or city, flat or GeoIP2 schema. None: location hints say "unknown".
    pub files: Vec<PathBuf>,
    /// The sentence the data's licence asks pages to show.
    pub attribution: Option<String>,
}

/// `[media]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Media {
    /// UDP port. Default: the number of the first HTTP port.
    pub port: Option<u16>,
    /// Addresses offered to browsers beside those of this machine's interfaces, for 1:1 NAT.
    pub advertise: Vec<IpAddr>,
}

/// `[sms]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sms {
    /// Which sender.
    pub sender: SmsSenderKind,
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
}

/// `[accounts]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Accounts {
    /// Minutes without a click after which an account is logged out (D8).
    pub idle_minutes: u32,
}

impl Default for Accounts {
    fn default() -> Self {
        Self { idle_minutes: 30 }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: vec![
                SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), DEFAULT_PORT),
                SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), DEFAULT_PORT),
            ],
            public_url: None,
            hosts: Vec::new(),
            data: PathBuf::from("data"),
            web: PathBuf::from("dist"),
            tls: Tls::default(),
            proxy: Proxy::default(),
            geo: Geo::default(),
            media: Media::default(),
            sms: Sms::default(),
            accounts: Accounts::default(),
            demo: false,
        }
    }
}

/// What is wrong with a configuration, in a sentence with the remedy.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file {} cannot be read ({error}): check its name and permissions, or leave --config out", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file is not what this program takes.
    #[error("the configuration file {} is not right: {reason}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Where and why, in one line.
        reason: String,
    },
    /// Two settings do not go together, or one is out of range.
    #[error("{0}")]
    Wrong(String),
}

impl Config {
    /// Reads the file. Its values are checked by [`Config::check`] once the flags are in.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable { path: path.to_owned(), error })?;
        toml::from_str(&text)
            .map_err(|error| ConfigError::Malformed { path: path.to_owned(), reason: one_line(&text, &error) })
    }

    /// The address people open, without a slash at the end.
    pub fn public_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => self.url_of_first_address(),
        }
    }

    fn url_of_first_address(&self) -> String {
        let scheme = if self.uses_tls() { "https" } else { "http" };
        match self.listen.first() {
            Some(address) if address.ip().is_unspecified() => format!("{scheme}://localhost:{}", address.port()),
            Some(address) => format!("{scheme}://{address}"),
            None => format!("{scheme}://localhost:{DEFAULT_PORT}"),
        }
    }

    /// Whether this process itself speaks TLS.
    pub fn uses_tls(&self) -> bool {
        self.tls.self_signed || self.tls.cert.is_some()
    }

    /// Whether browsers will trust the certificate, as far as this program can tell.
    pub fn has_trusted_certificate(&self) -> bool {
        self.tls.cert.is_some()
    }

    /// Whether pages show the demo's banner: asked for by flag, or plain HTTP that no HTTPS proxy stands before (D15).
    pub fn is_demo(&self) -> bool {
        self.demo || !(self.uses_tls() || self.public_url().starts_with("https://"))
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.data.join("conclave.db")
    }
}

/// The parser's message in one line, with the line it is about.
fn one_line(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().replace('\n', " ");
    match error.span() {
        Some(span) => {
            let line = text.get(..span.start).map_or(1, |before| before.matches('\n').count() + 1);
            format!("line {line}: {message}")
        }
        None => message,
    }
}
