//! An SDP offer from a stranger: bounded before anything parses it, and checked for what a session needs.

use std::collections::HashSet;

use str0m::change::SdpOffer;
use str0m::media::Mid;

use shared::limits::{MAX_SDP_BYTES, MAX_SDP_M_LINES};
use shared::signal::OfferError;

use crate::guard::guarded;

/// An offer that is worth giving to str0m.
#[derive(Debug)]
pub(crate) struct Offer {
    /// Parsed.
    pub(crate) sdp: SdpOffer,
    /// The m-lines' ids, in the order of the offer: slot `i` is the `i`-th receive-only one of its kind.
    pub(crate) mids: Vec<Mid>,
}

impl Offer {
    /// Checks size and number of m-lines, then parses.
    pub(crate) fn read(text: &str) -> Result<Self, OfferError> {
        if text.len() > MAX_SDP_BYTES {
            return Err(OfferError::TooLarge);
        }
        if text.lines().filter(|line| line.starts_with("m=")).count() > MAX_SDP_M_LINES {
            return Err(OfferError::TooManyMediaSections);
        }
        let parsed = guarded(|| SdpOffer::from_sdp_string(text));
        let sdp = parsed.ok().and_then(Result::ok).ok_or(OfferError::Unreadable)?;
        let mids = text.lines().filter_map(|line| line.strip_prefix("a=mid:")).map(|mid| Mid::from(mid.trim()));
        let mids: Vec<Mid> = mids.collect();
        // Two m-lines of one id would be two slots that write to one stream.
        let distinct: HashSet<&Mid> = mids.iter().collect();
        if distinct.len() < mids.len() { Err(OfferError::Unreadable) } else { Ok(Self { sdp, mids }) }
    }
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

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,200}", lines in "(m=audio|a=mid:|v=0|\\n|\\r\\n| 9|:){0,40}") {
            let _ = Offer::read(&text);
            let _ = Offer::read(&lines);
        }
    }
}
