//! Where a meeting is in its life (D38): scheduled → open → over → archived. Pure rules on a meeting and a moment.

use shared::limits::PIN_OPENS_BEFORE_START_MS;
use shared::meeting::MeetingPhase;
use shared::units::UnixMs;

use super::Meeting;

impl Meeting {
    /// When its PINs begin to work (D11).
    pub fn opens_at(&self) -> UnixMs {
        self.starts_at.plus_ms(-PIN_OPENS_BEFORE_START_MS)
    }

    /// When its room closes by itself: the end plus the grace.
    pub fn closes_at(&self) -> UnixMs {
        self.ends_at.plus_ms(self.grace_ms)
    }

    /// Its phase at that moment. Once ended it stays over, whatever the clock does (D13).
    pub fn phase(&self, now: UnixMs) -> MeetingPhase {
        if self.archived_at.is_some() {
            MeetingPhase::Archived
        } else if self.ended_at.is_some() || now >= self.closes_at() {
            MeetingPhase::Over
        } else if now >= self.opens_at() {
            MeetingPhase::Open
        } else {
            MeetingPhase::Scheduled
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meetings::meeting::tests::board_meeting;

    /// D38: scheduled, open a quarter of an hour before the start, over after the grace.
    #[test]
    fn a_meeting_lives_once() {
        let minute = 60_000;
        let meeting = board_meeting(UnixMs(0), 60);
        let table = [
            (-16 * minute, MeetingPhase::Scheduled),
            (-15 * minute - 1, MeetingPhase::Scheduled),
            (-15 * minute, MeetingPhase::Open),
            (0, MeetingPhase::Open),
            (60 * minute, MeetingPhase::Open),
            (70 * minute - 1, MeetingPhase::Open),
            (70 * minute, MeetingPhase::Over),
        ];
        for (now, phase) in table {
            assert_eq!(meeting.phase(UnixMs(now)), phase, "{now}");
        }
    }

    /// D38: an archived meeting stays archived.
    #[test]
    fn an_archived_meeting_stays_archived() {
        let meeting =
            super::Meeting { archived_at: Some(UnixMs(9)), ended_at: Some(UnixMs(5)), ..board_meeting(UnixMs(0), 60) };
        for now in [-1_000_000_000, 0, 9, 1_000_000_000] {
            assert_eq!(meeting.phase(UnixMs(now)), MeetingPhase::Archived);
        }
    }

    /// D13: over is over, also when the clock is set back.
    #[test]
    fn an_ended_meeting_stays_over() {
        let meeting = super::Meeting { ended_at: Some(UnixMs(5)), ..board_meeting(UnixMs(0), 60) };
        for now in [-1_000_000_000, 0, 5, 6] {
            assert_eq!(meeting.phase(UnixMs(now)), MeetingPhase::Over);
        }
    }
}
