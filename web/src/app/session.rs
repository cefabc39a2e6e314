//! The handle that pages act through, and the shell that does the state machine's tasks.
//!
//! The WebSocket and the PeerConnection are lost and replaced apart from each other. Each socket and each connection is a
//! *life*; whatever an earlier life still says is ignored.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use leptos::prelude::*;
use shared::device::DeviceUse;
use shared::ids::ParticipantId;
use shared::pin::PinLengths;
use shared::secret::Secret;
use shared::signal::{ClientMsg, Locks, MediaState, RefuseReason, ServerMsg, Tile};
use wasm_bindgen_futures::spawn_local;

use super::board::Board;
use super::mend::Asked;
use super::store::Store;
use crate::media::local::LocalMedia;
use crate::room::words;
use crate::room::{Answer, Applied, News, Room, Stage, Task};
use crate::signal::kept::{self, Kept};
use crate::signal::site;
use crate::signal::socket::Socket;
use crate::ui::{ToastRack, Tone};

/// Where a PIN is asked without an invitation link.
const DOOR: &str = "/join";

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

/// What a session holds beside what pages show.
pub(super) struct Shell {
    pub(super) room: RefCell<Room>,
    pub(super) socket: RefCell<Option<Socket>>,
    /// The PIN, from the knock until the server has given a secret: a connection lost at the password would
    /// otherwise ask for it again.
    pub(super) knock: RefCell<Option<Secret>>,
    pub(super) link: Option<Secret>,
    pub(super) life: Cell<u32>,
    /// The PeerConnection's.
    pub(super) peer_life: Cell<u32>,
    pub(super) attempt: Cell<u32>,
    /// A knock that brings this page back, and is not answered yet.
    pub(super) knocking: Cell<bool>,
    /// Whether the PeerConnection of this life was up.
    pub(super) was_up: Cell<bool>,
    /// Whether it carried something and then nothing any more.
    pub(super) fell_silent: Cell<bool>,
    /// When the browser last found a network after it had none, milliseconds.
    pub(super) online_at: Cell<f64>,
    /// Whether the connection has not been looked at since.
    pub(super) network_came: Cell<bool>,
    /// Whether the next connection is to find out by itself which networks there are.
    pub(super) afresh: Cell<bool>,
    /// What was so when the server was last asked for another path.
    pub(super) asked: RefCell<Asked>,
    /// What was on when this page asked to enter.
    pub(super) entered_with: Cell<MediaState>,
    /// What the server was last told is on; `None` while it cannot be told.
    pub(super) told: Cell<Option<MediaState>>,
    /// What the server was last told is shown, and in which life.
    pub(super) looked: RefCell<Option<(u32, Vec<Tile>)>>,
    pub(super) toasts: ToastRack,
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
        let no_letter = opening.kept.as_ref().is_some_and(|kept| kept.no_quality_letter);
        let shell = Shell {
            room: RefCell::new(room),
            socket: RefCell::default(),
            knock: RefCell::default(),
            link: opening.link,
            life: Cell::new(0),
            peer_life: Cell::new(0),
            attempt: Cell::new(0),
            knocking: Cell::new(false),
            was_up: Cell::new(false),
            fell_silent: Cell::new(false),
            online_at: Cell::new(0.0),
            network_came: Cell::new(false),
            afresh: Cell::new(false),
            asked: RefCell::default(),
            entered_with: Cell::default(),
            told: Cell::new(None),
            looked: RefCell::default(),
            toasts,
        };
        let session = Self {
            store: Store::new(stage),
            media: LocalMedia::new(opening.kept.as_ref(), opening.muted),
            board: Board::new(),
            shell: StoredValue::new_local(Rc::new(shell)),
        };
        session.store.quality_letter.set(!no_letter);
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

    /// How many digits PINs have here; the usual number until the server has said it.
    pub fn pin_lengths(&self) -> PinLengths {
        self.store.site.with(|site| site.as_ref().map(|site| site.pin_lengths)).unwrap_or_default()
    }

    /// Knocks with a PIN.
    pub fn join(self, pin: Secret) {
        let shell = self.shell();
        shell.knock.replace(Some(pin));
        self.store.asking.set(true);
        self.store.unreachable.set(false);
        self.store.join_error.set(None);
        self.store.queued.set(None);
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

    /// To the door without the invitation, where that leads nowhere any more: its link would refuse the PIN of every
    /// other meeting. An address without a fragment is loaded anew, and nothing of this session is left.
    pub fn start_anew(self) {
        kept::forget();
        // A browser that refuses to go there leaves the page as it is.
        let _ = window().location().assign(DOOR);
    }

    /// Raises or lowers this person's hand.
    pub fn set_hand(self, raised: bool) {
        self.send(&ClientMsg::SetHand { raised });
    }

    /// Has a device's token made.
    pub fn make_device(self, does: DeviceUse) {
        self.send(&ClientMsg::MakeDevice { does });
    }

    /// Takes a device away.
    pub fn revoke_device(self, number: u32) {
        self.send(&ClientMsg::RevokeDevice { number });
    }

    /// Forgets the token that was shown.
    pub fn forget_token(self) {
        let applied = self.update_room(Room::forget_token);
        self.carry_out(applied);
    }

    /// Moderator: lets somebody in.
    pub fn admit(self, participant: ParticipantId) {
        self.send(&ClientMsg::Admit { participant });
    }

    /// Moderator: lets in whoever of these may be let in without a second look.
    pub fn admit_all(self, participants: Vec<ParticipantId>) {
        self.send(&ClientMsg::AdmitAll { participants });
    }

    /// Moderator: turns somebody in the lobby away.
    pub fn refuse(self, participant: ParticipantId, reason: RefuseReason) {
        self.send(&ClientMsg::Refuse { participant, reason });
    }

    /// Moderator: has a password sent to somebody who waits, and asked of them.
    pub fn ask_password(self, participant: ParticipantId) {
        self.send(&ClientMsg::AskPassword { participant });
    }

    /// Moderator: has the invitation of somebody who waits sent again.
    pub fn invite_again(self, participant: ParticipantId) {
        self.send(&ClientMsg::InviteAgain { participant });
    }

    /// Moderator: has somebody in the room wait again.
    pub fn send_back(self, participant: ParticipantId) {
        self.send(&ClientMsg::SendBack { participant });
    }

    /// Writes a line: from the lobby to the moderators, or from a moderator to one who waits.
    pub fn write(self, to: Option<ParticipantId>, text: String) {
        self.send(&ClientMsg::Say { to, text });
    }

    /// Moderator: says that somebody is the person on the invitation, after `checked` points of the checklist.
    pub fn confirm_identity(self, participant: ParticipantId, checked: u8) {
        self.send(&ClientMsg::ConfirmIdentity { participant, checked });
    }

    /// Moderator: takes that back.
    pub fn doubt_identity(self, participant: ParticipantId) {
        self.send(&ClientMsg::DoubtIdentity { participant });
    }

    /// Moderator: closes, opens or quietens the room.
    pub fn set_locks(self, locks: Locks) {
        self.send(&ClientMsg::SetLocks { locks });
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

    pub(super) fn shell(&self) -> Rc<Shell> {
        self.shell.get_value()
    }

    pub(super) fn with_room<T>(&self, read: impl FnOnce(&Room) -> T) -> T {
        read(&self.shell().room.borrow())
    }

    pub(super) fn update_room<T>(&self, change: impl FnOnce(&mut Room) -> T) -> T {
        change(&mut self.shell().room.borrow_mut())
    }

    pub(super) fn send(&self, message: &ClientMsg) {
        if let Some(socket) = self.shell().socket.borrow().as_ref() {
            socket.send(message);
        }
    }

    pub(super) fn receive(self, message: ServerMsg) {
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
            Task::GoOn => self.go_on(),
            Task::TakePath(sdp) => spawn_local(self.take_path(sdp)),
            Task::ReplaceMedia => self.media_lost(),
            Task::PathRefused => self.path_refused(),
            Task::NodeLost => self.node_lost(),
            Task::TryMediaAgain => self.try_media_again(),
            Task::HangUp => self.hang_up(),
            Task::Encode(camera, screen) => self.encode(&camera, screen),
            Task::StopSharing => self.media.screen.stop(),
            Task::Mute => self.media.mute(),
            Task::Pong => self.send(&ClientMsg::Pong),
            Task::Tell(news) => self.tell(&news),
        }
    }

    fn tell(self, news: &News) {
        let tone = match news {
            News::NotDone(_)
            | News::ShareTaken(_)
            | News::NoNode
            | News::PinUsedElsewhere
            | News::SentBack
            | News::PasswordAsked
            | News::SentFromCard(_, _, Some(_)) => Tone::Danger,
            News::LetIn | News::LetInMuted => Tone::Good,
            _ => Tone::Neutral,
        };
        if let News::Waits(_) | News::Answered | News::PasswordAsked = news {
            // The lobby's own live region says it; a toast would lie over the card.
            return;
        }
        self.say(tone, words::news(news));
    }
}
