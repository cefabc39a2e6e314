//! The keys that the database must not have: one for PINs, one for invitation links, HMAC-SHA-256 both, and the one that
//! signs meeting records, Ed25519. What seals the secrets of authenticators is derived from that for links: a file of its own
//! would be missing in every backup that was made before there were any.
//!
//! They are files in `DATA/keys/`, readable by their owner alone, made when they are missing. A key's id is a
//! fingerprint of its content, so that a file that was lost and made anew is not taken for the old one. The PIN key
//! whose file name sorts last makes new PINs; the others still open old ones.

use std::fmt;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use shared::ids::{AccountId, InviteeId};
use shared::pin::Pin;
use shared::secret::Secret;

use crate::chance::{Chance, hex};
use crate::record::jws::{Jws, SigningKey};

const FIRST_PIN_KEY: &str = "pin-0001.key";
const LINK_KEY: &str = "link.key";
const RECORD_KEY: &str = "record.key";
/// Bytes of a key: as many as the hash gives.
const KEY_BYTES: usize = 32;

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The folder or a file in it.
    #[error("the key file {} cannot be used ({error}): check that this user may read and write it", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file that holds something else.
    #[error("the key file {} does not hold 64 hexadecimal digits: restore it from its backup", path.display())]
    NotAKey {
        /// Which.
        path: PathBuf,
    },
}

/// One secret key. No `Debug`.
struct Key {
    id: String,
    bytes: [u8; KEY_BYTES],
}

impl Key {
    fn new(bytes: [u8; KEY_BYTES]) -> Self {
        let mut fingerprint = Sha256::new();
        fingerprint.update(b"conclave key id");
        fingerprint.update(bytes);
        Self { id: hex(&fingerprint.finalize()[..8]), bytes }
    }

    /// HMAC-SHA-256 (RFC 2104). `purpose` keeps uses of a key apart.
    fn mac(&self, purpose: &[u8], message: &[u8]) -> [u8; 32] {
        // HMAC takes a key of any length; with the output's own length this cannot fail.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.bytes) else { return [0; 32] };
        mac.update(purpose);
        mac.update(message);
        mac.finalize().into_bytes().into()
    }
}

/// What stands for a PIN in the database.
#[derive(Clone, PartialEq, Eq)]
pub struct PinMac {
    /// Which key made it.
    pub key_id: String,
    /// HMAC-SHA-256, in hexadecimal.
    pub mac: String,
}

/// All keys of this server.
pub struct Keys {
    /// In order of their file names; never empty.
    pin: Vec<Key>,
    link: Key,
    record: SigningKey,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    /// Reads the keys in `folder` and makes those that are missing.
    ///
    /// # Errors
    /// The folder or a file in it cannot be used.
    pub fn open(folder: &Path, chance: &dyn Chance) -> Result<Self, KeyError> {
        make_folder(folder).map_err(|error| KeyError::File { path: folder.to_owned(), error })?;
        let mut files = pin_files(folder)?;
        if files.is_empty() {
            files.push(folder.join(FIRST_PIN_KEY));
        }
        let pin = files.iter().map(|file| read_or_make(file, chance)).collect::<Result<_, _>>()?;
        let link = read_or_make(&folder.join(LINK_KEY), chance)?;
        Ok(Self { pin, link, record: record_key(folder, chance)? })
    }

    /// Signs a meeting record.
    pub fn sign_record(&self, record: &str) -> Jws {
        self.record.sign(record)
    }

    /// What the key is called that signs records.
    pub fn record_key(&self) -> String {
        self.record.thumbprint()
    }

    /// What stands for this PIN, under every key; the last is the one for new PINs.
    pub fn pin_macs(&self, pin: &Pin) -> Vec<PinMac> {
        let mac = |key: &Key| PinMac { key_id: key.id.clone(), mac: hex(&key.mac(b"pin\0", pin.digits().as_bytes())) };
        self.pin.iter().map(mac).collect()
    }

    /// The token in an invitee's link: the first 128 bits of a MAC over whose it is, in hexadecimal.
    pub fn link_token(&self, invitee: InviteeId) -> Secret {
        Secret::new(hex(&self.link.mac(b"link\0", invitee.as_bytes())[..16]))
    }

    /// The bits that choose the words of an invitation.
    pub fn phrase_bits<const N: usize>(&self, invitee: InviteeId) -> [u8; N] {
        let mac = self.link.mac(b"phrase\0", invitee.as_bytes());
        std::array::from_fn(|index| mac[index % mac.len()])
    }

    /// Seals the secret of an account's authenticator for the database: AES-256-GCM (RFC 5116) under a nonce of its own, bound
    /// to the account. `None` when the cipher fails, which it does not.
    pub fn seal(&self, account: AccountId, secret: &[u8]) -> Option<String> {
        let mut sealed = secret.to_vec();
        let nonce = self.seal_key()?.seal_in_place_append_tag(Aad::from(account.as_bytes()), &mut sealed).ok()?;
        Some(BASE64URL.encode([nonce.as_ref().as_slice(), &sealed].concat()))
    }

    /// What was sealed for this account; `None` when it was for another, was changed, or the key is another.
    pub fn unseal<const N: usize>(&self, account: AccountId, sealed: &str) -> Option<[u8; N]> {
        let mut bytes = BASE64URL.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let secret = self.seal_key()?.open_in_place(nonce, Aad::from(account.as_bytes()), sealed).ok()?;
        (&*secret).try_into().ok()
    }

    fn seal_key(&self) -> Option<RandomizedNonceKey> {
        RandomizedNonceKey::new(&AES_256_GCM, &self.link.mac(b"authenticator\0", b"")).ok()
    }

    /// What stands for a recovery code of an account in the database, in hexadecimal.
    pub fn recovery_mac(&self, account: AccountId, code: &str) -> String {
        hex(&self.link.mac(b"recovery\0", &[account.as_bytes().as_slice(), code.as_bytes()].concat()))
    }

    /// Those of `used` that are not here.
    pub fn missing<'u>(&self, used: &'u [String]) -> Vec<&'u str> {
        used.iter().filter(|id| !self.pin.iter().any(|key| key.id == **id)).map(String::as_str).collect()
    }
}

/// The key in a data folder's `keys` that signs records, made when it is missing.
///
/// # Errors
/// Its file cannot be used.
pub fn record_key(folder: &Path, chance: &dyn Chance) -> Result<SigningKey, KeyError> {
    let path = folder.join(RECORD_KEY);
    let key = read_or_make(&path, chance)?;
    SigningKey::from_seed(&key.bytes).ok_or(KeyError::NotAKey { path })
}

fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn pin_files(folder: &Path) -> Result<Vec<PathBuf>, KeyError> {
    let failed = |error| KeyError::File { path: folder.to_owned(), error };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with("pin-") && name.ends_with(".key") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read_or_make(path: &Path, chance: &dyn Chance) -> Result<Key, KeyError> {
    let failed = |error| KeyError::File { path: path.to_owned(), error };
    match fs::read_to_string(path) {
        Ok(text) => {
            warn_when_others_may_read(path);
            parse(&text).map(Key::new).ok_or_else(|| KeyError::NotAKey { path: path.to_owned() })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(path, chance).map_err(failed),
        Err(error) => Err(failed(error)),
    }
}

fn make(path: &Path, chance: &dyn Chance) -> io::Result<Key> {
    let mut bytes = [0; KEY_BYTES];
    chance.fill(&mut bytes);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{}", hex(&bytes))?;
    file.sync_all()?;
    Ok(Key::new(bytes))
}

fn parse(text: &str) -> Option<[u8; KEY_BYTES]> {
    let digits = text.trim_end();
    if digits.len() != 2 * KEY_BYTES || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; KEY_BYTES];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(bytes)
}

fn warn_when_others_may_read(path: &Path) {
    let open_to_others = fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0);
    if open_to_others {
        tracing::warn!(file = %path.display(), "others on this machine may read this key: chmod 600 it");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::{SeededChance, SystemChance};

    fn pin() -> Pin {
        Pin::parse("1234 5678 9012 3456").unwrap()
    }

    #[test]
    fn keys_are_made_once_and_for_their_owner_alone() {
        let folder = crate::testing::folder();
        let keys = folder.path().join("keys");
        let first = Keys::open(&keys, &SystemChance).unwrap();
        let again = Keys::open(&keys, &SystemChance).unwrap();
        assert!(first.pin_macs(&pin()) == again.pin_macs(&pin()));
        let invitee = InviteeId::from_random([3; 16]);
        assert_eq!(first.link_token(invitee), again.link_token(invitee));
        assert_eq!(first.link_token(invitee).reveal().len(), 32);
        for file in [FIRST_PIN_KEY, LINK_KEY, RECORD_KEY] {
            let mode = fs::metadata(keys.join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
        assert_eq!(fs::metadata(&keys).unwrap().permissions().mode() & 0o777, 0o700);
    }

    /// What is sealed opens for its account and key alone, not when a bit is another, and is never twice the same.
    #[test]
    fn what_is_sealed_is_bound_to_its_account_and_key() {
        let folder = crate::testing::folder();
        let keys = Keys::open(folder.path(), &SystemChance).unwrap();
        let (ada, eve) = (AccountId::from_random([1; 16]), AccountId::from_random([2; 16]));
        let sealed = keys.seal(ada, &[7; 20]).unwrap();
        assert_eq!(keys.unseal::<20>(ada, &sealed), Some([7; 20]));
        assert_eq!(keys.unseal::<20>(eve, &sealed), None, "another account's");
        assert_eq!(keys.unseal::<16>(ada, &sealed), None, "of another length");
        assert_ne!(keys.seal(ada, &[7; 20]).unwrap(), sealed);
        let mut bytes = BASE64URL.decode(&sealed).unwrap();
        assert_eq!(bytes.len(), NONCE_LEN + 20 + 16);
        for at in 0..bytes.len() {
            bytes[at] ^= 1;
            assert_eq!(keys.unseal::<20>(ada, &BASE64URL.encode(&bytes)), None, "byte {at}");
            bytes[at] ^= 1;
        }
        for text in ["", "AAAA", "not base64!"] {
            assert_eq!(keys.unseal::<20>(ada, text), None, "{text:?}");
        }
        fs::remove_file(folder.path().join(LINK_KEY)).unwrap();
        assert_eq!(Keys::open(folder.path(), &SystemChance).unwrap().unseal::<20>(ada, &sealed), None, "another key");
        assert!(keys.recovery_mac(ada, "ACDE") != keys.recovery_mac(eve, "ACDE"));
    }

    #[test]
    fn a_lost_key_is_noticed_although_a_new_one_was_made() {
        let folder = crate::testing::folder();
        let before = Keys::open(folder.path(), &SeededChance::new(1)).unwrap();
        let used = vec![before.pin_macs(&pin())[0].key_id.clone()];
        assert!(before.missing(&used).is_empty());
        fs::remove_file(folder.path().join(FIRST_PIN_KEY)).unwrap();
        let after = Keys::open(folder.path(), &SeededChance::new(2)).unwrap();
        assert_eq!(after.missing(&used), [used[0].as_str()]);
    }

    #[test]
    fn an_added_key_makes_new_pins_and_the_old_one_still_opens() {
        let folder = crate::testing::folder();
        let before = Keys::open(folder.path(), &SystemChance).unwrap();
        fs::write(folder.path().join("pin-0002.key"), "ab".repeat(32)).unwrap();
        let after = Keys::open(folder.path(), &SystemChance).unwrap();
        let macs = after.pin_macs(&pin());
        assert_eq!(macs.len(), 2);
        assert!(macs[0] == before.pin_macs(&pin())[0] && macs[1].key_id != macs[0].key_id);
    }

    #[test]
    fn a_file_that_is_no_key_is_named() {
        let folder = crate::testing::folder();
        fs::write(folder.path().join(LINK_KEY), "not a key").unwrap();
        let error = Keys::open(folder.path(), &SystemChance).unwrap_err();
        assert!(matches!(error, KeyError::NotAKey { .. }) && error.to_string().contains(LINK_KEY), "{error}");
    }
}
