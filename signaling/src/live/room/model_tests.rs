//! Random orders of legal and illegal messages against what must always hold. (SECURITY.md, "state machine")
//!
//! The reference keeps only who may be in the room, and every page keeps the picture that the messages paint. After
//! every step the two must agree with what the room says and does.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use shared::control::{Command, Event, Gone, KeyLength};
use shared::device::DeviceUse;
use shared::secret::Secret;
use shared::signal::{Locks, MediaState, OfferError, PasswordRefused, Slots, Stage};

use super::tests::{NOW, guest, meeting, refuse, returning};
use super::*;
use crate::meetings::events::SecondFactor;

const PEOPLE: u8 = 5;

/// One thing that happens. People and sessions are named by small numbers, so that they meet often.
#[derive(Debug, Clone)]
enum Step {
    Knock(u8),
    /// Whose secret, and whether the page says that it still has its media.
    Resume(u64, bool),
    Ask(u64, Wish),
    HangUp(u64, bool),
    Answer(u64),
    RefuseOffer(u64),
    MediaGone(u64, Gone),
    Restarted(u64, bool),
    Slots(u64),
    /// One of those in the room makes a device.
    MakeDevice(usize),
    /// Which of the devices that were made offers, and whether its media comes up at once.
    PlugIn(usize, bool),
    Unplug(usize),
    RevokePin(u8),
    ConsoleEnds,
    Time(i64),
}

#[derive(Debug, Clone)]
enum Wish {
    Enter,
    Restart,
    SetMedia(bool),
    Share(bool),
    SetHand(bool),
    Look,
    RevokeDevice(u32),
    Leave,
    Admit(u16),
    AdmitAll,
    Refuse(u16),
    SendBack(u16),
    Say(Option<u16>),
    Confirm(u16),
    SetLocks(bool, bool),
    Remove(u16),
    Extend(u32),
    End,
    Nonsense,
}

fn wish() -> impl Strategy<Value = Wish> {
    let id = 1..=u16::from(PEOPLE) + 4;
    prop_oneof![
        8 => Just(Wish::Enter),
        1 => Just(Wish::Restart),
        1 => any::<bool>().prop_map(Wish::SetMedia),
        1 => any::<bool>().prop_map(Wish::SetHand),
        2 => any::<bool>().prop_map(Wish::Share),
        1 => Just(Wish::Look),
        1 => (1..9_u32).prop_map(Wish::RevokeDevice),
        1 => Just(Wish::Leave),
        8 => id.clone().prop_map(Wish::Admit),
        1 => Just(Wish::AdmitAll),
        1 => id.clone().prop_map(Wish::Refuse),
        1 => id.clone().prop_map(Wish::SendBack),
        1 => prop::option::of(id.clone()).prop_map(Wish::Say),
        1 => id.clone().prop_map(Wish::Confirm),
        1 => (prop::bool::weighted(0.2), any::<bool>()).prop_map(|(closed, skip)| Wish::SetLocks(closed, skip)),
        1 => id.prop_map(Wish::Remove),
        1 => (0..200_u32).prop_map(Wish::Extend),
        1 => prop::bool::weighted(0.03).prop_map(|end| if end { Wish::End } else { Wish::Nonsense }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let session = 1..10_u64;
    prop_oneof![
        6 => (0..PEOPLE).prop_map(Step::Knock),
        4 => (session.clone(), any::<bool>()).prop_map(|(of, media)| Step::Resume(of, media)),
        20 => (session.clone(), wish()).prop_map(|(session, wish)| Step::Ask(session, wish)),
        2 => (session.clone(), any::<bool>()).prop_map(|(session, gone)| Step::HangUp(session, gone)),
        14 => session.clone().prop_map(Step::Answer),
        1 => session.clone().prop_map(Step::RefuseOffer),
        2 => (session.clone(), prop::sample::select(vec![Gone::Closed, Gone::NodeLost]))
            .prop_map(|(session, reason)| Step::MediaGone(session, reason)),
        1 => (session.clone(), any::<bool>()).prop_map(|(session, taken)| Step::Restarted(session, taken)),
        2 => session.prop_map(Step::Slots),
        3 => any::<usize>().prop_map(Step::MakeDevice),
        4 => (any::<usize>(), any::<bool>()).prop_map(|(device, up)| Step::PlugIn(device, up)),
        1 => any::<usize>().prop_map(Step::Unplug),
        1 => prop::bool::weighted(0.2).prop_flat_map(|yes| (0..PEOPLE).prop_map(move |who| {
            if yes { Step::RevokePin(who) } else { Step::Time(1_000) }
        })),
        1 => prop::bool::weighted(0.02).prop_map(|end| if end { Step::ConsoleEnds } else { Step::Time(60_000) }),
    ]
}

/// The first of the five moderates, the last observes.
fn standing(who: u8) -> Standing {
    match who {
        0 => Standing::Moderator(SecondFactor::SmsPassword),
        4 => Standing::Observer,
        _ => Standing::Participant,
    }
}

fn secret(session: u64) -> Secret {
    Secret::new(format!("secret {session}"))
}

/// What one page has been told.
#[derive(Default)]
struct Page {
    who: u8,
    /// Its number in the room.
    me: Option<u16>,
    done: bool,
    in_room: bool,
    /// The media session that it was told it has.
    media: Option<u32>,
    roster: BTreeSet<ParticipantId>,
    lobby: BTreeSet<ParticipantId>,
    /// Of these, whose PIN is in use elsewhere, as the card said last.
    in_use: BTreeSet<ParticipantId>,
}

struct World {
    room: Room,
    now: UnixMs,
    pages: BTreeMap<u64, Page>,
    next_session: u64,
    /// Whose secret is whose: the session that a secret was made for, by person.
    tabs: BTreeMap<u64, u8>,
    /// Who may be in the room, beside moderators: whom a moderator let in, or lets skip the lobby; until something ends it.
    admitted: BTreeSet<u16>,
    /// Whom a moderator has turned away or sent back since: they do not skip the lobby.
    doubted: BTreeSet<u8>,
    locks: Locks,
    numbers: BTreeMap<u16, u8>,
    /// What the SFU has, and whether it has answered.
    sfu: BTreeMap<u64, bool>,
    /// Whose device each token that was ever made is for.
    tokens: Vec<(ParticipantId, Secret)>,
    /// Whose device a session is.
    plugs: BTreeMap<u64, u16>,
}

impl World {
    fn new() -> Self {
        Self {
            room: Room::new(meeting(), DoorRules::default()),
            now: NOW,
            pages: BTreeMap::new(),
            next_session: 1,
            tabs: BTreeMap::new(),
            admitted: BTreeSet::new(),
            doubted: BTreeSet::new(),
            locks: Locks::default(),
            numbers: BTreeMap::new(),
            sfu: BTreeMap::new(),
            tokens: Vec::new(),
            plugs: BTreeMap::new(),
        }
    }

    fn play(&mut self, step: Step) {
        let was_over = self.room.is_over();
        let out = match step {
            Step::Knock(who) => self.knock(who),
            Step::Resume(of, media) => self.resume(of, media),
            Step::Ask(session, wish) => self.ask(session, wish),
            Step::HangUp(session, page_is_gone) => {
                self.pages.entry(session).and_modify(|page| page.done = true);
                self.room.handle(self.now, Input::HungUp { session: SessionId(session), page_is_gone })
            }
            Step::Answer(session) => self.answer(session),
            Step::Restarted(session, true) => {
                self.media(Event::Restarted { session: SessionId(session), answer: "a".into() })
            }
            Step::Restarted(session, false) => {
                self.media(Event::RestartRefused { session: SessionId(session), error: OfferError::OtherSession })
            }
            Step::RefuseOffer(session) => {
                // After its answer the SFU does not refuse an offer.
                self.sfu.retain(|known, answered| *known != session || *answered);
                self.media(Event::OfferRefused { session: SessionId(session), error: OfferError::Unusable })
            }
            Step::MediaGone(session, reason) => {
                // Before its answer this is about the session whose number it took over.
                self.sfu.retain(|known, answered| *known != session || !*answered);
                self.media(Event::Gone { session: SessionId(session), reason })
            }
            Step::Slots(session) => {
                self.media(Event::SlotsChanged { session: SessionId(session), slots: Slots::default() })
            }
            Step::MakeDevice(of) => self.make_device(of),
            Step::PlugIn(device, up) => self.plug_in(device, up),
            Step::Unplug(device) => self.unplug(device),
            Step::RevokePin(who) => {
                self.nobody_with_the_pin_of(who);
                let invitee = guest(who, standing(who)).invitee;
                self.room.handle(self.now, Input::Cut { invitee, why: TurnedAway::Revoked })
            }
            Step::ConsoleEnds => self.room.handle(self.now, Input::Ended { by: Actor::Clock }),
            Step::Time(ms) => {
                self.now = self.now.plus_ms(ms);
                self.room.handle(self.now, Input::Tick)
            }
        };
        assert!(!was_over || out.is_empty(), "after the end: {out:?}");
        self.check(&out);
    }

    fn answer(&mut self, session: u64) -> Vec<Output> {
        self.sfu.entry(session).and_modify(|answered| *answered = true);
        self.media(Event::Answered { session: SessionId(session), answer: "a".into() })
    }

    fn media(&mut self, event: Event) -> Vec<Output> {
        self.room.handle(self.now, Input::Media(event))
    }

    fn make_device(&mut self, of: usize) -> Vec<Output> {
        let there: Vec<u64> = self.pages.iter().filter(|(_, p)| p.in_room && !p.done).map(|(s, _)| *s).collect();
        let Some(session) = of.checked_rem(there.len()).and_then(|index| there.get(index)) else { return Vec::new() };
        let request = ClientMsg::MakeDevice { does: DeviceUse::Publish };
        self.room.handle(self.now, Input::Asked { session: SessionId(*session), request })
    }

    fn token(&self, device: usize) -> Option<(ParticipantId, Secret)> {
        self.tokens.get(device.checked_rem(self.tokens.len())?).cloned()
    }

    /// A device offers with its token, whatever has become of it.
    fn plug_in(&mut self, device: usize, up: bool) -> Vec<Output> {
        let Some((owner, token)) = self.token(device) else { return Vec::new() };
        let session = SessionId(self.next_session());
        let (offer, resource) = ("o".into(), token.reveal().to_owned());
        let ask = DeviceAsk::PlugIn { does: DeviceUse::Publish, keys: KeyLength::Bits256, offer, resource };
        let Ok(out) = self.room.device_asks(self.now, session, &token, ask) else { return Vec::new() };
        self.plugs.insert(session.0, owner.0);
        self.check(&out);
        let mut out = self.answer(session.0);
        if up {
            out.extend(self.media(Event::Connected { session, keys: KeyLength::Bits256 }));
        }
        out
    }

    fn unplug(&mut self, device: usize) -> Vec<Output> {
        let Some((_, token)) = self.token(device) else { return Vec::new() };
        let ask = DeviceAsk::Unplug { resource: token.reveal().to_owned() };
        self.room.device_asks(self.now, SessionId(0), &token, ask).unwrap_or_default()
    }

    fn next_session(&mut self) -> u64 {
        self.next_session += 1;
        self.next_session - 1
    }

    fn new_page(&mut self, who: u8) -> u64 {
        let session = self.next_session();
        self.pages.insert(session, Page { who, ..Page::default() });
        session
    }

    fn knock(&mut self, who: u8) -> Vec<Output> {
        let session = self.new_page(who);
        let Ok(out) = self.room.knock(self.now, SessionId(session), &secret(session), guest(who, standing(who))) else {
            self.page(session).done = true;
            return Vec::new();
        };
        self.tabs.insert(session, who);
        out
    }

    /// Every use of a person's PIN has ended.
    fn nobody_with_the_pin_of(&mut self, who: u8) {
        let numbers = &self.numbers;
        self.admitted.retain(|number| numbers.get(number) != Some(&who));
    }

    /// The page of a tab comes back, sometimes with the media that its newest socket was told of.
    fn resume(&mut self, of: u64, with_media: bool) -> Vec<Output> {
        let Some(who) = self.tabs.get(&of).copied() else { return Vec::new() };
        let me = self.pages.get(&of).and_then(|page| page.me);
        let newest = self.pages.values().rev().find(|page| page.me == me && page.media.is_some());
        let media = newest.and_then(|page| page.media).filter(|_| with_media);
        let session = self.new_page(who);
        self.page(session).media = media;
        self.page(session).me = me;
        let out = self.room.resume(self.now, SessionId(session), returning(secret(of), media)).unwrap_or_default();
        self.page(session).done = out.is_empty();
        out
    }

    /// Notes, from the requests alone, who comes to be admitted and who no longer is.
    fn ask(&mut self, session: u64, wish: Wish) -> Vec<Output> {
        let asker = self.pages.get(&session).filter(|page| !page.done);
        let moderates = asker.is_some_and(|page| page.in_room && page.who == 0);
        let (who, me) = (asker.map(|page| page.who), asker.and_then(|page| page.me));
        let lobby = asker.map(|page| page.lobby.clone()).unwrap_or_default();
        let plain: Vec<_> =
            asker.map(|page| page.lobby.difference(&page.in_use).copied().collect()).unwrap_or_default();
        let whom = |number: u16| self.numbers.get(&number).copied();
        let locked = self.locks.closed;
        match &wish {
            Wish::Admit(number) if moderates && !locked && lobby.contains(&ParticipantId(*number)) => {
                self.let_in(*number);
            }
            Wish::AdmitAll if moderates && !locked => plain.iter().for_each(|waits| self.let_in(waits.0)),
            Wish::Refuse(number) if moderates && lobby.contains(&ParticipantId(*number)) => {
                self.doubted.extend(whom(*number));
            }
            Wish::SendBack(number) if moderates => {
                let there = self.pages.values().any(|p| p.in_room && p.roster.contains(&ParticipantId(*number)));
                if let Some(who) = whom(*number).filter(|who| *who != 0 && there) {
                    self.admitted.remove(number);
                    self.doubted.insert(who);
                }
            }
            Wish::SetLocks(closed, skip) if moderates => {
                self.locks = Locks { closed: *closed, participants_skip_lobby: *skip, ..Locks::default() };
            }
            // Only somebody with a place in the room is removed, and every use of their PIN with them.
            Wish::Remove(number) if moderates && whom(*number) != who => {
                let is_in = self.room.people.get(&ParticipantId(*number)).is_some_and(|p| p.place == Place::Room);
                if let Some(whom) = whom(*number).filter(|_| is_in) {
                    self.nobody_with_the_pin_of(whom);
                }
            }
            Wish::Leave => {
                me.map(|me| self.admitted.remove(&me));
            }
            Wish::Enter => {
                // A moderator whose socket alone is broken is still there.
                let moderated = self.room.has_moderator();
                let skips = moderated && self.locks.participants_skip_lobby && !self.locks.closed;
                let plain = who.is_some_and(|who| (1..4).contains(&who) && !self.doubted.contains(&who));
                self.admitted.extend(me.filter(|_| skips && plain));
            }
            _ => {}
        }
        let request = match wish {
            Wish::AdmitAll => ClientMsg::AdmitAll { participants: lobby.into_iter().collect() },
            wish => request(wish),
        };
        self.room.handle(self.now, Input::Asked { session: SessionId(session), request })
    }

    /// A moderator decides for one of those who use an invitation.
    fn let_in(&mut self, number: u16) {
        let Some(who) = self.numbers.get(&number).copied() else { return };
        self.nobody_with_the_pin_of(who);
        self.admitted.insert(number);
        self.doubted.remove(&who);
    }

    fn check(&mut self, out: &[Output]) {
        for output in out {
            match output {
                Output::Tell { session, message } => self.hear(session.0, message),
                Output::HangUp { session } => self.page(session.0).done = true,
                Output::Media(command) => {
                    self.check_command(command);
                    self.note(command);
                }
                // Nobody here asks for one; their stories are in `errand_tests`.
                Output::Errand(errand) => panic!("{errand:?}"),
                Output::MakeToken { owner, does } => {
                    let token = Secret::new(format!("token {}", self.tokens.len()));
                    self.tokens.push((*owner, token.clone()));
                    let out = self.room.token_made(*owner, *does, &token);
                    self.check(&out);
                }
                Output::Plugged { session, .. } => assert!(self.plugs.contains_key(&session.0)),
                Output::Note { .. } => {}
            }
        }
        self.check_pictures();
    }

    fn page(&mut self, session: u64) -> &mut Page {
        self.pages.get_mut(&session).expect("a page that exists")
    }

    fn may_be_in_room(&self, number: u16) -> bool {
        self.numbers.get(&number) == Some(&0) || self.admitted.contains(&number)
    }

    /// Keeps the SFU's book.
    fn note(&mut self, command: &Command) {
        match command {
            Command::Join { session, .. } => {
                let before = self.sfu.insert(session.0, false);
                assert_eq!(before, None, "two sessions of one number");
            }
            Command::Leave { session } => {
                assert!(self.sfu.remove(&session.0).is_some(), "a session that the SFU has not");
            }
            Command::CloseRoom { .. } => self.sfu.clear(),
            Command::Restart { session, .. } | Command::Watch { session, .. } => {
                assert_eq!(self.sfu.get(&session.0), Some(&true), "{command:?}");
            }
            Command::Admit { .. } | Command::Look { .. } | Command::Share { .. } | Command::Surface { .. } => {}
        }
    }

    fn check_command(&self, command: &Command) {
        let in_room = match command {
            Command::Join { session, stage: Stage::Room, .. }
            | Command::Admit { session }
            | Command::Share { session, .. }
            | Command::Look { session, .. } => session,
            Command::Join { .. }
            | Command::Restart { .. }
            | Command::Watch { .. }
            | Command::Leave { .. }
            | Command::Surface { .. }
            | Command::CloseRoom { .. } => return,
        };
        let who = self.plugs.get(&in_room.0).copied().or_else(|| self.pages[&in_room.0].me);
        assert!(who.is_some_and(|who| self.may_be_in_room(who)), "media of the room for {who:?}, whom nobody let in");
    }

    /// What a page is told, and whether it may be.
    fn hear(&mut self, session: u64, message: &ServerMsg) {
        let who = self.pages[&session].who;
        assert!(!self.pages[&session].done, "told after it was turned away: {message:?}");
        let allowed = self.pages[&session].me.is_some_and(|me| self.may_be_in_room(me));
        let page = self.page(session);
        match message {
            ServerMsg::Admitted { room } => {
                assert!(allowed, "{who} admitted by nobody");
                assert!(who == 0 || room.lobby.is_empty(), "the lobby shown to {who}");
                page.in_room = true;
                page.roster = room.roster.iter().map(|entry| entry.participant).collect();
                page.lobby = room.lobby.iter().map(|card| card.participant).collect();
                page.in_use =
                    room.lobby.iter().filter(|card| card.in_use.is_some()).map(|card| card.participant).collect();
            }
            ServerMsg::ParticipantJoined { entry } => {
                assert!(page.in_room && page.roster.insert(entry.participant), "{message:?}");
            }
            ServerMsg::ParticipantChanged { entry } => {
                assert!(page.in_room && page.roster.contains(&entry.participant), "{message:?}");
            }
            ServerMsg::ParticipantLeft { participant } => {
                assert!(page.in_room && page.roster.remove(participant), "{message:?}");
            }
            ServerMsg::LobbyChanged { card } => {
                assert!(page.in_room && who == 0, "{message:?}");
                page.lobby.insert(card.participant);
                page.in_use.remove(&card.participant);
                page.in_use.extend(card.in_use.map(|_| card.participant));
            }
            ServerMsg::LobbyLeft { participant } => {
                assert!(page.in_room && who == 0 && page.lobby.remove(participant), "{message:?}");
            }
            ServerMsg::SentToLobby => page.in_room = false,
            ServerMsg::Lines { .. } => assert!(!page.in_room, "{message:?}"),
            ServerMsg::PinUsedElsewhere => {}
            ServerMsg::SlotsChanged { .. }
            | ServerMsg::LocksChanged { .. }
            | ServerMsg::EndMoved { .. }
            | ServerMsg::DeviceMade { .. }
            | ServerMsg::DevicesChanged { .. } => assert!(page.in_room, "{message:?}"),
            ServerMsg::Waiting { .. } => assert!(!page.in_room, "{message:?}"),
            // Of whoever wants a password that nobody asked for; only in the lobby is there one to ask for.
            ServerMsg::PasswordRefused { reason: PasswordRefused::NotSent } => assert!(!page.in_room, "{message:?}"),
            ServerMsg::TurnedAway { .. } => page.in_room = false,
            ServerMsg::MediaLost { media, .. } => assert_eq!(page.media.take(), Some(*media)),
            ServerMsg::Entered { media, .. } => page.media = Some(*media),
            ServerMsg::Welcomed { invited_as, resumed_to, .. } => {
                let number = invited_as.participant.0;
                page.me = Some(number);
                self.numbers.insert(number, who);
                if *resumed_to != Some(Stage::Room) {
                    self.admitted.remove(&number);
                }
            }
            ServerMsg::LayersWanted { .. }
            | ServerMsg::Restarted { .. }
            | ServerMsg::RestartRefused { .. }
            | ServerMsg::ProtocolError { .. } => {}
            other => panic!("a room never says {other:?}"),
        }
    }

    /// Everybody in the room has the same picture, and it is the room's.
    fn check_pictures(&mut self) {
        let there = |place| {
            let people = self.room.people.values().filter(move |person| person.is_present_in(place));
            people.map(|person| person.id).collect::<BTreeSet<_>>()
        };
        let (mut roster, lobby) = (there(Place::Room), there(Place::Lobby));
        roster.extend(self.room.devices.present());
        let (owners, device_sessions) = self.room.devices.owners_and_sessions();
        for owner in owners {
            assert!(self.may_be_in_room(owner.0), "a device of {owner:?}, whom nobody let in");
        }
        let live: BTreeSet<u64> =
            self.room.people.values().filter(|p| p.present).filter_map(|p| p.link.socket).map(|s| s.0).collect();
        for (session, page) in &mut self.pages {
            if !live.contains(session) {
                page.in_room = false;
            }
            if page.in_room {
                assert_eq!(page.roster, roster, "session {session}");
                assert!(page.who != 0 || page.lobby == lobby, "session {session}: {:?} {lobby:?}", page.lobby);
            }
        }
        // No media without somebody whose it is, and nobody's twice.
        let media = self.room.people.values().filter_map(|p| p.link.media.session()).chain(device_sessions);
        assert_eq!(media.collect::<Vec<_>>().len(), self.sfu.len());
        assert!(self.sfu.keys().all(|session| self.room.has_media(SessionId(*session))));
        let sharers = self.room.people.values().filter(|person| person.media.screen).map(|person| person.id);
        let sharers: Vec<_> = sharers.collect();
        assert!(sharers.len() <= 1 && sharers.iter().all(|sharer| roster.contains(sharer)), "{sharers:?}");
        assert!(roster.len() + lobby.len() <= shared::limits::MAX_PARTICIPANTS);
    }
}

fn request(wish: Wish) -> ClientMsg {
    let media = MediaState::default();
    match wish {
        Wish::Restart => ClientMsg::Restart { offer: "o".into() },
        Wish::Enter => ClientMsg::Enter { offer: "o".into(), media },
        Wish::SetMedia(on) => ClientMsg::SetMedia { media: MediaState { microphone: on, camera: on, screen: false } },
        Wish::Share(screen) => ClientMsg::SetMedia { media: MediaState { screen, ..media } },
        Wish::SetHand(raised) => ClientMsg::SetHand { raised },
        Wish::Look => ClientMsg::Look { tiles: Vec::new() },
        Wish::RevokeDevice(number) => ClientMsg::RevokeDevice { number },
        Wish::Leave => ClientMsg::Leave,
        Wish::Admit(n) => ClientMsg::Admit { participant: ParticipantId(n) },
        Wish::Refuse(n) => refuse(ParticipantId(n)),
        Wish::SendBack(n) => ClientMsg::SendBack { participant: ParticipantId(n) },
        Wish::Say(to) => ClientMsg::Say { to: to.map(ParticipantId), text: "hello".into() },
        Wish::Confirm(n) => ClientMsg::ConfirmIdentity { participant: ParticipantId(n), checked: 0 },
        Wish::SetLocks(closed, skip) => {
            ClientMsg::SetLocks { locks: Locks { closed, participants_skip_lobby: skip, ..Locks::default() } }
        }
        Wish::Remove(n) => ClientMsg::Remove { participant: ParticipantId(n) },
        Wish::Extend(minutes) => ClientMsg::Extend { minutes },
        Wish::End => ClientMsg::EndMeeting,
        Wish::AdmitAll | Wish::Nonsense => ClientMsg::SendPassword,
    }
}

/// What random steps seldom come to: a moderator, and somebody whom they let in.
fn two_in_the_room() -> Vec<Step> {
    let enters = |who, session| [Step::Knock(who), Step::Ask(session, Wish::Enter), Step::Answer(session)];
    let admits = Step::Ask(1, Wish::Admit(2));
    enters(0, 1).into_iter().chain(enters(1, 2)).chain([admits]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    /// D24, D27: whatever the order, nothing of the room reaches anybody who was not let in, a participant lets
    /// nobody in, and everybody in the room sees the same people.
    #[test]
    fn no_order_of_messages_lets_anybody_in_unasked(
        steps in prop::collection::vec(step(), 1..120),
        has_begun in any::<bool>(),
    ) {
        let mut world = World::new();
        let begun = if has_begun { two_in_the_room() } else { Vec::new() };
        for step in begun.into_iter().chain(steps) {
            world.play(step);
        }
    }
}
