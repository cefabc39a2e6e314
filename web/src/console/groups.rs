//! The list of meetings in the groups people think in. Pure.

use shared::api::MeetingSummary;
use shared::ids::MeetingId;
use shared::meeting::MeetingPhase;

/// The groups in the order they are shown: what goes on now first.
pub(crate) const ORDER: [MeetingPhase; 4] =
    [MeetingPhase::Open, MeetingPhase::Scheduled, MeetingPhase::Over, MeetingPhase::Archived];

/// Ids of the meetings of one phase: coming ones soonest first, others newest first.
pub(crate) fn ids_of(phase: MeetingPhase, all: &[MeetingSummary]) -> Vec<MeetingId> {
    let mut group: Vec<_> = all.iter().filter(|m| m.phase == phase).map(|m| (m.info.starts_at, m.info.id)).collect();
    group.sort();
    if phase != MeetingPhase::Scheduled {
        group.reverse();
    }
    group.into_iter().map(|(_, id)| id).collect()
}

#[cfg(test)]
mod tests {
    use shared::meeting::{MeetingInfo, MeetingKind};
    use shared::units::UnixMs;

    use super::*;

    fn meeting(number: u8, phase: MeetingPhase) -> MeetingSummary {
        let starts_at = UnixMs(i64::from(number) * 1000);
        let info = MeetingInfo {
            id: MeetingId::from_random([number; 16]),
            title: "t".into(),
            kind: MeetingKind::NothingKept,
            camera_required: false,
            link_suffices: false,
            starts_at,
            ends_at: starts_at.plus_ms(1),
            closes_at: starts_at.plus_ms(2),
            time_zone: "Etc/UTC".into(),
        };
        MeetingSummary { info, phase, invitees: 0, present: 0, waiting: 0 }
    }

    #[test]
    fn what_comes_next_is_first_and_what_is_over_newest_first() {
        let all = [
            meeting(4, MeetingPhase::Scheduled),
            meeting(3, MeetingPhase::Scheduled),
            meeting(2, MeetingPhase::Over),
            meeting(1, MeetingPhase::Over),
        ];
        let numbers = |phase| ids_of(phase, &all).iter().map(|id| id.as_bytes()[0]).collect::<Vec<_>>();
        assert_eq!(numbers(MeetingPhase::Scheduled), [3, 4]);
        assert_eq!(numbers(MeetingPhase::Over), [2, 1]);
        assert!(numbers(MeetingPhase::Open).is_empty());
    }
}
