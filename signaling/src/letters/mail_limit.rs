//! How much e-mail goes out: in all, for one meeting, to one address and to one person, so that a console is no mail bomb. Counted
//! from table `letters`, in the transaction that writes the next one.

use shared::units::UnixMs;

/// Messages a day to one address, from whatever meetings. More than a busy person's meetings of a day.
const PER_ADDRESS: i64 = 10;
/// Shortest time between two messages to one invitee, milliseconds.
const APART_MS: i64 = 60_000;
/// Messages a day for each person invited to a meeting, and beside them for the meeting.
const PER_INVITED: i64 = 3;
/// See [`PER_INVITED`].
const PER_MEETING: i64 = 10;

const DAY_MS: i64 = 24 * 3_600_000;

/// What went out today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MailToday {
    /// In all.
    pub in_all: i64,
    /// For the meeting.
    pub of_meeting: i64,
    /// To the address.
    pub to_address: i64,
    /// When the newest to the invitee was begun.
    pub last_at: Option<UnixMs>,
    /// How many people the meeting invites.
    pub invited: i64,
}

/// Why no e-mail goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailRefused {
    /// One went to this person just now.
    TooSoon {
        /// Seconds until another may.
        retry_after_s: u32,
    },
    /// As many went out today as may.
    Spent,
}

/// When today began (UTC).
pub fn day_began(now: UnixMs) -> UnixMs {
    UnixMs(now.0.div_euclid(DAY_MS) * DAY_MS)
}

/// Whether another may go out.
///
/// # Errors
/// Why not.
pub fn check(today: &MailToday, per_day: u32, now: UnixMs) -> Result<(), MailRefused> {
    let wait_ms = today.last_at.map_or(0, |last| APART_MS - now.since(last));
    if wait_ms > 0 {
        let seconds = wait_ms.unsigned_abs().div_ceil(1_000);
        return Err(MailRefused::TooSoon { retry_after_s: u32::try_from(seconds).unwrap_or(u32::MAX) });
    }
    let for_meeting = today.invited * PER_INVITED + PER_MEETING;
    let is_spent = today.in_all >= i64::from(per_day) || today.of_meeting >= for_meeting;
    if is_spent || today.to_address >= PER_ADDRESS { Err(MailRefused::Spent) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_console_is_no_mail_bomb() {
        let now = UnixMs(DAY_MS * 3 + 3_600_000);
        let today = MailToday { invited: 2, ..MailToday::default() };
        let soon = |s| Err(MailRefused::TooSoon { retry_after_s: s });
        let last = |ms: i64| MailToday { last_at: Some(now.plus_ms(-ms)), ..today };
        let table = [
            (today, Ok(())),
            (MailToday { in_all: 499, ..today }, Ok(())),
            (MailToday { in_all: 500, ..today }, Err(MailRefused::Spent)),
            (MailToday { of_meeting: 15, ..today }, Ok(())),
            (MailToday { of_meeting: 16, ..today }, Err(MailRefused::Spent)),
            (MailToday { to_address: 9, ..today }, Ok(())),
            (MailToday { to_address: 10, ..today }, Err(MailRefused::Spent)),
            (last(60_000), Ok(())),
            (last(59_999), soon(1)),
            (last(0), soon(60)),
        ];
        for (today, allowed) in table {
            assert_eq!(check(&today, 500, now), allowed, "{today:?}");
        }
        assert_eq!(day_began(now), UnixMs(DAY_MS * 3));
    }
}
