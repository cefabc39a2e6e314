//! The keys that DTLS agreed on, and what each direction's ciphers are made of (RFC 3711 section 4.3, RFC 6188, RFC 7714).

use shared::control::KeyLength;
use str0m::crypto::dtls::SrtpProfile;

use super::cipher::Cipher;
use super::{Opener, Sealer};

// RFC 3711 section 4.3.2.
const RTP: Labels = Labels { key: 0, tag: 1, salt: 2 };
const RTCP: Labels = Labels { key: 3, tag: 4, salt: 5 };

/// What makes the keys of one direction and protocol differ.
struct Labels {
    key: u8,
    tag: u8,
    salt: u8,
}

/// A profile's algorithm, with its sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Profile {
    Gcm256,
    Gcm128,
    /// `SRTP_AES128_CM_HMAC_SHA1_80` (RFC 5764 section 4.1.2).
    Counter128,
}

impl Profile {
    fn of(profile: SrtpProfile) -> Option<Self> {
        match profile {
            SrtpProfile::AEAD_AES_256_GCM => Some(Self::Gcm256),
            SrtpProfile::AEAD_AES_128_GCM => Some(Self::Gcm128),
            SrtpProfile::AES128_CM_SHA1_80 => Some(Self::Counter128),
            _ => None,
        }
    }

    const fn key_bytes(self) -> usize {
        if matches!(self, Self::Gcm256) { 32 } else { 16 }
    }

    const fn salt_bytes(self) -> usize {
        if matches!(self, Self::Counter128) { 14 } else { 12 }
    }
}

/// The master keys of both sides, as DTLS agreed on them. They never show.
pub(crate) struct MasterKeys {
    profile: Profile,
    length: KeyLength,
    ours: Master,
    theirs: Master,
}

struct Master {
    key: Vec<u8>,
    salt: Vec<u8>,
}

impl std::fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKeys")
    }
}

impl MasterKeys {
    /// Takes the exported material apart: both sides' keys, then both sides' salts, the client's first (RFC 5764 section
    /// 4.2). `suite` is the length of the keys that DTLS itself uses. `None` when its size is not this profile's.
    pub(crate) fn new(profile: SrtpProfile, material: &[u8], is_client: bool, suite: KeyLength) -> Option<Self> {
        let profile = Profile::of(profile)?;
        let (key_bytes, salt_bytes) = (profile.key_bytes(), profile.salt_bytes());
        if material.len() != 2 * (key_bytes + salt_bytes) {
            return None;
        }
        let (keys, salts) = material.split_at(2 * key_bytes);
        let (client_key, server_key) = keys.split_at(key_bytes);
        let (client_salt, server_salt) = salts.split_at(salt_bytes);
        let master = |key: &[u8], salt: &[u8]| Master { key: key.to_vec(), salt: salt.to_vec() };
        let (client, server) = (master(client_key, client_salt), master(server_key, server_salt));
        let (ours, theirs) = if is_client { (client, server) } else { (server, client) };
        let length = if profile == Profile::Gcm256 { suite } else { KeyLength::Bits128 };
        Some(Self { profile, length, ours, theirs })
    }

    /// How long the shortest of the connection's keys is.
    pub(crate) fn length(&self) -> KeyLength {
        self.length
    }

    /// What seals and what opens.
    pub(crate) fn session(&self) -> Option<(Sealer, Opener)> {
        let sealer = Sealer::new(self.cipher(&self.ours, &RTP)?, self.cipher(&self.ours, &RTCP)?);
        Some((sealer, Opener::new(self.cipher(&self.theirs, &RTCP)?)))
    }

    fn cipher(&self, master: &Master, labels: &Labels) -> Option<Cipher> {
        let derive = |label, bytes| derive(master, label, bytes);
        let key = derive(labels.key, self.profile.key_bytes());
        let salt = derive(labels.salt, self.profile.salt_bytes());
        match self.profile {
            Profile::Gcm256 | Profile::Gcm128 => Cipher::gcm(&key, &salt),
            Profile::Counter128 => Cipher::counter(&key, &derive(labels.tag, super::cipher::TAG_KEY_BYTES), &salt),
        }
    }
}

/// AES_CM_PRF (RFC 3711 section 4.3.3; RFC 6188 section 3 with 256 bits): the salt with the label in it, counted up and
/// encrypted.
fn derive(master: &Master, label: u8, bytes: usize) -> Vec<u8> {
    let provider = str0m_aws_lc_rs::default_provider().srtp_provider;
    let mut input = [0; 16];
    for (byte, salt) in input.iter_mut().zip(&master.salt) {
        *byte = *salt;
    }
    input[7] ^= label;
    let mut out = Vec::new();
    for round in 0..bytes.div_ceil(16) as u16 {
        input[14..].copy_from_slice(&round.to_be_bytes());
        let mut block = [0; 32];
        match master.key.len() {
            32 => provider.srtp_aes_256_ecb_round(&master.key, &input, &mut block),
            _ => provider.srtp_aes_128_ecb_round(&master.key, &input, &mut block),
        }
        out.extend_from_slice(&block[..16]);
    }
    out.truncate(bytes);
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::hex;
    use super::*;

    /// RFC 3711 appendix B.3.
    #[test]
    fn keys_are_derived_as_the_rfc_shows() {
        let master = Master { key: hex("E1F97A0D3E018BE0D64FA32C06DE4139"), salt: hex("0EC675AD498AFEEBB6960B3AABE6") };
        assert_eq!(derive(&master, RTP.key, 16), hex("C61E7A93744F39EE10734AFE3FF7A087"));
        assert_eq!(derive(&master, RTP.salt, 14), hex("30CBBC08863D8C85D49DB34A9AE1"));
        assert_eq!(derive(&master, RTP.tag, 20), hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
    }

    #[test]
    fn material_of_another_size_is_no_key() {
        let strong =
            |bytes: usize| MasterKeys::new(SrtpProfile::AEAD_AES_256_GCM, &vec![7; bytes], true, KeyLength::Bits256);
        assert!(strong(56).is_none());
        assert_eq!(format!("{:?}", strong(88)), "Some(MasterKeys)");
    }

    /// A chain is as strong as its shortest key.
    #[test]
    fn the_shorter_key_counts() {
        let (long, short) = (KeyLength::Bits256, KeyLength::Bits128);
        let table = [
            (SrtpProfile::AEAD_AES_256_GCM, 88, long, long),
            (SrtpProfile::AEAD_AES_256_GCM, 88, short, short),
            (SrtpProfile::AEAD_AES_128_GCM, 56, long, short),
            (SrtpProfile::AES128_CM_SHA1_80, 60, long, short),
        ];
        for (profile, bytes, suite, expected) in table {
            let keys = MasterKeys::new(profile, &vec![7; bytes], true, suite).unwrap();
            assert_eq!(keys.length(), expected, "{profile:?} {suite:?}");
        }
    }
}
