//! The secret that a tab comes back with: `MEETING.BOOT.TOKEN`.
//!
//! The token alone is the secret, 256 bits. The meeting's id finds the room, also when there is none any more; the
//! boot's id tells a secret of before a restart ("the room was lost") from one that was withdrawn.

use shared::ids::MeetingId;
use shared::secret::Secret;

use crate::chance::{Chance, hex};

/// Makes and reads tab secrets of one run of the server.
pub(super) struct Secrets {
    boot: String,
}

/// What a secret says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) meeting: MeetingId,
    /// Whether this run of the server made it.
    pub(super) of_this_boot: bool,
}

impl Secrets {
    pub(super) fn new(chance: &dyn Chance) -> Self {
        Self { boot: hex(&chance.id()[..8]) }
    }

    pub(super) fn make(&self, chance: &dyn Chance, meeting: MeetingId) -> Secret {
        Secret::new(format!("{meeting}.{}.{}", self.boot, chance.token().reveal()))
    }

    pub(super) fn read(&self, secret: &Secret) -> Option<Claim> {
        let mut parts = secret.reveal().split('.');
        let (meeting, boot, token) = (parts.next()?, parts.next()?, parts.next()?);
        if token.len() != 64 || parts.next().is_some() {
            return None;
        }
        Some(Claim { meeting: meeting.parse().ok()?, of_this_boot: boot == self.boot })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::SystemChance;

    #[test]
    fn a_secret_names_its_meeting_and_its_boot() {
        let (before, after) = (Secrets::new(&SystemChance), Secrets::new(&SystemChance));
        let meeting = MeetingId::from_random([7; 16]);
        let secret = before.make(&SystemChance, meeting);
        assert_eq!(before.read(&secret), Some(Claim { meeting, of_this_boot: true }));
        assert_eq!(after.read(&secret), Some(Claim { meeting, of_this_boot: false }));
        for nonsense in ["", "..", "x.y.z", &format!("{}.x", secret.reveal()), &secret.reveal()[..90]] {
            assert_eq!(before.read(&Secret::new(nonsense)), None, "{nonsense}");
        }
    }
}
