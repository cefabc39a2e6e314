//! Which keys a session may use: DTLS 1.2 with 256-bit suites, and `SRTP_AEAD_AES_256_GCM` or nothing (D31). Devices may
//! have AES-128 where the operator allows it and they have nothing else: GCM, or counter mode with HMAC-SHA1.
//!
//! str0m's own provider would take AES-128 from anybody. These wrap the same implementation (dimpl on aws-lc) and end a
//! handshake that settled for less than they are for. DTLS 1.2, because a DTLS 1.3 server would take the client's first SRTP
//! profile (SECURITY T9).

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Instant;

use dimpl::SecurityError;
use dimpl::crypto::Dtls12CipherSuite;
use shared::control::KeyLength;
use str0m::config::DtlsVersion;
use str0m::crypto::dtls::{DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, ProtocolVersion};
use str0m::crypto::{CryptoError, CryptoProvider};

use crate::srtp::MasterKeys;

const LONG_SUITES: [Dtls12CipherSuite; 2] =
    [Dtls12CipherSuite::ECDHE_ECDSA_CHACHA20_POLY1305_SHA256, Dtls12CipherSuite::ECDHE_ECDSA_AES256_GCM_SHA384];
const SHORT_SUITES: [Dtls12CipherSuite; 1] = [Dtls12CipherSuite::ECDHE_ECDSA_AES128_GCM_SHA256];
/// Datagrams that a ClientHello may come in, to be read again for shorter keys.
const MOST_OF_A_HELLO: usize = 8;

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

/// The provider of sessions whose keys may be so short, and no shorter.
pub(crate) fn provider(shortest: KeyLength) -> Arc<CryptoProvider> {
    static LONG: Provider = Provider { shortest: KeyLength::Bits256 };
    static SHORT: Provider = Provider { shortest: KeyLength::Bits128 };
    let dtls_provider = if shortest == KeyLength::Bits256 { &LONG } else { &SHORT };
    Arc::new(CryptoProvider { dtls_provider, ..str0m_aws_lc_rs::default_provider() })
}

#[derive(Debug)]
struct Provider {
    shortest: KeyLength,
}

impl DtlsProvider for Provider {
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
        let shortest = self.shortest;
        let dtls = handshake(&LONG_SUITES, cert, now, mtu)?;
        let shorter = (shortest == KeyLength::Bits128)
            .then(|| Box::new(Shorter { cert: cert.clone(), mtu, now, hello: Vec::new() }));
        Ok(Box::new(CheckedDtls { dtls, shortest, suite: KeyLength::Bits256, shorter }))
    }
}

fn handshake(
    suites: &[Dtls12CipherSuite],
    cert: &DtlsCert,
    now: Instant,
    mtu: Option<usize>,
) -> Result<dimpl::Dtls, CryptoError> {
    // ICE has shown that the peer can be reached where it says before DTLS begins, so no cookie.
    let mut builder = dimpl::Config::builder()
        .with_crypto_provider(str0m_aws_lc_rs::dimpl_crypto_provider())
        .dtls12_cipher_suites(suites)
        .use_server_cookie(false);
    if let Some(mtu) = mtu {
        builder = builder.mtu(mtu);
    }
    let config = builder.build().map_err(|error| CryptoError::Other(error.to_string()))?;
    Ok(dimpl::Dtls::new_12(Arc::new(config), cert.clone(), now))
}

struct CheckedDtls {
    dtls: dimpl::Dtls,
    /// Of SRTP.
    shortest: KeyLength,
    /// The suites that are tried.
    suite: KeyLength,
    /// Until they are tried, and where they may be.
    shorter: Option<Box<Shorter>>,
}

/// What a handshake with shorter keys begins with. dimpl takes the first suite of the client's that is allowed, so the short
/// ones are allowed only to who has shown that they have no other: where both have long keys, they use them.
struct Shorter {
    cert: DtlsCert,
    mtu: Option<usize>,
    now: Instant,
    hello: Vec<Vec<u8>>,
}

impl std::fmt::Debug for CheckedDtls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CheckedDtls")
    }
}

impl CheckedDtls {
    /// The handshake anew, with short suites. Whoever removed the long ones on the way fails at its end: both sides compare
    /// all that was said.
    fn begin_shorter(&mut self, shorter: Shorter) -> Result<(), DtlsImplError> {
        let Shorter { cert, mtu, now, hello } = shorter;
        let Ok(dtls) = handshake(&SHORT_SUITES, &cert, now, mtu) else {
            return Err(DtlsImplError::SecurityError(SecurityError::NoMutuallyAcceptableCipherSuite));
        };
        self.dtls = dtls;
        self.suite = KeyLength::Bits128;
        self.dtls.set_active(false);
        self.dtls.handle_timeout(now)?;
        hello.iter().try_for_each(|packet| self.dtls.handle_packet(packet))
    }

    fn take_in(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        let handled = self.dtls.handle_packet(packet);
        if let Some(shorter) = self.shorter.as_mut().filter(|shorter| shorter.hello.len() < MOST_OF_A_HELLO) {
            shorter.hello.push(packet.to_vec());
        }
        match handled {
            Err(DtlsImplError::SecurityError(SecurityError::NoMutuallyAcceptableCipherSuite)) => {
                self.shorter.take().map_or(handled, |shorter| self.begin_shorter(*shorter))
            }
            handled => handled,
        }
    }
}

/// Lets keys through that are long enough, noting them, and turns others into the end of the connection.
fn only_strong(output: DtlsOutput<'_>, is_client: bool, suite: KeyLength, shortest: KeyLength) -> DtlsOutput<'_> {
    let DtlsOutput::KeyingMaterial(material, profile) = output else { return output };
    match MasterKeys::new(profile, &material, is_client, suite).filter(|keys| keys.length() >= shortest) {
        Some(keys) => {
            AGREED.set(Some(keys));
            DtlsOutput::KeyingMaterial(material, profile)
        }
        None => {
            tracing::warn!("a peer offered no SRTP with keys as long as they must be; its connection was ended");
            NOT_AGREED.set(true);
            DtlsOutput::CloseNotify
        }
    }
}

impl DtlsInstance for CheckedDtls {
    fn set_active(&mut self, active: bool) {
        // As a client it would not learn what the server chose.
        self.shorter = self.shorter.take().filter(|_| !active);
        self.dtls.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        let handled = self.take_in(packet);
        if matches!(handled, Err(DtlsImplError::SecurityError(_) | DtlsImplError::CertificateError(_))) {
            NOT_AGREED.set(true);
        }
        handled
    }

    fn poll_output<'a>(&mut self, buf: &'a mut [u8]) -> DtlsOutput<'a> {
        let is_client = self.dtls.is_active();
        let output = only_strong(self.dtls.poll_output(buf), is_client, self.suite, self.shortest);
        if matches!(output, DtlsOutput::Connected) {
            self.shorter = None;
        }
        output
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        if let Some(shorter) = &mut self.shorter {
            shorter.now = now;
        }
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
    use str0m::crypto::dtls::{KeyingMaterial, SrtpProfile};

    use super::*;

    /// D31, its media part: weaker keys than AES-256-GCM end the connection, unless it is one that may have them.
    #[test]
    fn weak_keys_end_the_connection() {
        let (long, short) = (KeyLength::Bits256, KeyLength::Bits128);
        let (strong, weak, weakest) =
            (SrtpProfile::AEAD_AES_256_GCM, SrtpProfile::AEAD_AES_128_GCM, SrtpProfile::AES128_CM_SHA1_80);
        let table = [
            ((strong, 88), long, long, true),
            ((weak, 56), long, long, false),
            ((weakest, 60), long, long, false),
            ((strong, 88), short, long, false),
            ((strong, 88), long, short, true),
            ((strong, 88), short, short, true),
            ((weak, 56), short, short, true),
            ((weakest, 60), long, short, true),
        ];
        for ((profile, bytes), suite, shortest, is_taken) in table {
            let keys = DtlsOutput::KeyingMaterial(KeyingMaterial::new(&vec![0; bytes]), profile);
            let (output, noted) = noting(|| only_strong(keys, false, suite, shortest));
            let shown = format!("{profile:?} over {suite:?} where {shortest:?} is enough");
            assert_eq!(matches!(output, DtlsOutput::KeyingMaterial(..)), is_taken, "{shown}");
            assert_eq!((noted.keys.is_some(), noted.is_not_agreed), (is_taken, !is_taken), "{shown}");
        }
    }
}
