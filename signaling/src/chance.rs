//! Randomness, as a value. What is drawn here guards doors, so the one real source is the CSPRNG that the
//! operating system seeds; tests may bring a seeded one.

use std::fmt::Write as _;
use std::sync::Mutex;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sha2::{Digest, Sha256};
use shared::limits::{RECOVERY_CODE_CHARS, SMS_PASSWORD_CHARS};
use shared::pin::{Pin, PinLengths};
use shared::secret::Secret;

/// Characters of passwords that people read off a screen and type: no 0/O, 1/I/L, 2/Z, 5/S, 8/B, U/V.
const READABLE: &[u8] = b"ACDEFGHJKMNPQRTWXY34679";

/// Where random bytes come from.
pub trait Chance: Send + Sync {
    /// Fills `bytes` with random ones.
    fn fill(&self, bytes: &mut [u8]);
}

/// The process's CSPRNG, seeded and reseeded by the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

/// The same bytes for the same seed, for tests.
#[derive(Debug)]
pub struct SeededChance(Mutex<StdRng>);

impl SeededChance {
    /// Starts from `seed`.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl Chance for SeededChance {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).fill_bytes(bytes);
    }
}

impl dyn Chance + '_ {
    /// 128 bits, for a durable id: `MeetingId::from_random(chance.id())`.
    pub fn id(&self) -> [u8; 16] {
        let mut bits = [0; 16];
        self.fill(&mut bits);
        bits
    }

    /// An opaque token of 256 bits, 64 hexadecimal digits.
    pub fn token(&self) -> Secret {
        let mut bits = [0; 32];
        self.fill(&mut bits);
        Secret::new(hex(&bits))
    }

    /// A PIN of so many digits (brought within [`PinLengths::ANY`]), each equally likely.
    pub fn pin(&self, digits: usize) -> Pin {
        let digits = digits.clamp(PinLengths::ANY.shortest, PinLengths::ANY.longest);
        loop {
            // Always well-formed; the loop is there because a panic is not.
            if let Ok(pin) = Pin::parse(&self.text(b"0123456789", digits)) {
                return pin;
            }
        }
    }

    /// An SMS password: short, without look-alikes.
    pub fn sms_password(&self) -> Secret {
        Secret::new(self.text(READABLE, SMS_PASSWORD_CHARS))
    }

    /// A password for an account, without look-alikes: 16 characters of 23, about 72 bits.
    pub fn account_password(&self) -> Secret {
        Secret::new(self.text(READABLE, 16))
    }

    /// What stands in for a lost authenticator, once: 12 characters of 23, about 54 bits.
    pub fn recovery_code(&self) -> Secret {
        Secret::new(self.text(READABLE, RECOVERY_CODE_CHARS))
    }

    /// `length` characters of `alphabet`, each equally likely.
    fn text(&self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(alphabet[self.below(alphabet.len())])).collect()
    }

    /// A number below `bound` (1 to 256), each equally likely: bytes beyond the last whole multiple are drawn again.
    fn below(&self, bound: usize) -> usize {
        let whole = 256 - 256 % bound;
        loop {
            let mut byte = [0];
            self.fill(&mut byte);
            if usize::from(byte[0]) < whole {
                return usize::from(byte[0]) % bound;
            }
        }
    }
}

/// SHA-256 of a token, in hexadecimal: what the database holds in the token's place.
pub fn token_hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_have_no_look_alikes_and_use_the_whole_alphabet() {
        let chance: &dyn Chance = &SeededChance::new(7);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..400 {
            let password = chance.sms_password();
            assert_eq!(password.reveal().len(), SMS_PASSWORD_CHARS);
            seen.extend(password.reveal().bytes());
        }
        assert_eq!(seen.len(), READABLE.len());
        assert!(seen.iter().all(|c| !b"01258OILSBZUVoil".contains(c)));
    }

    #[test]
    fn pins_use_every_digit_about_equally_often() {
        let chance: &dyn Chance = &SeededChance::new(1);
        let mut counts = [0u32; 10];
        for _ in 0..1_000 {
            for digit in chance.pin(16).digits().bytes() {
                counts[usize::from(digit - b'0')] += 1;
            }
        }
        assert!(counts.iter().all(|count| (1_400..1_800).contains(count)), "{counts:?}");
    }

    #[test]
    fn tokens_are_256_bits_and_their_hash_is_not_them() {
        let chance: &dyn Chance = &SystemChance;
        let (a, b) = (chance.token(), chance.token());
        assert_eq!(a.reveal().len(), 64);
        assert_ne!(a.reveal(), b.reveal());
        assert_eq!(token_hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
