//! What is typed and sent, as words, and how things stand with it.

use super::*;

#[test]
fn typing_is_forgiven() {
    for typed in ["ACDEFGHJ", "acdefghj", " acde fghj\n", "acde-FGHJ"] {
        assert_eq!(normalised(&Secret::new(typed)).reveal(), "ACDEFGHJ");
    }
}

#[test]
fn the_message_names_meeting_and_time() {
    let recipient = Recipient {
        organisation: shared::ids::OrganisationId::from_random([1; 16]),
        meeting: shared::ids::MeetingId::from_random([1; 16]),
        invited: 1,
        phone: None,
        title: "Board {time}".into(),
        starts_at: UnixMs(1_795_262_400_000),
        time_zone: "Europe/Brussels".into(),
    };
    let text = text(&recipient, &Secret::new("ACDEFGHJ"));
    assert_eq!(text, "Your password for the meeting \"Board {time}\" of 2026-11-21 13:00 CET: ACDEFGHJ");
}

/// The hour that comes twice is told apart by its zone's name.
#[test]
fn the_time_says_which_of_two_hours_it_is() {
    let at = |moment: &str| UnixMs(moment.parse::<jiff::Timestamp>().unwrap().as_millisecond());
    let table = [
        ("2027-10-31T00:30:00Z", "2027-10-31 02:30 CEST"),
        ("2027-10-31T01:30:00Z", "2027-10-31 02:30 CET"),
        ("2027-03-28T00:59:00Z", "2027-03-28 01:59 CET"),
        ("2027-03-28T01:00:00Z", "2027-03-28 03:00 CEST"),
        ("2026-12-31T23:00:00Z", "2027-01-01 00:00 CET"),
    ];
    for (moment, told) in table {
        assert_eq!(local_time(at(moment), "Europe/Brussels"), told);
    }
}

/// What works comes first: a password that was made and has tries left, then the app, and then what has to be done about it.
#[test]
fn the_state_says_what_there_is_to_type() {
    let made = |tries_left, read_out| Some(Made { tries_left, read_out });
    let sent = || PasswordState::Sent { phone_ends_in: "56".into() };
    let table = [
        (false, None, false, PasswordState::NotAsked),
        (false, None, true, PasswordState::NotAsked),
        (true, None, false, PasswordState::NotSent),
        (true, None, true, PasswordState::Code),
        (true, made(1, false), false, sent()),
        (true, made(1, false), true, sent()),
        (true, made(5, true), true, PasswordState::ReadOut),
        (true, made(0, false), false, PasswordState::UsedUp),
        (true, made(0, true), false, PasswordState::UsedUp),
        (true, made(0, false), true, PasswordState::Code),
        (false, made(0, false), true, PasswordState::UsedUp),
        (false, made(1, false), false, sent()),
    ];
    for (asked, made, takes_codes, expected) in table {
        assert_eq!(state(asked, made, takes_codes, Some("+32470123456")), expected, "{asked} {made:?} {takes_codes}");
    }
    assert_eq!(ends_in("5"), "5");
    assert_eq!(state(true, made(1, false), false, None), PasswordState::Sent { phone_ends_in: String::new() });
}
