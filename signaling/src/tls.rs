//! TLS: the operator's certificate, or one of our own that is kept in the data folder and made for one address.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum_server::tls_rustls::RustlsConfig;
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{CipherSuite, ServerConfig, SupportedCipherSuite};
use sha2::{Digest as _, Sha256};

use crate::config::Config;

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file of the operator's.
    #[error("the TLS file {} cannot be used ({reason}): it must hold {wanted} in PEM form", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What was looked for.
        wanted: &'static str,
        /// Why.
        reason: String,
    },
    /// Certificate and key do not belong together, or are of a kind that is not taken.
    #[error("the TLS certificate and its key do not work together ({0}): check `cert` and `key` under [tls]")]
    Pair(rustls::Error),
    /// Our own could not be made or kept.
    #[error("the self-signed certificate in {} cannot be made or read ({reason}): check that this user may write there", path.display())]
    SelfSigned {
        /// Where.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// What to serve with, and what to show.
pub struct Tls {
    /// For the listeners.
    pub config: RustlsConfig,
    /// SHA-256 of the certificate, as browsers show it.
    pub fingerprint: String,
}

/// Installs the process's one TLS provider. The second call does nothing.
pub fn install_provider() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// TLS as configured; `None` when plain HTTP is.
pub fn load(config: &Config) -> Result<Option<Tls>, TlsError> {
    match (&config.tls.cert, &config.tls.key) {
        (Some(cert), Some(key)) => from_files(cert, key).map(Some),
        _ if config.tls.self_signed => self_signed(config).map(Some),
        _ => Ok(None),
    }
}

fn from_files(cert: &Path, key: &Path) -> Result<Tls, TlsError> {
    let unusable = |path: &Path, wanted, reason: String| TlsError::File { path: path.to_owned(), wanted, reason };
    let wanted = "a certificate chain";
    let chain = CertificateDer::pem_file_iter(cert).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|error| unusable(cert, wanted, error.to_string()))?;
    let Some(first) = chain.first() else { return Err(unusable(cert, wanted, "there is none in it".into())) };
    let fingerprint = fingerprint(first);
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, "a private key", error.to_string()))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(long_keys()));
    let builder = builder.with_safe_default_protocol_versions().map_err(TlsError::Pair)?;
    let mut server = builder.with_no_client_auth().with_single_cert(chain, key).map_err(TlsError::Pair)?;
    // As `serve::http` speaks it.
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Tls { config: RustlsConfig::from_config(Arc::new(server)), fingerprint })
}

/// Suites with 256-bit keys (D31). Browsers put AES-128 first, and would get it.
fn long_keys() -> CryptoProvider {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let is_long = |suite: &SupportedCipherSuite| LONG_SUITES.contains(&suite.suite());
    CryptoProvider { cipher_suites: provider.cipher_suites.iter().copied().filter(is_long).collect(), ..provider }
}

const LONG_SUITES: [CipherSuite; 6] = [
    CipherSuite::TLS13_AES_256_GCM_SHA384,
    CipherSuite::TLS13_CHACHA20_POLY1305_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
];

/// `AB:CD:…`
fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let pairs: Vec<_> = Sha256::digest(certificate).iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

/// The certificate for the names of this configuration: kept, so that an exception made in a browser stays good.
fn self_signed(config: &Config) -> Result<Tls, TlsError> {
    let folder = config.data.join("tls");
    let names = names(config);
    let base = folder.join(file_name(&names));
    let (cert, key) = (base.with_extension("cert.pem"), base.with_extension("key.pem"));
    if !(is_fresh(&cert) && key.exists()) {
        make(&folder, &names, &cert, &key)
            .map_err(|error| TlsError::SelfSigned { path: folder.clone(), reason: error.to_string() })?;
    }
    from_files(&cert, &key)
}

/// Some browsers take no certificate, not even by exception, that is good for more than 398 days; Mozilla's guide wants less than
/// 366 (`sslyze`).
const GOOD_FOR_DAYS: i64 = 365;
/// A new one is made when it has so few days left.
const RENEW_DAYS: u64 = 30;

fn is_fresh(cert: &Path) -> bool {
    let age = fs::metadata(cert).and_then(|file| file.modified()).ok().and_then(|made| made.elapsed().ok());
    let renew_after = GOOD_FOR_DAYS.unsigned_abs() - RENEW_DAYS;
    age.is_some_and(|age| age.as_secs() / 86_400 < renew_after)
}

/// The host in the public URL, and this machine itself.
fn names(config: &Config) -> Vec<String> {
    let url = config.public_url();
    let authority = url.split_once("://").map_or(url.as_str(), |(_, authority)| authority);
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => authority.split(':').next().unwrap_or(authority),
    };
    let mut names = vec![host.to_owned()];
    for own in ["localhost", "127.0.0.1", "::1"] {
        if host != own {
            names.push(own.to_owned());
        }
    }
    names
}

/// One file per address. What is no letter, digit, dot or hyphen becomes an underscore.
fn file_name(names: &[String]) -> String {
    let host = names.first().map_or("localhost", String::as_str);
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '_' };
    format!("self-signed-{}.pem", host.chars().map(plain).collect::<String>())
}

fn make(folder: &Path, names: &[String], cert: &Path, key: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut params = CertificateParams::new(names.to_vec()).map_err(io::Error::other)?;
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, "Conclave, self-signed");
    params.distinguished_name = name;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let (year, month, day) = days_from_today(-1);
    params.not_before = rcgen::date_time_ymd(year, month, day);
    let (year, month, day) = days_from_today(GOOD_FOR_DAYS - 1);
    params.not_after = rcgen::date_time_ymd(year, month, day);
    let pair = KeyPair::generate().map_err(io::Error::other)?;
    let certificate = params.self_signed(&pair).map_err(io::Error::other)?;
    write_private(key, &pair.serialize_pem())?;
    write_private(cert, &certificate.pem())
}

/// From the machine's clock: certificates are for browsers, which have theirs.
pub(crate) fn days_from_today(days: i64) -> (i32, u8, u8) {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let date = today.saturating_add(jiff::Span::new().days(days));
    (date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
}

pub(crate) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(folder: &Path) -> Config {
        let mut config = Config { data: folder.to_owned(), public_host: Some("192.0.2.7".into()), ..Config::default() };
        config.tls.self_signed = true;
        config
    }

    #[test]
    fn a_certificate_of_our_own_is_made_once_per_address() {
        install_provider();
        let folder = crate::testing::folder();
        let config = config(folder.path());
        let first = load(&config).unwrap().unwrap().fingerprint;
        assert_eq!(load(&config).unwrap().unwrap().fingerprint, first);
        let other = Config { public_host: Some("198.51.100.7".into()), ..config };
        assert_ne!(load(&other).unwrap().unwrap().fingerprint, first);
        assert_eq!(fs::read_dir(folder.path().join("tls")).unwrap().count(), 4);
    }

    /// D31, its part between browsers and this server: a client that puts AES-128 first gets 256 bits, one with nothing else gets
    /// no connection.
    #[test]
    fn pages_come_by_long_keys_alone() {
        install_provider();
        let folder = crate::testing::folder();
        let server = load(&config(folder.path())).unwrap().unwrap().config.get_inner();
        let short = |suite: &SupportedCipherSuite| format!("{:?}", suite.suite()).contains("AES_128");
        let all = rustls::crypto::aws_lc_rs::default_provider().cipher_suites;
        let (short, mut long): (Vec<_>, Vec<_>) = all.into_iter().partition(short);
        assert_eq!(agreed(&server, short.clone()), None);
        long.splice(0..0, short);
        let agreed = format!("{:?}", agreed(&server, long).unwrap());
        assert!(agreed.contains("AES_256") || agreed.contains("CHACHA20"), "{agreed}");
    }

    /// What a client with these suites and this server agree on.
    fn agreed(server: &Arc<ServerConfig>, suites: Vec<SupportedCipherSuite>) -> Option<CipherSuite> {
        let provider = CryptoProvider { cipher_suites: suites, ..rustls::crypto::aws_lc_rs::default_provider() };
        let builder = rustls::ClientConfig::builder_with_provider(Arc::new(provider));
        let client = builder.with_safe_default_protocol_versions().unwrap();
        let client = client.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
        let mut client = rustls::ClientConnection::new(Arc::new(client), "localhost".try_into().unwrap()).unwrap();
        let mut server = rustls::ServerConnection::new(Arc::clone(server)).unwrap();
        let mut wire = Vec::new();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut wire.as_slice()).unwrap();
        server.process_new_packets().ok()?;
        server.negotiated_cipher_suite().map(|suite| suite.suite())
    }

    #[test]
    fn files_that_hold_something_else_are_named() {
        install_provider();
        let folder = crate::testing::folder();
        let path = folder.path().join("cert.pem");
        fs::write(&path, "not a certificate").unwrap();
        let mut config = Config::default();
        config.tls.cert = Some(path.clone());
        config.tls.key = Some(path);
        let error = load(&config).err().unwrap().to_string();
        assert!(error.contains("cert.pem") && error.contains("PEM"), "{error}");
        config.tls.cert = Some("/nowhere/cert.pem".into());
        assert!(load(&config).err().unwrap().to_string().contains("/nowhere/cert.pem"));
    }
}
