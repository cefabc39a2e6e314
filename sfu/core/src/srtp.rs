//! SRTP and SRTCP with AEAD_AES_256_GCM, the sending half and the reading of feedback (RFC 3711, RFC 6188, RFC 7714).
//!
//! str0m opens what publishers send. What goes out to subscribers is sealed here, in place in the buffer that the system
//! sends from, and their reports are opened here: both happen for every packet and every subscriber, and a general-purpose
//! stack costs several times as much there (`make bench`).
//!
//! A nonce is never used twice, which all of GCM rests on: RTP's is made of SSRC and extended sequence number, and
//! [`crate::send`] numbers each SSRC upwards and never sends a packet again under its own number; SRTCP's of SSRC and a
//! counter that begins beyond all that str0m, which has the same keys, could reach.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use str0m::crypto::AeadAes256Gcm;

/// Bytes that sealing adds.
pub(crate) const TAG_BYTES: usize = 16;

const KEY_BYTES: usize = AeadAes256Gcm::KEY_LEN;
const SALT_BYTES: usize = AeadAes256Gcm::SALT_LEN;
/// What DTLS exports: both sides' keys, then both sides' salts (RFC 5764 section 4.2).
const MATERIAL_BYTES: usize = 2 * (KEY_BYTES + SALT_BYTES);

// RFC 3711 section 4.3.2.
const LABEL_RTP_KEY: u8 = 0;
const LABEL_RTP_SALT: u8 = 2;
const LABEL_RTCP_KEY: u8 = 3;
const LABEL_RTCP_SALT: u8 = 5;

/// RTP's index has 48 bits (RFC 3711 section 3.3.1); beyond them nonces would begin anew.
const RTP_INDEXES: u64 = 1 << 48;
/// The first SRTCP index that is used here; str0m counts its own from zero.
const FIRST_RTCP_INDEX: u32 = 1 << 30;
/// SRTCP's header, up to where it is encrypted.
const RTCP_CLEAR_BYTES: usize = 8;
/// The E flag: encrypted.
const RTCP_ENCRYPTED: u32 = 1 << 31;
/// Senders of feedback whose counters are kept apart; a browser has about three.
const MOST_REPORTERS: usize = 16;

/// The master keys of both sides, as DTLS agreed on them. They never show.
pub(crate) struct MasterKeys {
    ours: Master,
    theirs: Master,
}

struct Master {
    key: [u8; KEY_BYTES],
    salt: [u8; SALT_BYTES],
}

impl std::fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKeys")
    }
}

impl MasterKeys {
    /// Takes the exported material apart; the client's come first. `None` when its size is not this profile's.
    pub(crate) fn new(material: &[u8], is_client: bool) -> Option<Self> {
        if material.len() != MATERIAL_BYTES {
            return None;
        }
        let (keys, salts) = material.split_at(2 * KEY_BYTES);
        let master = |side: usize| {
            let key = keys.get(side * KEY_BYTES..(side + 1) * KEY_BYTES)?.try_into().ok()?;
            let salt = salts.get(side * SALT_BYTES..(side + 1) * SALT_BYTES)?.try_into().ok()?;
            Some(Master { key, salt })
        };
        let (client, server) = (master(0)?, master(1)?);
        Some(if is_client { Self { ours: client, theirs: server } } else { Self { ours: server, theirs: client } })
    }

    /// What seals and what opens.
    pub(crate) fn session(&self) -> Option<(Sealer, Opener)> {
        let sealer = Sealer {
            rtp: Cipher::derive(&self.ours, LABEL_RTP_KEY, LABEL_RTP_SALT)?,
            rtcp: Cipher::derive(&self.ours, LABEL_RTCP_KEY, LABEL_RTCP_SALT)?,
            next_rtcp_index: FIRST_RTCP_INDEX,
        };
        let opener = Opener {
            rtcp: Cipher::derive(&self.theirs, LABEL_RTCP_KEY, LABEL_RTCP_SALT)?,
            reporters: Vec::new(),
            plain: Vec::new(),
        };
        Some((sealer, opener))
    }
}

struct Cipher {
    key: LessSafeKey,
    salt: [u8; SALT_BYTES],
}

impl std::fmt::Debug for Cipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cipher")
    }
}

impl Cipher {
    fn derive(master: &Master, key_label: u8, salt_label: u8) -> Option<Self> {
        let mut key = [0; KEY_BYTES];
        derive(master, key_label, &mut key);
        let mut salt = [0; SALT_BYTES];
        derive(master, salt_label, &mut salt);
        Some(Self { key: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).ok()?), salt })
    }
}

/// AES_256_CM_PRF (RFC 6188 section 3): the salt with the label in it, counted up and encrypted.
fn derive(master: &Master, label: u8, out: &mut [u8]) {
    let provider = str0m_aws_lc_rs::default_provider().srtp_provider;
    let mut input = [0; 16];
    for (byte, salt) in input.iter_mut().zip(master.salt) {
        *byte = salt;
    }
    input[7] ^= label;
    for (round, chunk) in (0_u16..).zip(out.chunks_mut(16)) {
        input[14..].copy_from_slice(&round.to_be_bytes());
        let mut block = [0; 32];
        provider.srtp_aes_256_ecb_round(&master.key, &input, &mut block);
        chunk.copy_from_slice(&block[..chunk.len()]);
    }
}

/// Seals what goes out.
#[derive(Debug)]
pub(crate) struct Sealer {
    rtp: Cipher,
    rtcp: Cipher,
    next_rtcp_index: u32,
}

/// Sealing failed: the packet is too long for GCM, which none of ours can be, or all numbers are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotSealed;

impl Sealer {
    /// Seals the packet that `buffer` ends with: it begins at `start`, its header takes `header` bytes. `index` is the
    /// extended sequence number; never the same twice for one SSRC.
    pub(crate) fn seal_rtp(
        &self,
        buffer: &mut Vec<u8>,
        start: usize,
        header: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<(), NotSealed> {
        if index >= RTP_INDEXES {
            return Err(NotSealed);
        }
        let iv = AeadAes256Gcm::rtp_iv(self.rtp.salt, ssrc, (index >> 16) as u32, index as u16);
        seal(&self.rtp, iv, buffer, start, header)
    }

    /// Seals the compound packet that `buffer` ends with, beginning at `start`.
    pub(crate) fn seal_rtcp(&mut self, buffer: &mut Vec<u8>, start: usize, ssrc: u32) -> Result<(), NotSealed> {
        let index = self.next_rtcp_index;
        if index >= RTCP_ENCRYPTED {
            return Err(NotSealed); // after 34 years of a report a second
        }
        self.next_rtcp_index += 1;
        let iv = AeadAes256Gcm::rtcp_iv(self.rtcp.salt, ssrc, index);
        // What is authenticated beside the header, the flag and the index, follows the tag on the wire (RFC 7714 9.2).
        let trailer = (RTCP_ENCRYPTED | index).to_be_bytes();
        let packet = buffer.get_mut(start..).ok_or(NotSealed)?;
        let (clear, secret) = packet.split_at_mut_checked(RTCP_CLEAR_BYTES).ok_or(NotSealed)?;
        let mut associated = [0; RTCP_CLEAR_BYTES + 4];
        associated[..RTCP_CLEAR_BYTES].copy_from_slice(clear);
        associated[RTCP_CLEAR_BYTES..].copy_from_slice(&trailer);
        let nonce = Nonce::assume_unique_for_key(iv);
        let tag = self.rtcp.key.seal_in_place_separate_tag(nonce, Aad::from(associated), secret);
        buffer.extend_from_slice(tag.map_err(|_| NotSealed)?.as_ref());
        buffer.extend_from_slice(&trailer);
        Ok(())
    }
}

fn seal(
    cipher: &Cipher,
    iv: [u8; NONCE_LEN],
    buffer: &mut Vec<u8>,
    start: usize,
    header: usize,
) -> Result<(), NotSealed> {
    let packet = buffer.get_mut(start..).ok_or(NotSealed)?;
    let (clear, secret) = packet.split_at_mut_checked(header).ok_or(NotSealed)?;
    let tag = cipher.key.seal_in_place_separate_tag(Nonce::assume_unique_for_key(iv), Aad::from(clear), secret);
    buffer.extend_from_slice(tag.map_err(|_| NotSealed)?.as_ref());
    Ok(())
}

/// Opens feedback that comes in.
#[derive(Debug)]
pub(crate) struct Opener {
    rtcp: Cipher,
    /// The newest index of each sender, and which of the 64 before it came.
    reporters: Vec<(u32, Window)>,
    plain: Vec<u8>,
}

/// A compound packet that was opened.
#[derive(Debug)]
pub(crate) struct Opened<'a> {
    pub(crate) compound: &'a [u8],
    /// Whose it is.
    pub(crate) ssrc: u32,
    /// Whether something of theirs came before, and nothing that was sent after it.
    pub(crate) is_newest: bool,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    newest: u32,
    seen: u64,
}

impl Window {
    fn is_new(&self, index: u32) -> bool {
        match self.newest.checked_sub(index) {
            None => true,
            Some(behind) => behind < 64 && self.seen & (1 << behind) == 0,
        }
    }

    fn note(&mut self, index: u32) {
        match index.checked_sub(self.newest) {
            Some(ahead) => {
                self.seen = if ahead < 64 { self.seen << ahead | 1 } else { 1 };
                self.newest = index;
            }
            None => self.seen |= 1 << (self.newest - index).min(63),
        }
    }
}

impl Opener {
    /// What a datagram holds. `None` when it is not from the peer, or was here before.
    pub(crate) fn open_rtcp(&mut self, datagram: &[u8]) -> Option<Opened<'_>> {
        let (rest, trailer) = datagram.split_last_chunk::<4>()?;
        let (clear, sealed) = rest.split_at_checked(RTCP_CLEAR_BYTES)?;
        let ssrc = u32::from_be_bytes(*clear.last_chunk()?);
        let flagged = u32::from_be_bytes(*trailer);
        let index = flagged & !RTCP_ENCRYPTED;
        if flagged & RTCP_ENCRYPTED == 0 || !self.is_new(ssrc, index) {
            return None;
        }
        let mut associated = [0; RTCP_CLEAR_BYTES + 4];
        associated[..RTCP_CLEAR_BYTES].copy_from_slice(clear);
        associated[RTCP_CLEAR_BYTES..].copy_from_slice(trailer);
        let (secret, tag) = sealed.split_at_checked(sealed.len().checked_sub(TAG_BYTES)?)?;
        self.plain.clear();
        self.plain.extend_from_slice(clear);
        self.plain.resize(RTCP_CLEAR_BYTES + secret.len(), 0);
        let nonce = Nonce::assume_unique_for_key(AeadAes256Gcm::rtcp_iv(self.rtcp.salt, ssrc, index));
        let plain = self.plain.get_mut(RTCP_CLEAR_BYTES..)?;
        self.rtcp.key.open_separate_gather(nonce, Aad::from(associated), secret, tag, plain).ok()?;
        let is_newest = self.is_newest(ssrc, index);
        self.note(ssrc, index);
        Some(Opened { compound: &self.plain, ssrc, is_newest })
    }

    fn is_newest(&self, ssrc: u32, index: u32) -> bool {
        self.reporters.iter().any(|(reporter, window)| *reporter == ssrc && window.newest < index)
    }

    fn is_new(&self, ssrc: u32, index: u32) -> bool {
        self.reporters.iter().find(|(reporter, _)| *reporter == ssrc).is_none_or(|(_, window)| window.is_new(index))
    }

    fn note(&mut self, ssrc: u32, index: u32) {
        if let Some((_, window)) = self.reporters.iter_mut().find(|(reporter, _)| *reporter == ssrc) {
            return window.note(index);
        }
        if self.reporters.len() >= MOST_REPORTERS {
            self.reporters.remove(0);
        }
        self.reporters.push((ssrc, Window { newest: index, seen: 1 }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    fn cipher(key: &str, salt: &str) -> Cipher {
        let key = UnboundKey::new(&AES_256_GCM, &hex(key)).unwrap();
        Cipher { key: LessSafeKey::new(key), salt: hex(salt).try_into().unwrap() }
    }

    const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    const SALT: &str = "517569642070726f2071756f";

    /// RFC 7714 section 16.2.1.
    #[test]
    fn a_packet_is_sealed_as_the_rfc_shows() {
        let mut packet = hex("8040f17b 8041f8d3 5501a0b2");
        let header = packet.len();
        packet.extend_from_slice(b"Gallia est omnis divisa in partes tres");
        let sealer = Sealer { rtp: cipher(KEY, SALT), rtcp: cipher(KEY, SALT), next_rtcp_index: 0 };
        sealer.seal_rtp(&mut packet, 0, header, 0x5501_a0b2, 0xf17b).unwrap();
        let expected = "8040f17b 8041f8d3 5501a0b2 32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13";
        assert_eq!(packet, hex(expected));
    }

    #[test]
    fn no_number_beyond_the_last_is_sealed() {
        let (sealer, _) = both_sides();
        let seal = |index| sealer.seal_rtp(&mut vec![0; 20], 0, 12, 1, index);
        assert_eq!((seal(RTP_INDEXES - 1), seal(RTP_INDEXES)), (Ok(()), Err(NotSealed)));
    }

    fn both_sides() -> (Sealer, Opener) {
        let material: Vec<u8> = (0..MATERIAL_BYTES as u8).collect();
        let (sealer, _) = MasterKeys::new(&material, true).unwrap().session().unwrap();
        let (_, opener) = MasterKeys::new(&material, false).unwrap().session().unwrap();
        (sealer, opener)
    }

    fn report(sealer: &mut Sealer, ssrc: u32) -> Vec<u8> {
        let mut packet = vec![0x80, 201, 0, 1];
        packet.extend(ssrc.to_be_bytes());
        packet.extend_from_slice(b"secret..");
        sealer.seal_rtcp(&mut packet, 0, ssrc).unwrap();
        packet
    }

    #[test]
    fn a_report_opens_once_and_not_when_a_bit_is_changed() {
        let (mut sealer, mut opener) = both_sides();
        let first = report(&mut sealer, 7);
        let second = report(&mut sealer, 7);
        assert!(!first.windows(6).any(|part| part == b"secret"));
        for bit in 0..second.len() * 8 {
            let mut changed = second.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(opener.open_rtcp(&changed).is_none(), "bit {bit}");
        }
        assert!(opener.open_rtcp(&second).is_some_and(|opened| opened.compound.ends_with(b"secret..")));
        assert!(opener.open_rtcp(&first).is_some(), "late is not again");
        assert!(opener.open_rtcp(&first).is_none() && opener.open_rtcp(&second).is_none(), "again");
        let other = report(&mut sealer, 8);
        assert!(opener.open_rtcp(&other).is_some(), "each reporter counts for itself");
        for size in 0..first.len() {
            assert!(opener.open_rtcp(&first[..size]).is_none());
        }
    }

    #[test]
    fn a_window_knows_what_was_here() {
        let mut window = Window { newest: 100, seen: 1 };
        for index in [99, 105, 103, 170] {
            assert!(window.is_new(index), "{index}");
            window.note(index);
            assert!(!window.is_new(index), "{index}");
        }
        assert!(!window.is_new(106), "too old to tell");
        assert!(window.is_new(107));
    }

    #[test]
    fn material_of_another_size_is_no_key() {
        assert!(MasterKeys::new(&[0; 56], true).is_none());
        assert_eq!(format!("{:?}", MasterKeys::new(&[7; 88], true)), "Some(MasterKeys)");
    }
}
