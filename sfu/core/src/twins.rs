//! Slots that say the same but for their names. A page offers sixteen of them for pictures; for each m-line str0m keeps a
//! kilobyte of media section and twice as much of sending stream, of which nothing is used here, because [`crate::send`] does
//! the sending. So str0m is offered the first slot of each kind, and what it answers for that one is said here for its twins,
//! with names and SSRCs of their own.
//!
//! [`sections`] finds twins, [`without_twins`] is the offer for str0m, [`complete`] the answer for the page.

use std::borrow::Cow;

use str0m::media::Mid;
use str0m::rtp::Ssrc;

use crate::peer::Promised;

/// Lines that are an m-line's own, or its transport's, which bundled m-lines have from the first (RFC 9143 section 7.1.3).
const OWN: [&str; 13] = [
    "a=mid:",
    "a=msid:",
    "a=ssrc:",
    "a=ssrc-group:",
    "a=ice-",
    "a=candidate:",
    "a=end-of-candidates",
    "a=fingerprint:",
    "a=setup:",
    "a=bundle-only",
    "a=rtcp:",
    "c=",
    "i=",
];

/// An m-line of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Section {
    /// Its id.
    pub(crate) mid: Mid,
    /// The m-line that str0m has in its stead; itself, unless it is a twin.
    pub(crate) known_as: Mid,
}

impl Section {
    /// Whether str0m has not heard of it.
    pub(crate) fn is_twin(&self) -> bool {
        self.mid != self.known_as
    }
}

/// A description taken apart: what is for all, and each m-line with what follows it.
#[derive(Debug)]
struct Parts<'a> {
    session: Vec<&'a str>,
    media: Vec<Vec<&'a str>>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        let mut parts = Self { session: Vec::new(), media: Vec::new() };
        for line in text.lines().map(str::trim_end) {
            if line.starts_with("m=") {
                parts.media.push(Vec::new());
            }
            parts.media.last_mut().unwrap_or(&mut parts.session).push(line);
        }
        parts
    }

    /// The ids in the session's bundle.
    fn bundle(&self) -> Option<Vec<Mid>> {
        let group = self.session.iter().find_map(|line| line.strip_prefix("a=group:BUNDLE "))?;
        Some(group.split_whitespace().map(Mid::from).collect())
    }
}

fn mid_of(section: &[&str]) -> Option<Mid> {
    section.iter().find_map(|line| line.strip_prefix("a=mid:")).map(|mid| Mid::from(mid.trim()))
}

/// What twins have in common; `None` for whatever is no slot, or one of several sizes.
fn essence<'a>(section: &[&'a str]) -> Option<Vec<&'a str>> {
    let is_slot = section.contains(&"a=recvonly");
    let has_sizes = section.iter().any(|line| line.starts_with("a=rid:") || line.starts_with("a=simulcast:"));
    let (first, lines) = section.split_first().filter(|_| is_slot && !has_sizes)?;
    // Between kind and protocol is the port, which only the first of a bundle has.
    let (kind, rest) = first.split_once(' ')?;
    let (_, formats) = rest.split_once(' ')?;
    let shared = lines.iter().copied().filter(|line| !OWN.iter().any(|own| line.starts_with(own)));
    Some([kind, formats].into_iter().chain(shared).collect())
}

/// The m-lines of an offer, in its order.
pub(crate) fn sections(offer: &str) -> Vec<Section> {
    let parts = Parts::of(offer);
    let bundle = parts.bundle().unwrap_or_default();
    let mut firsts: Vec<(Vec<&str>, Mid)> = Vec::new();
    let mut sections = Vec::new();
    for lines in &parts.media {
        let Some(mid) = mid_of(lines) else { continue };
        let mut known_as = mid;
        if let Some(essence) = essence(lines).filter(|_| bundle.contains(&mid)) {
            match firsts.iter().find(|(of_first, _)| *of_first == essence) {
                Some((_, first)) => known_as = *first,
                None => firsts.push((essence, mid)),
            }
        }
        sections.push(Section { mid, known_as });
    }
    sections
}

/// The offer as str0m gets it.
pub(crate) fn without_twins<'a>(offer: &'a str, sections: &[Section]) -> Cow<'a, str> {
    let is_twin = |mid| sections.iter().any(|section| section.mid == mid && section.is_twin());
    if !sections.iter().any(Section::is_twin) {
        return Cow::Borrowed(offer);
    }
    let Parts { session, mut media } = Parts::of(offer);
    media.retain(|section| !mid_of(section).is_some_and(is_twin));
    let mut text = String::with_capacity(offer.len());
    for line in session {
        match line.strip_prefix("a=group:BUNDLE ") {
            Some(mids) => {
                text.push_str("a=group:BUNDLE");
                let known = mids.split_whitespace().filter(|mid| !is_twin(Mid::from(*mid)));
                known.for_each(|mid| push(&mut text, &[" ", mid]));
                text.push_str("\r\n");
            }
            None => push(&mut text, &[line, "\r\n"]),
        }
    }
    media.iter().flatten().for_each(|line| push(&mut text, &[line, "\r\n"]));
    Cow::Owned(text)
}

/// str0m's answer with what it does not know. `None` when it is not an answer to that offer.
pub(crate) fn complete(answer: &str, sections: &[Section], streams: &[Promised]) -> Option<String> {
    let parts = Parts::of(answer);
    let bundle = parts.bundle().unwrap_or_default();
    let mut text = String::with_capacity(4 * answer.len());
    for line in parts.session {
        if line.starts_with("a=group:BUNDLE ") {
            text.push_str("a=group:BUNDLE");
            let bundled = sections.iter().filter(|section| bundle.contains(&section.known_as));
            bundled.for_each(|section| push(&mut text, &[" ", &section.mid]));
            text.push_str("\r\n");
        } else {
            push(&mut text, &[line, "\r\n"]);
        }
    }
    for (index, section) in sections.iter().enumerate() {
        let known = parts.media.iter().find(|lines| mid_of(lines) == Some(section.known_as))?;
        let twin = section.is_twin().then(|| Twin::new(section, index, streams));
        for line in known {
            match &twin {
                Some(twin) => twin.push(line, &mut text),
                None => push(&mut text, &[line, "\r\n"]),
            }
        }
    }
    Some(text)
}

fn push(text: &mut String, parts: &[&str]) {
    parts.iter().for_each(|part| text.push_str(part));
}

/// Says for itself what str0m has said for another.
#[derive(Debug)]
struct Twin {
    mid: Mid,
    /// What its names end with.
    ending: String,
    /// The other's SSRCs, each with its own.
    ssrcs: Vec<(Ssrc, Ssrc)>,
}

impl Twin {
    fn new(section: &Section, index: usize, streams: &[Promised]) -> Self {
        let promised = |mid| streams.iter().find(|stream| stream.mid == mid);
        let both = promised(section.known_as).zip(promised(section.mid));
        let ssrcs = both.map(|(first, own)| [Some((first.ssrc, own.ssrc)), first.rtx.zip(own.rtx)]);
        let ssrcs = ssrcs.into_iter().flatten().flatten().collect();
        Self { mid: section.mid, ending: format!("-{index}"), ssrcs }
    }

    fn push(&self, line: &str, text: &mut String) {
        if line.starts_with("a=candidate:") || line.starts_with("a=end-of-candidates") {
            return; // the first of a bundle has them for all
        }
        if line.starts_with("a=mid:") {
            push(text, &["a=mid:", &self.mid]);
        } else if let Some(names) = line.strip_prefix("a=msid:") {
            push(text, &["a=msid:", &self.names(names)]);
        } else if let Some(ssrcs) = line.strip_prefix("a=ssrc-group:FID ") {
            push(text, &["a=ssrc-group:FID"]);
            ssrcs.split(' ').for_each(|ssrc| push(text, &[" ", &self.ssrc(ssrc)]));
        } else if let Some((ssrc, (attribute, names))) = of_ssrc(line) {
            push(text, &["a=ssrc:", &self.ssrc(ssrc), " ", attribute, ":", &self.names(names)]);
        } else {
            push(text, &[line]);
        }
        text.push_str("\r\n");
    }

    fn names(&self, of_first: &str) -> String {
        of_first.split(' ').map(|name| format!("{name}{}", self.ending)).collect::<Vec<_>>().join(" ")
    }

    fn ssrc(&self, of_first: &str) -> String {
        let own = self.ssrcs.iter().find(|(first, _)| first.to_string() == of_first);
        own.map_or(of_first.to_owned(), |(_, own)| own.to_string())
    }
}

/// An SSRC, and what is said of it.
fn of_ssrc(line: &str) -> Option<(&str, (&str, &str))> {
    let (ssrc, said) = line.strip_prefix("a=ssrc:")?.split_once(' ')?;
    Some((ssrc, said.split_once(':')?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shared::limits::{AUDIO_SLOTS, VIDEO_SLOTS};

    use super::*;
    use crate::fault_tests::media_client::MediaClient;

    fn section(kind: &str, port: u16, lines: &[&str]) -> String {
        let head = format!("m={kind} {port} UDP/TLS/RTP/SAVPF 96 97");
        std::iter::once(head.as_str()).chain(lines.iter().copied()).flat_map(|line| [line, "\r\n"]).collect()
    }

    fn text(group: &str, sections: &[String]) -> String {
        format!("v=0\r\na=group:BUNDLE {group}\r\na=ice-lite\r\n{}", sections.concat())
    }

    const FORMAT: &str = "a=rtpmap:96 VP8/90000";

    /// A camera, three slots for pictures, and others that look like slots.
    fn offer() -> String {
        let sections = [
            section("video", 9, &["a=mid:0", "a=sendonly", FORMAT]),
            section("video", 9, &["a=mid:1", "a=recvonly", FORMAT, "a=candidate:1 1 udp 1 192.0.2.1 9 typ host"]),
            section("audio", 9, &["a=mid:2", "a=recvonly", FORMAT]),
            section("video", 0, &["a=mid:3", "a=bundle-only", "a=recvonly", FORMAT, "a=ssrc:7 cname:x"]),
            section("video", 9, &["a=mid:4", "a=recvonly", "a=rtpmap:96 H264/90000"]),
            section("video", 9, &["a=mid:5", "a=recvonly", FORMAT]),
            section("video", 9, &["a=mid:6", "a=recvonly", FORMAT, "a=rid:hi recv"]),
            section("video", 0, &["a=mid:7", "a=recvonly", FORMAT]),
        ];
        text("0 1 2 3 4 5 6", &sections)
    }

    fn mids(text: &str) -> Vec<&str> {
        text.lines().filter_map(|line| line.strip_prefix("a=mid:")).collect()
    }

    #[test]
    fn slots_that_differ_in_names_alone_are_twins() {
        let known = sections(&offer()).iter().map(|section| section.known_as.to_string()).collect::<Vec<_>>();
        assert_eq!(known, ["0", "1", "2", "1", "4", "1", "6", "7"], "7 is in no bundle");
        let reduced = without_twins(&offer(), &sections(&offer())).into_owned();
        assert_eq!(mids(&reduced), ["0", "1", "2", "4", "6", "7"]);
        assert!(reduced.contains("a=group:BUNDLE 0 1 2 4 6\r\n"), "{reduced}");
        assert!(sections(&reduced).iter().all(|section| !section.is_twin()));
        let unbundled = offer().replace("a=group:BUNDLE", "a=group:LS");
        assert!(sections(&unbundled).iter().all(|section| !section.is_twin()));
    }

    #[test]
    fn a_twin_s_answer_is_its_own() {
        let all = sections(&text(
            "a b c",
            &["a", "b", "c"].map(|mid| section("video", 9, &[&format!("a=mid:{mid}"), "a=recvonly", FORMAT])),
        ));
        let lines = [
            "a=candidate:1 1 udp 1 192.0.2.1 9 typ host",
            "a=mid:a",
            "a=sendonly",
            "a=msid:stream track",
            FORMAT,
            "a=ssrc:10 cname:name",
            "a=ssrc:10 msid:stream track",
            "a=ssrc:11 cname:name",
            "a=ssrc-group:FID 10 11",
        ];
        let answer = text("a", &[section("video", 9, &lines)]);
        let stream = |mid: &str, ssrc: u32| Promised {
            mid: Mid::from(mid),
            known_as: Mid::from("a"),
            ssrc: ssrc.into(),
            rtx: Some((ssrc + 1).into()),
        };
        let streams = [stream("a", 10), stream("b", 20), stream("c", 30)];
        let twin = |mid: &str, ending: &str, ssrc: u32, rtx: u32| {
            let lines = [
                format!("a=mid:{mid}"),
                "a=sendonly".to_owned(),
                format!("a=msid:stream{ending} track{ending}"),
                FORMAT.to_owned(),
                format!("a=ssrc:{ssrc} cname:name{ending}"),
                format!("a=ssrc:{ssrc} msid:stream{ending} track{ending}"),
                format!("a=ssrc:{rtx} cname:name{ending}"),
                format!("a=ssrc-group:FID {ssrc} {rtx}"),
            ];
            section("video", 9, &lines.each_ref().map(String::as_str))
        };
        let expected = text("a b c", &[section("video", 9, &lines), twin("b", "-1", 20, 21), twin("c", "-2", 30, 31)]);
        assert_eq!(complete(&answer, &all, &streams), Some(expected));
        assert_eq!(complete(&text("x", &[section("video", 9, &["a=mid:x"])]), &all, &streams), None);
    }

    /// Twenty-three m-lines, of which str0m gets microphone, camera, screen, channels and a slot of each kind. Browsers'
    /// offers come to the same.
    #[test]
    fn most_slots_of_a_page_are_twins() {
        let now = std::time::Instant::now();
        let page = MediaClient::new(1, "192.0.2.1:1".parse().unwrap(), now).unwrap();
        let all = sections(page.offer());
        let twins = all.iter().filter(|section| section.is_twin()).count();
        assert_eq!((twins, all.len() - twins), (AUDIO_SLOTS + VIDEO_SLOTS - 2, 6));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(lines in "(m=audio 9 |m=|a=mid:1|a=recvonly|a=group:BUNDLE |v=0|\\n|\\r\\n| 1| 9|:){0,60}") {
            let all = sections(&lines);
            let reduced = without_twins(&lines, &all);
            let _ = complete(&reduced, &all, &[]);
        }
    }
}
