//! What devices offer: WHIP's publishers (RFC 9725) and WHEP's watchers (draft-ietf-wish-whep). They have no page of ours that
//! would know what to offer, so the offer is read as the protocol means it, and refused with a reason when it has nothing that
//! could be passed on.

use std::borrow::Cow;

use str0m::Rtc;
use str0m::media::{Direction, Media, MediaKind};

use shared::control::Purpose;
use shared::signal::OfferError;

use crate::codecs;
use crate::twins::Section;

const DIRECTIONS: [&str; 4] = ["a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"];

/// The offer with every m-line going one way: `sendrecv`, which is also what no direction at all means (RFC 8866 section 6.7), is
/// allowed in both protocols and stands for the way that the device is for. Sizes of a picture are a page's affair: without them
/// in the answer a publisher sends one (RFC 8853 section 5.3.2).
pub(crate) fn narrowed(offer: &str, purpose: Purpose) -> Cow<'_, str> {
    let one_way = match purpose {
        Purpose::Page => return Cow::Borrowed(offer),
        Purpose::Publish => "a=sendonly",
        Purpose::Watch => "a=recvonly",
    };
    let mut sections: Vec<Vec<&str>> = vec![Vec::new()];
    for line in offer.lines().map(str::trim_end) {
        if line.starts_with("m=") {
            sections.push(Vec::new());
        }
        let names_sizes = line.starts_with("a=simulcast:") || line.starts_with("a=rid:");
        if let Some(section) = sections.last_mut().filter(|_| !names_sizes) {
            section.push(line);
        }
    }
    let direction = |section: &[&str]| section.iter().find_map(|line| DIRECTIONS.into_iter().find(|way| way == line));
    let usual = sections.first().and_then(|session| direction(session)).unwrap_or("a=sendrecv");
    for section in sections.iter_mut().skip(1).filter(|section| !section.iter().any(|l| l.starts_with("m=application")))
    {
        let way = direction(section).unwrap_or(usual);
        section.retain(|line| !DIRECTIONS.contains(line));
        section.push(if way == "a=sendrecv" { one_way } else { way });
    }
    Cow::Owned(sections.concat().into_iter().flat_map(|line| [line, "\r\n"]).collect())
}

/// Whether what was negotiated is something for such a device.
pub(crate) fn check(purpose: Purpose, rtc: &Rtc, sections: &[Section]) -> Result<(), OfferError> {
    let (way, most) = match purpose {
        Purpose::Page => return Ok(()),
        // As they look from here.
        Purpose::Publish => (Direction::RecvOnly, 1),
        Purpose::Watch => (Direction::SendOnly, usize::MAX),
    };
    let media: Vec<&Media> = sections.iter().filter_map(|section| rtc.media(section.known_as)).collect();
    let of_kind = |kind| media.iter().filter(|media| media.kind() == kind).count();
    let few = [MediaKind::Audio, MediaKind::Video].into_iter().all(|kind| of_kind(kind) <= most);
    if media.is_empty() || !few || !media.iter().all(|media| media.direction() == way) {
        return Err(OfferError::WrongDirection);
    }
    if media.iter().all(|media| codecs::has_ours(rtc, media)) { Ok(()) } else { Err(OfferError::WrongCodec) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9725 section 4.2: `sendrecv` may be offered.
    #[test]
    fn an_offer_goes_one_way() {
        let section = |kind: &str, lines: &str| format!("m={kind} 9 UDP/TLS/RTP/SAVPF 96\r\n{lines}");
        let offer = format!(
            "v=0\r\n{}{}{}{}",
            section("audio", "a=sendrecv\r\na=mid:0\r\n"),
            section("video", "a=mid:1\r\na=rid:hi send\r\na=simulcast:send hi\r\n"),
            section("video", "a=mid:2\r\na=inactive\r\n"),
            section("application", "a=mid:3\r\n"),
        );
        let expected = format!(
            "v=0\r\n{}{}{}{}",
            section("audio", "a=mid:0\r\na=sendonly\r\n"),
            section("video", "a=mid:1\r\na=sendonly\r\n"),
            section("video", "a=mid:2\r\na=inactive\r\n"),
            section("application", "a=mid:3\r\n"),
        );
        assert_eq!(narrowed(&offer, Purpose::Publish), expected);
        assert_eq!(narrowed(&offer, Purpose::Watch), expected.replace("sendonly", "recvonly"));
        assert_eq!(narrowed(&offer, Purpose::Page), offer);
        let for_all = narrowed("v=0\r\na=recvonly\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", Purpose::Publish);
        assert!(for_all.ends_with("111\r\na=recvonly\r\n"), "what holds for all m-lines is not forgotten: {for_all}");
    }
}
