//! SRTP and SRTCP, the sending half and the reading of feedback (RFC 3711, RFC 6188, RFC 7714): with AEAD_AES_256_GCM, and where
//! the operator allows devices no more than that, with 128 bits (D31, [`crate::crypto`]).
//!
//! str0m opens what publishers send. What goes out to subscribers is sealed here, in place in the buffer that the system
//! sends from, and their reports are opened here: both happen for every packet and every subscriber, and a general-purpose
//! stack costs several times as much there (`make bench`).
//!
//! A nonce is never used twice, which all of GCM and of counter mode rests on: RTP's is made of SSRC and extended sequence number, and
//! [`crate::send`] numbers each SSRC upwards and never sends a packet again under its own number; SRTCP's of SSRC and a
//! counter that begins beyond all that str0m, which has the same keys, could reach.

mod cipher;
mod keys;

pub(crate) use keys::MasterKeys;

use cipher::Cipher;

use crate::guards::{self, Guard};

/// RTP's index has 48 bits (RFC 3711 section 3.3.1); beyond them nonces would begin anew.
const RTP_INDEXES: u64 = 1 << 48;
/// The first SRTCP index that is used here; str0m counts its own from zero.
const FIRST_RTCP_INDEX: u32 = 1 << 30;
/// The E flag: encrypted.
const RTCP_ENCRYPTED: u32 = 1 << 31;
/// Senders of feedback whose counters are kept apart; a browser has about three.
const MOST_REPORTERS: usize = 16;

/// Seals what goes out.
#[derive(Debug)]
pub(crate) struct Sealer {
    rtp: Cipher,
    rtcp: Cipher,
    next_rtcp_index: u32,
}

/// Sealing failed: the packet is too long for the cipher, which none of ours can be, or all numbers are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotSealed;

impl Sealer {
    fn new(rtp: Cipher, rtcp: Cipher) -> Self {
        Self { rtp, rtcp, next_rtcp_index: FIRST_RTCP_INDEX }
    }

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
        self.rtp.seal_rtp(buffer, start, header, ssrc, index)
    }

    /// Seals the compound packet that `buffer` ends with, beginning at `start`.
    pub(crate) fn seal_rtcp(&mut self, buffer: &mut Vec<u8>, start: usize, ssrc: u32) -> Result<(), NotSealed> {
        let index = self.next_rtcp_index;
        if index >= RTCP_ENCRYPTED {
            return Err(NotSealed); // after 34 years of a report a second
        }
        self.next_rtcp_index += 1;
        self.rtcp.seal_rtcp(buffer, start, ssrc, index, RTCP_ENCRYPTED | index)
    }
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
    fn new(rtcp: Cipher) -> Self {
        Self { rtcp, reporters: Vec::new(), plain: Vec::new() }
    }

    /// What a datagram holds. `None` when it is not from the peer, or was here before.
    pub(crate) fn open_rtcp(&mut self, datagram: &[u8]) -> Option<Opened<'_>> {
        let sealed = self.rtcp.take_apart(datagram)?;
        let (ssrc, flagged) = (sealed.ssrc(), sealed.trailer());
        let index = flagged & !RTCP_ENCRYPTED;
        if flagged & RTCP_ENCRYPTED == 0 || !self.is_new(ssrc, index) {
            return None;
        }
        self.rtcp.open_rtcp(&sealed, index, &mut self.plain)?;
        let is_newest = self.is_newest(ssrc, index);
        self.note(ssrc, index);
        Some(Opened { compound: &self.plain, ssrc, is_newest })
    }

    fn is_newest(&self, ssrc: u32, index: u32) -> bool {
        let is_newer = |window: &Window| window.newest < index || !guards::holds(Guard::CopiedReports);
        self.reporters.iter().any(|(reporter, window)| *reporter == ssrc && is_newer(window))
    }

    fn is_new(&self, ssrc: u32, index: u32) -> bool {
        let is_new = |window: &Window| window.is_new(index) || !guards::holds(Guard::CopiedReports);
        self.reporters.iter().find(|(reporter, _)| *reporter == ssrc).is_none_or(|(_, window)| is_new(window))
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
    use shared::control::KeyLength;
    use str0m::crypto::dtls::SrtpProfile;

    use super::*;

    pub(super) fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    const SALT: &str = "517569642070726f2071756f";

    /// RFC 7714 sections 16.1.1 and 16.2.1.
    #[test]
    fn a_packet_is_sealed_as_the_rfc_shows() {
        let table = [
            (
                "000102030405060708090a0b0c0d0e0f",
                "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce",
            ),
            (
                "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
                "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13",
            ),
        ];
        for (key, expected) in table {
            let clear = hex("8040f17b 8041f8d3 5501a0b2");
            let mut packet = clear.clone();
            packet.extend_from_slice(b"Gallia est omnis divisa in partes tres");
            let cipher = || Cipher::gcm(&hex(key), &hex(SALT)).unwrap();
            let sealer = Sealer::new(cipher(), cipher());
            sealer.seal_rtp(&mut packet, 0, clear.len(), 0x5501_a0b2, 0xf17b).unwrap();
            assert_eq!(packet, [clear, hex(expected)].concat(), "{key}");
        }
    }

    /// The packet that libsrtp validates itself with (`srtp_driver.c`, `srtp_validate`).
    #[test]
    fn a_packet_in_counter_mode_is_sealed_as_libsrtp_does() {
        let (key, salt) = (hex("e1f97a0d3e018be0d64fa32c06de4139"), hex("0ec675ad498afeebb6960b3aabe6"));
        let material = [&key[..], &key, &salt, &salt].concat();
        let keys = MasterKeys::new(SrtpProfile::AES128_CM_SHA1_80, &material, true, KeyLength::Bits256);
        let (sealer, _) = keys.unwrap().session().unwrap();
        let mut packet = hex("800f1234 decafbad cafebabe abababab abababab abababab abababab");
        sealer.seal_rtp(&mut packet, 0, 12, 0xcafe_babe, 0x1234).unwrap();
        let expected = "800f1234 decafbad cafebabe 4e55dc4c e79978d8 8ca4d215 949d2402 b78d6acc 99ea179b 8dbb";
        assert_eq!(packet, hex(expected));
    }

    #[test]
    fn no_number_beyond_the_last_is_sealed() {
        for (profile, bytes) in PROFILES {
            let (sealer, _) = both_sides(profile, bytes);
            let seal = |index| sealer.seal_rtp(&mut vec![0; 20], 0, 12, 1, index);
            assert_eq!((seal(RTP_INDEXES - 1), seal(RTP_INDEXES)), (Ok(()), Err(NotSealed)));
        }
    }

    const PROFILES: [(SrtpProfile, u8); 3] = [
        (SrtpProfile::AEAD_AES_256_GCM, 88),
        (SrtpProfile::AEAD_AES_128_GCM, 56),
        (SrtpProfile::AES128_CM_SHA1_80, 60),
    ];

    fn both_sides(profile: SrtpProfile, bytes: u8) -> (Sealer, Opener) {
        let material: Vec<u8> = (0..bytes).collect();
        let keys = |is_client| MasterKeys::new(profile, &material, is_client, KeyLength::Bits256).unwrap();
        let (sealer, _) = keys(true).session().unwrap();
        let (_, opener) = keys(false).session().unwrap();
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
        for (profile, bytes) in PROFILES {
            let (mut sealer, mut opener) = both_sides(profile, bytes);
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
}
