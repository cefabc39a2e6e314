//! Door events: every decision about who gets in, typed, with its evidence, from the first meeting on.
//!
//! An event says what happened and on what evidence; [`Entry`] adds whom it concerns, when, and who decided. It holds
//! kinds and verdicts, never a PIN, a password, a number, a name, an address or a country: who came, not from where.
//! `db::door_events` writes an entry in the same transaction as what it tells of.

use serde::{Deserialize, Serialize};
use shared::ids::{AccountId, InviteeId, MeetingId, OrganisationId};
use shared::letter::Way;
use shared::location::Verdict;
use shared::meeting::Role;
use shared::signal::{Locks, PasswordState, RefuseReason, Stage};
use shared::units::UnixMs;

/// What happened at the door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum DoorEvent {
    /// A PIN was issued; older ones of the same invitee died with it.
    PinIssued,
    /// A PIN was withdrawn, and none was issued in its place.
    PinRevoked,
    /// The account that the invitation is for was disabled, and its PIN withdrawn.
    AccountDisabled,
    /// What an invitation lets its person do was changed.
    RoleChanged {
        /// What it was.
        from: Role,
        /// What it is.
        to: Role,
    },
    /// The invitation went out: by e-mail with the link, by SMS with the PIN.
    InvitationSent {
        /// How.
        way: Way,
    },
    /// An SMS password went out.
    PasswordSent,
    /// A password was shown at the console, to be read out to its person.
    PasswordShown,
    /// The SMS password was typed wrong too often and is void.
    PasswordVoided,
    /// Codes of the account's authenticator were wrong too often: this PIN takes none any more.
    CodesUsedUp,
    /// The right PIN, and the password where one was asked, opened the green room.
    Knocked {
        /// On what.
        evidence: Evidence,
    },
    /// Waits for a moderator.
    EnteredLobby,
    /// A moderator came in, past the lobby.
    ModeratorEntered {
        /// What made them one.
        second_factor: SecondFactor,
    },
    /// A moderator let them in.
    Admitted {
        /// What the moderator had before them.
        evidence: Evidence,
        /// What the location hint on the card came to; its countries are not kept.
        location: Verdict,
    },
    /// They came in past the lobby, because a moderator had it skipped.
    AdmittedByRule {
        /// What spoke for them.
        evidence: Evidence,
        /// What the location hint came to.
        location: Verdict,
    },
    /// A moderator did not let them in; the PIN goes on working.
    Refused {
        /// Why, as far as the moderator said.
        #[serde(default)]
        reason: RefuseReason,
    },
    /// Somebody knocked with a PIN that was in use just then.
    SecondUse,
    /// A moderator sent them back to the lobby.
    SentBack,
    /// A moderator confirmed that they are the person on the invitation.
    IdentityConfirmed {
        /// How many have now.
        confirmations: u8,
    },
    /// A moderator took it back.
    IdentityDoubted,
    /// What was confirmed no longer counts.
    IdentityLapsed {
        /// Why.
        why: Lapse,
    },
    /// They came back from another country than before, as far as their address says.
    LocationChanged {
        /// What the location hint came to.
        location: Verdict,
    },
    /// A moderator closed, opened or quietened the room.
    LocksChanged {
        /// How.
        locks: Locks,
    },
    /// A moderator put them out; the PIN died.
    Removed,
    /// Came back with the secret of their tab.
    Returned {
        /// To where they had been.
        stage: Stage,
    },
    /// Went.
    Left {
        /// From where.
        stage: Stage,
        /// By themselves, or because the connection was lost.
        on_purpose: bool,
    },
    /// A device of theirs came in, with a token that their page had made.
    DeviceCame {
        /// Whether it takes something out of the room, rather than bringing something in.
        watches: bool,
    },
    /// A moderator put a device of theirs out.
    DeviceRemoved,
    /// A moderator moved the scheduled end.
    Extended {
        /// To when.
        ends_at: UnixMs,
    },
    /// The meeting is over.
    Ended,
    /// The meeting is archived: its PINs begin to cool down.
    Archived,
}

/// Why a confirmed identity no longer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lapse {
    /// They were away for too long.
    Away,
    /// They came back from another country.
    Country,
}

/// What speaks for somebody at the door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// They came by the link of their invitation.
    pub came_by_link: bool,
    /// They typed their PIN; without it the link alone brought them (D24).
    #[serde(default = "yes")]
    pub pin_typed: bool,
    /// They typed the SMS password.
    pub password_given: bool,
    /// They typed what their account's authenticator showed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub code_given: bool,
}

/// Before there was another way in, everybody typed their PIN.
const fn yes() -> bool {
    true
}

/// What makes a moderator's invitation a moderator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum SecondFactor {
    /// Logged in to the account that the invitation is for.
    Account {
        /// Which.
        account: AccountId,
    },
    /// The SMS password.
    SmsPassword,
    /// The password that somebody at the console read out to them.
    ReadOutPassword,
    /// What the authenticator of their account showed.
    AuthenticatorCode {
        /// Which account.
        account: AccountId,
    },
}

impl DoorEvent {
    /// The account that it tells of.
    pub const fn account(&self) -> Option<AccountId> {
        match self {
            DoorEvent::ModeratorEntered {
                second_factor: SecondFactor::Account { account } | SecondFactor::AuthenticatorCode { account },
            } => Some(*account),
            _ => None,
        }
    }
}

impl SecondFactor {
    /// What it is to whoever asked for a second proof at the door.
    pub const fn given(self) -> PasswordState {
        match self {
            SecondFactor::AuthenticatorCode { .. } => PasswordState::CodeGiven,
            SecondFactor::SmsPassword | SecondFactor::ReadOutPassword => PasswordState::Given,
            SecondFactor::Account { .. } => PasswordState::NotAsked,
        }
    }
}

/// Who decided or did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Somebody in the meeting.
    Invitee(InviteeId),
    /// Somebody at the console.
    Account(AccountId),
    /// Somebody at the server's command line.
    Operator,
    /// Nobody: it was time.
    Clock,
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Actor::Invitee(id) => write!(f, "invitee:{id}"),
            Actor::Account(id) => write!(f, "account:{id}"),
            Actor::Operator => f.write_str("operator"),
            Actor::Clock => f.write_str("clock"),
        }
    }
}

/// As [`Actor`]'s `Display` writes it.
impl std::str::FromStr for Actor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.split_once(':') {
            Some(("invitee", id)) => id.parse().map(Actor::Invitee).map_err(|_| ()),
            Some(("account", id)) => id.parse().map(Actor::Account).map_err(|_| ()),
            None if text == "operator" => Ok(Actor::Operator),
            None if text == "clock" => Ok(Actor::Clock),
            _ => Err(()),
        }
    }
}

/// An event with whom it concerns, when, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Whose organisation.
    pub organisation: OrganisationId,
    /// At whose door.
    pub meeting: MeetingId,
    /// Whom it concerns; `None`: the whole meeting.
    pub invitee: Option<InviteeId>,
    /// When.
    pub at: UnixMs,
    /// By whom.
    pub actor: Actor,
    /// What.
    pub event: DoorEvent,
}

impl DoorEvent {
    /// The variant's name and its evidence as JSON, as the table holds them.
    pub fn columns(&self) -> (String, String) {
        // These types have string keys and no failing serialisers.
        let mut value = serde_json::to_value(self).unwrap_or_default();
        let kind = value.as_object_mut().and_then(|fields| fields.remove("kind"));
        let kind = kind.and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default();
        (kind, value.to_string())
    }

    /// From the columns that [`DoorEvent::columns`] gave.
    pub fn from_columns(kind: &str, evidence: &str) -> Option<Self> {
        let mut value: serde_json::Value = serde_json::from_str(evidence).ok()?;
        value.as_object_mut()?.insert("kind".into(), kind.into());
        serde_json::from_value(value).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_kind_and_its_evidence() {
        let evidence = Evidence { came_by_link: true, pin_typed: true, password_given: false, code_given: false };
        let (kind, json) = DoorEvent::Admitted { evidence, location: Verdict::Differ }.columns();
        assert_eq!(kind, "admitted");
        // Read back, because another crate's wish (serde_json's `preserve_order`) decides the order of the fields.
        let read = |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap();
        let expected =
            r#"{"evidence":{"came_by_link":true,"pin_typed":true,"password_given":false},"location":"differ"}"#;
        assert_eq!(read(&json), read(expected));
        assert_eq!(DoorEvent::SentBack.columns(), ("sent_back".into(), "{}".into()));
        // As it was written before reasons were said.
        let old: DoorEvent = serde_json::from_str(r#"{"kind":"refused"}"#).unwrap();
        assert_eq!(old, DoorEvent::Refused { reason: RefuseReason::Unsaid });
        let account = AccountId::from_random([7; 16]);
        let (kind, json) = DoorEvent::ModeratorEntered { second_factor: SecondFactor::Account { account } }.columns();
        assert_eq!(kind, "moderator_entered");
        assert_eq!(read(&json), read(&format!(r#"{{"second_factor":{{"account":"{account}","by":"account"}}}}"#)));
    }
}
