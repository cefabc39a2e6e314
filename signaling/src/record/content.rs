//! What a record says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shared::ids::{AccountId, InviteeId, MeetingId};
use shared::meeting::{DoorRules, MeetingKind, Role};
use shared::units::UnixMs;

use crate::meetings::events::{Actor, DoorEvent};

/// The layout below. Another layout gets another name.
pub const FORMAT: &str = "conclave meeting record 1";

/// A record. Its JSON is what is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// [`FORMAT`].
    pub format: String,
    /// When it was made.
    pub made_at: UnixMs,
    /// The organisation's name.
    pub organisation: String,
    /// The meeting.
    pub meeting: About,
    /// Everybody who was invited, in that order.
    pub people: Vec<Invited>,
    /// The console accounts that appear below.
    pub accounts: Vec<Named>,
    /// What happened at the door, oldest first.
    pub events: Vec<Happened>,
}

/// The meeting that a record is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Which.
    pub id: MeetingId,
    /// Title.
    pub title: String,
    /// What could leave it.
    pub kind: MeetingKind,
    /// Scheduled start.
    pub starts_at: UnixMs,
    /// Scheduled end, extensions included.
    pub ends_at: UnixMs,
    /// When it was over.
    pub ended_at: UnixMs,
    /// IANA name, in which the page tells times.
    pub time_zone: String,
    /// Whether everybody was asked for an SMS password.
    pub ask_password: bool,
    /// What else was asked.
    pub rules: DoorRules,
}

/// Somebody who was invited. No number, no address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invited {
    /// Which invitation.
    pub id: InviteeId,
    /// Name on it.
    pub name: String,
    /// What it allowed at the end.
    pub role: Role,
}

/// A console account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Which.
    pub id: AccountId,
    /// Its name.
    pub name: String,
}

/// A door event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Happened {
    /// When.
    pub at: UnixMs,
    /// Whom it concerns; `None`: the meeting.
    pub whom: Option<InviteeId>,
    /// By whom.
    #[serde(with = "as_text")]
    pub by: Actor,
    /// What.
    pub event: DoorEvent,
}

/// An actor as the database writes it.
mod as_text {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use crate::meetings::events::Actor;

    pub(super) fn serialize<S: Serializer>(actor: &Actor, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(actor)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Actor, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|()| D::Error::custom("no actor"))
    }
}

/// When somebody was there, as far as the door saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Presence {
    /// First came into the room.
    pub came: Option<UnixMs>,
    /// Last left it; `None` while they were there at the end.
    pub left: Option<UnixMs>,
    /// Moderators whose word on their identity counted at the end.
    pub confirmations: u8,
}

impl Record {
    /// When each person was there.
    pub fn presences(&self) -> BTreeMap<InviteeId, Presence> {
        let mut all: BTreeMap<InviteeId, Presence> = BTreeMap::new();
        for Happened { at, whom, event, .. } in &self.events {
            let Some(whom) = whom else { continue };
            let person = all.entry(*whom).or_default();
            match event {
                DoorEvent::Admitted { .. } | DoorEvent::AdmittedByRule { .. } | DoorEvent::ModeratorEntered { .. } => {
                    person.came.get_or_insert(*at);
                    person.left = None;
                }
                DoorEvent::Returned { stage: shared::signal::Stage::Room } => person.left = None,
                DoorEvent::Left { stage: shared::signal::Stage::Room, .. }
                | DoorEvent::Removed
                | DoorEvent::SentBack => person.left = Some(*at),
                DoorEvent::IdentityConfirmed { confirmations } => person.confirmations = *confirmations,
                DoorEvent::IdentityDoubted | DoorEvent::IdentityLapsed { .. } => person.confirmations = 0,
                _ => {}
            }
            if matches!(event, DoorEvent::SentBack | DoorEvent::Knocked { .. }) {
                person.confirmations = 0;
            }
        }
        all
    }

    /// The name on an invitation.
    pub fn name_of(&self, invitee: InviteeId) -> Option<&str> {
        self.people.iter().find(|person| person.id == invitee).map(|person| person.name.as_str())
    }

    /// An account's name.
    pub fn account(&self, account: AccountId) -> Option<&str> {
        self.accounts.iter().find(|named| named.id == account).map(|named| named.name.as_str())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use shared::location::Verdict;
    use shared::signal::Stage;

    use super::*;
    use crate::meetings::events::{Evidence, SecondFactor};

    pub(in crate::record) const NOON: UnixMs = UnixMs(1_795_262_400_000);

    fn invitee(number: u8) -> InviteeId {
        InviteeId::from_random([number; 16])
    }

    /// Mia let Piet in, Rosa was refused, and somebody is called `<script>`.
    pub(in crate::record) fn record() -> Record {
        let account = AccountId::from_random([7; 16]);
        let evidence = Evidence { came_by_link: true, pin_typed: true, password_given: false, code_given: false };
        let happened = |minutes: i64, whom: Option<u8>, by: Actor, event: DoorEvent| Happened {
            at: NOON.plus_ms(minutes * 60_000),
            whom: whom.map(invitee),
            by,
            event,
        };
        let (mia, piet, rosa) = (Actor::Invitee(invitee(1)), Actor::Invitee(invitee(2)), Actor::Invitee(invitee(3)));
        let second_factor = SecondFactor::Account { account };
        Record {
            format: FORMAT.into(),
            made_at: NOON.plus_ms(3_600_000),
            organisation: "Notaris & Zonen".into(),
            meeting: About {
                id: MeetingId::from_random([9; 16]),
                title: "Signing <script>alert(1)</script>".into(),
                kind: MeetingKind::NothingKept,
                starts_at: NOON,
                ends_at: NOON.plus_ms(3_600_000),
                ended_at: NOON.plus_ms(50 * 60_000),
                time_zone: "Europe/Brussels".into(),
                ask_password: false,
                rules: DoorRules { confirmations: 1, ..DoorRules::default() },
            },
            people: [
                (1, "Mia", Role::Moderator),
                (2, "Piet </template>", Role::Participant),
                (3, "Rosa", Role::Observer),
            ]
            .map(|(id, name, role)| Invited { id: invitee(id), name: name.into(), role })
            .to_vec(),
            accounts: vec![Named { id: account, name: "ada".into() }],
            events: vec![
                happened(-60, Some(1), Actor::Account(account), DoorEvent::PinIssued),
                happened(0, Some(1), mia, DoorEvent::ModeratorEntered { second_factor }),
                happened(1, Some(2), piet, DoorEvent::Knocked { evidence: evidence.clone() }),
                happened(2, Some(2), piet, DoorEvent::EnteredLobby),
                happened(3, Some(2), mia, DoorEvent::IdentityConfirmed { confirmations: 1 }),
                happened(4, Some(2), mia, DoorEvent::Admitted { evidence, location: Verdict::Agree }),
                happened(5, Some(3), rosa, DoorEvent::EnteredLobby),
                happened(6, Some(3), mia, DoorEvent::Refused { reason: shared::signal::RefuseReason::NotVerified }),
                happened(30, Some(2), piet, DoorEvent::Left { stage: Stage::Room, on_purpose: true }),
                happened(50, None, Actor::Clock, DoorEvent::Ended),
            ],
        }
    }

    #[test]
    fn who_was_there_from_when_to_when() {
        let presences = record().presences();
        let at = |minutes: i64| Some(NOON.plus_ms(minutes * 60_000));
        assert_eq!(presences[&invitee(1)], Presence { came: at(0), left: None, confirmations: 0 });
        assert_eq!(presences[&invitee(2)], Presence { came: at(4), left: at(30), confirmations: 1 });
        assert_eq!(presences[&invitee(3)], Presence::default());
    }

    #[test]
    fn a_record_survives_its_json() {
        let text = serde_json::to_string(&record()).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record());
        // Never a number or an address, whatever the events say.
        assert!(!text.contains('+') && !text.contains('@'));
    }
}
