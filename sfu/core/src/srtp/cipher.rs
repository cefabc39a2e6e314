//! The ciphers of one direction and protocol: AES-GCM (RFC 7714), and for devices that have nothing else AES in counter mode
//! with HMAC-SHA1 (RFC 3711).

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use str0m::crypto::AeadAes256Gcm;

use super::NotSealed;

const GCM_TAG_BYTES: usize = 16;
const GCM_SALT_BYTES: usize = AeadAes256Gcm::SALT_LEN;
/// `HMAC-SHA1` cut to 80 bits.
const HMAC_TAG_BYTES: usize = 10;
/// RFC 3711 section 5.2: `n_a`.
pub(super) const TAG_KEY_BYTES: usize = 20;
const COUNTER_SALT_BYTES: usize = 14;
/// SRTCP's header, up to where it is encrypted.
const RTCP_CLEAR_BYTES: usize = 8;
/// SRTCP's E flag and index.
const TRAILER_BYTES: usize = 4;

pub(super) enum Cipher {
    Gcm(LessSafeKey, [u8; GCM_SALT_BYTES]),
    Counter(Box<Counter>),
}

/// Most sessions have none: a device's, if at all.
pub(super) struct Counter {
    key: EncryptingKey,
    tag_key: hmac::Key,
    salt: [u8; COUNTER_SALT_BYTES],
}

impl std::fmt::Debug for Cipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cipher")
    }
}

/// An SRTCP packet taken apart.
pub(super) struct Sealed<'a> {
    clear: &'a [u8],
    /// With its tag behind it, in GCM.
    secret: &'a [u8],
    trailer: &'a [u8; TRAILER_BYTES],
    /// Not in GCM.
    tag: &'a [u8],
}

impl Sealed<'_> {
    pub(super) fn ssrc(&self) -> u32 {
        self.clear.last_chunk().map_or(0, |ssrc| u32::from_be_bytes(*ssrc))
    }

    pub(super) fn trailer(&self) -> u32 {
        u32::from_be_bytes(*self.trailer)
    }
}

impl Cipher {
    pub(super) fn gcm(key: &[u8], salt: &[u8]) -> Option<Self> {
        let algorithm = if key.len() == 32 { &AES_256_GCM } else { &AES_128_GCM };
        Some(Self::Gcm(LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?), salt.try_into().ok()?))
    }

    pub(super) fn counter(key: &[u8], tag_key: &[u8], salt: &[u8]) -> Option<Self> {
        let key = EncryptingKey::ctr(UnboundCipherKey::new(&AES_128, key).ok()?).ok()?;
        let tag_key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, tag_key);
        Some(Self::Counter(Box::new(Counter { key, tag_key, salt: salt.try_into().ok()? })))
    }

    /// Seals the packet that `buffer` ends with: it begins at `start`, its header takes `header` bytes.
    pub(super) fn seal_rtp(
        &self,
        buffer: &mut Vec<u8>,
        start: usize,
        header: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<(), NotSealed> {
        let (roll_over, seq) = ((index >> 16) as u32, index as u16);
        let packet = buffer.get_mut(start..).ok_or(NotSealed)?;
        let (clear, secret) = packet.split_at_mut_checked(header).ok_or(NotSealed)?;
        match self {
            Self::Gcm(key, salt) => {
                let iv = AeadAes256Gcm::rtp_iv(*salt, ssrc, roll_over, seq);
                let tag = seal(key, iv, clear, secret)?;
                buffer.extend_from_slice(&tag);
            }
            Self::Counter(counter) => {
                counter.apply(ssrc, index << 16, secret)?;
                let tag = counter.tag(packet, &roll_over.to_be_bytes());
                buffer.extend_from_slice(&tag);
            }
        }
        Ok(())
    }

    /// Seals the compound packet that `buffer` ends with, beginning at `start`; `trailer` is the E flag and the index.
    pub(super) fn seal_rtcp(
        &self,
        buffer: &mut Vec<u8>,
        start: usize,
        ssrc: u32,
        index: u32,
        trailer: u32,
    ) -> Result<(), NotSealed> {
        let trailer = trailer.to_be_bytes();
        let packet = buffer.get_mut(start..).ok_or(NotSealed)?;
        let (clear, secret) = packet.split_at_mut_checked(RTCP_CLEAR_BYTES).ok_or(NotSealed)?;
        match self {
            // What is authenticated beside the header, flag and index, follows the tag on the wire (RFC 7714 9.2).
            Self::Gcm(key, salt) => {
                let tag = seal(key, AeadAes256Gcm::rtcp_iv(*salt, ssrc, index), &associated(clear, &trailer), secret)?;
                buffer.extend_from_slice(&tag);
                buffer.extend_from_slice(&trailer);
            }
            // And here the tag follows them (RFC 3711 3.4).
            Self::Counter(counter) => {
                counter.apply(ssrc, u64::from(index) << 16, secret)?;
                let tag = counter.tag(packet, &trailer);
                buffer.extend_from_slice(&trailer);
                buffer.extend_from_slice(&tag);
            }
        }
        Ok(())
    }

    /// The parts of an SRTCP packet; `None` when it is too short for them.
    pub(super) fn take_apart<'a>(&self, datagram: &'a [u8]) -> Option<Sealed<'a>> {
        let (rest, tag) = match self {
            Self::Gcm(..) => (datagram, &[][..]),
            Self::Counter(_) => datagram.split_at_checked(datagram.len().checked_sub(HMAC_TAG_BYTES)?)?,
        };
        let (rest, trailer) = rest.split_last_chunk::<TRAILER_BYTES>()?;
        let (clear, secret) = rest.split_at_checked(RTCP_CLEAR_BYTES)?;
        Some(Sealed { clear, secret, trailer, tag })
    }

    /// Opens it into `plain`. `None` when it is not from the peer.
    pub(super) fn open_rtcp(&self, sealed: &Sealed<'_>, index: u32, plain: &mut Vec<u8>) -> Option<()> {
        let (ssrc, Sealed { clear, secret, trailer, tag }) = (sealed.ssrc(), sealed);
        plain.clear();
        plain.extend_from_slice(clear);
        match self {
            Self::Gcm(key, salt) => {
                let (secret, tag) = secret.split_at_checked(secret.len().checked_sub(GCM_TAG_BYTES)?)?;
                plain.resize(RTCP_CLEAR_BYTES + secret.len(), 0);
                let nonce = Nonce::assume_unique_for_key(AeadAes256Gcm::rtcp_iv(*salt, ssrc, index));
                let out = plain.get_mut(RTCP_CLEAR_BYTES..)?;
                key.open_separate_gather(nonce, Aad::from(associated(clear, trailer)), secret, tag, out).ok()
            }
            Self::Counter(counter) => {
                plain.extend_from_slice(secret);
                verify_slices_are_equal(&counter.tag(plain, trailer), tag).ok()?;
                counter.apply(ssrc, u64::from(index) << 16, plain.get_mut(RTCP_CLEAR_BYTES..)?).ok()
            }
        }
    }
}

/// What GCM authenticates of an SRTCP packet beside what it encrypts.
fn associated(clear: &[u8], trailer: &[u8; TRAILER_BYTES]) -> [u8; RTCP_CLEAR_BYTES + TRAILER_BYTES] {
    let mut associated = [0; RTCP_CLEAR_BYTES + TRAILER_BYTES];
    for (to, from) in associated.iter_mut().zip(clear.iter().chain(trailer)) {
        *to = *from;
    }
    associated
}

fn seal(
    key: &LessSafeKey,
    iv: [u8; NONCE_LEN],
    clear: &[u8],
    secret: &mut [u8],
) -> Result<[u8; GCM_TAG_BYTES], NotSealed> {
    let tag = key.seal_in_place_separate_tag(Nonce::assume_unique_for_key(iv), Aad::from(clear), secret);
    tag.map_err(|_| NotSealed)?.as_ref().try_into().map_err(|_| NotSealed)
}

impl Counter {
    /// Encrypts or decrypts, which is the same (RFC 3711 section 4.1.1). `position` is the index, shifted to where it stands
    /// in the counter's last eight bytes.
    fn apply(&self, ssrc: u32, position: u64, text: &mut [u8]) -> Result<(), NotSealed> {
        let mut iv = [0; 16];
        iv[..COUNTER_SALT_BYTES].copy_from_slice(&self.salt);
        let moved = u128::from(ssrc) << 64 ^ u128::from(position);
        let iv = (u128::from_be_bytes(iv) ^ moved).to_be_bytes();
        let context = EncryptionContext::Iv128(FixedLength::from(iv));
        self.key.less_safe_encrypt(text, context).map(|_| ()).map_err(|_| NotSealed)
    }

    fn tag(&self, packet: &[u8], behind: &[u8; 4]) -> [u8; HMAC_TAG_BYTES] {
        let mut context = hmac::Context::with_key(&self.tag_key);
        context.update(packet);
        context.update(behind);
        let mut tag = [0; HMAC_TAG_BYTES];
        tag.iter_mut().zip(context.sign().as_ref()).for_each(|(to, from)| *to = *from);
        tag
    }
}
