//! Whose face a watcher sees first: that of whoever leads, once they have led for a moment, as long as there is a picture of
//! them. Pure; the node asks it four times a second.

use std::time::{Duration, Instant};

use shared::ids::ParticipantId;

use crate::speakers::Lead;

/// A lead that lasts for so long moves the picture. Shorter cuts to everybody who says "yes".
const SETTLED: Duration = Duration::from_millis(1200);

/// One watcher's.
#[derive(Debug, Default)]
pub(crate) struct Director {
    shown: Option<ParticipantId>,
}

impl Director {
    /// Who is shown.
    pub(crate) fn shown(&self) -> Option<ParticipantId> {
        self.shown
    }

    /// Decides anew, among those of whom there is a picture. Whether it is somebody else now.
    pub(crate) fn direct(&mut self, lead: Option<Lead>, pictured: &[ParticipantId], now: Instant) -> bool {
        let lead = lead.filter(|lead| pictured.contains(&lead.who));
        let settled = lead.filter(|lead| now >= lead.since + SETTLED).map(|lead| lead.who);
        let stays = self.shown.filter(|who| pictured.contains(who));
        let otherwise = || lead.map(|lead| lead.who).or(pictured.first().copied());
        let next = settled.or(stays).or_else(otherwise);
        std::mem::replace(&mut self.shown, next) != next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_follows_who_goes_on_speaking_and_has_a_camera() {
        let start = Instant::now();
        let [ann, ben, cleo] = [1, 2, 3].map(ParticipantId);
        let lead = |who, ms| Some(Lead { who, since: start + Duration::from_millis(ms) });
        let at = |ms| start + Duration::from_millis(ms);
        let mut director = Director::default();
        let mut shown = |lead, pictured: &[ParticipantId], ms| {
            director.direct(lead, pictured, at(ms));
            director.shown()
        };
        let both = [ann, ben];
        assert_eq!(shown(None, &[], 0), None);
        assert_eq!(shown(None, &both, 0), Some(ann), "nobody has spoken yet");
        assert_eq!(shown(lead(ben, 1_000), &both, 1_500), Some(ann), "a word");
        assert_eq!(shown(lead(ben, 1_000), &both, 2_200), Some(ben), "a sentence");
        assert_eq!(shown(lead(cleo, 3_000), &both, 9_000), Some(ben), "Cleo has no camera");
        assert_eq!(shown(lead(cleo, 3_000), &[ann], 9_100), Some(ann), "and Ben's is off now");
        assert_eq!(shown(lead(ann, 9_200), &[], 20_000), None);
        assert_eq!(shown(lead(ben, 20_000), &both, 20_100), Some(ben), "better than anybody when nobody is shown");
    }
}
