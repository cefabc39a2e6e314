//! What each message of the server does to a page.

use shared::ids::ParticipantId;
use shared::meeting::Role;
use shared::secret::Secret;
use shared::signal::{
    InvitedAs, JoinRefused, LobbyCard, Locks, OfferError, PasswordRefused, PasswordState, ProtocolError, RoomSnapshot,
    RosterEntry, Sent, ServerMsg, ShareError, Slots, Stage as Place, TurnedAway, Undecodable,
};

use super::by_id::ById;
use super::state::{Ended, PasswordAsk, Queued, Room, Stage};
use super::words;

/// Something to repaint. One person's change names that person alone, so that it repaints one tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Another page is shown.
    Stage,
    /// The PIN's refusal came or went.
    JoinError,
    /// The place in the queue before the door came, changed or went.
    Queued,
    /// The password's state or refusal changed.
    Password,
    /// Title, times, or who this person is.
    Meeting,
    /// What the lobby waits for.
    Waiting,
    /// Who is in the room.
    Roster,
    /// One person's entry.
    Person(ParticipantId),
    /// Who is in the lobby.
    Lobby,
    /// One card.
    Card(ParticipantId),
    /// The slots of one person.
    Slot(ParticipantId),
    /// What was written between this person and the moderators.
    Lines,
    /// How the room is closed and quietened.
    Locks,
    /// Who shares their screen.
    Sharer,
    /// This person's devices, or a token for one.
    Devices,
}

/// Something that the shell has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// Keep the secret for a reload of this tab.
    Remember(Secret),
    /// Drop the secret and everything remembered with it.
    Forget,
    /// Open the PeerConnection and send its offer.
    Enter,
    /// Give the answer to the PeerConnection.
    Answer(String),
    /// Go on with the media that is there, over the socket of now.
    GoOn,
    /// Give the answer to a restart to the PeerConnection.
    TakePath(String),
    /// The media is gone: have it replaced.
    ReplaceMedia,
    /// The media finds no other path: have it replaced, unless it is being replaced already.
    PathRefused,
    /// The media node is lost and so is everybody's media, through no fault of this browser or its network: have it replaced.
    NodeLost,
    /// No media node is there: have the media replaced in a moment.
    TryMediaAgain,
    /// Close socket, PeerConnection, camera and microphone.
    HangUp,
    /// Have the camera encoded in these of its layers, the smallest first; and the screen, or not.
    Encode(Vec<bool>, bool),
    /// Take this person's screen back.
    StopSharing,
    /// Switch this person's microphone off.
    Mute,
    /// Say that we are here.
    Pong,
    /// Say it to those who look and to those who listen.
    Tell(News),
}

/// What a message says to a knock or a password that waits for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is about something else.
    No,
    /// It is the answer.
    Yes,
    /// The server did not do it just now: a spinner must not wait any longer, and a page that comes back tries again.
    NotNow,
}

impl Answer {
    /// What this message says.
    pub const fn of(message: &ServerMsg) -> Self {
        match message {
            ServerMsg::JoinRefused { .. }
            | ServerMsg::PasswordRequired { .. }
            | ServerMsg::PasswordRefused { .. }
            | ServerMsg::PasswordAsked { .. }
            | ServerMsg::Welcomed { .. }
            | ServerMsg::ProtocolError { error: ProtocolError::Version { .. } } => Self::Yes,
            ServerMsg::ProtocolError { .. } => Self::NotNow,
            _ => Self::No,
        }
    }
}

/// Something worth a short message, and an announcement to a screen reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Somebody came in.
    Joined(String),
    /// Somebody left.
    Left(String),
    /// Somebody waits in the lobby.
    Waits(String),
    /// Somebody raised a hand.
    HandUp(String),
    /// Somebody shares their screen.
    Shares(String),
    /// Somebody no longer does.
    SharesNoMore(String),
    /// This person's screen may not be shared: whose is shared already, by name.
    ShareTaken(Option<String>),
    /// This person was let in.
    LetIn,
    /// This person was let in, and their microphone is off as everybody's is who comes in.
    LetInMuted,
    /// A moderator sent this person back to the lobby.
    SentBack,
    /// Somebody in the lobby wrote a line.
    Wrote(String),
    /// A moderator wrote a line to this person, who waits.
    Answered,
    /// A moderator asks this person, who waits, for a password.
    PasswordAsked,
    /// What this moderator had sent to somebody in the lobby is on its way, or is not: to whom, what, why not.
    SentFromCard(String, Sent, Option<PasswordRefused>),
    /// Somebody else knocked with this person's PIN.
    PinUsedElsewhere,
    /// The room was locked, or opened again.
    Locked(bool),
    /// The end was moved.
    EndMoved,
    /// No media node is there just now.
    NoNode,
    /// Something this page asked for was not done.
    NotDone(ProtocolError),
}

/// What came of a message.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// To repaint.
    pub changes: Vec<Change>,
    /// To do.
    pub tasks: Vec<Task>,
}

impl Applied {
    fn change(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    fn task(mut self, task: Task) -> Self {
        self.tasks.push(task);
        self
    }

    fn tell(self, news: News) -> Self {
        self.task(Task::Tell(news))
    }
}

fn changed(change: Change) -> Applied {
    Applied::default().change(change)
}

fn task(task: Task) -> Applied {
    Applied::default().task(task)
}

impl Room {
    /// Takes a message in.
    pub fn apply(&mut self, message: ServerMsg) -> Applied {
        let before = self.sharer().map(|who| (who, self.name_of(who)));
        let is_answer = Answer::of(&message) != Answer::No;
        let mut applied = self.take(message);
        if is_answer && self.queued.take().is_some() {
            applied = applied.change(Change::Queued);
        }
        let now = self.sharer().map(|who| (who, self.name_of(who)));
        if before != now {
            applied = applied.change(Change::Sharer);
            let others = |sharer: Option<(ParticipantId, String)>| sharer.filter(|(who, _)| self.me() != Some(*who));
            applied = match (others(before), others(now)) {
                (_, Some((_, name))) => applied.tell(News::Shares(name)),
                (Some((who, name)), None) if self.roster.get(&who).is_some() => applied.tell(News::SharesNoMore(name)),
                _ => applied,
            };
        }
        applied
    }

    fn name_of(&self, who: ParticipantId) -> String {
        self.roster.get(&who).map(|entry| entry.name.clone()).unwrap_or_default()
    }

    fn take(&mut self, message: ServerMsg) -> Applied {
        match message {
            ServerMsg::Greeted { .. } => Applied::default(),
            ServerMsg::Ping => task(Task::Pong),
            ServerMsg::Queued { ahead, wait_s } => {
                self.queued = Some(Queued { ahead, wait_s });
                changed(Change::Queued)
            }
            ServerMsg::JoinRefused { reason } => self.refused(reason),
            ServerMsg::PasswordRequired { state, for_moderator, by_login } => {
                self.ask_password(PasswordAsk { state, for_moderator, by_login })
            }
            ServerMsg::PasswordRefused { reason } => self.password_refused(reason),
            ServerMsg::PasswordAsked { state } => self.asked_at_door(state),
            ServerMsg::SentFromCard { participant, what, refused } => {
                let name = self.lobby.get(&participant).map(|card| card.name.clone()).unwrap_or_default();
                task(Task::Tell(News::SentFromCard(name, what, refused)))
            }
            ServerMsg::Welcomed { session, meeting, invited_as, resumed_to, invitation, media_kept } => {
                self.meeting = Some(meeting);
                self.says = Some(invitation);
                self.welcomed(session, invited_as, resumed_to, media_kept)
            }
            ServerMsg::Entered { answer, stage, media } => {
                self.media = Some(media);
                self.waits_for_node = false;
                self.entered(answer, stage)
            }
            ServerMsg::Waiting { reason } => {
                self.waiting = Some(reason);
                changed(Change::Waiting)
            }
            ServerMsg::Lines { lines } => {
                let answered = lines.len() != self.lines.len() && lines.last().is_some_and(|line| line.by.is_some());
                self.lines = lines;
                let applied = changed(Change::Lines);
                if answered { applied.tell(News::Answered) } else { applied }
            }
            ServerMsg::SentToLobby => self.sent_to_lobby(),
            ServerMsg::PinUsedElsewhere => task(Task::Tell(News::PinUsedElsewhere)),
            ServerMsg::LocksChanged { locks } => {
                let before = std::mem::replace(&mut self.locks, locks);
                let applied = changed(Change::Locks);
                if before.closed == locks.closed { applied } else { applied.tell(News::Locked(locks.closed)) }
            }
            ServerMsg::Admitted { room } => self.admitted(room),
            ServerMsg::TurnedAway { reason } => self.turned_away(reason),
            ServerMsg::ParticipantJoined { entry } | ServerMsg::ParticipantChanged { entry } => self.person(entry),
            ServerMsg::ParticipantLeft { participant } => self.person_left(participant),
            ServerMsg::LobbyChanged { card } => self.card(*card),
            ServerMsg::LobbyLeft { participant } => {
                self.lobby.remove(&participant);
                changed(Change::Lobby)
            }
            ServerMsg::SlotsChanged { slots } => self.move_slots(slots),
            ServerMsg::DevicesChanged { devices } => {
                self.devices = devices;
                changed(Change::Devices)
            }
            ServerMsg::DeviceMade { number, token } => {
                let device = self.devices.iter().find(|device| device.number == number);
                self.token = device.map(|device| (*device, token));
                changed(Change::Devices)
            }
            ServerMsg::LayersWanted { camera, screen } => task(Task::Encode(camera, screen)),
            ServerMsg::EndMoved { ends_at, closes_at } => {
                if let Some(meeting) = &mut self.meeting {
                    (meeting.ends_at, meeting.closes_at) = (ends_at, closes_at);
                }
                changed(Change::Meeting).tell(News::EndMoved)
            }
            // Of one that this page has replaced already there is nothing to say.
            ServerMsg::MediaLost { media, .. } if self.media != Some(media) => Applied::default(),
            ServerMsg::MediaLost { with_node: true, .. } => task(Task::NodeLost),
            ServerMsg::MediaLost { with_node: false, .. } => task(Task::ReplaceMedia),
            ServerMsg::RestartRefused { .. } => task(Task::PathRefused),
            ServerMsg::Restarted { answer } => task(Task::TakePath(answer)),
            ServerMsg::ProtocolError { error } => self.protocol_error(error),
        }
    }

    /// The token has been seen: this page forgets it.
    pub fn forget_token(&mut self) -> Applied {
        self.token = None;
        changed(Change::Devices)
    }

    /// This person goes.
    pub fn leave(&mut self) -> Applied {
        self.end(if self.stage == Stage::Room { Ended::Left } else { Ended::StayedOut })
    }

    /// This person leaves the green room.
    pub fn enter(&mut self) -> Applied {
        self.stage = Stage::Entering;
        changed(Change::Stage).task(Task::Enter)
    }

    /// Back to the empty PIN field, after an end.
    pub fn start_over(&mut self) -> Applied {
        *self = Self::default();
        changed(Change::Meeting).change(Change::Stage).change(Change::JoinError).change(Change::Password)
    }

    fn refused(&mut self, reason: JoinRefused) -> Applied {
        let was_here = self.session.take().is_some();
        if was_here && (self.meeting.is_some() || reason != JoinRefused::SessionUnknown) {
            return self.end(Ended::NotResumed(reason));
        }
        // A reload with a secret that is no longer good is simply somebody at the door again.
        self.stage = Stage::Pin;
        self.join_error = (!was_here).then_some(reason);
        let applied = changed(Change::Stage).change(Change::JoinError);
        if was_here { applied.task(Task::Forget).task(Task::HangUp) } else { applied }
    }

    fn ask_password(&mut self, ask: PasswordAsk) -> Applied {
        self.join_error = None;
        self.password_error = None;
        self.password = Some(ask);
        let applied = changed(Change::Password);
        if self.stage == Stage::Password {
            return applied;
        }
        self.stage = Stage::Password;
        applied.change(Change::Stage)
    }

    fn asked_at_door(&mut self, state: PasswordState) -> Applied {
        let is_new = self.asked_at_door.is_none() && !state.is_given();
        self.asked_at_door = Some(state);
        self.password_error = None;
        let applied = changed(Change::Password);
        if is_new { applied.tell(News::PasswordAsked) } else { applied }
    }

    fn password_refused(&mut self, reason: PasswordRefused) -> Applied {
        if matches!(reason, PasswordRefused::UsedUp | PasswordRefused::CodesUsedUp) {
            if let Some(ask) = &mut self.password {
                ask.state = PasswordState::UsedUp;
            }
            if let Some(state) = &mut self.asked_at_door {
                *state = PasswordState::UsedUp;
            }
        }
        self.password_error = Some(reason);
        changed(Change::Password)
    }

    fn welcomed(
        &mut self,
        session: Secret,
        invited_as: InvitedAs,
        resumed_to: Option<Place>,
        media_kept: bool,
    ) -> Applied {
        self.join_error = None;
        self.session = Some(session.clone());
        self.invited_as = Some(invited_as);
        let applied = changed(Change::Meeting).task(Task::Remember(session));
        if media_kept {
            return applied.task(Task::GoOn);
        }
        self.media = None;
        let was_in = matches!(self.stage, Stage::Lobby | Stage::Room);
        match resumed_to {
            // The page stays as it is under the banner until the new connection is there.
            _ if was_in => applied.task(Task::Enter),
            Some(_) => {
                self.stage = Stage::Entering;
                applied.change(Change::Stage).task(Task::Enter)
            }
            None => {
                self.stage = Stage::GreenRoom;
                applied.change(Change::Stage)
            }
        }
    }

    fn entered(&mut self, answer: String, place: Place) -> Applied {
        let applied = task(Task::Answer(answer));
        if place == Place::Room || self.stage == Stage::Lobby {
            return applied;
        }
        self.stage = Stage::Lobby;
        self.forget_people();
        applied.change(Change::Stage)
    }

    /// The media session is gone, and nothing of the others stays in this page; it enters anew, to wait.
    fn sent_to_lobby(&mut self) -> Applied {
        let was_in = self.stage == Stage::Room;
        self.stage = Stage::Lobby;
        self.media = None;
        self.waiting = None;
        self.forget_people();
        let applied = changed(Change::Stage)
            .change(Change::Waiting)
            .change(Change::Lines)
            .change(Change::Locks)
            .change(Change::Roster)
            .change(Change::Lobby)
            .change(Change::Sharer)
            .change(Change::Devices)
            .task(Task::StopSharing)
            .task(Task::Enter);
        if was_in { applied.tell(News::SentBack) } else { applied }
    }

    fn admitted(&mut self, room: RoomSnapshot) -> Applied {
        let comes_in = self.stage != Stage::Room;
        let from_lobby = self.stage == Stage::Lobby;
        self.lines.clear();
        self.asked_at_door = None;
        self.locks = room.locks;
        self.checklist = room.checklist;
        self.stage = Stage::Room;
        self.waiting = None;
        self.meeting = Some(room.meeting);
        let role = room.roster.iter().find(|entry| entry.participant == room.me).map(|entry| entry.role);
        if let (Some(invited), Some(role)) = (&mut self.invited_as, role) {
            invited.role = role;
        }
        self.roster = room.roster.into_iter().map(|entry| (entry.participant, words::named(entry))).collect();
        self.lobby = room.lobby.into_iter().map(|card| (card.participant, card)).collect();
        let mut applied = changed(Change::Stage).change(Change::Meeting).change(Change::Roster).change(Change::Lobby);
        applied.changes.extend(self.roster.keys().copied().map(Change::Person));
        applied.changes.extend(self.lobby.keys().copied().map(Change::Card));
        applied.changes.extend([Change::Locks, Change::Lines, Change::Password]);
        let muted = self.locks.mute_on_entry && self.role() != Some(Role::Moderator);
        match (comes_in && muted, from_lobby) {
            (true, _) => applied.task(Task::Mute).tell(News::LetInMuted),
            (false, true) => applied.tell(News::LetIn),
            (false, false) => applied,
        }
    }

    fn turned_away(&mut self, reason: TurnedAway) -> Applied {
        self.end(Ended::TurnedAway(reason))
    }

    fn end(&mut self, reason: Ended) -> Applied {
        self.session = None;
        self.media = None;
        self.stage = Stage::Ended(reason);
        self.forget_people();
        changed(Change::Stage)
            .change(Change::Roster)
            .change(Change::Lobby)
            .change(Change::Sharer)
            .change(Change::Devices)
            .task(Task::HangUp)
            .task(Task::Forget)
    }

    /// Nothing of the others stays in the page's memory once it is out.
    fn forget_people(&mut self) {
        self.roster = ById::default();
        self.lobby = ById::default();
        self.lines = Vec::new();
        self.locks = Locks::default();
        self.checklist = Vec::new();
        self.slots = Slots::default();
        self.devices = Vec::new();
        self.token = None;
    }

    fn person(&mut self, entry: RosterEntry) -> Applied {
        let entry = words::named(entry);
        let id = entry.participant;
        let is_me = self.me() == Some(id);
        if let (true, Some(invited)) = (is_me, &mut self.invited_as) {
            invited.role = entry.role;
        }
        let name = entry.name.clone();
        let hand = entry.hand;
        let applied = Applied::default();
        match self.roster.insert(id, entry) {
            None if is_me => applied.change(Change::Roster).change(Change::Person(id)),
            None => applied.change(Change::Roster).change(Change::Person(id)).tell(News::Joined(name)),
            Some(before) if hand && !before.hand && !is_me => {
                applied.change(Change::Person(id)).tell(News::HandUp(name))
            }
            Some(_) => applied.change(Change::Person(id)),
        }
    }

    fn person_left(&mut self, who: ParticipantId) -> Applied {
        match self.roster.remove(&who) {
            Some(entry) => changed(Change::Roster).tell(News::Left(entry.name)),
            None => Applied::default(),
        }
    }

    fn card(&mut self, card: LobbyCard) -> Applied {
        let (id, name) = (card.participant, card.name.clone());
        let (lines, theirs) = (card.lines.len(), card.lines.last().is_some_and(|line| line.by.is_none()));
        match self.lobby.insert(id, card) {
            Some(before) if theirs && (lines != before.lines.len()) => {
                changed(Change::Card(id)).tell(News::Wrote(name))
            }
            Some(_) => changed(Change::Card(id)),
            None => changed(Change::Lobby).change(Change::Card(id)).tell(News::Waits(name)),
        }
    }

    fn move_slots(&mut self, slots: Slots) -> Applied {
        let before = std::mem::replace(&mut self.slots, slots);
        let moved: ById<()> = differing(&before.audio, &self.slots.audio)
            .chain(differing(&before.video, &self.slots.video).map(|picture| picture.who))
            .chain(differing(&hidden(&before), &hidden(&self.slots)).map(|hidden| hidden.picture.who))
            .map(|who| (who, ()))
            .collect();
        Applied { changes: moved.keys().copied().map(Change::Slot).collect(), tasks: Vec::new() }
    }

    fn protocol_error(&mut self, error: ProtocolError) -> Applied {
        match error {
            ProtocolError::Version { .. } => self.end(Ended::Outdated),
            // Whoever is in stays in, under the quiet line, and reads why once.
            ProtocolError::Offer { error: OfferError::NoNode } if matches!(self.stage, Stage::Lobby | Stage::Room) => {
                let again = task(Task::TryMediaAgain);
                let is_known = std::mem::replace(&mut self.waits_for_node, true);
                if is_known { again } else { again.tell(News::NoNode) }
            }
            ProtocolError::Offer { .. } => {
                self.stage = Stage::GreenRoom;
                changed(Change::Stage).tell(News::NotDone(error))
            }
            ProtocolError::Share { error: ShareError::Taken { by } } => {
                let name = self.roster.get(&by).map(|entry| entry.name.clone());
                task(Task::StopSharing).tell(News::ShareTaken(name))
            }
            ProtocolError::Share { .. } => task(Task::StopSharing).tell(News::NotDone(error)),
            _ => task(Task::Tell(News::NotDone(error))),
        }
    }
}

/// Everything that is in a slot on one side and not in the same on the other.
fn hidden(slots: &Slots) -> Vec<Option<Undecodable>> {
    slots.undecodable.iter().copied().map(Some).collect()
}

fn differing<T: Copy + PartialEq>(before: &[Option<T>], after: &[Option<T>]) -> impl Iterator<Item = T> {
    let longest = before.len().max(after.len());
    let at = |slots: &[Option<T>], index: usize| slots.get(index).copied().flatten();
    let pairs: Vec<_> = (0..longest).map(|index| (at(before, index), at(after, index))).collect();
    pairs.into_iter().filter(|(old, new)| old != new).flat_map(|(old, new)| old.into_iter().chain(new))
}

#[cfg(test)]
mod tests;
