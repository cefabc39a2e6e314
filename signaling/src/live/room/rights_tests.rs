//! Every message, tried by every role in every place, against the table of [`super::rights`]: what is declared is done or
//! refused for a reason of its own, and everything else changes nothing at all.

use shared::device::DeviceUse;
use shared::ids::RoomId;
use shared::secret::Secret;
use shared::signal::{Locks, MediaState, RefuseReason};

use super::rights::{self, Where, Whose};
use super::tests::{PIET, Play, ROSA, told};
use super::*;
use crate::meetings::events::SecondFactor;

/// One of each message; the target is somebody for whom it makes sense.
fn messages(waits: ParticipantId, is_in: ParticipantId) -> Vec<ClientMsg> {
    let media = MediaState::default();
    vec![
        ClientMsg::Hello { protocol: 1 },
        ClientMsg::Join { pin: Secret::new("1"), link: None },
        ClientMsg::Resume { session: Secret::new("s"), media: None },
        ClientMsg::SendPassword,
        ClientMsg::SubmitPassword { password: Secret::new("p") },
        ClientMsg::Enter { offer: "o".into(), media },
        ClientMsg::Restart { offer: "o".into() },
        ClientMsg::SetMedia { media },
        ClientMsg::SetHand { raised: true },
        ClientMsg::Look { tiles: Vec::new() },
        ClientMsg::MakeDevice { does: DeviceUse::Publish },
        ClientMsg::RevokeDevice { number: 1 },
        ClientMsg::Leave,
        ClientMsg::Admit { participant: waits },
        ClientMsg::AdmitAll { participants: vec![waits] },
        ClientMsg::Refuse { participant: waits, reason: RefuseReason::Unsaid },
        ClientMsg::SendBack { participant: is_in },
        ClientMsg::AskPassword { participant: waits },
        ClientMsg::InviteAgain { participant: waits },
        ClientMsg::Say { to: None, text: "hello".into() },
        ClientMsg::Say { to: Some(waits), text: "hello".into() },
        ClientMsg::ConfirmIdentity { participant: waits, checked: 0 },
        ClientMsg::DoubtIdentity { participant: waits },
        ClientMsg::SetLocks { locks: Locks { closed: true, ..Locks::default() } },
        ClientMsg::Remove { participant: is_in },
        ClientMsg::Extend { minutes: 5 },
        ClientMsg::EndMeeting,
        ClientMsg::Pong,
    ]
}

/// Where the one who speaks stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standpoint {
    GreenRoom,
    Lobby,
    Room,
    /// Sent back to the lobby, and not entered again yet.
    SentBack,
    /// In the room, with another use of their PIN in the lobby, which is the one that speaks.
    SecondUse,
    /// Turned away, put out, gone, cut at the console, replaced; or of a meeting that is over. Their socket still talks.
    Refused,
    Removed,
    Left,
    Cut,
    Replaced,
    Over,
    /// Nobody's socket: another meeting's.
    Elsewhere,
}

use Standpoint as S;

const ALL: [Standpoint; 12] = [
    S::GreenRoom,
    S::Lobby,
    S::Room,
    S::SentBack,
    S::SecondUse,
    S::Refused,
    S::Removed,
    S::Left,
    S::Cut,
    S::Replaced,
    S::Over,
    S::Elsewhere,
];

/// A room with Mona who moderates, Rosa who waits and Piet who is in, and somebody of that role at that standpoint.
struct Scene {
    play: Play,
    speaker: SessionId,
    waits: ParticipantId,
    is_in: ParticipantId,
}

const MONA: u8 = 20;
const SPEAKER: u8 = 21;

fn standing(role: Role) -> Standing {
    match role {
        Role::Moderator => Standing::Moderator(SecondFactor::SmsPassword),
        Role::Participant => Standing::Participant,
        Role::Observer => Standing::Observer,
    }
}

fn knock(play: &mut Play, who: u8, role: Role) -> SessionId {
    let session = play.session();
    let guest = super::tests::guest(who, standing(role));
    play.room.knock(play.now, session, &Play::secret(session), guest).unwrap();
    session
}

fn come_in(play: &mut Play, mona: SessionId, who: u8, role: Role) -> SessionId {
    let session = knock(play, who, role);
    play.enter(session);
    if role != Role::Moderator {
        play.admit(mona, session);
    }
    session
}

/// `None`: nobody of this role comes to stand there.
fn scene(role: Role, at: Standpoint) -> Option<Scene> {
    let mut play = Play::new();
    let mona = knock(&mut play, MONA, Role::Moderator);
    play.enter(mona);
    let (piet, rosa) = (come_in(&mut play, mona, PIET, Role::Participant), play.arrive(ROSA));
    let (is_in, waits) = (play.id(piet), play.id(rosa));
    let is_moderator = role == Role::Moderator;
    let speaker = match at {
        S::GreenRoom => knock(&mut play, SPEAKER, role),
        S::Lobby | S::SentBack | S::Refused if is_moderator => return None,
        S::Lobby => {
            let session = knock(&mut play, SPEAKER, role);
            play.enter(session);
            session
        }
        S::Elsewhere => SessionId(9_999),
        _ => come_in(&mut play, mona, SPEAKER, role),
    };
    let invitee = super::tests::guest(SPEAKER, standing(role)).invitee;
    let me = play.room.by_socket(speaker);
    match (at, me) {
        (S::SentBack, Some(participant)) => drop(play.ask(mona, ClientMsg::SendBack { participant })),
        (S::Removed, Some(participant)) => drop(play.ask(mona, ClientMsg::Remove { participant })),
        (S::Left, _) => drop(play.ask(speaker, ClientMsg::Leave)),
        (S::Cut, _) => drop(play.room.handle(play.now, Input::Cut { invitee, why: TurnedAway::Revoked })),
        (S::Over, _) => drop(play.ask(mona, ClientMsg::EndMeeting)),
        (S::Refused, Some(participant)) => {
            play.ask(mona, ClientMsg::SendBack { participant });
            play.enter(speaker);
            play.ask(mona, ClientMsg::Refuse { participant, reason: RefuseReason::Unsaid });
        }
        (S::SecondUse | S::Replaced, _) => {
            let second = knock(&mut play, SPEAKER, role);
            play.enter(second);
            if at == S::SecondUse {
                return Some(Scene { play, speaker: second, waits, is_in });
            }
            play.admit(mona, second);
        }
        _ => {}
    }
    Some(Scene { play, speaker, waits, is_in })
}

/// What the table says of somebody at a standpoint: the answer that they must hear, or that it is taken.
fn expected(message: &ClientMsg, role: Role, at: Standpoint) -> Option<Result<(), ProtocolError>> {
    let (place, is_seen) = match at {
        S::GreenRoom => (Place::GreenRoom, false),
        S::Lobby | S::SecondUse => (Place::Lobby, true),
        S::SentBack => (Place::Lobby, false),
        S::Room => (Place::Room, true),
        // Not heard at all: no answer, and nothing happens.
        S::Refused | S::Removed | S::Left | S::Cut | S::Replaced | S::Over | S::Elsewhere => return None,
    };
    Some(rights::check(message, role, place, is_seen))
}

/// What a room is, as far as anybody could tell.
fn picture(play: &Play) -> String {
    let people =
        play.room.people.values().map(|p| (p.id, p.place, p.present, p.link.clone(), p.media, p.hand, p.lines.len()));
    let identities = play.room.people.values().map(|p| p.identity.by.len()).sum::<usize>();
    let room = &play.room;
    format!("{:?} {identities} {:?} {:?} {}", people.collect::<Vec<_>>(), room.meeting.ends_at, room.lock, room.over)
}

/// D24, D27 and the table: every message × every role × every standpoint. What may not be said is answered by exactly the
/// error that the table declares, or by nothing where nobody is heard any more, and changes nothing.
#[test]
fn every_cell_is_as_declared() {
    let mut cells = 0;
    for role in [Role::Moderator, Role::Participant, Role::Observer] {
        for at in ALL {
            let Some(Scene { waits, is_in, .. }) = scene(role, at) else { continue };
            for message in messages(waits, is_in) {
                let Some(Scene { mut play, speaker, .. }) = scene(role, at) else { continue };
                let what = format!("{role:?} at {at:?}: {message:?}");
                let before = picture(&play);
                let out = play.ask(speaker, message.clone());
                cells += 1;
                let wrong = |error| Output::Tell { session: speaker, message: ServerMsg::ProtocolError { error } };
                match expected(&message, role, at) {
                    None => assert_eq!(out, [], "{what}"),
                    Some(Err(error)) => {
                        assert_eq!(out, [wrong(error)], "{what}");
                        assert_eq!(picture(&play), before, "{what}");
                    }
                    Some(Ok(())) => {
                        let refused = [ProtocolError::NotAllowed, ProtocolError::WrongState].map(wrong);
                        assert!(!out.iter().any(|said| refused.contains(said)), "{what}: {out:?}");
                    }
                }
            }
        }
    }
    assert!(cells > 800, "{cells} cells");
}

/// A moderator's message names a person of this room; a number that is another room's, or nobody's, reaches nobody.
#[test]
fn a_number_of_another_room_is_nobody() {
    let ghost = ParticipantId(4_000);
    for message in messages(ghost, ghost) {
        let names_somebody = matches!(rights::declared(&message), (Whose::Moderators, Where::Room))
            && !matches!(message, ClientMsg::SetLocks { .. } | ClientMsg::Extend { .. } | ClientMsg::EndMeeting);
        if !names_somebody {
            continue;
        }
        let Some(Scene { mut play, speaker, .. }) = scene(Role::Moderator, S::Room) else {
            panic!("a moderator in the room")
        };
        let before = picture(&play);
        let out = play.ask(speaker, message.clone());
        let nobody = ServerMsg::ProtocolError { error: ProtocolError::NobodyThere };
        let said = told(&out, speaker);
        assert!(said.is_empty() || said == [&nobody], "{message:?}: {out:?}");
        assert_eq!(picture(&play), before, "{message:?}");
    }
}

/// Whoever was put out for good stays out on every path: no socket, no media, no device, no tab, and no second use.
#[test]
fn whoever_is_put_out_stays_out() {
    for (at, why) in [
        (S::Removed, "removed"),
        (S::Cut, "PIN withdrawn"),
        (S::Over, "over"),
        (S::Left, "left"),
        (S::Refused, "refused"),
    ] {
        let Some(Scene { mut play, speaker, .. }) = scene(Role::Participant, at) else { panic!("{why}") };
        let back = play.room.resume(play.now, SessionId(77), super::tests::returning(Play::secret(speaker), Some(1)));
        assert!(back.is_err(), "{why}: the tab's secret");
        let invitee = super::tests::guest(SPEAKER, Standing::Participant).invitee;
        let theirs: Vec<_> = play.room.people.values().filter(|person| person.guest.invitee == invitee).collect();
        assert!(
            theirs.iter().all(|p| p.link.socket.is_none() && p.link.media.session().is_none() && p.tab.is_none()),
            "{why}"
        );
        // What the SFU still says of their media finds nobody.
        let out = play.event(Event::Connected { session: speaker, keys: shared::control::KeyLength::Bits256 });
        assert_eq!(out, [], "{why}");
        assert!(!play.room.has_media(speaker), "{why}");
    }
    // The end takes the room out of the SFU, with every session in it.
    let Some(Scene { mut play, .. }) = scene(Role::Participant, S::Room) else { panic!("somebody in the room") };
    let out = play.room.handle(play.now, Input::Ended { by: Actor::Clock });
    let room = RoomId(play.room.meeting.id);
    assert!(out.contains(&Output::Media(Command::CloseRoom { room })));
}
