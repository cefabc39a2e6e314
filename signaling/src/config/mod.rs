//! Configuration: one TOML file, documented here, and a few command-line flags that win over it.
//!
//! Every error is one sentence that says what to change. Nothing in it is secret but the paths of keys; it is
//! printed at start. `media_port`, `public_url` and the rest that depend on what was bound are settled in `serve`.

mod database;
mod mail;
mod sms;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use shared::codec::VideoCodec;
use shared::limits::{AUDIO_SLOTS, MAX_PIN_DIGITS, MIN_PIN_DIGITS, PIN_DIGITS};

pub use database::Database;
pub use mail::{Mail, MailSenderKind, MailTls, SmtpConfig};
pub use sms::{KannelConfig, SmppConfig, Sms, SmsSenderKind, TwilioConfig, secret};

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
    /// The name or address of `--host`; a public URL is made of it.
    #[serde(skip)]
    pub public_host: Option<String>,
    /// Further host names this server answers to, beside the public URL's and, on loopback, `localhost`.
    pub hosts: Vec<String>,
    /// The data folder: keys, self-signed certificate, and the database unless a server has it.
    pub data: PathBuf,
    /// The folder with the built pages.
    pub web: PathBuf,
    /// Where accounts, meetings and invitations are kept.
    pub database: Database,
    /// TLS. Without it only loopback addresses can be listened on.
    pub tls: Tls,
    /// A reverse proxy in front, if there is one.
    pub proxy: Proxy,
    /// Location databases.
    pub geo: Geo,
    /// Sound, picture and whiteboard: the media node, or where the nodes are.
    pub media: Media,
    /// PINs: how long they are, and how long none is issued again.
    pub door: DoorConfig,
    /// How SMS go out.
    pub sms: Sms,
    /// How e-mail goes out.
    pub mail: Mail,
    /// Console accounts.
    pub accounts: Accounts,
    /// Numbers for the operator's monitoring.
    pub metrics: Metrics,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Media {
    /// UDP port. Default: the number of the first HTTP port.
    pub port: Option<u16>,
    /// Media threads, 1 to [`sfu::MAX_THREADS`], each with meetings of its own; the second has the UDP port after the first
    /// one's.
    pub threads: usize,
    /// An address that browsers reach this machine by although no interface has it: 1:1 NAT, a port forwarding.
    pub advertise: Option<IpAddr>,
    /// How many people of a meeting are heard at once, 1 to [`AUDIO_SLOTS`]: the loudest.
    pub speakers: usize,
    /// How pages encode cameras, where their browser can: `vp8`, `h264`, or `vp9` with all sizes in one stream.
    pub video_codec: VideoCodec,
    /// Whether devices (WHIP, WHEP) that have no 256-bit keys may connect with 128-bit ones, and are shown as such. Pages
    /// never do.
    pub devices_128_bit: bool,
    /// The folder that `conclave media-keys` made for signaling. Goes with `nodes`.
    pub keys: Option<PathBuf>,
    /// Media nodes in processes of their own, `conclave-sfu`. None: the media node is part of this process. With any, what
    /// stands above but `keys`, `video_codec` and `devices_128_bit` belongs into each node's own configuration.
    pub nodes: Vec<MediaNode>,
}

/// One of `[[media.nodes]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MediaNode {
    /// The name it was given at `conclave media-keys`.
    pub name: String,
    /// Where its control port is, `host:port`.
    pub address: String,
}

impl Default for Media {
    fn default() -> Self {
        Self {
            port: None,
            threads: 1,
            advertise: None,
            speakers: AUDIO_SLOTS,
            video_codec: VideoCodec::default(),
            devices_128_bit: false,
            keys: None,
            nodes: Vec::new(),
        }
    }
}

impl Media {
    /// Nodes have what they need, once, and nobody waits for a setting that does nothing.
    fn check(&self) -> Result<(), ConfigError> {
        if !(1..=AUDIO_SLOTS).contains(&self.speakers) {
            return Err(ConfigError::Wrong(format!("[media] `speakers` is between 1 and {AUDIO_SLOTS}")));
        }
        if !(1..=sfu::MAX_THREADS).contains(&self.threads) {
            return Err(ConfigError::Wrong(format!("[media] `threads` is between 1 and {}", sfu::MAX_THREADS)));
        }
        if self.nodes.is_empty() != self.keys.is_none() {
            return Err(ConfigError::wrong(
                "[media] needs both `keys` (the folder that `conclave media-keys` made) and `nodes`, or neither",
            ));
        }
        let is_own = self.nodes.is_empty();
        let Self { port, threads, advertise, speakers, .. } = self;
        if !is_own && (port.is_some() || *threads != 1 || advertise.is_some() || *speakers != AUDIO_SLOTS) {
            return Err(ConfigError::wrong(
                "[media] `port`, `threads`, `advertise` and `speakers` belong into the configuration of each of the `nodes`",
            ));
        }
        for (index, node) in self.nodes.iter().enumerate() {
            if !is_node_name(&node.name) || self.nodes[..index].iter().any(|other| other.name == node.name) {
                return Err(ConfigError::wrong(
                    "[[media.nodes]] `name` is 1 to 63 letters a to z, digits and hyphens, as at `conclave media-keys`, and each has its own",
                ));
            }
            if !node
                .address
                .rsplit_once(':')
                .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
            {
                return Err(ConfigError::wrong(
                    "[[media.nodes]] `address` is the node's control port, such as \"10.0.0.5:7443\"",
                ));
            }
        }
        Ok(())
    }
}

/// Whether this may name a media node: a host's label (RFC 1123 section 2.1), as a certificate carries it.
pub fn is_node_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&name.len()) && name.bytes().all(allowed) && !name.starts_with('-') && !name.ends_with('-')
}

/// `[door]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DoorConfig {
    /// Digits of new PINs, [`MIN_PIN_DIGITS`] to [`MAX_PIN_DIGITS`]. Fewer are typed faster and guessed faster: the console
    /// says what that comes to. Those issued before keep theirs.
    pub pin_digits: usize,
    /// Days after its end until a meeting is archived; an administrator can do it sooner. 0: only by hand.
    pub archive_after_days: u32,
    /// Days after a meeting was archived in which none of its PINs is issued again (D14). At least one.
    pub cool_down_days: u32,
}

impl Default for DoorConfig {
    fn default() -> Self {
        Self { pin_digits: PIN_DIGITS, archive_after_days: 7, cool_down_days: 31 }
    }
}

impl DoorConfig {
    fn check(&self) -> Result<(), ConfigError> {
        if !(MIN_PIN_DIGITS..=MAX_PIN_DIGITS).contains(&self.pin_digits) {
            return Err(ConfigError::wrong("[door] `pin_digits` must be between 8 and 20"));
        }
        if self.cool_down_days == 0 || self.cool_down_days > MAX_DAYS || self.archive_after_days > MAX_DAYS {
            return Err(ConfigError::wrong(
                "[door] `cool_down_days` must be between 1 and 3650, and `archive_after_days` at most 3650",
            ));
        }
        Ok(())
    }
}

/// Longest time that [`DoorConfig`] takes, days.
const MAX_DAYS: u32 = 3_650;

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

/// `[metrics]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// Address with port that answers `/metrics` and `/health`. Default: none.
    pub listen: Option<SocketAddr>,
    /// Whether that may be an address that other machines reach. It then speaks the same TLS as the pages.
    pub beyond_loopback: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: vec![
                SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), DEFAULT_PORT),
                SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), DEFAULT_PORT),
            ],
            public_url: None,
            public_host: None,
            hosts: Vec::new(),
            data: PathBuf::from("data"),
            web: PathBuf::from("dist"),
            database: Database::default(),
            tls: Tls::default(),
            proxy: Proxy::default(),
            geo: Geo::default(),
            media: Media::default(),
            door: DoorConfig::default(),
            sms: Sms::default(),
            mail: Mail::default(),
            accounts: Accounts::default(),
            metrics: Metrics::default(),
            demo: false,
        }
    }
}

/// Longest time without a click that an account may stay logged in.
const MAX_IDLE_MINUTES: u32 = 24 * 60;

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

impl ConfigError {
    /// Two settings do not go together, or one is out of range.
    pub(crate) fn wrong(sentence: &str) -> Self {
        Self::Wrong(sentence.to_owned())
    }
}

impl Config {
    /// Reads the file. Its values are checked by [`Config::check`] once the flags are in.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable { path: path.to_owned(), error })?;
        toml::from_str(&text)
            .map_err(|error| ConfigError::Malformed { path: path.to_owned(), reason: one_line(&text, &error) })
    }

    /// Settings that do not go together, or are out of range.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.check_listeners()?;
        self.check_public_url()?;
        self.check_proxy()?;
        self.database.check()?;
        self.media.check()?;
        self.door.check()?;
        self.sms.check(self.demo)?;
        self.sms.check_receipts(self.public_url.is_some())?;
        self.mail.check(self.demo)?;
        self.check_metrics()?;
        if self.tls.cert.is_some() != self.tls.key.is_some() {
            return Err(ConfigError::wrong("[tls] needs both `cert` and `key`, or neither"));
        }
        if self.tls.self_signed && self.tls.cert.is_some() {
            return Err(ConfigError::wrong("[tls] takes either `cert` and `key`, or `self_signed = true`, not both"));
        }
        if self.demo && self.tls.cert.is_some() {
            return Err(ConfigError::wrong(
                "`demo` prints a way in for everybody at the terminal and is for try-outs: leave it out, or leave `cert` and `key` out of [tls]",
            ));
        }
        if !(1..=MAX_IDLE_MINUTES).contains(&self.accounts.idle_minutes) {
            return Err(ConfigError::wrong("[accounts] `idle_minutes` must be between 1 and 1440"));
        }
        Ok(())
    }

    /// No plain HTTP beyond loopback (D15).
    fn check_listeners(&self) -> Result<(), ConfigError> {
        if self.listen.is_empty() {
            return Err(ConfigError::wrong("`listen` must name at least one address, such as \"127.0.0.1:8080\""));
        }
        match self.listen.iter().find(|address| !address.ip().to_canonical().is_loopback()) {
            Some(address) if !self.uses_tls() => Err(ConfigError::Wrong(format!(
                "plain HTTP is served on loopback alone, and {address} is not: add `cert` and `key` under [tls], start with \
                 --host ADDRESS for a self-signed certificate, or listen on 127.0.0.1 behind a proxy that speaks HTTPS"
            ))),
            _ => Ok(()),
        }
    }

    /// Numbers say how much is going on here and when: other machines get them only when somebody decided so.
    fn check_metrics(&self) -> Result<(), ConfigError> {
        let Metrics { listen, beyond_loopback } = &self.metrics;
        match listen {
            Some(address) if self.listen.contains(address) && address.port() != 0 => Err(ConfigError::Wrong(format!(
                "[metrics] `listen` needs a port of its own, and {address} is where the pages are"
            ))),
            Some(address) if !address.ip().to_canonical().is_loopback() => match (beyond_loopback, self.uses_tls()) {
                (true, true) => Ok(()),
                (true, false) => Err(ConfigError::wrong(
                    "[metrics] beyond loopback is served under TLS alone: add `cert` and `key` under [tls], or listen on 127.0.0.1",
                )),
                (false, _) => Err(ConfigError::Wrong(format!(
                    "[metrics] `listen` is an address that other machines reach, {address}: if they shall read the numbers, add \
                     `beyond_loopback = true`; otherwise listen on 127.0.0.1"
                ))),
            },
            _ => Ok(()),
        }
    }

    fn check_public_url(&self) -> Result<(), ConfigError> {
        let Some(url) = &self.public_url else { return Ok(()) };
        let authority = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let plain = |text: &str| !text.is_empty() && !text.contains(['/', '?', '#', '@', ' ']);
        if !authority.is_some_and(|authority| plain(authority.trim_end_matches('/'))) {
            return Err(ConfigError::wrong(
                "`public_url` must be a scheme and a host and nothing more, such as \"https://meet.example.org\"",
            ));
        }
        Ok(())
    }

    /// A proxy is believed only when the operator says from where it speaks, in which header, and what people type.
    fn check_proxy(&self) -> Result<(), ConfigError> {
        let Proxy { ranges, header } = &self.proxy;
        if ranges.is_empty() != header.is_none() {
            return Err(ConfigError::wrong(
                "[proxy] needs both `ranges` (where the proxy speaks from) and `header` (where it writes the address)",
            ));
        }
        if header.as_ref().is_some_and(|name| axum::http::HeaderName::try_from(name.as_str()).is_err()) {
            return Err(ConfigError::wrong("[proxy] `header` must be a header's name, such as \"X-Forwarded-For\""));
        }
        if !ranges.is_empty() && self.public_url.is_none() {
            return Err(ConfigError::wrong(
                "behind a [proxy] `public_url` must say what people type, such as \"https://meet.example.org\"",
            ));
        }
        Ok(())
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
        if let (Some(host), Some(address)) = (&self.public_host, self.listen.first()) {
            let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
            return format!("{scheme}://{host}:{}", address.port());
        }
        match self.listen.first() {
            // The name that every browser trusts with a camera and a `Secure` cookie without HTTPS.
            Some(address) if address.ip().is_loopback() || address.ip().is_unspecified() => {
                format!("{scheme}://localhost:{}", address.port())
            }
            Some(address) => format!("{scheme}://{address}"),
            None => format!("{scheme}://localhost:{DEFAULT_PORT}"),
        }
    }

    /// The first address listened on, as a URL: for programs that wait for the server.
    pub fn first_address(&self) -> String {
        let scheme = if self.uses_tls() { "https" } else { "http" };
        self.listen.first().map_or_else(String::new, |address| format!("{scheme}://{address}"))
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

    /// The database file, when no server has the database.
    pub fn database_file(&self) -> PathBuf {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, ConfigError> {
        let folder = crate::testing::folder();
        let path = folder.path().join("conclave.toml");
        std::fs::write(&path, text).unwrap();
        let config = Config::read(&path)?;
        config.check().map(|()| config)
    }

    #[test]
    fn media_nodes_are_read_and_printed() {
        let node = |name: &str| format!("[[media.nodes]]\nname = \"{name}\"\naddress = \"{name}.example:7443\"\n");
        let config = parse(&format!("[media]\nkeys = \"k\"\n{}{}", node("media-a"), node("media-b"))).unwrap();
        assert_eq!(config.media.nodes[1].address, "media-b.example:7443");
        assert_eq!(toml::from_str::<Config>(&toml::to_string(&config).unwrap()).unwrap(), config);
    }

    #[test]
    fn a_whole_configuration_is_read() {
        let text = r#"
            listen = ["0.0.0.0:443", "[::]:443"]
            public_url = "https://meet.example.org"
            hosts = ["meet.example.com"]
            data = "/var/lib/conclave"
            web = "/usr/share/conclave"
            [tls]
            cert = "/etc/conclave/cert.pem"
            key = "/etc/conclave/key.pem"
            [database]
            url = "postgres://conclave@db.example.org/conclave"
            password_file = "p"
            unverified = true
            [proxy]
            ranges = ["10.0.0.0/8", "fd00::/8"]
            header = "X-Forwarded-For"
            [geo]
            files = ["a.mmdb", "b.mmdb"]
            attribution = "IP geolocation by DB-IP"
            [media]
            port = 3478
            threads = 4
            advertise = "192.0.2.7"
            speakers = 2
            video_codec = "vp9"
            devices_128_bit = true
            [door]
            pin_digits = 12
            archive_after_days = 0
            cool_down_days = 90
            [sms]
            sender = "outbox"
            [accounts]
            idle_minutes = 15
            [metrics]
            listen = "192.0.2.7:9464"
            beyond_loopback = true
        "#;
        let config = parse(text).unwrap();
        assert_eq!((config.listen.len(), config.media.port, config.accounts.idle_minutes), (2, Some(3478), 15));
        assert_eq!((config.media.speakers, config.media.threads), (2, 4));
        assert_eq!((config.media.video_codec, config.media.devices_128_bit), (VideoCodec::Vp9, true));
        assert_eq!((config.sms.sender, config.is_demo()), (SmsSenderKind::Outbox, false));
        let printed = toml::to_string(&config).unwrap();
        assert_eq!(toml::from_str::<Config>(&printed).unwrap(), config);
    }

    /// D15: plain HTTP beyond loopback is refused with the remedy, among other mistakes.
    #[test]
    fn mistakes_are_one_sentence_with_the_remedy() {
        let table = [
            ("listen = [\"0.0.0.0:8080\"]", "--host"),
            ("listen = [\"127.0.0.1:8080\", \"192.0.2.7:80\"]", "plain HTTP"),
            ("listen = [\"[::]:8080\"]", "plain HTTP"),
            ("listen = []", "at least one"),
            ("listn = []", "line 1"),
            ("demo = true\n[tls]\ncrt = \"x\"", "line 3"),
            ("listen = 5", "line 1"),
            ("[media]\nspeakers = 0", "between 1 and 3"),
            ("[media]\nthreads = 0", "between 1 and 64"),
            ("[media]\nspeakers = 4", "between 1 and 3"),
            ("[media]\nvideo_codec = \"h265\"", "line 2"),
            ("[media]\nkeys = \"k\"", "`nodes`"),
            ("[[media.nodes]]\nname = \"a\"\naddress = \"h:1\"", "`keys`"),
            ("[media]\nport = 1\nkeys = \"k\"\n[[media.nodes]]\nname = \"a\"\naddress = \"h:1\"", "each of the"),
            ("[media]\nkeys = \"k\"\n[[media.nodes]]\nname = \"A b\"\naddress = \"h:1\"", "a to z"),
            ("[media]\nkeys = \"k\"\n[[media.nodes]]\nname = \"a\"\naddress = \"h\"", "control port"),
            (
                "[media]\nkeys = \"k\"\n[[media.nodes]]\nname = \"a\"\naddress = \"h:1\"\n[[media.nodes]]\nname = \"a\"\naddress = \"i:1\"",
                "its own",
            ),
            ("[database]\nurl = \"sqlite://x\"", "postgres://"),
            ("[database]\nurl = \"postgres://u:p@localhost/d\"", "`password_file`"),
            ("[database]\nurl = \"postgres://u@db.example/d?sslmode=require\"", "`unverified = true`"),
            ("[database]\npassword_file = \"x\"", "`url`"),
            ("[tls]\ncert = \"x\"", "`key`"),
            ("[tls]\ncert = \"x\"\nkey = \"y\"\nself_signed = true", "not both"),
            ("demo = true\n[tls]\ncert = \"x\"\nkey = \"y\"", "try-outs"),
            ("[proxy]\nranges = [\"10.0.0.0/8\"]", "`header`"),
            ("[proxy]\nheader = \"X-Forwarded-For\"", "`ranges`"),
            ("[proxy]\nranges = [\"10.0.0.0/8\"]\nheader = \"X-Forwarded-For\"", "public_url"),
            ("public_url = \"meet.example.org\"", "https://"),
            ("public_url = \"https://meet.example.org/path\"", "nothing more"),
            ("[accounts]\nidle_minutes = 0", "idle_minutes"),
            ("[door]\npin_digits = 7", "between 8 and 20"),
            ("[door]\npin_digits = 21", "between 8 and 20"),
            ("[door]\ncool_down_days = 0", "cool_down_days"),
            ("[door]\narchive_after_days = 4000", "archive_after_days"),
            ("[sms]\nsender = \"pigeon\"", "line 2"),
            ("[sms]\nsender = \"kannel\"", "[sms.kannel]"),
            (
                "[sms]\nsender = \"twilio\"\n[sms.twilio]\naccount = \"A\"\ntoken_file = \"p\"\nfrom = \"f\"\nreceipts = true",
                "public_url",
            ),
            (
                "demo = true\n[sms]\nsender = \"smpp\"\n[sms.smpp]\nurl = \"smpp://h:1\"\nsystem_id = \"s\"\npassword_file = \"p\"\nfrom = \"f\"",
                "no real SMS",
            ),
            ("[sms]\ncountries = [\"be\"]", "capital letters"),
            (
                "[sms]\nsender = \"kannel\"\n[sms.kannel]\nurl = \"http://localhost.example/\"\nuser = \"u\"\npassword_file = \"p\"\nfrom = \"f\"",
                "https://",
            ),
            ("[sms]\nsender = \"twilio\"\n[sms.twilio]\naccount = \"a\"\nauth = \"b\"", "line 5"),
            ("[metrics]\nlisten = \"0.0.0.0:9464\"", "beyond_loopback"),
            ("[metrics]\nlisten = \"[::]:9464\"\nbeyond_loopback = true", "TLS"),
            ("[metrics]\nlisten = \"127.0.0.1:8080\"", "a port of its own"),
        ];
        for (text, remedy) in table {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(remedy) && !error.contains('\n'), "{text}: {error}");
        }
        let missing = Config::read(Path::new("/nowhere/conclave.toml")).unwrap_err().to_string();
        assert!(missing.contains("/nowhere/conclave.toml") && missing.contains("--config"), "{missing}");
    }
}
