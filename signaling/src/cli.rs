//! The command line.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::{Config, ConfigError, DEFAULT_PORT};

/// Browser conferencing for meetings where it matters who is in the room.
#[derive(Debug, Parser)]
#[command(name = "conclave", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve pages, calls and media until Ctrl-C.
    Serve(Serve),
    /// Manage console accounts.
    #[command(subcommand)]
    Admin(Admin),
    /// Check the configuration, print it, and end.
    CheckConfig(Serve),
    /// Check meeting records, without a server.
    #[command(subcommand)]
    Record(Record),
    /// Make the keys with which signaling and media nodes of their own process (conclave-sfu) know each other.
    MediaKeys(MediaKeys),
}

/// Check meeting records.
#[derive(Debug, Subcommand)]
pub enum Record {
    /// Whether a record, JSON or page, is as it was signed. Ends with 0 when it is and its key is the one named, with 1 when
    /// it is not, and with 3 when it is intact and nobody said whose its key is.
    Verify(VerifyRecord),
    /// Print what the key of a data folder is called.
    Key(Place),
}

/// `conclave record verify`
#[derive(Debug, Args)]
pub struct VerifyRecord {
    /// The record: the JSON file or the page.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What the key must be called, as the console of the server shows it.
    #[arg(long, value_name = "KEY", conflicts_with = "data")]
    pub key: Option<String>,
    /// Data folder of the server that must have made it.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// `conclave media-keys`
#[derive(Debug, Args)]
pub struct MediaKeys {
    /// Folder for them; one that holds some already is added to.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// A name for each media node.
    #[arg(value_name = "NODE", required = true)]
    pub nodes: Vec<String>,
}

/// Manage console accounts.
#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Make an account that may log in to the console. Without --password-stdin a password is made and printed.
    Create(CreateAdmin),
    /// Take the authenticator off an account whose holder lost it and the recovery codes: be sure who asks for it. The password
    /// alone logs in from then on, and the account is logged out everywhere. The server may be running.
    RemoveAuthenticator(NamedAdmin),
    /// Let an account log in no more. The PINs of invitations that are for it die too, and whoever is in a meeting on one is out
    /// within a second, whether the server runs or not. Nothing is deleted.
    Disable(NamedAdmin),
    /// Let an account that was disabled log in again. PINs that died stay dead.
    Enable(NamedAdmin),
}

/// Where configuration and data are.
#[derive(Debug, Args)]
pub struct Place {
    /// Configuration file, TOML.
    #[arg(long, value_name = "FILE", env = "CONCLAVE_CONFIG")]
    pub config: Option<PathBuf>,
    /// Data folder: keys, self-signed certificate, and the database unless a server has it [default: data].
    #[arg(long, value_name = "DIR", env = "CONCLAVE_DATA")]
    pub data: Option<PathBuf>,
}

/// `conclave serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// Where configuration and data are.
    #[command(flatten)]
    pub place: Place,
    /// Listen here; may be given more than once [default: 127.0.0.1:8080 and [::1]:8080]. Port 0 lets the system choose.
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Vec<SocketAddr>,
    /// Folder with the built pages [default: dist].
    #[arg(long, value_name = "DIR")]
    pub web: Option<PathBuf>,
    /// Make a demo admin and a demo meeting, and print how to get in.
    #[arg(long)]
    pub demo: bool,
    /// Serve other machines at this address under a self-signed certificate, and offer the address for media.
    #[arg(long, value_name = "ADDRESS")]
    pub host: Option<String>,
}

/// `conclave admin create`
#[derive(Debug, Args)]
pub struct CreateAdmin {
    /// Where configuration and data are.
    #[command(flatten)]
    pub place: Place,
    /// Name to log in with.
    #[arg(long)]
    pub name: String,
    /// Read the password from standard input, one line.
    #[arg(long)]
    pub password_stdin: bool,
}

/// `conclave admin remove-authenticator`, `disable` and `enable`
#[derive(Debug, Args)]
pub struct NamedAdmin {
    /// Where configuration and data are.
    #[command(flatten)]
    pub place: Place,
    /// Name of the account.
    #[arg(long)]
    pub name: String,
}

impl Place {
    /// The file's configuration, or the default one, with the data folder named here.
    pub fn configuration(&self) -> Result<Config, ConfigError> {
        let mut config = self.config.as_deref().map(Config::read).transpose()?.unwrap_or_default();
        if let Some(data) = &self.data {
            config.data.clone_from(data);
        }
        Ok(config)
    }
}

impl Serve {
    /// The file's configuration with these flags in it, checked.
    pub fn configuration(&self) -> Result<Config, ConfigError> {
        let mut config = self.place.configuration()?;
        if !self.listen.is_empty() {
            config.listen.clone_from(&self.listen);
        }
        if let Some(web) = &self.web {
            config.web.clone_from(web);
        }
        config.demo |= self.demo;
        if let Some(host) = &self.host {
            self.be_reachable(&mut config, host)?;
        }
        config.check()?;
        Ok(config)
    }

    /// `--host`: listen at that address, self-signed, and offer it for media.
    fn be_reachable(&self, config: &mut Config, host: &str) -> Result<(), ConfigError> {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let address: Option<IpAddr> = host.parse().ok();
        if address.is_some_and(|address| address.to_canonical().is_unspecified()) {
            return Err(ConfigError::Wrong(nowhere(host)));
        }
        if let (true, Some(address)) = (self.listen.is_empty(), address) {
            config.listen = vec![SocketAddr::new(address, DEFAULT_PORT)];
        } else if self.listen.is_empty() {
            return Err(ConfigError::wrong(
                "--host with a name needs --listen ADDRESS:PORT too, to say where to listen",
            ));
        }
        // A node of its own process says itself where it is.
        if config.media.nodes.is_empty() {
            config.media.advertise = address.or(config.media.advertise);
        }
        config.tls.self_signed = config.tls.cert.is_none();
        config.public_host = Some(host.to_owned());
        Ok(())
    }
}

/// `0.0.0.0` is a way to listen and no place that a browser could open or a certificate be made for.
fn nowhere(host: &str) -> String {
    let own: Vec<_> = if_addrs::get_if_addrs().unwrap_or_default().iter().map(if_addrs::Interface::ip).collect();
    let own = own.into_iter().filter(|address| !address.is_loopback() && !is_link_local(*address));
    let own: Vec<_> = own.map(|address| address.to_string()).collect();
    let own = if own.is_empty() { "no address on any network".to_owned() } else { own.join(", ") };
    format!("--host needs the address that other machines open, and {host} is none: this machine has {own}")
}

/// Needs a zone to be reached, which no link carries.
fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serve(arguments: &[&str]) -> Result<Config, ConfigError> {
        let cli = Cli::try_parse_from(["conclave", "serve"].iter().chain(arguments)).unwrap();
        let Command::Serve(serve) = cli.command else { panic!("not serve") };
        serve.configuration()
    }

    #[test]
    fn flags_win_over_defaults() {
        let config = serve(&["--listen", "127.0.0.1:0", "--data", "/x", "--web", "/y", "--demo"]).unwrap();
        assert_eq!(config.listen, ["127.0.0.1:0".parse().unwrap()]);
        assert_eq!((config.data.to_str(), config.web.to_str(), config.demo), (Some("/x"), Some("/y"), true));
        assert_eq!(serve(&[]).unwrap(), Config::default());
    }

    #[test]
    fn a_host_is_served_under_tls_and_offered_for_media() {
        let config = serve(&["--host", "192.0.2.7"]).unwrap();
        assert_eq!(config.listen, ["192.0.2.7:8080".parse().unwrap()]);
        assert!(config.tls.self_signed);
        assert_eq!(config.media.advertise, Some("192.0.2.7".parse().unwrap()));
        assert_eq!(config.public_url(), "https://192.0.2.7:8080");
        let both = serve(&["--host", "meet.example", "--listen", "0.0.0.0:9000"]).unwrap();
        assert_eq!(both.public_url(), "https://meet.example:9000");
        assert!(serve(&["--host", "meet.example"]).unwrap_err().to_string().contains("--listen"));
        for host in ["0.0.0.0", "::", "[::]", "::ffff:0.0.0.0"] {
            let error = serve(&["--host", host, "--listen", "0.0.0.0:9000"]).unwrap_err().to_string();
            assert!(error.contains("this machine has") && !error.contains('\n'), "{host}: {error}");
        }
        assert_eq!(serve(&["--host", "2001:db8::7"]).unwrap().public_url(), "https://[2001:db8::7]:8080");
    }
}
