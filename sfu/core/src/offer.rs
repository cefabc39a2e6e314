//! An SDP offer from a stranger: bounded before anything parses it, and checked for what a session needs.

use std::collections::{BTreeSet, HashSet};

use str0m::change::SdpOffer;
use str0m::media::Mid;

use shared::limits::{MAX_SDP_BYTES, MAX_SDP_M_LINES};
use shared::signal::OfferError;

use crate::guard::guarded;
use crate::guards::{self, Guard};
use crate::twins::{self, Section};

/// An offer that is worth giving to str0m.
#[derive(Debug)]
pub(crate) struct Offer {
    /// Parsed, without twins.
    pub(crate) sdp: SdpOffer,
    /// The m-lines in the order of the offer: slot `i` is the `i`-th receive-only one of its kind.
    pub(crate) sections: Vec<Section>,
    /// What a later offer of the same session must keep.
    pub(crate) outline: Outline,
}

/// What makes an offer one of a running session: the certificate that the session is bound to, and its media sections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outline {
    fingerprints: BTreeSet<String>,
    /// Kind, id and direction of each m-line.
    sections: Vec<String>,
}

impl Outline {
    fn read(text: &str) -> Self {
        let lines = || text.lines().map(str::trim_end);
        let fingerprints = lines().filter_map(|line| line.strip_prefix("a=fingerprint:")).map(str::to_ascii_lowercase);
        let sections = lines().filter_map(|line| match line {
            "a=sendonly" | "a=recvonly" | "a=sendrecv" | "a=inactive" => Some(line),
            _ if line.starts_with("a=mid:") => Some(line),
            _ if line.starts_with("m=") => line.split(' ').next(),
            _ => None,
        });
        Self { fingerprints: fingerprints.collect(), sections: sections.map(str::to_owned).collect() }
    }
}

impl Offer {
    /// Checks size and number of m-lines, then parses.
    pub(crate) fn read(text: &str) -> Result<Self, OfferError> {
        check_size(text)?;
        let sections = twins::sections(text);
        let sdp = parse(text, &sections)?;
        // Two m-lines of one id would be two slots that write to one stream.
        let distinct: HashSet<&Mid> = sections.iter().map(|section| &section.mid).collect();
        if distinct.len() < m_lines(text) {
            Err(OfferError::Unreadable)
        } else {
            Ok(Self { sdp, outline: Outline::read(text), sections })
        }
    }

    /// A later offer of the session that has this outline and these m-lines, as str0m gets it.
    pub(crate) fn read_again(text: &str, outline: &Outline, sections: &[Section]) -> Result<SdpOffer, OfferError> {
        check_size(text)?;
        let sdp = parse(text, sections)?;
        // str0m itself would take another certificate without a word and go on with the first, and could be told to turn
        // m-lines round.
        if Outline::read(text) == *outline { Ok(sdp) } else { Err(OfferError::OtherSession) }
    }
}

fn check_size(text: &str) -> Result<(), OfferError> {
    if !guards::holds(Guard::OfferSize) {
        return Ok(());
    }
    if text.len() > MAX_SDP_BYTES {
        return Err(OfferError::TooLarge);
    }
    if m_lines(text) > MAX_SDP_M_LINES {
        return Err(OfferError::TooManyMediaSections);
    }
    Ok(())
}

fn m_lines(text: &str) -> usize {
    text.lines().filter(|line| line.starts_with("m=")).count()
}

fn parse(text: &str, sections: &[Section]) -> Result<SdpOffer, OfferError> {
    let text = twins::without_twins(text, sections);
    let parsed = guarded(|| SdpOffer::from_sdp_string(&text));
    // str0m reads as far as it understands and leaves the rest. An answer that says nothing of an m-line is no answer to the offer
    // (RFC 3264 section 6).
    let whole = parsed.ok().and_then(Result::ok).filter(|sdp| sdp.media_lines.len() == m_lines(&text));
    whole.ok_or(OfferError::Unreadable)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_kind_of_bad_offer_has_its_own_error() {
        let large = "v=0\r\n".to_owned() + &"a=x\r\n".repeat(15_000);
        let many = "v=0\r\n".to_owned() + &"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n".repeat(65);
        let table = [
            (large.as_str(), OfferError::TooLarge),
            (many.as_str(), OfferError::TooManyMediaSections),
            ("", OfferError::Unreadable),
            ("garbage", OfferError::Unreadable),
            ("v=0\r\nm=\r\n", OfferError::Unreadable),
        ];
        for (text, error) in table {
            assert_eq!(Offer::read(text).err(), Some(error), "{}", &text[..text.len().min(40)]);
        }
    }

    /// An m-line that str0m takes for the end.
    #[test]
    fn an_offer_is_read_to_its_end() {
        let whole = include_str!("../../../e2e/fuzz/publisher.sdp");
        assert!(Offer::read(whole).is_ok());
        for rest in ["m=video 9 UD\0/TLS/RTP/SAVPF 96 97\r\n", "m=video\r\na=mid:7\r\n"] {
            assert_eq!(Offer::read(&format!("{whole}{rest}")).err(), Some(OfferError::Unreadable), "{rest:?}");
        }
    }

    /// Ports, candidates and credentials differ from path to path; certificate, order and direction do not.
    #[test]
    fn an_outline_is_what_stays_on_another_path() {
        let offer = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\na=fingerprint:sha-256 AA:BB\r\n\
            m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-ufrag:one\r\na=mid:0\r\na=sendonly\r\n\
            m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=recvonly\r\n";
        let kept = [("one", "two"), ("m=audio 9", "m=audio 40000"), ("- 1 1", "- 1 2"), ("AA:BB", "aa:bb")];
        let changed = [("AA:BB", "AA:BC"), ("sendonly", "recvonly"), ("mid:0", "mid:7"), ("m=video", "m=audio")];
        let outline = Outline::read(offer);
        for (from, to) in kept {
            assert_eq!(Outline::read(&offer.replace(from, to)), outline, "{to}");
        }
        for (from, to) in changed {
            assert_ne!(Outline::read(&offer.replace(from, to)), outline, "{to}");
        }
        let second = offer.to_owned() + "a=fingerprint:sha-256 CC:DD\r\n";
        assert_ne!(Outline::read(&second), outline, "one certificate more");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,200}", lines in "(m=audio|a=mid:|v=0|\\n|\\r\\n| 9|:){0,40}") {
            let _ = Offer::read(&text);
            let _ = Offer::read(&lines);
        }
    }
}
