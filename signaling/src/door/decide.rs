//! The rule of the door, without clock, database or socket: what is known of the PIN and of the link, and when it is.
//!
//! Without a link everything that is not a success is one answer, so that a guess learns nothing. With the link of an
//! invitation the true reason is told, because whoever holds it knows already which meeting it is.

use shared::ids::{AccountId, InviteeId, MeetingId, OrganisationId};
use shared::limits::PIN_OPENS_BEFORE_START_MS;
use shared::meeting::Role;
use shared::signal::JoinRefused;
use shared::units::UnixMs;

use crate::meetings::pins::life::{Moments, PinState};

/// A person's invitation and the meeting it is for, as the database has them.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Whose organisation.
    pub organisation: OrganisationId,
    /// To which meeting.
    pub meeting: MeetingId,
    /// Whose.
    pub invitee: InviteeId,
    /// Name on it.
    pub name: String,
    /// E.164.
    pub phone: Option<String>,
    /// What they may do.
    pub role: Role,
    /// Whose account they have, if they have one.
    pub account: Option<AccountId>,
    /// When the meeting starts.
    pub starts_at: UnixMs,
    /// When it closes by itself: scheduled end plus grace.
    pub closes_at: UnixMs,
    /// When it ended, once it has: over is over, whatever the clock does later.
    pub ended_at: Option<UnixMs>,
    /// When the meeting was archived.
    pub archived_at: Option<UnixMs>,
    /// Whether a second proof is asked of everybody.
    pub ask_password: bool,
}

impl Invitation {
    /// When its PIN begins to work.
    pub const fn opens_at(&self) -> UnixMs {
        self.starts_at.plus_ms(-PIN_OPENS_BEFORE_START_MS)
    }

    /// Whether the meeting is over.
    pub fn is_over(&self, now: UnixMs) -> bool {
        self.ended_at.is_some() || now >= self.closes_at
    }
}

/// A PIN that was issued once, and to whom.
#[derive(Clone, PartialEq, Eq)]
pub struct KnownPin {
    /// The invitation it stands for.
    pub invitation: Invitation,
    /// When it was replaced or withdrawn.
    pub revoked_at: Option<UnixMs>,
}

impl KnownPin {
    /// Where it is in its life. The length of the cool-down makes no difference at the door.
    fn state(&self, now: UnixMs) -> PinState {
        let Invitation { closes_at, ended_at, archived_at, .. } = self.invitation;
        let opens_at = self.invitation.opens_at();
        Moments { opens_at, closes_at, ended_at, archived_at, revoked_at: self.revoked_at }.state(now, i64::MAX)
    }
}

/// An invitation that a link names.
#[derive(Clone, PartialEq, Eq)]
pub struct KnownLink {
    /// Which.
    pub invitation: Invitation,
    /// Whether the meeting lets people knock with the link alone (D24).
    pub suffices: bool,
    /// Whether the invitation has a PIN that was not withdrawn.
    pub has_pin: bool,
}

/// What was typed beside the link.
#[derive(Clone, PartialEq, Eq)]
pub enum Shown {
    /// Nothing: a knock with the link alone.
    Nothing,
    /// A PIN, and whose it is.
    Pin(Option<KnownPin>),
}

/// Let through, as far as the PIN goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Accepted {
    /// On which invitation.
    pub invitation: Invitation,
    /// Whether they came by its link.
    pub came_by_link: bool,
    /// Whether they typed its PIN.
    pub pin_typed: bool,
}

/// Decides about a knock. `link` is what its token names; a token that names nothing is as good as none.
///
/// # Errors
/// Why not, in as many words as the knocker may hear.
pub fn decide(now: UnixMs, shown: Shown, link: Option<KnownLink>) -> Result<Accepted, JoinRefused> {
    match (link, shown) {
        (None, Shown::Nothing) => Err(JoinRefused::NotValidNow),
        (None, Shown::Pin(pin)) => without_link(now, pin),
        (Some(link), Shown::Nothing) => by_link_alone(now, link),
        (Some(link), Shown::Pin(pin)) => with_link(now, pin, &link.invitation),
    }
}

/// A moderator's link is never enough: it takes the PIN and a second factor.
fn by_link_alone(now: UnixMs, link: KnownLink) -> Result<Accepted, JoinRefused> {
    let KnownLink { invitation, suffices, has_pin } = link;
    if invitation.is_over(now) {
        return Err(JoinRefused::Over);
    }
    if !suffices || invitation.role == Role::Moderator {
        return Err(JoinRefused::PinNeeded);
    }
    // What a removal and a withdrawal kill is the PIN; the link alone must not outlive it.
    if !has_pin {
        return Err(JoinRefused::Revoked);
    }
    if now < invitation.opens_at() {
        return Err(JoinRefused::TooEarly { opens_at: invitation.opens_at(), starts_at: invitation.starts_at });
    }
    Ok(Accepted { invitation, came_by_link: true, pin_typed: false })
}

fn without_link(now: UnixMs, pin: Option<KnownPin>) -> Result<Accepted, JoinRefused> {
    match pin {
        Some(pin) if pin.state(now) == PinState::Active => {
            Ok(Accepted { invitation: pin.invitation, came_by_link: false, pin_typed: true })
        }
        Some(_) | None => Err(JoinRefused::NotValidNow),
    }
}

fn with_link(now: UnixMs, pin: Option<KnownPin>, link: &Invitation) -> Result<Accepted, JoinRefused> {
    if link.is_over(now) {
        return Err(JoinRefused::Over);
    }
    let pin = pin.filter(|pin| pin.invitation.invitee == link.invitee).ok_or(JoinRefused::WrongPin)?;
    match pin.state(now) {
        PinState::Active => Ok(Accepted { invitation: pin.invitation, came_by_link: true, pin_typed: true }),
        PinState::Issued => Err(JoinRefused::TooEarly { opens_at: link.opens_at(), starts_at: link.starts_at }),
        // Its meeting is not over, so it was replaced or withdrawn.
        PinState::Reserved => Err(JoinRefused::Revoked),
        PinState::Cooling { .. } | PinState::Free => Err(JoinRefused::Over),
    }
}

#[cfg(test)]
mod tests {
    use shared::limits::DEFAULT_GRACE_MS;

    use super::*;

    const START: UnixMs = UnixMs(1_795_262_400_000);
    const HOUR: i64 = 3_600_000;

    /// Olga's invitation to the board, Piet's to the same, and Rosa's to another meeting at the same time.
    fn invitation(invitee: u8, meeting: u8) -> Invitation {
        Invitation {
            organisation: OrganisationId::from_random([1; 16]),
            meeting: MeetingId::from_random([meeting; 16]),
            invitee: InviteeId::from_random([invitee; 16]),
            name: "Olga".into(),
            phone: None,
            role: Role::Participant,
            account: None,
            starts_at: START,
            closes_at: START.plus_ms(HOUR + DEFAULT_GRACE_MS),
            ended_at: None,
            archived_at: None,
            ask_password: false,
        }
    }

    fn olga() -> Invitation {
        invitation(1, 1)
    }

    fn pin(invitation: &Invitation) -> Option<KnownPin> {
        Some(KnownPin { invitation: invitation.clone(), revoked_at: None })
    }

    fn revoked(invitation: &Invitation) -> Option<KnownPin> {
        Some(KnownPin { invitation: invitation.clone(), revoked_at: Some(UnixMs(1)) })
    }

    fn ended(invitation: &Invitation) -> Invitation {
        Invitation { ended_at: Some(START.plus_ms(60_000)), ..invitation.clone() }
    }

    fn known(invitation: Invitation) -> KnownLink {
        KnownLink { invitation, suffices: false, has_pin: true }
    }

    fn reason(now: UnixMs, pin: Option<KnownPin>, link: Option<Invitation>) -> Option<JoinRefused> {
        decide(now, Shown::Pin(pin), link.map(known)).err()
    }

    const QUARTER: i64 = 15 * 60_000;
    const EARLY: JoinRefused = JoinRefused::TooEarly { opens_at: UnixMs(START.0 - QUARTER), starts_at: START };

    /// D11: from a quarter of an hour before the start until the end of the grace, to the millisecond.
    #[test]
    fn the_window() {
        let table = [
            (-30 * 24 * HOUR, Some(JoinRefused::NotValidNow), Some(EARLY)),
            (-QUARTER - 1, Some(JoinRefused::NotValidNow), Some(EARLY)),
            (-QUARTER, None, None),
            (0, None, None),
            (HOUR, None, None),
            (HOUR + DEFAULT_GRACE_MS - 1, None, None),
            (HOUR + DEFAULT_GRACE_MS, Some(JoinRefused::NotValidNow), Some(JoinRefused::Over)),
            (365 * 24 * HOUR, Some(JoinRefused::NotValidNow), Some(JoinRefused::Over)),
        ];
        for (offset, without_link, with_link) in table {
            let now = START.plus_ms(offset);
            assert_eq!(reason(now, pin(&olga()), None), without_link, "{offset} without the link");
            assert_eq!(reason(now, pin(&olga()), Some(olga())), with_link, "{offset} with the link");
        }
    }

    /// D9, D10: a PIN is one person's in one meeting; D13: over is over, although the clock says otherwise.
    #[test]
    fn whose_pin_and_whose_link() {
        let (piet, rosa) = (invitation(2, 1), invitation(3, 2));
        let table = [
            ("unknown", None, None, Some(JoinRefused::NotValidNow)),
            ("unknown, with a link", None, Some(olga()), Some(JoinRefused::WrongPin)),
            ("right", pin(&olga()), None, None),
            ("right, with the link", pin(&olga()), Some(olga()), None),
            ("another person's", pin(&piet), Some(olga()), Some(JoinRefused::WrongPin)),
            ("another meeting's", pin(&rosa), Some(olga()), Some(JoinRefused::WrongPin)),
            ("revoked", revoked(&olga()), None, Some(JoinRefused::NotValidNow)),
            ("revoked, with the link", revoked(&olga()), Some(olga()), Some(JoinRefused::Revoked)),
            ("another's revoked one", revoked(&piet), Some(olga()), Some(JoinRefused::WrongPin)),
            ("ended", pin(&ended(&olga())), None, Some(JoinRefused::NotValidNow)),
            ("ended, with the link", pin(&ended(&olga())), Some(ended(&olga())), Some(JoinRefused::Over)),
            ("ended, any PIN", None, Some(ended(&olga())), Some(JoinRefused::Over)),
        ];
        for (what, pin, link, expected) in table {
            assert_eq!(reason(START, pin, link), expected, "{what}");
        }
    }

    #[test]
    fn what_is_let_through_is_the_pin_s_own_invitation() {
        let by_link = decide(START, Shown::Pin(pin(&olga())), Some(known(olga()))).ok().unwrap();
        assert!(by_link.invitation == olga() && by_link.came_by_link);
        let by_hand = decide(START, Shown::Pin(pin(&olga())), None).ok().unwrap();
        assert!(by_hand.invitation == olga() && !by_hand.came_by_link);
    }

    /// D24: the link alone, where the meeting takes it; it outlives neither the PIN nor the meeting, opens no earlier, and
    /// makes no moderator.
    #[test]
    fn by_the_link_alone() {
        let free = |invitation: Invitation| KnownLink { suffices: true, ..known(invitation) };
        let mia = Invitation { role: Role::Moderator, ..olga() };
        let table = [
            ("not taken here", START, known(olga()), Some(JoinRefused::PinNeeded)),
            ("taken here", START, free(olga()), None),
            ("a moderator's", START, free(mia), Some(JoinRefused::PinNeeded)),
            ("withdrawn", START, KnownLink { has_pin: false, ..free(olga()) }, Some(JoinRefused::Revoked)),
            ("early", START.plus_ms(-QUARTER - 1), free(olga()), Some(EARLY)),
            ("on the minute", START.plus_ms(-QUARTER), free(olga()), None),
            ("over", START, free(ended(&olga())), Some(JoinRefused::Over)),
        ];
        for (what, now, link, expected) in table {
            let decided = decide(now, Shown::Nothing, Some(link));
            assert_eq!(decided.as_ref().err(), expected.as_ref(), "{what}");
            assert!(decided.is_err() || decided.is_ok_and(|accepted| !accepted.pin_typed), "{what}");
        }
        assert_eq!(decide(START, Shown::Nothing, None).err(), Some(JoinRefused::NotValidNow));
    }

    /// An ended meeting stays over when the clock is set back to before it.
    #[test]
    fn over_survives_a_clock_that_goes_back() {
        let now = START.plus_ms(-QUARTER);
        assert_eq!(reason(now, pin(&ended(&olga())), Some(ended(&olga()))), Some(JoinRefused::Over));
    }
}
