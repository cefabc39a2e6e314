//! Mutually authenticated TLS between signaling and media nodes: either side shows a certificate of the deployment's own
//! authority, and no other authority counts. `conclave media-keys` makes the files.
//!
//! A node's certificate carries the node's name and is good for a server alone; signaling's is good for a client alone. So
//! a stolen node can neither give orders to other nodes nor stand in for one of another name.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// The authority's certificate, in each side's folder.
pub const AUTHORITY: &str = "authority.pem";
/// The side's own certificate.
pub const CERTIFICATE: &str = "certificate.pem";
/// Its private key.
pub const KEY: &str = "key.pem";

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file is missing, or not what it should be.
    #[error("{} cannot be used ({reason}): name the folder that `conclave media-keys` made for this machine", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Certificate, key and authority do not go together.
    #[error("certificate and key in {} do not go together ({reason}): take all files from one run of `conclave media-keys`", folder.display())]
    Pair {
        /// Where.
        folder: PathBuf,
        /// Why.
        reason: String,
    },
}

/// One side's files.
pub struct Keys {
    folder: PathBuf,
    roots: Arc<RootCertStore>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Keys {
    /// Reads them.
    ///
    /// # Errors
    /// One is missing, or not what it should be.
    pub fn read(folder: &Path) -> Result<Self, KeysError> {
        let authority = folder.join(AUTHORITY);
        let mut roots = RootCertStore::empty();
        for certificate in certificates(&authority)? {
            roots.add(certificate).map_err(|error| unusable(&authority, &error))?;
        }
        let path = folder.join(KEY);
        let key = PrivateKeyDer::from_pem_slice(&file(&path)?).map_err(|error| unusable(&path, &error))?;
        let chain = certificates(&folder.join(CERTIFICATE))?;
        Ok(Self { folder: folder.to_owned(), roots: Arc::new(roots), chain, key })
    }

    /// The node's end: takes signaling's certificate alone.
    ///
    /// # Errors
    /// The files do not go together.
    pub fn acceptor(self) -> Result<TlsAcceptor, KeysError> {
        let Self { folder, roots, chain, key } = self;
        let pair = |reason: String| KeysError::Pair { folder: folder.clone(), reason };
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider()).build();
        let verifier = verifier.map_err(|error| pair(error.to_string()))?;
        let builder = ServerConfig::builder_with_provider(provider()).with_protocol_versions(&[&TLS13]);
        let builder = builder.map_err(|error| pair(error.to_string()))?.with_client_cert_verifier(verifier);
        let mut config = builder.with_single_cert(chain, key).map_err(|error| pair(error.to_string()))?;
        // Every connection shows its certificate anew.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Signaling's end: takes a node's certificate with the name that is connected to.
    ///
    /// # Errors
    /// The files do not go together.
    pub fn connector(self) -> Result<TlsConnector, KeysError> {
        let Self { folder, roots, chain, key } = self;
        let pair = |reason: String| KeysError::Pair { folder: folder.clone(), reason };
        let builder = ClientConfig::builder_with_provider(provider()).with_protocol_versions(&[&TLS13]);
        let builder = builder.map_err(|error| pair(error.to_string()))?.with_root_certificates(roots);
        let mut config = builder.with_client_auth_cert(chain, key).map_err(|error| pair(error.to_string()))?;
        config.resumption = Resumption::disabled();
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

/// TLS 1.3 with 256-bit ciphers alone (D31).
fn provider() -> Arc<CryptoProvider> {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites = vec![
        aws_lc_rs::cipher_suite::TLS13_AES_256_GCM_SHA384,
        aws_lc_rs::cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
    ];
    Arc::new(provider)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, KeysError> {
    let found = CertificateDer::pem_slice_iter(&file(path)?).collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|error| unusable(path, &error))?;
    if found.is_empty() {
        return Err(unusable(path, &"there is no certificate in it"));
    }
    Ok(found)
}

fn file(path: &Path) -> Result<Vec<u8>, KeysError> {
    fs::read(path).map_err(|error: io::Error| unusable(path, &error))
}

fn unusable(path: &Path, reason: &dyn std::fmt::Display) -> KeysError {
    KeysError::File { path: path.to_owned(), reason: reason.to_string() }
}
