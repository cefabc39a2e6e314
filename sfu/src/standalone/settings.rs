//! What an operator says to a media node: one TOML file, and command-line flags that win over it. It is printed at start;
//! there is no secret in it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use shared::limits::AUDIO_SLOTS;

use crate::config::MAX_THREADS;

/// Where signaling reaches a node when nobody says otherwise.
const DEFAULT_CONTROL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7443);
/// Longest drain. A service manager ends what takes longer the hard way.
const MAX_DRAIN_SECONDS: u64 = 3_600;

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where signaling connects to: TLS that lets nobody else in.
    pub control: SocketAddr,
    /// The folder that `conclave media-keys` made for this node.
    pub keys: PathBuf,
    /// UDP port of all media. Default: the first `tcp` port's number, else any that is free.
    pub port: Option<u16>,
    /// Media threads, 1 to [`MAX_THREADS`], each with rooms of its own; the second has the UDP port after the first one's.
    pub threads: usize,
    /// Addresses with ports for media over TCP, for those whose network blocks UDP.
    pub tcp: Vec<SocketAddr>,
    /// An address that browsers reach this machine by although no interface has it.
    pub advertise: Option<IpAddr>,
    /// Addresses for media, instead of every one that the machine has.
    pub bind: Vec<IpAddr>,
    /// How many people of a meeting are heard at once, 1 to [`AUDIO_SLOTS`].
    pub speakers: usize,
    /// How long meetings may go on here after SIGTERM before they are moved.
    pub drain_seconds: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            control: DEFAULT_CONTROL,
            keys: PathBuf::from("keys"),
            port: None,
            threads: 1,
            tcp: Vec::new(),
            advertise: None,
            bind: Vec::new(),
            speakers: AUDIO_SLOTS,
            drain_seconds: 10,
        }
    }
}

/// What is wrong with them, in a sentence with the remedy.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("the configuration file {} cannot be read ({error}): check its name and permissions", path.display())]
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
        /// Why, in one line.
        reason: String,
    },
    /// A value is out of range.
    #[error("{0}")]
    Wrong(String),
}

impl Settings {
    /// Reads the file. Its values are checked by [`Settings::check`] once the flags are in.
    ///
    /// # Errors
    /// It cannot be read, or names what there is not.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| SettingsError::Unreadable { path: path.to_owned(), error })?;
        toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            let reason = format!("line {line}: {}", error.message().replace('\n', " "));
            SettingsError::Malformed { path: path.to_owned(), reason }
        })
    }

    /// Values out of range.
    ///
    /// # Errors
    /// The first one found.
    pub fn check(&self) -> Result<(), SettingsError> {
        if !(1..=AUDIO_SLOTS).contains(&self.speakers) {
            return Err(SettingsError::Wrong(format!("`speakers` is between 1 and {AUDIO_SLOTS}")));
        }
        if !(1..=MAX_THREADS).contains(&self.threads) {
            return Err(SettingsError::Wrong(format!("`threads` is between 1 and {MAX_THREADS}")));
        }
        if self.drain_seconds > MAX_DRAIN_SECONDS {
            return Err(SettingsError::Wrong(format!("`drain_seconds` is at most {MAX_DRAIN_SECONDS}")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_configuration_is_read_and_mistakes_are_named() {
        let text = r#"
            control = "10.0.0.5:7443"
            keys = "/etc/conclave/media-a"
            port = 3478
            threads = 4
            tcp = ["0.0.0.0:443", "[::]:443"]
            advertise = "192.0.2.7"
            bind = ["10.0.0.5"]
            speakers = 2
            drain_seconds = 60
        "#;
        let settings: Settings = toml::from_str(text).unwrap();
        assert_eq!((settings.port, settings.tcp.len(), settings.drain_seconds), (Some(3478), 2, 60));
        settings.check().unwrap();
        assert_eq!(toml::from_str::<Settings>(&toml::to_string(&settings).unwrap()).unwrap(), settings);
        for (change, word) in
            [("speakers = 0", "between 1 and 3"), ("threads = 0", "between 1 and 64"), ("drain_seconds = 4000", "3600")]
        {
            let settings: Settings = toml::from_str(change).unwrap();
            assert!(settings.check().unwrap_err().to_string().contains(word), "{change}");
        }
        let missing = Settings::read(Path::new("/nowhere/node.toml")).unwrap_err().to_string();
        assert!(missing.contains("/nowhere/node.toml"), "{missing}");
    }
}
