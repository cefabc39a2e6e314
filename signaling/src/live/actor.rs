//! A room's task: takes messages one by one, lets the state machine decide, and does what it says, in order.

use std::collections::HashMap;
use std::time::Duration;

use shared::control::{Command, Event};
use shared::ids::{OrganisationId, RoomId, SessionId};
use shared::meeting::{DoorRules, MeetingInfo};
use shared::secret::Secret;
use shared::signal::{JoinRefused, OfferError, ServerMsg};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot, watch};

use super::notes::Notes;
use super::registry::Registry;
use super::room::{Counts, DeviceAsk, Guest, Input, Output, PlugRefused, Return, Room};
use super::seat::Outbox;
use crate::meetings::events::Entry;

/// How often a room looks at the clock. Seldomer ends meetings later by as much.
const TICK: Duration = Duration::from_millis(500);

/// What reaches a room.
///
/// The inbox has no bound of its own: every page's messages are rate-limited before they come here, and the SFU says
/// a handful of things per page.
pub(super) enum Message {
    /// Somebody whom the door let through.
    Knock { secret: Secret, guest: Box<Guest>, knocker: Knocker },
    /// A tab that came back.
    Resume { returning: Return, knocker: Knocker },
    /// A device asks for something.
    Device { token: Secret, ask: DeviceAsk, session: SessionId, answer: oneshot::Sender<DeviceAnswer> },
    /// Anything without an answer.
    Input(Input),
}

/// What a device hears: the SDP answer when it made an offer, else nothing.
pub(super) type DeviceAnswer = Result<Option<String>, PlugRefused>;

/// A connection that wants in.
pub(super) struct Knocker {
    pub(super) session: SessionId,
    pub(super) outbox: Outbox,
    pub(super) answer: oneshot::Sender<Result<(), JoinRefused>>,
}

/// A room with what it needs to act.
pub(super) struct Actor {
    registry: Registry,
    organisation: OrganisationId,
    room_id: RoomId,
    room: Room,
    notes: Notes,
    pages: HashMap<SessionId, Outbox>,
    /// Devices whose offer is with the SFU.
    plugs: HashMap<SessionId, oneshot::Sender<DeviceAnswer>>,
    counts: watch::Sender<Counts>,
}

/// However the task ends, nothing of the room stays behind: not here, not in the SFU.
impl Drop for Actor {
    fn drop(&mut self) {
        self.registry.forget_room(self.room_id.0);
        self.registry.media().command(Command::CloseRoom { room: self.room_id });
    }
}

impl Actor {
    pub(super) fn new(
        registry: Registry,
        organisation: OrganisationId,
        (meeting, rules): (MeetingInfo, DoorRules),
        counts: watch::Sender<Counts>,
    ) -> Self {
        let notes = Notes::start(registry.db().clone(), registry.chance());
        let room_id = RoomId(meeting.id);
        let (pages, plugs) = (HashMap::new(), HashMap::new());
        Self { registry, organisation, room_id, room: Room::new(meeting, rules), notes, pages, plugs, counts }
    }

    /// Runs until the meeting is over.
    pub(super) async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Message>) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !self.room.is_over() {
            let message = tokio::select! {
                message = inbox.recv() => message,
                _ = tick.tick() => Some(Message::Input(Input::Tick)),
            };
            match message {
                Some(message) => self.take(message).await,
                None => return,
            }
            let counts = self.room.counts();
            self.counts.send_if_modified(|old| std::mem::replace(old, counts) != counts);
        }
    }

    async fn take(&mut self, message: Message) {
        let now = self.registry.now();
        match message {
            Message::Input(input) => {
                let about = media_that_may_end(&input);
                let outputs = self.room.handle(now, input);
                self.perform(outputs).await;
                if let Some(session) = about.filter(|session| !self.room.has_media(*session)) {
                    self.registry.forget_media(session);
                }
            }
            Message::Knock { secret, guest, knocker } => {
                let outcome = self.room.knock(now, knocker.session, &secret, *guest);
                self.seat(knocker, outcome).await;
            }
            Message::Resume { returning, knocker } => {
                let outcome = self.room.resume(now, knocker.session, returning);
                self.seat(knocker, outcome).await;
            }
            Message::Device { token, ask, session, answer } => {
                let makes_offer = matches!(ask, DeviceAsk::PlugIn { .. });
                match self.room.device_asks(now, session, &token, ask) {
                    Ok(outputs) if makes_offer => {
                        self.plugs.insert(session, answer);
                        self.perform(outputs).await;
                    }
                    Ok(outputs) => {
                        let _ = answer.send(Ok(None));
                        self.perform(outputs).await;
                    }
                    Err(reason) => drop(answer.send(Err(reason))),
                }
            }
        }
    }

    async fn seat(&mut self, knocker: Knocker, outcome: Result<Vec<Output>, JoinRefused>) {
        let Knocker { session, outbox, answer } = knocker;
        match outcome {
            Ok(outputs) => {
                self.pages.insert(session, outbox);
                let _ = answer.send(Ok(()));
                self.perform(outputs).await;
            }
            Err(reason) => {
                let _ = answer.send(Err(reason));
            }
        }
    }

    /// Does what the state machine said, and what follows from it: a page that does not keep up is hung up on.
    async fn perform(&mut self, mut outputs: Vec<Output>) {
        while !outputs.is_empty() {
            let now = self.registry.now();
            let (mut behind, mut more) = (Vec::new(), Vec::new());
            for output in outputs {
                match output {
                    Output::Tell { session, message } => behind.extend(self.tell(session, message)),
                    Output::HangUp { session } => drop(self.pages.remove(&session)),
                    Output::MakeToken { owner, does } => {
                        let token = self.registry.device_token(self.room_id.0);
                        more.extend(self.room.token_made(owner, does, &token));
                    }
                    Output::Plugged { session, answer } => self.plugged(session, answer),
                    Output::Media(command) => self.command(command),
                    Output::Errand(errand) => self.registry.run(self.room_id.0, errand),
                    Output::Note { invitee, actor, event } => {
                        let (organisation, meeting, at) = (self.organisation, self.room_id.0, self.registry.now());
                        self.notes.note(Entry { organisation, meeting, invitee, at, actor, event }).await;
                    }
                }
            }
            // Its media goes too: a page that does not even read cannot be told that it was removed.
            let hung_up = behind.into_iter().map(|session| Input::HungUp { session, page_is_gone: true });
            more.extend(hung_up.flat_map(|input| self.room.handle(now, input)));
            outputs = more;
        }
    }

    /// Answers a device's offer. One that has hung up meanwhile never comes, and the SFU gives its session up.
    fn plugged(&mut self, session: SessionId, answer: Result<String, OfferError>) {
        if let Some(device) = self.plugs.remove(&session) {
            let _ = device.send(answer.map(Some).map_err(PlugRefused::Offer));
        }
    }

    /// Tells the SFU, and keeps book of whose sessions it has: what it says of them must find this room.
    fn command(&mut self, command: Command) {
        match &command {
            Command::Join { session, .. } => self.registry.note_media(*session, self.room_id.0),
            Command::Leave { session } => {
                self.registry.forget_media(*session);
                self.plugs.remove(session);
            }
            _ => {}
        }
        self.registry.media().command(command);
    }

    /// Gives back the page when it is too far behind to be told.
    fn tell(&mut self, session: SessionId, message: ServerMsg) -> Option<SessionId> {
        let page = self.pages.get(&session)?;
        match page.try_send(message) {
            Ok(()) => None,
            // Its socket is gone and the seat's drop is on its way.
            Err(TrySendError::Closed(_)) => None,
            Err(TrySendError::Full(_)) => {
                tracing::warn!(session = session.0, "a page does not keep up and is hung up on");
                self.pages.remove(&session);
                Some(session)
            }
        }
    }
}

/// The session that may be none any more after this.
fn media_that_may_end(input: &Input) -> Option<SessionId> {
    match input {
        Input::Media(Event::Gone { session, .. } | Event::OfferRefused { session, .. }) => Some(*session),
        _ => None,
    }
}
