//! The handle that pages act through, and the shell that does the state machine's tasks.
//!
//! One WebSocket and one PeerConnection live and die together. Each pair is a *life*; whatever an earlier life still
//! says is ignored.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use shared::ids::ParticipantId;
use shared::limits::PROTOCOL_VERSION;
use shared::secret::Secret;
use shared::signal::{ClientMsg, MediaState, ServerMsg};
use wasm_bindgen_futures::spawn_local;

use super::board::Board;
use super::store::Store;
use crate::media::local::LocalMedia;
use crate::media::peer::{Peer, PeerEvent};
use crate::room::words;
use crate::room::{Answer, Applied, Link, News, Room, Stage, Task, backoff};
use crate::signal::kept::{self, Kept};
use crate::signal::site;
use crate::signal::socket::{Socket, SocketEvent};
use crate::ui::{ToastRack, Tone};

/// How often the countdown to the next try is repainted.
const COUNT_EVERY_MS: u32 = 100;
/// How often it is looked who speaks.
const SPEAKING_EVERY: Duration = Duration::from_millis(250);
/// The level (0 to 1) from which a person counts as speaking: above a fan, below a quiet voice.
const SPEAKING_FROM: f64 = 0.02;
/// Looks for which the mark stays after the last word: people pause for breath.
const SPEAKING_STAYS: u8 = 3;

/// How this page was opened.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// The token in the invitation link.
    pub link: Option<Secret>,
    /// `muted=1`: later windows of the demo, against howling.
    pub muted: bool,
    /// What this tab kept from before a reload.
    pub kept: Option<Kept>,
}

struct Shell {
    room: RefCell<Room>,
    socket: RefCell<Option<Socket>>,
    /// The PIN, from the knock until the server has given a secret: a connection lost at the password would
    /// otherwise ask for it again.
    knock: RefCell<Option<Secret>>,
    link: Option<Secret>,
    life: Cell<u32>,
    attempt: Cell<u32>,
    /// A knock that brings this page back, and is not answered yet.
    knocking: Cell<bool>,
    /// Whether the PeerConnection of this life was up.
    was_up: Cell<bool>,
    /// What was on when this page asked to enter.
    entered_with: Cell<MediaState>,
    /// What the server was last told is on; `None` while it cannot be told.
    told: Cell<Option<MediaState>>,
    toasts: ToastRack,
}

/// The meeting, for pages. Copy it freely.
#[derive(Clone, Copy)]
pub struct Session {
    /// What pages show.
    pub store: Store,
    /// This person's own devices.
    pub media: LocalMedia,
    /// The whiteboard.
    pub board: Board,
    shell: StoredValue<Rc<Shell>, LocalStorage>,
}

/// The session that the app provided.
pub fn use_session() -> Session {
    expect_context()
}

impl Session {
    /// Begins where this tab was, or at the PIN.
    pub fn new(opening: Opening, toasts: ToastRack) -> Self {
        let session = opening.kept.as_ref().and_then(|kept| kept.session.clone());
        let room = session.map(Room::resuming).unwrap_or_default();
        let stage = room.stage.clone();
        let shell = Shell {
            room: RefCell::new(room),
            socket: RefCell::default(),
            knock: RefCell::default(),
            link: opening.link,
            life: Cell::new(0),
            attempt: Cell::new(0),
            knocking: Cell::new(false),
            was_up: Cell::new(false),
            entered_with: Cell::default(),
            told: Cell::new(None),
            toasts,
        };
        let session = Self {
            store: Store::new(stage),
            media: LocalMedia::new(opening.kept.as_ref(), opening.muted),
            board: Board::new(),
            shell: StoredValue::new_local(Rc::new(shell)),
        };
        session.watch();
        if session.with_room(Room::is_resumable) {
            session.connect();
        }
        spawn_local(async move {
            let site = site::fetch().await;
            session.store.demo.set(site.as_ref().is_some_and(|site| site.demo));
            session.store.site.set(site);
        });
        session
    }

    /// Whether this token is the one of the invitation link that the page was opened with.
    pub fn is_link(&self, token: &Secret) -> bool {
        self.shell().link.as_ref() == Some(token)
    }

    /// Whether the page was opened from an invitation link.
    pub fn came_by_link(&self) -> bool {
        self.shell().link.is_some()
    }

    /// Knocks with a PIN.
    pub fn join(self, pin: Secret) {
        let shell = self.shell();
        shell.knock.replace(Some(pin));
        self.store.asking.set(true);
        self.store.unreachable.set(false);
        self.store.join_error.set(None);
        if shell.socket.borrow().is_some() {
            self.knock();
        } else {
            self.connect();
        }
    }

    /// Has a password sent.
    pub fn send_password(self) {
        self.store.asking.set(true);
        self.send(&ClientMsg::SendPassword);
    }

    /// Tries a password.
    pub fn submit_password(self, password: Secret) {
        self.store.asking.set(true);
        self.send(&ClientMsg::SubmitPassword { password });
    }

    /// Leaves the green room for lobby or room.
    pub fn enter(self) {
        let applied = self.update_room(Room::enter);
        self.carry_out(applied);
    }

    /// Goes, for good.
    pub fn leave(self) {
        self.send(&ClientMsg::Leave);
        let applied = self.update_room(Room::leave);
        self.carry_out(applied);
    }

    /// Back to the PIN, after an end.
    pub fn start_over(self) {
        let applied = self.update_room(Room::start_over);
        self.carry_out(applied);
    }

    /// Raises or lowers this person's hand.
    pub fn set_hand(self, raised: bool) {
        self.send(&ClientMsg::SetHand { raised });
    }

    /// Moderator: lets somebody in.
    pub fn admit(self, participant: ParticipantId) {
        self.send(&ClientMsg::Admit { participant });
    }

    /// Moderator: turns somebody in the lobby away.
    pub fn refuse(self, participant: ParticipantId) {
        self.send(&ClientMsg::Refuse { participant });
    }

    /// Moderator: takes somebody out of the room.
    pub fn remove(self, participant: ParticipantId) {
        self.send(&ClientMsg::Remove { participant });
    }

    /// Moderator: moves the end.
    pub fn extend(self, minutes: u32) {
        self.send(&ClientMsg::Extend { minutes });
    }

    /// Moderator: ends it for everybody.
    pub fn end_meeting(self) {
        self.send(&ClientMsg::EndMeeting);
    }

    /// Tries to come back now instead of at the end of the countdown.
    pub fn try_now(self) {
        if self.store.link.get_untracked().is_lost() {
            self.connect();
        }
    }

    /// A short message.
    pub fn say(&self, tone: Tone, text: impl Into<String>) {
        self.shell().toasts.show(tone, text);
    }

    fn shell(&self) -> Rc<Shell> {
        self.shell.get_value()
    }

    fn with_room<T>(&self, read: impl FnOnce(&Room) -> T) -> T {
        read(&self.shell().room.borrow())
    }

    fn update_room<T>(&self, change: impl FnOnce(&mut Room) -> T) -> T {
        change(&mut self.shell().room.borrow_mut())
    }

    pub(super) fn send(&self, message: &ClientMsg) {
        if let Some(socket) = self.shell().socket.borrow().as_ref() {
            socket.send(message);
        }
    }

    /// Begins a life with a new socket.
    fn connect(self) {
        let life = self.next_life();
        if let Link::Waiting { attempt, .. } = self.store.link.get_untracked() {
            self.store.link.set(Link::Trying { attempt });
        }
        let socket = Socket::open(move |event| {
            if self.shell().life.get() == life {
                self.on_socket(event);
            }
        });
        let is_open = socket.is_some();
        self.shell().socket.replace(socket);
        if !is_open {
            self.lost();
        }
    }

    /// Ends the present life: nothing of its socket or peer is heard any more.
    fn next_life(self) -> u32 {
        let shell = self.shell();
        let life = shell.life.get().wrapping_add(1);
        shell.life.set(life);
        shell.told.set(None);
        shell.knocking.set(false);
        shell.was_up.set(false);
        shell.socket.take();
        self.store.peer.set(None);
        self.board.close();
        life
    }

    fn on_socket(self, event: SocketEvent) {
        match event {
            SocketEvent::Open => {
                self.send(&ClientMsg::Hello { protocol: PROTOCOL_VERSION });
                self.knock();
            }
            SocketEvent::Message(message) => self.receive(message),
            SocketEvent::Gone => self.lost(),
        }
    }

    fn knock(self) {
        let shell = self.shell();
        let session = shell.room.borrow().session.clone();
        shell.knocking.set(session.is_some() || self.store.link.get_untracked().is_lost());
        if let Some(session) = session {
            self.send(&ClientMsg::Resume { session });
        } else if let Some(pin) = shell.knock.borrow().clone() {
            self.send(&ClientMsg::Join { pin, link: shell.link.clone() });
        }
    }

    fn receive(self, message: ServerMsg) {
        let answer = Answer::of(&message);
        if answer == Answer::NotNow && self.shell().knocking.get() {
            return self.lost();
        }
        let refused = matches!(message, ServerMsg::JoinRefused { .. });
        let let_in = matches!(message, ServerMsg::Welcomed { .. });
        let applied = self.update_room(|room| room.apply(message));
        if answer != Answer::No {
            self.store.asking.set(false);
        }
        if answer == Answer::Yes {
            self.shell().knocking.set(false);
        }
        if refused || let_in {
            self.shell().knock.take();
        }
        self.carry_out(applied);
        let is_between = self.with_room(|room| matches!(room.stage, Stage::Password | Stage::GreenRoom));
        if answer == Answer::Yes && is_between {
            self.connected();
        }
    }

    fn carry_out(self, applied: Applied) {
        {
            let shell = self.shell();
            let room = shell.room.borrow();
            applied.changes.iter().for_each(|change| self.store.show(change, &room));
        }
        applied.tasks.into_iter().for_each(|task| self.perform(task));
    }

    fn perform(self, task: Task) {
        match task {
            Task::Remember(_) => self.remember(),
            Task::Forget => kept::forget(),
            Task::Enter => spawn_local(self.open_peer()),
            Task::Answer(sdp) => spawn_local(self.take_answer(sdp)),
            Task::Rejoin => self.media_lost(),
            Task::HangUp => self.hang_up(),
            Task::Pong => self.send(&ClientMsg::Pong),
            Task::Tell(news) => self.tell(&news),
        }
    }

    fn tell(self, news: &News) {
        let tone = match news {
            News::NotDone(_) => Tone::Danger,
            News::LetIn => Tone::Good,
            _ => Tone::Neutral,
        };
        if let News::Waits(_) = news {
            // The lobby's own live region says it; a toast would lie over the card.
            return;
        }
        self.say(tone, words::news(news));
    }

    fn hang_up(self) {
        self.next_life();
        self.shell().knock.take();
        self.media.stop();
        self.board.forget();
        self.store.link.set(Link::Idle);
        self.store.blocked.set(false);
        self.store.asking.set(false);
    }

    /// The connection is gone: come back, or say so where there is nothing to come back to.
    fn lost(self) {
        self.next_life();
        let at_password = self.with_room(|room| room.stage == Stage::Password);
        let can_knock = self.shell().knock.borrow().is_some();
        if self.with_room(Room::is_resumable) || (at_password && can_knock) {
            let shell = self.shell();
            shell.attempt.set(shell.attempt.get().saturating_add(1));
            let attempt = shell.attempt.get();
            self.count_down(attempt, backoff::wait_ms(attempt), shell.life.get());
        } else if self.store.asking.get_untracked() {
            self.store.asking.set(false);
            self.store.unreachable.set(true);
        }
    }

    /// Media gave up. When it never came although the server answered, the network in between is the likely cause.
    fn media_lost(self) {
        if !self.shell().was_up.get() {
            self.store.blocked.set(true);
        }
        self.lost();
    }

    fn count_down(self, attempt: u32, in_ms: u32, life: u32) {
        if self.shell().life.get() != life {
            return;
        }
        self.store.link.set(Link::Waiting { attempt, in_ms });
        if in_ms == 0 {
            return self.connect();
        }
        let step = in_ms.min(COUNT_EVERY_MS);
        let next = move || self.count_down(attempt, in_ms - step, life);
        set_timeout(next, Duration::from_millis(u64::from(step)));
    }

    fn connected(self) {
        self.shell().attempt.set(0);
        self.store.link.set(Link::Up);
    }

    async fn open_peer(self) {
        let life = self.shell().life.get();
        if self.with_room(|room| room.stage == Stage::Entering) && self.media.is_untouched() {
            // A reload: come back at once, and let the devices follow.
            spawn_local(self.media.start());
        }
        let on_event = move |event| {
            if self.shell().life.get() == life {
                self.on_peer(event);
            }
        };
        let Ok(peer) = Peer::new(Rc::new(on_event)) else { return self.no_webrtc() };
        let Ok(offer) = peer.offer().await else { return self.no_webrtc() };
        if self.shell().life.get() != life {
            return;
        }
        if let Some(me) = self.with_room(Room::me) {
            self.board.open(me);
        }
        self.store.peer.set(Some(Rc::new(peer)));
        let media = self.media.state_now();
        self.shell().entered_with.set(media);
        self.send(&ClientMsg::Enter { offer, media });
    }

    fn no_webrtc(self) {
        use shared::text::tr;
        self.say(
            Tone::Danger,
            tr("This browser gave no media connection. Check whether an extension blocks WebRTC, then reload."),
        );
    }

    async fn take_answer(self, sdp: String) {
        let life = self.shell().life.get();
        let Some(peer) = self.store.peer.get_untracked() else { return };
        let taken = peer.answer(&sdp).await;
        if self.shell().life.get() != life {
            return;
        }
        if taken.is_err() {
            return self.lost();
        }
        let shell = self.shell();
        shell.told.set(Some(shell.entered_with.get()));
        self.tell_media();
    }

    fn on_peer(self, event: PeerEvent) {
        match event {
            PeerEvent::Connected => {
                self.shell().was_up.set(true);
                self.store.blocked.set(false);
                self.connected();
            }
            PeerEvent::Lost => self.media_lost(),
            PeerEvent::Pointer(pointer) => self.board.pointer_moved(pointer),
            PeerEvent::Drawing(records) => {
                for refused in self.board.apply(records) {
                    self.board.message.set(Some(words::draw_refused(refused)));
                }
            }
        }
    }

    /// Tells the server what is on, when that differs from what it knows.
    fn tell_media(self) {
        let shell = self.shell();
        let media = self.media.state_now();
        if shell.told.get().is_some_and(|told| told != media) {
            shell.told.set(Some(media));
            self.send(&ClientMsg::SetMedia { media });
        }
    }

    fn remember(self) {
        let session = self.with_room(|room| room.session.clone());
        if session.is_some() {
            kept::save(&Kept {
                session,
                link: self.shell().link.clone(),
                microphone: self.media.microphone_on.get_untracked(),
                camera: self.media.camera_on.get_untracked(),
                microphone_id: self.media.microphone_id.get_untracked(),
                camera_id: self.media.camera_id.get_untracked(),
            });
        }
    }

    /// Keeps senders, server and `sessionStorage` in step with the devices.
    fn watch(self) {
        let (media, store) = (self.media, self.store);
        Effect::new(move || {
            let Some(peer) = store.peer.get() else { return };
            media.camera.with(|track| peer.send_camera(track.as_ref()));
        });
        Effect::new(move || {
            let Some(peer) = store.peer.get() else { return };
            let is_on = media.microphone_on.get();
            media.microphone.with(|track| peer.send_microphone(track.as_ref().filter(|_| is_on)));
        });
        Effect::new(move || {
            let _ = (media.state(), media.camera_id.get(), media.microphone_id.get());
            let _ = (media.camera_on.get(), media.microphone_on.get());
            self.tell_media();
            self.remember();
        });
        Effect::new(move || {
            let here = store.roster.get();
            self.board.keep_pointers_of(&here);
        });
        media.watch_plugs();
        let _ = set_interval_with_handle(move || self.look_who_speaks(), SPEAKING_EVERY);
    }

    fn look_who_speaks(self) {
        let Some(peer) = self.store.peer.get_untracked() else { return };
        for who in self.store.roster.get_untracked() {
            let person = self.store.person(who);
            let level = person.slots.get_untracked().audio.map_or(0.0, |slot| peer.audio_level(slot));
            let before = person.speaking.get_untracked();
            let now = if level > SPEAKING_FROM { SPEAKING_STAYS } else { before.saturating_sub(1) };
            if before != now {
                person.speaking.set(now);
            }
        }
    }
}
