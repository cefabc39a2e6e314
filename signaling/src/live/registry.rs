//! Who holds which room, and how to tell it something.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::control::Event;
use shared::ids::{InviteeId, MeetingId, OrganisationId, ParticipantId, SessionId};
use shared::location::ComputerPlace;
use shared::secret::Secret;
use shared::signal::{JoinRefused, TurnedAway};
use shared::units::UnixMs;
use tokio::sync::{mpsc, oneshot, watch};

use super::actor::{Actor, Knocker, Message};
use super::room::{Counts, DeviceAsk, Errand, ErrandDone, Guest, Input, PlugRefused, Return};
use super::seat::{Outbox, Seat};
use super::secret::Secrets;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::db::rooms::MeetingRow;
use crate::db::{self, Db, DbError, door_events};
use crate::meetings::events::{self, DoorEvent, Entry};
use crate::sfu_link::Media;

/// How long the console waits for a room to close.
const CLOSING: Duration = Duration::from_secs(5);
/// How long a device waits for the SFU's answer.
const ANSWERING: Duration = Duration::from_secs(5);
/// How often meetings that nobody is in are looked through for those that are over.
const SWEEP_EVERY: Duration = Duration::from_secs(30);

/// Why somebody did not get into a room.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// For a reason that the page may know.
    #[error("{0:?}")]
    Refused(JoinRefused),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// All live meetings together, as numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Live meetings.
    pub rooms: usize,
    /// Pages with a seat, the green room included.
    pub seats: usize,
    /// People in rooms.
    pub present: u32,
    /// People in lobbies.
    pub waiting: u32,
}

/// A room as others see it.
#[derive(Clone)]
struct Handle {
    inbox: mpsc::UnboundedSender<Message>,
    counts: watch::Receiver<Counts>,
}

struct Inner {
    db: Db,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    media: Arc<dyn Media>,
    errands: mpsc::UnboundedSender<(MeetingId, Errand)>,
    secrets: Secrets,
    next_session: AtomicU64,
    rooms: Mutex<HashMap<MeetingId, Handle>>,
    /// Each seat holds a share of it: so many seats are taken.
    seats: Arc<()>,
    /// Whose media sessions the SFU has, or is about to have.
    media_sessions: Mutex<HashMap<SessionId, MeetingId>>,
}

/// All rooms of this process. Clones share them.
#[derive(Clone)]
pub struct Registry(Arc<Inner>);

impl Registry {
    /// No rooms yet. Somebody else runs the errands of each and says so to [`Registry::errand_done`].
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
        (media, errands): (Arc<dyn Media>, mpsc::UnboundedSender<(MeetingId, Errand)>),
    ) -> Self {
        let secrets = Secrets::new(chance.as_ref());
        let (rooms, media_sessions, seats) = (Mutex::default(), Mutex::default(), Arc::default());
        Self(Arc::new(Inner {
            db,
            clock,
            chance,
            media,
            errands,
            secrets,
            next_session: AtomicU64::new(1),
            rooms,
            media_sessions,
            seats,
        }))
    }

    /// Takes somebody whom the door let through into their meeting's room, as far as the green room.
    ///
    /// # Errors
    /// The room is full or the meeting over, or the database failed.
    pub async fn knock(&self, meeting: MeetingId, guest: Guest, outbox: Outbox) -> Result<Seat, EntryError> {
        let room = self.open(meeting).await?;
        let secret = self.0.secrets.make(self.0.chance.as_ref(), meeting);
        let guest = Box::new(guest);
        self.seat(&room, outbox, |knocker| Message::Knock { secret, guest, knocker }).await
    }

    /// Takes a tab back to where it was.
    ///
    /// # Errors
    /// Its secret is good for nothing (any more), or the database failed.
    pub async fn resume(&self, returning: Return, outbox: Outbox) -> Result<Seat, EntryError> {
        let claim = self.0.secrets.read(&returning.secret).ok_or(EntryError::Refused(JoinRefused::SessionUnknown))?;
        let unknown_here = if claim.of_this_boot { JoinRefused::SessionUnknown } else { JoinRefused::RoomLost };
        let Some(room) = self.room(claim.meeting) else {
            return Err(EntryError::Refused(self.why_no_room(claim.meeting).await?));
        };
        match self.seat(&room, outbox, |knocker| Message::Resume { returning, knocker }).await {
            Err(EntryError::Refused(JoinRefused::SessionUnknown)) => Err(EntryError::Refused(unknown_here)),
            other => other,
        }
    }

    /// A device asks for something with its token. The SDP answer, when it made an offer.
    ///
    /// # Errors
    /// It does not get it.
    pub async fn device(&self, token: Secret, ask: DeviceAsk) -> Result<Option<String>, PlugRefused> {
        let claim = self.0.secrets.read(&token).ok_or(PlugRefused::Unknown)?;
        let room = self.room(claim.meeting).ok_or(PlugRefused::Unknown)?;
        let session = SessionId(self.0.next_session.fetch_add(1, Ordering::Relaxed));
        let (answer, answered) = oneshot::channel();
        let _ = room.inbox.send(Message::Device { token, ask, session, answer });
        match tokio::time::timeout(ANSWERING, answered).await {
            Ok(Ok(outcome)) => outcome,
            // The room closed just now, a newer offer of the same device came, or the SFU does not answer.
            Ok(Err(_)) | Err(_) => Err(PlugRefused::NoAnswer),
        }
    }

    /// A token for a device in this meeting: like a tab's secret it says where it belongs, and nothing else.
    pub(super) fn device_token(&self, meeting: MeetingId) -> Secret {
        self.0.secrets.make(self.0.chance.as_ref(), meeting)
    }

    /// Ends a meeting at the console, and comes back when it is over: `false` when it was over before.
    ///
    /// # Errors
    /// The database failed.
    pub async fn end(
        &self,
        organisation: OrganisationId,
        meeting: MeetingId,
        by: events::Actor,
    ) -> Result<bool, DbError> {
        if let Some(room) = self.room(meeting) {
            let _ = room.inbox.send(Message::Input(Input::Ended { by }));
            if tokio::time::timeout(CLOSING, room.inbox.closed()).await.is_ok() {
                return Ok(true);
            }
        }
        self.note_end(organisation, meeting, by).await
    }

    /// An invitee's PIN was replaced or withdrawn at the console: what it opened closes.
    pub fn pin_revoked(&self, meeting: MeetingId, invitee: InviteeId) {
        self.cut(meeting, invitee, TurnedAway::Revoked);
    }

    /// An invitee's role was changed at the console: they come in again as what they are now.
    pub fn role_changed(&self, meeting: MeetingId, invitee: InviteeId) {
        self.cut(meeting, invitee, TurnedAway::RoleChanged);
    }

    fn cut(&self, meeting: MeetingId, invitee: InviteeId, why: TurnedAway) {
        if let Some(room) = self.room(meeting) {
            let _ = room.inbox.send(Message::Input(Input::Cut { invitee, why }));
        }
    }

    /// How many people are where in this meeting now.
    pub fn counts(&self, meeting: MeetingId) -> Counts {
        self.room(meeting).map(|room| *room.counts.borrow()).unwrap_or_default()
    }

    /// How much there is of everything now.
    pub fn totals(&self) -> Totals {
        let seats = Arc::strong_count(&self.0.seats) - 1;
        let rooms = lock(&self.0.rooms);
        let empty = Totals { rooms: rooms.len(), seats, ..Totals::default() };
        rooms.values().fold(empty, |sum, room| {
            let Counts { present, waiting } = *room.counts.borrow();
            Totals { present: sum.present + present, waiting: sum.waiting + waiting, ..sum }
        })
    }

    /// Passes on what the SFU said to the room it concerns. About a session that is gone there is nothing to say.
    pub fn media_event(&self, event: Event) {
        self.tell_room_of(event.session(), Input::Media(event));
    }

    /// Tells the room of a session where the session's media comes from.
    pub fn media_from(&self, session: SessionId, place: ComputerPlace) {
        self.tell_room_of(session, Input::MediaFrom { session, place });
    }

    /// An errand of a room's, to whoever runs them.
    pub(super) fn run(&self, meeting: MeetingId, errand: Errand) {
        if self.0.errands.send((meeting, errand)).is_err() {
            tracing::error!("nobody runs the rooms' errands: restart the server");
        }
    }

    /// Tells a room how its errand went; a room that is gone needs no telling.
    pub fn errand_done(
        &self,
        meeting: MeetingId,
        (participant, invitee): (ParticipantId, InviteeId),
        done: ErrandDone,
    ) {
        if let Some(room) = self.room(meeting) {
            let _ = room.inbox.send(Message::Input(Input::ErrandDone { participant, invitee, done }));
        }
    }

    fn tell_room_of(&self, session: SessionId, input: Input) {
        let meeting = lock(&self.0.media_sessions).get(&session).copied();
        if let Some(room) = meeting.and_then(|meeting| self.room(meeting)) {
            let _ = room.inbox.send(Message::Input(input));
        }
    }

    /// Ends, once, the meetings whose time has passed and that nobody is in: over stays over even if the clock is set back.
    ///
    /// # Errors
    /// The database failed.
    pub async fn end_overdue(&self) -> Result<(), DbError> {
        for (organisation, meeting) in db::rooms::overdue(&self.0.db, self.now()).await? {
            if self.room(meeting).is_none() {
                self.note_end(organisation, meeting, events::Actor::Clock).await?;
            }
        }
        Ok(())
    }

    /// Looks for overdue meetings now and from time to time, for as long as the runtime lives.
    pub fn spawn_sweeper(&self) {
        let registry = self.clone();
        tokio::spawn(async move {
            let mut every = tokio::time::interval(SWEEP_EVERY);
            loop {
                every.tick().await;
                if let Err(error) = registry.end_overdue().await {
                    tracing::error!(%error, "meetings whose time has passed could not be looked through");
                }
            }
        });
    }

    async fn seat(
        &self,
        room: &Handle,
        outbox: Outbox,
        message: impl FnOnce(Knocker) -> Message,
    ) -> Result<Seat, EntryError> {
        let session = SessionId(self.0.next_session.fetch_add(1, Ordering::Relaxed));
        let (answer, answered) = oneshot::channel();
        let _counted = Arc::clone(&self.0.seats);
        let seat = Seat { session, room: room.inbox.clone(), page_is_gone: false, _counted };
        let _ = room.inbox.send(message(Knocker { session, outbox, answer }));
        // No answer: the room closed just now.
        let outcome = answered.await.unwrap_or(Err(JoinRefused::MeetingOver));
        outcome.map(|()| seat).map_err(EntryError::Refused)
    }

    /// The meeting's room, made when there is none.
    async fn open(&self, meeting: MeetingId) -> Result<Handle, EntryError> {
        if let Some(room) = self.room(meeting) {
            return Ok(room);
        }
        let row = db::rooms::find(&self.0.db, meeting).await?;
        let row = row.filter(|row| !row.is_over(self.now())).ok_or(EntryError::Refused(JoinRefused::MeetingOver))?;
        self.open_row(row).await
    }

    /// The room of a meeting that was going on when it was read. It may have ended since, and whoever ended it saw no
    /// room to close: so it is read again once the room can be seen, as [`Registry::note_end`] looks again for a room.
    async fn open_row(&self, row: MeetingRow) -> Result<Handle, EntryError> {
        let meeting = row.info.id;
        let room = lock(&self.0.rooms).entry(meeting).or_insert_with(|| self.start(row)).clone();
        let row = db::rooms::find(&self.0.db, meeting).await?;
        if row.is_none_or(|row| row.is_over(self.now())) {
            let _ = room.inbox.send(Message::Input(Input::Ended { by: events::Actor::Clock }));
            return Err(EntryError::Refused(JoinRefused::MeetingOver));
        }
        Ok(room)
    }

    fn start(&self, row: MeetingRow) -> Handle {
        let (inbox, receiver) = mpsc::unbounded_channel();
        let (counts, watched) = watch::channel(Counts::default());
        let actor = Actor::new(self.clone(), row.organisation, (row.info, row.rules), counts);
        tokio::spawn(actor.run(receiver));
        Handle { inbox, counts: watched }
    }

    async fn why_no_room(&self, meeting: MeetingId) -> Result<JoinRefused, DbError> {
        let row = db::rooms::find(&self.0.db, meeting).await?;
        Ok(match row {
            Some(row) if row.is_over(self.now()) => JoinRefused::MeetingOver,
            Some(_) => JoinRefused::RoomLost,
            None => JoinRefused::SessionUnknown,
        })
    }

    async fn note_end(
        &self,
        organisation: OrganisationId,
        meeting: MeetingId,
        actor: events::Actor,
    ) -> Result<bool, DbError> {
        let entry = Entry { organisation, meeting, invitee: None, at: self.now(), actor, event: DoorEvent::Ended };
        let ended = door_events::apply(&self.0.db, self.0.chance.as_ref(), &entry).await?;
        if let Some(room) = self.room(meeting) {
            let _ = room.inbox.send(Message::Input(Input::Ended { by: actor }));
        }
        Ok(ended)
    }

    fn room(&self, meeting: MeetingId) -> Option<Handle> {
        lock(&self.0.rooms).get(&meeting).cloned()
    }

    pub(super) fn forget_room(&self, meeting: MeetingId) {
        lock(&self.0.rooms).remove(&meeting);
        lock(&self.0.media_sessions).retain(|_, of| *of != meeting);
    }

    pub(super) fn note_media(&self, session: SessionId, meeting: MeetingId) {
        lock(&self.0.media_sessions).insert(session, meeting);
    }

    pub(super) fn forget_media(&self, session: SessionId) {
        lock(&self.0.media_sessions).remove(&session);
    }

    pub(super) fn now(&self) -> UnixMs {
        self.0.clock.now()
    }

    pub(super) fn db(&self) -> &Db {
        &self.0.db
    }

    pub(super) fn chance(&self) -> Arc<dyn Chance> {
        Arc::clone(&self.0.chance)
    }

    pub(super) fn media(&self) -> &dyn Media {
        self.0.media.as_ref()
    }
}

/// A panic while one of these maps was held cannot have left it half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
