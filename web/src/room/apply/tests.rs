//! Stories of Ada (moderator), Ben and Cleo, as their pages live them.

use shared::codec::VideoCodec;
use shared::control::KeyLength;
use shared::device::{Device, DeviceOf, DeviceState, DeviceUse};
use shared::ids::MeetingId;
use shared::location::{ComputerPlace, LocationHint, PhonePlace};
use shared::meeting::{MeetingInfo, MeetingKind, Role};
use shared::quality::Quality;
use shared::signal::{
    Identity, InvitationSays, Line, MediaState, OfferError, Picture, RefuseReason, Software, Waiting,
};
use shared::units::UnixMs;

use super::*;

const ADA: ParticipantId = ParticipantId(1);
const BEN: ParticipantId = ParticipantId(2);
const CLEO: ParticipantId = ParticipantId(3);

fn meeting() -> MeetingInfo {
    MeetingInfo {
        id: MeetingId::from_random([7; 16]),
        title: "Signing".into(),
        kind: MeetingKind::NothingKept,
        starts_at: UnixMs(0),
        ends_at: UnixMs(3_600_000),
        closes_at: UnixMs(4_200_000),
        time_zone: "Europe/Brussels".into(),
        camera_required: false,
        link_suffices: false,
    }
}

fn entry(participant: ParticipantId, name: &str) -> RosterEntry {
    let role = if participant == ADA { Role::Moderator } else { Role::Participant };
    RosterEntry {
        participant,
        name: name.into(),
        role,
        media: MediaState::default(),
        hand: false,
        connection: Quality::Good,
        device: None,
        confirmed: false,
    }
}

fn card(participant: ParticipantId, name: &str) -> LobbyCard {
    LobbyCard {
        participant,
        name: name.into(),
        role: Role::Participant,
        media: MediaState::default(),
        came_by_link: true,
        pin_typed: true,
        password: PasswordState::NotAsked,
        location: LocationHint::compare(ComputerPlace::NoDatabase, PhonePlace::NoNumber),
        software: Software::default(),
        waiting_since: UnixMs(0),
        in_use: None,
        identity: Identity::default(),
        history: Vec::new(),
        lines: Vec::new(),
    }
}

fn welcomed(participant: ParticipantId, resumed_to: Option<Place>) -> ServerMsg {
    ServerMsg::Welcomed {
        session: Secret::new("s"),
        meeting: meeting(),
        invited_as: InvitedAs { participant, name: "Ben".into(), role: Role::Participant },
        resumed_to,
        invitation: InvitationSays { phrase: "amber falcon".into(), ..InvitationSays::default() },
        media_kept: false,
    }
}

fn admitted(me: ParticipantId, roster: Vec<RosterEntry>) -> ServerMsg {
    ServerMsg::Admitted {
        room: RoomSnapshot {
            me,
            roster,
            lobby: vec![],
            meeting: meeting(),
            locks: Locks::default(),
            checklist: vec![],
        },
    }
}

/// Ben, all the way into the room.
fn ben_in_the_room() -> Room {
    let mut room = Room::default();
    room.apply(welcomed(BEN, None));
    room.enter();
    room.apply(ServerMsg::Entered { answer: "a".into(), stage: Place::Lobby, media: 1 });
    room.apply(admitted(BEN, vec![entry(ADA, "Ada"), entry(BEN, "Ben")]));
    room
}

#[test]
fn ben_knocks_waits_and_is_let_in() {
    let mut room = Room::default();
    let welcome = room.apply(welcomed(BEN, None));
    assert_eq!(room.stage, Stage::GreenRoom);
    assert_eq!(welcome.tasks, [Task::Remember(Secret::new("s"))]);
    assert_eq!(room.enter().tasks, [Task::Enter]);
    assert_eq!(room.stage, Stage::Entering);
    let entered = room.apply(ServerMsg::Entered { answer: "sdp".into(), stage: Place::Lobby, media: 1 });
    assert_eq!((room.stage.clone(), entered.tasks), (Stage::Lobby, vec![Task::Answer("sdp".into())]));
    room.apply(ServerMsg::Waiting { reason: Waiting::NoModeratorYet });
    assert_eq!(room.waiting, Some(Waiting::NoModeratorYet));
    let let_in = room.apply(admitted(BEN, vec![entry(ADA, "Ada"), entry(BEN, "Ben")]));
    assert_eq!(room.stage, Stage::Room);
    assert_eq!(room.roster.len(), 2);
    assert!(let_in.tasks.contains(&Task::Tell(News::LetIn)));
}

#[test]
fn a_refused_pin_says_why_and_asks_again() {
    for reason in [JoinRefused::NotValidNow, JoinRefused::WrongPin, JoinRefused::TooManyTries { retry_after_s: 8 }] {
        let mut room = Room::default();
        let applied = room.apply(ServerMsg::JoinRefused { reason: reason.clone() });
        assert_eq!((room.stage.clone(), room.join_error.clone()), (Stage::Pin, Some(reason)));
        assert!(applied.changes.contains(&Change::JoinError));
    }
}

#[test]
fn a_place_in_the_queue_is_shown_until_the_door_answers() {
    for answer in [
        ServerMsg::JoinRefused { reason: JoinRefused::Crowded { retry_after_s: 5 } },
        ServerMsg::PasswordRequired { state: PasswordState::NotSent, for_moderator: false, by_login: false },
        welcomed(BEN, None),
    ] {
        let mut room = Room::default();
        for ahead in [12, 3] {
            let applied = room.apply(ServerMsg::Queued { ahead, wait_s: 2 });
            assert_eq!(applied.changes, [Change::Queued]);
            assert_eq!((room.stage.clone(), room.queued), (Stage::Pin, Some(Queued { ahead, wait_s: 2 })));
        }
        let applied = room.apply(answer);
        assert_eq!(room.queued, None);
        assert!(applied.changes.contains(&Change::Queued));
    }
}

#[test]
fn a_password_is_asked_refused_and_used_up() {
    let mut room = Room::default();
    let required = |state| ServerMsg::PasswordRequired { state, for_moderator: true, by_login: true };
    room.apply(required(PasswordState::NotSent));
    assert_eq!(room.stage, Stage::Password);
    room.apply(ServerMsg::PasswordRefused { reason: PasswordRefused::Wrong { tries_left: 4 } });
    assert_eq!(room.password_error, Some(PasswordRefused::Wrong { tries_left: 4 }));
    room.apply(ServerMsg::PasswordRefused { reason: PasswordRefused::UsedUp });
    assert_eq!(room.password.as_ref().map(|ask| ask.state.clone()), Some(PasswordState::UsedUp));
    let sent = PasswordState::Sent { phone_ends_in: "67".into() };
    let again = room.apply(required(sent));
    assert_eq!((&room.password_error, again.changes), (&None, vec![Change::Password]));
    // The code of an app comes to the same end.
    room.apply(required(PasswordState::Code));
    room.apply(ServerMsg::PasswordRefused { reason: PasswordRefused::WrongCode { tries_left: 1 } });
    assert_eq!(room.password.as_ref().map(|ask| ask.state.clone()), Some(PasswordState::Code));
    room.apply(ServerMsg::PasswordRefused { reason: PasswordRefused::CodesUsedUp });
    assert_eq!(room.password.as_ref().map(|ask| ask.state.clone()), Some(PasswordState::UsedUp));
}

/// In the lobby: told once, typed wrong, used up, sent anew, right; gone with the wait.
#[test]
fn a_moderator_asks_for_a_password_at_the_door() {
    let mut room = Room::default();
    room.apply(welcomed(BEN, Some(Place::Lobby)));
    let sent = ServerMsg::PasswordAsked { state: PasswordState::Sent { phone_ends_in: "67".into() } };
    assert!(room.apply(sent.clone()).tasks.contains(&Task::Tell(News::PasswordAsked)));
    assert!(room.password.is_none(), "not the password of the door");
    room.apply(ServerMsg::PasswordRefused { reason: PasswordRefused::UsedUp });
    assert_eq!(room.asked_at_door, Some(PasswordState::UsedUp));
    assert_eq!(room.apply(sent).tasks, [], "told once");
    assert_eq!(room.password_error, None);
    room.apply(ServerMsg::PasswordAsked { state: PasswordState::Given });
    assert_eq!(room.asked_at_door, Some(PasswordState::Given));
    room.apply(admitted(BEN, vec![entry(BEN, "Ben")]));
    assert_eq!(room.asked_at_door, None);
}

/// One change repaints one tile.
#[test]
fn cleo_s_microphone_repaints_cleo_alone() {
    let mut room = ben_in_the_room();
    let joined = room.apply(ServerMsg::ParticipantJoined { entry: entry(CLEO, "Cleo") });
    assert_eq!(joined.changes, [Change::Roster, Change::Person(CLEO)]);
    let mut cleo = entry(CLEO, "Cleo");
    cleo.media.microphone = true;
    let muted = room.apply(ServerMsg::ParticipantChanged { entry: cleo.clone() });
    assert_eq!(muted, Applied { changes: vec![Change::Person(CLEO)], tasks: vec![] });
    cleo.hand = true;
    let hand = room.apply(ServerMsg::ParticipantChanged { entry: cleo });
    assert_eq!(hand.tasks, [Task::Tell(News::HandUp("Cleo".into()))]);
    let left = room.apply(ServerMsg::ParticipantLeft { participant: CLEO });
    assert_eq!(left.tasks, [Task::Tell(News::Left("Cleo".into()))]);
    assert_eq!(room.apply(ServerMsg::ParticipantLeft { participant: CLEO }), Applied::default());
}

#[test]
fn slots_name_only_those_who_moved() {
    let mut room = ben_in_the_room();
    let slots = |video: &[Option<ParticipantId>]| Slots {
        audio: vec![Some(ADA), None],
        video: video.iter().map(|who| who.map(Picture::face)).collect(),
        undecodable: Vec::new(),
    };
    let first = room.apply(ServerMsg::SlotsChanged { slots: slots(&[Some(ADA), None]) });
    assert_eq!(first.changes, [Change::Slot(ADA)]);
    let second = room.apply(ServerMsg::SlotsChanged { slots: slots(&[Some(ADA), Some(CLEO)]) });
    assert_eq!(second.changes, [Change::Slot(CLEO)]);
    assert_eq!(
        (room.video_slot(Picture::face(CLEO)), room.audio_slot(ADA), room.audio_slot(CLEO)),
        (Some(1), Some(0), None)
    );
    let third = room.apply(ServerMsg::SlotsChanged { slots: slots(&[Some(CLEO), None]) });
    assert_eq!(third.changes, [Change::Slot(ADA), Change::Slot(CLEO)]);
    let undecodable = vec![Undecodable { picture: Picture::face(ADA), codec: VideoCodec::H264 }];
    let hidden = Slots { undecodable, ..slots(&[Some(CLEO), None]) };
    let fourth = room.apply(ServerMsg::SlotsChanged { slots: hidden });
    assert_eq!(fourth.changes, [Change::Slot(ADA)], "she comes with another camera");
    assert_eq!(room.undecodable(Picture::face(ADA)), Some(VideoCodec::H264));
}

#[test]
fn ada_sees_who_waits_and_each_card_by_itself() {
    let mut room = Room::default();
    room.apply(welcomed(ADA, None));
    room.apply(admitted(ADA, vec![entry(ADA, "Ada")]));
    assert_eq!(room.role(), Some(Role::Moderator));
    let waits = room.apply(ServerMsg::LobbyChanged { card: Box::new(card(BEN, "Ben")) });
    assert_eq!(waits.changes, [Change::Lobby, Change::Card(BEN)]);
    assert_eq!(waits.tasks, [Task::Tell(News::Waits("Ben".into()))]);
    let again = room.apply(ServerMsg::LobbyChanged { card: Box::new(card(BEN, "Ben")) });
    assert_eq!(again, changed(Change::Card(BEN)));
    assert_eq!(room.apply(ServerMsg::LobbyLeft { participant: BEN }).changes, [Change::Lobby]);
}

#[test]
fn a_reload_goes_straight_back_without_asking() {
    let mut room = Room::resuming(Secret::new("s"));
    let applied = room.apply(welcomed(BEN, Some(Place::Room)));
    assert_eq!(room.stage, Stage::Entering);
    assert!(applied.tasks.contains(&Task::Enter));
    let back = room.apply(ServerMsg::Entered { answer: "a".into(), stage: Place::Room, media: 1 });
    assert_eq!(back.tasks, [Task::Answer("a".into())]);
    let admitted = room.apply(admitted(BEN, vec![entry(BEN, "Ben")]));
    assert_eq!(room.stage, Stage::Room);
    assert!(!admitted.tasks.contains(&Task::Tell(News::LetIn)), "nobody let Ben in just now");
}

#[test]
fn a_lost_connection_keeps_the_page_under_the_banner() {
    let mut room = ben_in_the_room();
    assert_eq!(room.apply(ServerMsg::MediaLost { media: 1, with_node: false }).tasks, [Task::ReplaceMedia]);
    let applied = room.apply(welcomed(BEN, Some(Place::Room)));
    assert_eq!(room.stage, Stage::Room);
    assert!(applied.tasks.contains(&Task::Enter) && !applied.changes.contains(&Change::Stage));
}

/// Only the socket was lost: the page goes on with its media, and what it missed replaces what it knew.
#[test]
fn a_page_whose_media_was_kept_does_not_enter_again() {
    let mut room = ben_in_the_room();
    let ServerMsg::Welcomed { session, meeting, invited_as, resumed_to, invitation, .. } =
        welcomed(BEN, Some(Place::Room))
    else {
        panic!()
    };
    let kept =
        ServerMsg::Welcomed { session: session.clone(), meeting, invited_as, resumed_to, invitation, media_kept: true };
    let applied = room.apply(kept);
    assert_eq!(applied.tasks, [Task::Remember(session), Task::GoOn]);
    assert_eq!(room.media, Some(1));
    assert_eq!(room.says.as_ref().map(|says| says.phrase.as_str()), Some("amber falcon"));
    let anew = room.apply(admitted(BEN, vec![entry(BEN, "Ben"), entry(CLEO, "Cleo")]));
    assert_eq!(room.roster.keys().copied().collect::<Vec<_>>(), [BEN, CLEO]);
    assert_eq!(anew.tasks, [], "nobody is announced twice");
}

#[test]
fn what_is_said_of_replaced_media_is_not_heard() {
    let mut room = ben_in_the_room();
    room.apply(ServerMsg::Entered { answer: "b".into(), stage: Place::Room, media: 2 });
    assert_eq!(room.apply(ServerMsg::MediaLost { media: 1, with_node: false }), Applied::default());
    assert_eq!(room.apply(ServerMsg::MediaLost { media: 2, with_node: false }).tasks, [Task::ReplaceMedia]);
    assert_eq!(room.apply(ServerMsg::Restarted { answer: "c".into() }).tasks, [Task::TakePath("c".into())]);
    let refused = room.apply(ServerMsg::RestartRefused { error: OfferError::OtherSession });
    assert_eq!(refused.tasks, [Task::PathRefused]);
}

/// The node goes, and there is another: it is not taken for a network that blocks media.
#[test]
fn a_lost_node_is_no_fault_of_ben_s_network() {
    let mut room = ben_in_the_room();
    assert_eq!(room.apply(ServerMsg::MediaLost { media: 1, with_node: true }).tasks, [Task::NodeLost]);
    assert_eq!(room.stage, Stage::Room);
    let entered = ServerMsg::Entered { answer: "b".into(), stage: Place::Room, media: 2 };
    assert_eq!(room.apply(entered).tasks, [Task::Answer("b".into())]);
    assert_eq!(room.apply(ServerMsg::MediaLost { media: 1, with_node: true }), Applied::default());
}

/// There is no other: Ben stays where he is, reads it once, and his page goes on trying.
#[test]
fn without_a_media_node_ben_stays_and_his_page_tries_again() {
    let no_node = || ServerMsg::ProtocolError { error: ProtocolError::Offer { error: OfferError::NoNode } };
    let mut room = ben_in_the_room();
    room.apply(ServerMsg::MediaLost { media: 1, with_node: true });
    assert_eq!(room.apply(no_node()).tasks, [Task::TryMediaAgain, Task::Tell(News::NoNode)]);
    assert_eq!(room.apply(no_node()).tasks, [Task::TryMediaAgain]);
    room.apply(ServerMsg::Entered { answer: "b".into(), stage: Place::Room, media: 2 });
    assert_eq!(room.apply(no_node()).tasks, [Task::TryMediaAgain, Task::Tell(News::NoNode)]);
    assert_eq!(room.stage, Stage::Room);
    // Who was not in yet presses the button again.
    let mut room = Room::default();
    room.apply(welcomed(BEN, None));
    room.enter();
    room.apply(no_node());
    assert_eq!(room.stage, Stage::GreenRoom);
}

#[test]
fn a_stale_secret_after_a_reload_is_somebody_at_the_door() {
    let mut room = Room::resuming(Secret::new("old"));
    let applied = room.apply(ServerMsg::JoinRefused { reason: JoinRefused::SessionUnknown });
    assert_eq!((room.stage.clone(), room.join_error.clone()), (Stage::Pin, None));
    assert!(applied.tasks.contains(&Task::Forget));
    let mut room = Room::resuming(Secret::new("old"));
    room.apply(ServerMsg::JoinRefused { reason: JoinRefused::RoomLost });
    assert_eq!(room.stage, Stage::Ended(Ended::NotResumed(JoinRefused::RoomLost)));
}

#[test]
fn every_end_hangs_up_and_forgets_everybody() {
    let reasons = [
        (TurnedAway::Refused { reason: RefuseReason::ComeBackLater }, "refused"),
        (TurnedAway::Removed, "removed"),
        (TurnedAway::MeetingOver, "meeting_over"),
        (TurnedAway::ReplacedByNewer, "replaced_by_newer"),
        (TurnedAway::Revoked, "revoked"),
        (TurnedAway::RoleChanged, "role_changed"),
    ];
    for (reason, name) in reasons {
        let mut room = ben_in_the_room();
        let applied = room.apply(ServerMsg::TurnedAway { reason });
        assert_eq!(room.stage, Stage::Ended(Ended::TurnedAway(reason)));
        // What it carries beside its name is for the words.
        let written = serde_json::to_value(reason).unwrap();
        let said = written.as_str().or_else(|| written.as_object()?.keys().next().map(String::as_str));
        assert_eq!(said, Some(name));
        assert_eq!(Ended::TurnedAway(reason).name(), name);
        assert!(room.roster.is_empty() && room.session.is_none() && !room.is_resumable());
        assert_eq!(applied.tasks, [Task::HangUp, Task::Forget]);
    }
    let mut room = ben_in_the_room();
    room.leave();
    assert_eq!(room.stage, Stage::Ended(Ended::Left));
}

/// Nobody who turned round in the green room has left a meeting.
#[test]
fn who_goes_before_the_room_stayed_out() {
    let mut room = Room::default();
    room.apply(welcomed(BEN, None));
    room.leave();
    assert_eq!(room.stage, Stage::Ended(Ended::StayedOut));
}

#[test]
fn an_offer_that_is_not_taken_leads_back_to_the_green_room() {
    let mut room = Room::default();
    room.apply(welcomed(BEN, None));
    room.enter();
    let error = ProtocolError::Offer { error: OfferError::RoomFull };
    let applied = room.apply(ServerMsg::ProtocolError { error: error.clone() });
    assert_eq!(room.stage, Stage::GreenRoom);
    assert_eq!(applied.tasks, [Task::Tell(News::NotDone(error))]);
    room.apply(ServerMsg::ProtocolError { error: ProtocolError::Version { server: 2 } });
    assert_eq!(room.stage, Stage::Ended(Ended::Outdated));
}

#[test]
fn every_answer_to_a_knock_ends_the_wait() {
    let error = |error| Answer::of(&ServerMsg::ProtocolError { error });
    assert_eq!(Answer::of(&welcomed(BEN, None)), Answer::Yes);
    assert_eq!(Answer::of(&ServerMsg::JoinRefused { reason: JoinRefused::WrongPin }), Answer::Yes);
    assert_eq!(error(ProtocolError::TooMany), Answer::NotNow);
    assert_eq!(error(ProtocolError::Internal), Answer::NotNow);
    assert_eq!(Answer::of(&ServerMsg::Ping), Answer::No);
}

#[test]
fn starting_over_forgets_the_meetings_title() {
    let mut room = ben_in_the_room();
    room.leave();
    let applied = room.start_over();
    assert!(room.meeting.is_none() && applied.changes.contains(&Change::Meeting));
}

/// Ada shares, is replaced by nobody, and stops; Ben, who tried meanwhile, takes his back and hears whose it is.
#[test]
fn a_shared_screen_is_told_and_a_second_one_taken_back() {
    let mut room = ben_in_the_room();
    let mut ada = entry(ADA, "Ada");
    ada.media.screen = true;
    let shares = room.apply(ServerMsg::ParticipantChanged { entry: ada });
    assert_eq!((room.sharer(), shares.changes), (Some(ADA), vec![Change::Person(ADA), Change::Sharer]));
    assert_eq!(shares.tasks, [Task::Tell(News::Shares("Ada".into()))]);
    let error = ProtocolError::Share { error: ShareError::Taken { by: ADA } };
    let refused = room.apply(ServerMsg::ProtocolError { error });
    assert_eq!(refused.tasks, [Task::StopSharing, Task::Tell(News::ShareTaken(Some("Ada".into())))]);
    let stops = room.apply(ServerMsg::ParticipantChanged { entry: entry(ADA, "Ada") });
    assert_eq!((room.sharer(), stops.tasks), (None, vec![Task::Tell(News::SharesNoMore("Ada".into()))]));
}

/// A connection that is lost takes the screen away; that its owner left is news enough.
#[test]
fn a_sharer_who_leaves_is_told_once() {
    let mut room = ben_in_the_room();
    let mut ada = entry(ADA, "Ada");
    ada.media.screen = true;
    room.apply(ServerMsg::ParticipantChanged { entry: ada });
    let left = room.apply(ServerMsg::ParticipantLeft { participant: ADA });
    assert!(left.changes.contains(&Change::Sharer));
    assert_eq!(left.tasks, [Task::Tell(News::Left("Ada".into()))]);
}

/// A device stands in the list as its owner's, has a tile when it sends something, and none when it only watches.
#[test]
fn a_device_is_called_after_its_owner_and_a_watcher_has_no_tile() {
    let mut room = ben_in_the_room();
    let device = |number, does| {
        let device = Some(DeviceOf { owner: ADA, does, keys: KeyLength::Bits256 });
        ServerMsg::ParticipantJoined { entry: RosterEntry { device, ..entry(ParticipantId(number), "Ada") } }
    };
    let applied = room.apply(device(7, DeviceUse::Publish));
    assert_eq!(applied.tasks, [Task::Tell(News::Joined("Device of Ada".into()))]);
    room.apply(device(8, DeviceUse::Watch));
    let faces = room.faces();
    assert!(
        faces.contains(&ParticipantId(7)) && !faces.contains(&ParticipantId(8)) && room.roster.len() == faces.len() + 1
    );
    assert_eq!(room.watchers(), 1);
    room.apply(ServerMsg::ParticipantLeft { participant: ParticipantId(8) });
    assert_eq!(room.watchers(), 0);
}

/// D31: whoever is in the room reads of a device how it is encrypted, where that is less than everything else.
#[test]
fn short_keys_stand_beneath_a_device_s_name() {
    for does in [DeviceUse::Publish, DeviceUse::Watch] {
        let said = [KeyLength::Bits128, KeyLength::Bits256].map(|keys| {
            let device = Some(DeviceOf { owner: ADA, does, keys });
            crate::room::words::standing(&RosterEntry { device, ..entry(ADA, "Ada") })
        });
        assert!(said[0].contains("128-bit") && !said[1].contains("128-bit"), "{said:?}");
    }
}

/// A token is in the page's memory for as long as it is shown.
#[test]
fn a_token_is_forgotten_when_it_is_closed_and_at_the_end() {
    let made = |room: &mut Room| {
        let device = Device { number: 3, does: DeviceUse::Publish, state: DeviceState::Away };
        room.apply(ServerMsg::DevicesChanged { devices: vec![device] });
        room.apply(ServerMsg::DeviceMade { number: 3, token: Secret::new("secret") });
        assert!(room.token.as_ref().is_some_and(|(device, _)| device.number == 3));
    };
    let mut room = ben_in_the_room();
    made(&mut room);
    assert_eq!(room.forget_token().changes, [Change::Devices]);
    assert!(room.token.is_none() && room.devices.len() == 1);
    made(&mut room);
    let ended = room.apply(ServerMsg::TurnedAway { reason: TurnedAway::MeetingOver });
    assert!(room.token.is_none() && room.devices.is_empty() && ended.changes.contains(&Change::Devices));
}

/// Sent back: nothing of the others stays in the page, and it enters anew, to wait.
#[test]
fn back_to_the_lobby() {
    let mut room = ben_in_the_room();
    let applied = room.apply(ServerMsg::SentToLobby);
    assert_eq!(room.stage, Stage::Lobby);
    assert!(room.roster.is_empty() && room.media.is_none());
    assert_eq!(applied.tasks, [Task::StopSharing, Task::Enter, Task::Tell(News::SentBack)]);
    let applied = room.apply(ServerMsg::Entered { answer: "a".into(), stage: Place::Lobby, media: 2 });
    assert_eq!((room.stage, applied.tasks), (Stage::Lobby, vec![Task::Answer("a".into())]));
}

/// Whoever comes in where microphones are off on entry has theirs off, once; a moderator has not.
#[test]
fn muted_on_entry() {
    let locks = Locks { mute_on_entry: true, ..Locks::default() };
    for (me, muted) in [(BEN, true), (ADA, false)] {
        let mut room = Room::default();
        room.apply(welcomed(me, None));
        let roster = vec![entry(ADA, "Ada"), entry(BEN, "Ben")];
        let snapshot = RoomSnapshot { me, roster, lobby: vec![], meeting: meeting(), locks, checklist: vec![] };
        let applied = room.apply(ServerMsg::Admitted { room: snapshot.clone() });
        assert_eq!(applied.tasks.contains(&Task::Mute), muted, "{me:?}");
        let again = room.apply(ServerMsg::Admitted { room: snapshot });
        assert!(!again.tasks.contains(&Task::Mute), "a page that comes back is left as it is");
    }
}

/// A moderator hears of a line from the lobby, not of their own.
#[test]
fn a_line_from_the_lobby_is_news() {
    let mut room = Room::default();
    room.apply(welcomed(ADA, None));
    room.apply(admitted(ADA, vec![entry(ADA, "Ada")]));
    room.apply(ServerMsg::LobbyChanged { card: Box::new(card(CLEO, "Cleo")) });
    let line = |by: Option<&str>| Line { by: by.map(str::to_owned), text: "hello".into(), at: UnixMs(0) };
    let lines = vec![line(None)];
    let applied = room
        .apply(ServerMsg::LobbyChanged { card: Box::new(LobbyCard { lines: lines.clone(), ..card(CLEO, "Cleo") }) });
    assert_eq!(applied.tasks, [Task::Tell(News::Wrote("Cleo".into()))]);
    let lines = vec![line(None), line(Some("Ada"))];
    let applied = room.apply(ServerMsg::LobbyChanged { card: Box::new(LobbyCard { lines, ..card(CLEO, "Cleo") }) });
    assert_eq!(applied.tasks, []);
}
