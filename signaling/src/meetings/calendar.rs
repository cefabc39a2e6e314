//! The `.ics` of an invitation: one event, in UTC, with the link and never the PIN, which travels another way.
//!
//! It is published (RFC 5546 section 3.2.1), not requested: a request asks for an answer by e-mail, and nobody here reads any.

use icalendar::{Calendar, Component, Event, EventLike, Property};
use shared::ids::InviteeId;
use shared::meeting::MeetingKind;
use shared::text::{tr, tr_with};
use shared::units::UnixMs;

use super::Meeting;

/// What a calendar wants to know beside the meeting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Published {
    /// How often the meeting was changed: of two files a calendar keeps the one with the higher number.
    pub sequence: u32,
    /// The organiser's name and address, where there is one. RFC 5546 wants it in what is sent.
    pub organiser: Option<(String, String)>,
}

/// The file. `link` is the invitee's; `now` is when it is made.
pub fn invitation(meeting: &Meeting, invitee: InviteeId, link: &str, (now, published): (UnixMs, &Published)) -> String {
    let mut event = Event::new();
    event
        .uid(&format!("{invitee}@conclave"))
        .summary(&clean(&meeting.title))
        .description(&description(link, meeting))
        .location(link)
        .add_property("URL", link)
        .add_property("DTSTAMP", utc(now))
        .add_property("DTSTART", utc(meeting.starts_at))
        .add_property("DTEND", utc(meeting.ends_at))
        .add_property("CLASS", "PRIVATE")
        .sequence(published.sequence);
    let mut calendar = Calendar::new();
    if let Some((name, address)) = &published.organiser {
        let mut organiser = Property::new("ORGANIZER", format!("mailto:{address}"));
        // A quotation mark has no way to be written there (RFC 5545 section 3.2).
        event.append_property(organiser.add_parameter("CN", &clean(name).replace('"', "'")).done());
        calendar.append_property(("METHOD", "PUBLISH"));
    }
    calendar.push(event.done()).done().to_string()
}

fn description(link: &str, meeting: &Meeting) -> String {
    let values = [("link", link)];
    if meeting.rules.link_suffices {
        let how = "Open {link} which is yours alone. It works from 15 minutes before the start. If it asks for your PIN, type it.";
        return format!("{}\n{}", tr_with(how, &values), kept(meeting.kind));
    }
    let how = tr_with("Open {link} and type your PIN. It works from 15 minutes before the start.", &values);
    format!("{how}\n{} {}", tr("The PIN is yours alone and comes separately."), kept(meeting.kind))
}

/// What may remain of a meeting, for whoever decides to come.
pub(crate) fn kept(kind: MeetingKind) -> &'static str {
    match kind {
        MeetingKind::NothingKept => tr("Nothing of the meeting is kept."),
        MeetingKind::MayBeRecorded => tr("The meeting may be watched or recorded by devices of people in it."),
    }
}

/// Titles hold no control characters when they come in; a stored one could, and a line break here would be a property.
fn clean(title: &str) -> String {
    title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// `20261121T143000Z` (RFC 5545 section 3.3.5, form 2).
fn utc(at: UnixMs) -> String {
    let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    moment.strftime("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meetings::meeting::tests::board_meeting;
    use crate::testing::NOON;

    /// The file's lines with long ones put together again (RFC 5545 section 3.1).
    fn unfolded(ics: &str) -> Vec<String> {
        assert!(ics.ends_with("\r\n"));
        assert!(!ics.replace("\r\n", "").contains(['\r', '\n']), "a bare line break");
        ics.replace("\r\n ", "").split_terminator("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn an_invitation_is_one_event_in_utc_with_the_link() {
        let link = format!("https://meet.example.org/join#{}", "ab".repeat(16));
        let ics =
            invitation(&board_meeting(NOON, 90), InviteeId::from_random([9; 16]), &link, (NOON, &Published::default()));
        let lines = unfolded(&ics);
        for line in
            ["BEGIN:VCALENDAR", "VERSION:2.0", "DTSTART:20261121T120000Z", "DTEND:20261121T133000Z", "SUMMARY:Board"]
        {
            assert!(lines.iter().any(|l| l == line), "{line} in {ics}");
        }
        assert!(lines.iter().any(|l| *l == format!("URL:{link}")), "{ics}");
        for once in ["BEGIN:VEVENT", "DTSTAMP:20261121T120000Z"] {
            assert_eq!(lines.iter().filter(|l| *l == once).count(), 1, "{once} in {ics}");
        }
        assert!(lines.iter().all(|line| line.len() < 1_000) && ics.lines().all(|line| line.len() <= 76));
    }

    /// D32: who is invited knows before coming what may leave the meeting.
    #[test]
    fn an_invitation_says_what_may_leave_the_meeting() {
        let ics = |kind| {
            let meeting = Meeting { kind, ..board_meeting(NOON, 60) };
            unfolded(&invitation(
                &meeting,
                InviteeId::from_random([9; 16]),
                "https://x.example/join#t",
                (NOON, &Published::default()),
            ))
            .concat()
        };
        let (nothing, recorded) = (ics(MeetingKind::NothingKept), ics(MeetingKind::MayBeRecorded));
        assert!(nothing.contains("Nothing of the meeting is kept") && !nothing.contains("recorded"), "{nothing}");
        assert!(recorded.contains("may be watched or recorded") && !recorded.contains("Nothing of"), "{recorded}");
    }

    #[test]
    fn a_title_cannot_become_a_property() {
        for title in ["x\r\nATTENDEE:mailto:a@b", "x\nBEGIN:VEVENT", "a;b,c\\n:d", "Ω\u{2028}x"] {
            let meeting = Meeting { title: title.into(), ..board_meeting(NOON, 60) };
            let ics = invitation(
                &meeting,
                InviteeId::from_random([9; 16]),
                "https://x.example/join#t",
                (NOON, &Published::default()),
            );
            let lines = unfolded(&ics);
            let starting = |start: &str| lines.iter().filter(|line| line.starts_with(start)).count();
            assert_eq!((starting("BEGIN:VEVENT"), starting("ATTENDEE"), starting("SUMMARY")), (1, 0, 1), "{ics}");
        }
    }

    /// RFC 5546 section 3.2.1: published by an organiser, the same event under a number that rises.
    #[test]
    fn what_is_sent_is_published_by_an_organiser_and_takes_the_older_ones_place() {
        let organiser = Some(("Acme; \"Board\"".to_owned(), "meet@example.org".to_owned()));
        let (meeting, olga) = (board_meeting(NOON, 60), InviteeId::from_random([9; 16]));
        let file = |sequence| {
            let published = Published { sequence, organiser: organiser.clone() };
            unfolded(&invitation(&meeting, olga, "https://x.example/join#t", (NOON, &published)))
        };
        let (first, second) = (file(0), file(1));
        for line in ["METHOD:PUBLISH", "ORGANIZER;CN=\"Acme; 'Board'\":mailto:meet@example.org", "SEQUENCE:0"] {
            assert!(first.iter().any(|l| l == line), "{line} in {first:?}");
        }
        assert!(second.contains(&"SEQUENCE:1".to_owned()));
        let uid = |lines: &[String]| lines.iter().find(|line| line.starts_with("UID:")).cloned();
        assert_eq!(uid(&first), uid(&second));
        let downloaded =
            unfolded(&invitation(&meeting, olga, "https://x.example/join#t", (NOON, &Published::default())));
        assert!(!downloaded.iter().any(|line| line.starts_with("METHOD") || line.starts_with("ORGANIZER")));
    }
}
