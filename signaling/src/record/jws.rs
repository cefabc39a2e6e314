//! The signature: a flattened JSON Web Signature (RFC 7515 section 7.2.2) by Ed25519 (RFC 8037), with the public key in its
//! protected header. A key is called by its thumbprint (RFC 7638): SHA-256 over the key as a JWK.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What a record's header says it is.
const TYPE: &str = "conclave-record+jws";

/// The key that signs records. No `Debug`.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// From its 32 secret bytes (RFC 8032 section 5.1.5). `None`: they are none, which cannot be of 32.
    pub fn from_seed(seed: &[u8; 32]) -> Option<Self> {
        Ed25519KeyPair::from_seed_unchecked(seed).ok().map(Self)
    }

    /// What the key is called.
    pub fn thumbprint(&self) -> String {
        Jwk::of(self.0.public_key().as_ref()).thumbprint()
    }

    /// Signs a text.
    pub fn sign(&self, payload: &str) -> Jws {
        let header = Header { alg: "EdDSA".into(), jwk: Jwk::of(self.0.public_key().as_ref()), typ: TYPE.into() };
        // A struct of strings has no failing serialiser.
        let protected = BASE64URL.encode(serde_json::to_string(&header).unwrap_or_default());
        let payload = BASE64URL.encode(payload);
        let signature = self.0.sign(signed(&protected, &payload).as_bytes());
        Jws { payload, protected, signature: BASE64URL.encode(signature) }
    }
}

/// A signed text, as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Jws {
    /// The text, base64url.
    pub payload: String,
    /// The header, base64url.
    pub protected: String,
    /// The signature over both, base64url.
    pub signature: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    jwk: Jwk,
    typ: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Jwk {
    // In this order the thumbprint wants them.
    crv: String,
    kty: String,
    x: String,
}

impl Jwk {
    fn of(public: &[u8]) -> Self {
        Self { crv: "Ed25519".into(), kty: "OKP".into(), x: BASE64URL.encode(public) }
    }

    fn thumbprint(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        BASE64URL.encode(Sha256::digest(text))
    }
}

/// Why a signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// Not the form that [`SigningKey::sign`] writes.
    #[error("it is not signed in the way in which records are")]
    Form,
    /// Something was changed, or another key signed it.
    #[error("the signature does not fit: something in it was changed")]
    Broken,
}

impl Jws {
    /// The text, and the thumbprint of the key that signed it. Whose key that is, is another question.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(&self) -> Result<(String, String), BadSignature> {
        let decode = |text: &str| BASE64URL.decode(text).map_err(|_| BadSignature::Form);
        let header: Header = serde_json::from_slice(&decode(&self.protected)?).map_err(|_| BadSignature::Form)?;
        let Header { alg, jwk, typ } = header;
        if (alg.as_str(), jwk.crv.as_str(), jwk.kty.as_str(), typ.as_str()) != ("EdDSA", "Ed25519", "OKP", TYPE) {
            return Err(BadSignature::Form);
        }
        let key = UnparsedPublicKey::new(&ED25519, decode(&jwk.x)?);
        let signature = decode(&self.signature)?;
        let message = signed(&self.protected, &self.payload);
        key.verify(message.as_bytes(), &signature).map_err(|_| BadSignature::Broken)?;
        let payload = String::from_utf8(decode(&self.payload)?).map_err(|_| BadSignature::Form)?;
        Ok((payload, jwk.thumbprint()))
    }
}

/// RFC 7515 section 5.1, step 8.
fn signed(protected: &str, payload: &str) -> String {
    format!("{protected}.{payload}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SigningKey {
        SigningKey::from_seed(&[byte; 32]).unwrap()
    }

    #[test]
    fn what_was_signed_comes_back_with_the_key_s_name() {
        let jws = key(1).sign("hello");
        assert_eq!(jws.verify(), Ok(("hello".to_owned(), key(1).thumbprint())));
        assert_ne!(key(1).thumbprint(), key(2).thumbprint());
    }

    /// RFC 8037 appendix A: the key of the examples, its thumbprint, and its signature of another header's and payload's text.
    #[test]
    fn the_key_of_the_rfc_has_the_rfc_s_thumbprint() {
        let seed = BASE64URL.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let key = SigningKey::from_seed(seed.as_slice().try_into().unwrap()).unwrap();
        assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let signature = key.0.sign(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
        let expected = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        assert_eq!(BASE64URL.encode(signature), expected);
    }

    /// One bit anywhere, a signature of another key, another algorithm: none of it holds.
    #[test]
    fn one_changed_bit_is_noticed() {
        let jws = key(1).sign("the quick brown fox");
        let text = serde_json::to_string(&jws).unwrap();
        let mut noticed = 0;
        for index in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[index] ^= 1 << bit;
                let read = String::from_utf8(bytes).ok().and_then(|text| serde_json::from_str::<Jws>(&text).ok());
                let holds = read
                    .is_some_and(|read| read.verify().is_ok_and(|said| said == jws.verify().unwrap()) && read != jws);
                assert!(!holds, "bit {bit} of byte {index}");
                noticed += 1;
            }
        }
        assert!(noticed > 2_000);
        let other = key(2).sign("the quick brown fox");
        assert_eq!(Jws { signature: other.signature, ..jws.clone() }.verify(), Err(BadSignature::Broken));
        let header = r#"{"alg":"none","jwk":{"crv":"Ed25519","kty":"OKP","x":""},"typ":"conclave-record+jws"}"#;
        assert_eq!(Jws { protected: BASE64URL.encode(header), ..jws }.verify(), Err(BadSignature::Form));
    }
}
