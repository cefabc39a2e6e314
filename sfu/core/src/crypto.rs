//! Which keys a session may use: DTLS 1.2 with 256-bit suites, and `SRTP_AEAD_AES_256_GCM` or nothing (D31).
//!
//! str0m's own provider would also take AES-128 and AES-CM. This one wraps the same implementation (dimpl on
//! aws-lc) and ends a handshake that settled for less. DTLS 1.2, because a DTLS 1.3 server would take the
//! client's first SRTP profile (SECURITY T9).

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Instant;

use str0m::config::DtlsVersion;
use str0m::crypto::dtls::{
    DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, ProtocolVersion, SrtpProfile,
};
use str0m::crypto::{CryptoError, CryptoProvider};

use dimpl::crypto::Dtls12CipherSuite;

use crate::srtp::MasterKeys;

/// 256-bit suites only.
const SUITES: [Dtls12CipherSuite; 2] =
    [Dtls12CipherSuite::ECDHE_ECDSA_CHACHA20_POLY1305_SHA256, Dtls12CipherSuite::ECDHE_ECDSA_AES256_GCM_SHA384];

thread_local! {
    /// Keys that a handshake on this thread has just agreed on.
    static AGREED: RefCell<Option<MasterKeys>> = const { RefCell::new(None) };
    /// Whether a handshake on this thread has just failed because its peer offers nothing that is taken here.
    static NOT_AGREED: Cell<bool> = const { Cell::new(false) };
}

/// What a session's handshake came to during one call into its str0m.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    /// Keys that it agreed on.
    pub(crate) keys: Option<MasterKeys>,
    /// The peer offers nothing that is taken here: weak keys, or no certificate of a kind that is. Before the handshake is over
    /// anybody on the way can make it look so: it is a reason to tell, not one to act on.
    pub(crate) is_not_agreed: bool,
}

/// Runs a call into one session's str0m. Beside what it returns, what the session's handshake came to meanwhile: str0m has no
/// other way to tell, and its provider is one for all sessions.
pub(crate) fn noting<T>(call: impl FnOnce() -> T) -> (T, Noted) {
    AGREED.take();
    NOT_AGREED.take();
    let result = call();
    (result, Noted { keys: AGREED.take(), is_not_agreed: NOT_AGREED.take() })
}

/// The provider that every session is built with.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    static STRICT: Strict = Strict;
    Arc::new(CryptoProvider { dtls_provider: &STRICT, ..str0m_aws_lc_rs::default_provider() })
}

#[derive(Debug)]
struct Strict;

impl DtlsProvider for Strict {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        str0m_aws_lc_rs::default_provider().dtls_provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        cert: &DtlsCert,
        now: Instant,
        _version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        // ICE has shown that the peer can be reached where it says before DTLS begins, so no cookie.
        let mut builder = dimpl::Config::builder()
            .with_crypto_provider(str0m_aws_lc_rs::dimpl_crypto_provider())
            .dtls12_cipher_suites(&SUITES)
            .use_server_cookie(false);
        if let Some(mtu) = mtu {
            builder = builder.mtu(mtu);
        }
        let config = builder.build().map_err(|error| CryptoError::Other(error.to_string()))?;
        let dtls = dimpl::Dtls::new_12(Arc::new(config), cert.clone(), now);
        Ok(Box::new(StrictDtls { dtls }))
    }
}

struct StrictDtls {
    dtls: dimpl::Dtls,
}

impl std::fmt::Debug for StrictDtls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StrictDtls")
    }
}

/// Lets strong keys through, noting them, and turns weak ones into the end of the connection.
fn only_strong(output: DtlsOutput<'_>, is_client: bool) -> DtlsOutput<'_> {
    match output {
        DtlsOutput::KeyingMaterial(material, SrtpProfile::AEAD_AES_256_GCM) => {
            AGREED.set(MasterKeys::new(&material, is_client));
            DtlsOutput::KeyingMaterial(material, SrtpProfile::AEAD_AES_256_GCM)
        }
        DtlsOutput::KeyingMaterial(..) => {
            tracing::warn!("a peer offered no AES-256-GCM for SRTP; its connection was ended");
            NOT_AGREED.set(true);
            DtlsOutput::CloseNotify
        }
        other => other,
    }
}

impl DtlsInstance for StrictDtls {
    fn set_active(&mut self, active: bool) {
        self.dtls.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        let handled = self.dtls.handle_packet(packet);
        if matches!(handled, Err(DtlsImplError::SecurityError(_) | DtlsImplError::CertificateError(_))) {
            NOT_AGREED.set(true);
        }
        handled
    }

    fn poll_output<'a>(&mut self, buf: &'a mut [u8]) -> DtlsOutput<'a> {
        let is_client = self.dtls.is_active();
        only_strong(self.dtls.poll_output(buf), is_client)
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.dtls.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        self.dtls.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.dtls.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.dtls.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.dtls.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.dtls.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.dtls.close()
    }
}

#[cfg(test)]
mod tests {
    use str0m::crypto::dtls::KeyingMaterial;

    use super::*;

    fn keys(profile: SrtpProfile) -> DtlsOutput<'static> {
        DtlsOutput::KeyingMaterial(KeyingMaterial::new(&[0; 88]), profile)
    }

    /// D31, its media part: weaker keys than AES-256-GCM end the connection.
    #[test]
    fn weak_keys_end_the_connection() {
        let (strong, noted) = noting(|| only_strong(keys(SrtpProfile::AEAD_AES_256_GCM), false));
        assert!(matches!(strong, DtlsOutput::KeyingMaterial(_, SrtpProfile::AEAD_AES_256_GCM)));
        assert!(noted.keys.is_some() && !noted.is_not_agreed);
        for weak in [SrtpProfile::AEAD_AES_128_GCM, SrtpProfile::AES128_CM_SHA1_80] {
            let (ended, noted) = noting(|| only_strong(keys(weak), false));
            assert!(matches!(ended, DtlsOutput::CloseNotify) && noted.keys.is_none(), "{weak:?}");
            assert!(noted.is_not_agreed, "{weak:?}");
        }
    }
}
