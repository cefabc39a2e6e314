//! From what the console sends to a meeting that can be stored: the title, the wall-clock start in its time zone, the
//! length. Pure; every refusal names its field.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use shared::api::{Field, FieldError, NewMeeting, Start};
use shared::ids::{AccountId, MeetingId, OrganisationId};
use shared::input;
use shared::limits::{
    DEFAULT_GRACE_MS, MAX_CHECKLIST, MAX_CONFIRMATIONS, MAX_MEETING_MINUTES, MAX_PASSWORD_BEFORE_MINUTES,
};
use shared::meeting::DoorRules;
use shared::template::Settings;
use shared::units::UnixMs;

use super::Meeting;

/// What is wrong with a field.
pub type WrongField = (Field, FieldError);

/// Whose meeting it will be.
#[derive(Debug, Clone, Copy)]
pub struct Owner {
    /// Its id.
    pub meeting: MeetingId,
    /// The organisation.
    pub organisation: OrganisationId,
    /// Who schedules it.
    pub account: AccountId,
}

/// The meeting, or the first field that is wrong.
pub fn schedule(new: &NewMeeting, owner: Owner, now: UnixMs) -> Result<Meeting, WrongField> {
    let title = input::title(&new.title).map_err(|reason| (Field::Title, FieldError::Text { reason }))?;
    let (zone, time_zone) = zone(&new.time_zone)?;
    let starts_at = starts_at(&new.start, &zone, now)?;
    let ends_at = starts_at.plus_ms(i64::from(minutes(new.duration_minutes)?) * 60_000);
    if ends_at <= now {
        return Err((Field::Start, FieldError::InThePast));
    }
    Ok(Meeting {
        id: owner.meeting,
        organisation: owner.organisation,
        created_by: owner.account,
        title,
        kind: new.kind,
        starts_at,
        ends_at,
        grace_ms: DEFAULT_GRACE_MS,
        time_zone,
        ask_password: new.ask_password,
        rules: rules(&new.rules)?,
        password_before_minutes: password_before(new.password_before_minutes)?,
        ended_at: None,
        archived_at: None,
    })
}

/// The settings of a template, or the first field that is wrong.
pub fn settings(new: &Settings) -> Result<Settings, WrongField> {
    Ok(Settings {
        duration_minutes: minutes(new.duration_minutes)?,
        password_before_minutes: password_before(new.password_before_minutes)?,
        rules: rules(&new.rules)?,
        ..new.clone()
    })
}

fn rules(rules: &DoorRules) -> Result<DoorRules, WrongField> {
    let wrong = |reason| (Field::Checklist, reason);
    let range = |max| wrong(FieldError::OutOfRange { min: 0, max });
    if rules.confirmations > MAX_CONFIRMATIONS {
        return Err(range(u32::from(MAX_CONFIRMATIONS)));
    }
    if rules.checklist.len() > MAX_CHECKLIST {
        return Err(range(u32::try_from(MAX_CHECKLIST).unwrap_or(u32::MAX)));
    }
    let check = |text: &String| input::check(text).map_err(|reason| wrong(FieldError::Text { reason }));
    let checklist = rules.checklist.iter().map(check).collect::<Result<_, _>>()?;
    Ok(DoorRules { checklist, ..rules.clone() })
}

/// The zone, and its name as the database spells it.
fn zone(name: &str) -> Result<(TimeZone, String), WrongField> {
    let unknown = || (Field::TimeZone, FieldError::UnknownTimeZone);
    let zone = TimeZone::get(name).map_err(|_| unknown())?;
    let spelled = zone.iana_name().ok_or_else(unknown)?.to_owned();
    Ok((zone, spelled))
}

fn minutes(minutes: u32) -> Result<u32, WrongField> {
    let range = FieldError::OutOfRange { min: 1, max: MAX_MEETING_MINUTES };
    if (1..=MAX_MEETING_MINUTES).contains(&minutes) { Ok(minutes) } else { Err((Field::Duration, range)) }
}

/// When passwords go out: minutes before the start.
///
/// # Errors
/// Too long before.
pub fn password_before(minutes: u32) -> Result<u32, WrongField> {
    let range = FieldError::OutOfRange { min: 0, max: MAX_PASSWORD_BEFORE_MINUTES };
    if minutes <= MAX_PASSWORD_BEFORE_MINUTES { Ok(minutes) } else { Err((Field::PasswordBefore, range)) }
}

fn starts_at(start: &Start, zone: &TimeZone, now: UnixMs) -> Result<UnixMs, WrongField> {
    match start {
        Start::Now {} => Ok(now),
        Start::At { local } => to_utc(local, zone).ok_or((Field::Start, FieldError::NotATime)),
    }
}

/// `2026-11-21T14:30` on that zone's wall. An hour that the wall shows twice (clocks go back) means its first time; one
/// that it skips (clocks go forward) means as long after the change as it stands after the missing hour's begin: what
/// RFC 5545 section 3.3.5 asks of calendars, so that the `.ics` and we agree.
fn to_utc(local: &str, zone: &TimeZone) -> Option<UnixMs> {
    let time = DateTime::strptime("%Y-%m-%dT%H:%M", local).ok()?;
    let moment = zone.to_ambiguous_timestamp(time).compatible().ok()?;
    Some(UnixMs(moment.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use shared::meeting::{MeetingKind, MeetingPhase};

    use super::*;
    use crate::testing::NOON;

    fn owner() -> Owner {
        Owner {
            meeting: MeetingId::from_random([1; 16]),
            organisation: OrganisationId::from_random([2; 16]),
            account: AccountId::from_random([3; 16]),
        }
    }

    fn board(start: Start) -> NewMeeting {
        NewMeeting {
            title: " Board ".into(),
            start,
            duration_minutes: 60,
            time_zone: "Europe/Brussels".into(),
            ask_password: true,
            password_before_minutes: 15,
            kind: MeetingKind::NothingKept,
            rules: DoorRules::default(),
        }
    }

    fn at(local: &str) -> Start {
        Start::At { local: local.into() }
    }

    #[test]
    fn a_meeting_now_starts_now() {
        let meeting = schedule(&board(Start::Now {}), owner(), NOON).unwrap();
        assert_eq!((meeting.starts_at, meeting.ends_at), (NOON, NOON.plus_ms(3_600_000)));
        assert_eq!(
            (meeting.title.as_str(), meeting.ask_password, meeting.password_before_minutes),
            ("Board", true, 15)
        );
    }

    /// Wall-clock time to UTC, the two odd nights of the year included.
    #[test]
    fn the_wall_clock_is_read_in_its_zone() {
        let table = [
            ("Europe/Brussels", "2026-12-01T14:30", "2026-12-01T13:30:00Z"),
            ("Europe/Brussels", "2027-07-01T14:30", "2027-07-01T12:30:00Z"),
            ("Asia/Kolkata", "2026-12-01T14:30", "2026-12-01T09:00:00Z"),
            ("America/New_York", "2026-12-01T14:30", "2026-12-01T19:30:00Z"),
            ("UTC", "2026-12-01T14:30", "2026-12-01T14:30:00Z"),
            // 28 March 2027: 02:00 to 03:00 does not exist in Brussels.
            ("Europe/Brussels", "2027-03-28T02:30", "2027-03-28T01:30:00Z"),
            ("Europe/Brussels", "2027-03-28T03:30", "2027-03-28T01:30:00Z"),
            // 31 October 2027: 02:00 to 03:00 comes twice; the first time is meant.
            ("Europe/Brussels", "2027-10-31T02:30", "2027-10-31T00:30:00Z"),
            ("Europe/Brussels", "2027-10-31T03:30", "2027-10-31T02:30:00Z"),
        ];
        for (time_zone, local, utc) in table {
            let new = NewMeeting { time_zone: time_zone.into(), ..board(at(local)) };
            let want: jiff::Timestamp = utc.parse().unwrap();
            let got = schedule(&new, owner(), NOON).unwrap();
            assert_eq!(got.starts_at.0, want.as_millisecond(), "{local} {time_zone}");
            assert_eq!(got.ends_at.since(got.starts_at), 3_600_000);
        }
    }

    /// D11, D13: from the minute the wall says, for as long as was asked: over midnight, the turn of the year and both odd nights,
    /// with a door that opens a quarter of an hour before by any clock.
    #[test]
    fn a_meeting_lasts_as_long_as_was_asked_whatever_the_clocks_do() {
        let table = [
            ("Europe/Brussels", "2027-03-28T01:30", 60, "2027-03-28T00:30:00Z", "2027-03-28T03:30[Europe/Brussels]"),
            ("Europe/Brussels", "2027-03-28T03:00", 60, "2027-03-28T01:00:00Z", "2027-03-28T04:00[Europe/Brussels]"),
            (
                "Europe/Brussels",
                "2027-10-31T02:30",
                60,
                "2027-10-31T00:30:00Z",
                "2027-10-31T02:30+01:00[Europe/Brussels]",
            ),
            ("Europe/Brussels", "2027-10-31T01:00", 180, "2027-10-30T23:00:00Z", "2027-10-31T03:00[Europe/Brussels]"),
            ("Europe/Brussels", "2026-12-31T23:30", 60, "2026-12-31T22:30:00Z", "2027-01-01T00:30[Europe/Brussels]"),
            ("America/New_York", "2028-02-28T23:59", 2, "2028-02-29T04:59:00Z", "2028-02-29T00:01[America/New_York]"),
            ("UTC", "2026-11-22T00:00", 1, "2026-11-22T00:00:00Z", "2026-11-22T00:01[UTC]"),
            // Half an hour back, from 02:00 to 01:30.
            (
                "Australia/Lord_Howe",
                "2027-04-04T01:45",
                30,
                "2027-04-03T14:45:00Z",
                "2027-04-04T01:45+10:30[Australia/Lord_Howe]",
            ),
            // Midnight itself is skipped.
            ("Africa/Cairo", "2027-04-30T00:30", 60, "2027-04-29T22:30:00Z", "2027-04-30T02:30[Africa/Cairo]"),
        ];
        for (time_zone, local, minutes, starts, ends) in table {
            let new = NewMeeting { time_zone: time_zone.into(), duration_minutes: minutes, ..board(at(local)) };
            let meeting = schedule(&new, owner(), NOON).unwrap();
            let (starts, ends): (jiff::Timestamp, jiff::Zoned) = (starts.parse().unwrap(), ends.parse().unwrap());
            assert_eq!(meeting.starts_at.0, starts.as_millisecond(), "{local} {time_zone}");
            assert_eq!(meeting.ends_at.0, ends.timestamp().as_millisecond(), "{local} {time_zone}");
            let quarter = 15 * 60_000;
            let phases = [
                (meeting.starts_at.plus_ms(-quarter - 1), MeetingPhase::Scheduled),
                (meeting.starts_at.plus_ms(-quarter), MeetingPhase::Open),
                (meeting.ends_at.plus_ms(DEFAULT_GRACE_MS - 1), MeetingPhase::Open),
                (meeting.ends_at.plus_ms(DEFAULT_GRACE_MS), MeetingPhase::Over),
            ];
            for (now, phase) in phases {
                assert_eq!(meeting.phase(now), phase, "{local} {time_zone}");
            }
        }
    }

    #[test]
    fn zone_names_are_spelled_as_the_database_does() {
        let new = NewMeeting { time_zone: "europe/brussels".into(), ..board(Start::Now {}) };
        assert_eq!(schedule(&new, owner(), NOON).unwrap().time_zone, "Europe/Brussels");
    }

    #[test]
    fn each_wrong_field_is_named() {
        let long = "x".repeat(10_000);
        let text = |reason| FieldError::Text { reason };
        let range = FieldError::OutOfRange { min: 1, max: MAX_MEETING_MINUTES };
        let base = || board(at("2026-12-01T14:30"));
        let titled = |title: &str| NewMeeting { title: title.into(), ..base() };
        let table = [
            (titled(""), Field::Title, text(input::InvalidText::Empty)),
            (titled(&long), Field::Title, text(input::InvalidText::TooLong { max: shared::limits::MAX_TITLE_CHARS })),
            (titled("a\0b"), Field::Title, text(input::InvalidText::ControlCharacter)),
            (titled("a\u{202e}b"), Field::Title, text(input::InvalidText::HiddenCharacter)),
            (board(at("2026-11-21T11:59")), Field::Start, FieldError::InThePast),
            (board(at("")), Field::Start, FieldError::NotATime),
            (board(at("tomorrow")), Field::Start, FieldError::NotATime),
            (board(at("2026-02-30T10:00")), Field::Start, FieldError::NotATime),
            (board(at("2026-12-01T25:00")), Field::Start, FieldError::NotATime),
            (board(at("2026-12-01T14:30Z")), Field::Start, FieldError::NotATime),
            (board(at(&long)), Field::Start, FieldError::NotATime),
            (NewMeeting { duration_minutes: 0, ..base() }, Field::Duration, range.clone()),
            (NewMeeting { duration_minutes: MAX_MEETING_MINUTES + 1, ..base() }, Field::Duration, range),
            (
                NewMeeting { password_before_minutes: 121, ..base() },
                Field::PasswordBefore,
                FieldError::OutOfRange { min: 0, max: 120 },
            ),
            (NewMeeting { time_zone: "Mars/Olympus".into(), ..base() }, Field::TimeZone, FieldError::UnknownTimeZone),
            (NewMeeting { time_zone: String::new(), ..base() }, Field::TimeZone, FieldError::UnknownTimeZone),
            (NewMeeting { time_zone: "../etc/passwd".into(), ..base() }, Field::TimeZone, FieldError::UnknownTimeZone),
        ];
        for (new, field, reason) in table {
            assert_eq!(schedule(&new, owner(), NOON), Err((field, reason)), "{field:?}");
        }
    }
}
