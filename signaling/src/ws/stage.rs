//! Where a connection is before it has a seat, as a type, and what it may say there.

use std::net::IpAddr;

use shared::ids::AccountId;
use shared::limits::PROTOCOL_VERSION;
use shared::meeting::Role;
use shared::secret::Secret;
use shared::signal::{
    ClientMsg, JoinRefused, PasswordRefused, PasswordState, ProtocolError, ServerMsg, Software, TurnedAway,
};
use tokio::task::JoinSet;

use crate::accounts::sessions::{self, Activity};
use crate::door::Accepted;
use crate::door::decide::Invitation;
use crate::door::gate::Place;
use crate::door::knock::{KnockError, Typed, look};
use crate::letters::post;
use crate::live::registry::EntryError;
use crate::live::{Guest, Outbox, Return, Seat, Standing};
use crate::meetings::events::{Actor, SecondFactor};
use crate::meetings::passwords::{PasswordError, Passwords};
use crate::metrics::JoinWay;
use crate::state::AppState;

/// Who is at the other end, as far as the upgrade says.
#[derive(Clone)]
pub struct Visitor {
    /// Their address, as the edge found it.
    pub address: IpAddr,
    /// The console's session in the same browser, where there is one. Whose it is is asked when it matters: it may have ended since.
    pub login: Option<Secret>,
    /// What the browser says it is.
    pub software: Software,
}

/// Where a connection is.
pub(super) enum Stage {
    /// Nothing said yet.
    New,
    /// Versions agree; knocks or returns next.
    Greeted,
    /// Knocked; the door's answer is next. The page is heard meanwhile, and gone from the queue when it goes.
    Knocking(Knocking),
    /// The PIN was right; the second proof is next.
    AtPassword(Box<AtPassword>),
    /// In a room's hands.
    Seated(Seat),
}

/// A knock that has not been answered yet; dropping it takes it back.
pub(super) struct Knocking {
    typed: Typed,
    answer: JoinSet<Result<Accepted, KnockError>>,
}

/// A right PIN that waits for its second proof.
pub(super) struct AtPassword {
    accepted: Accepted,
    typed: Typed,
}

/// What to do about a message.
pub(super) enum Reply {
    /// Go on.
    Quiet,
    /// Say this.
    Say(ServerMsg),
    /// Say this and close.
    Close(ServerMsg),
    /// Close.
    Bye,
}

fn error(error: ProtocolError) -> Reply {
    Reply::Say(ServerMsg::ProtocolError { error })
}

fn queued(place: Place) -> ServerMsg {
    let wait_s = u32::try_from(place.wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX);
    ServerMsg::Queued { ahead: place.ahead, wait_s }
}

fn internal(cause: impl std::fmt::Display) -> Reply {
    tracing::error!(%cause, "a page's request failed");
    error(ProtocolError::Internal)
}

/// A connection's state with what it needs to move on.
pub(super) struct Machine {
    pub(super) state: AppState,
    pub(super) visitor: Visitor,
    pub(super) outbox: Outbox,
    pub(super) stage: Stage,
}

impl Machine {
    /// Takes a message in.
    pub(super) async fn take(&mut self, message: ClientMsg) -> Reply {
        match (&self.stage, message) {
            (_, ClientMsg::Pong) => Reply::Quiet,
            (Stage::Seated(seat), message) => {
                seat.ask(message);
                Reply::Quiet
            }
            (Stage::New, ClientMsg::Hello { protocol }) => self.hello(protocol),
            (Stage::Greeted, ClientMsg::Join { pin, link }) => self.join(Typed { pin, link }),
            (Stage::Greeted, ClientMsg::Resume { session, media }) => self.resume(&session, media).await,
            (Stage::AtPassword(_), ClientMsg::SendPassword) => self.send_password().await,
            (Stage::AtPassword(_), ClientMsg::SubmitPassword { password }) => self.submit_password(&password).await,
            (Stage::Greeted | Stage::Knocking(_) | Stage::AtPassword(_), ClientMsg::Leave) => Reply::Bye,
            _ => error(ProtocolError::WrongState),
        }
    }

    /// The page is going, as its close frame says.
    pub(super) fn page_is_gone(&mut self) {
        if let Stage::Seated(seat) = &mut self.stage {
            seat.page_is_gone();
        }
    }

    fn hello(&mut self, protocol: u16) -> Reply {
        if protocol != PROTOCOL_VERSION {
            let error = ProtocolError::Version { server: PROTOCOL_VERSION };
            return Reply::Close(ServerMsg::ProtocolError { error });
        }
        self.stage = Stage::Greeted;
        Reply::Say(ServerMsg::Greeted { protocol: PROTOCOL_VERSION })
    }

    fn join(&mut self, typed: Typed) -> Reply {
        let mut answer = JoinSet::new();
        let (state, outbox, address) = (self.state.clone(), self.outbox.clone(), self.visitor.address);
        let knock = typed.clone();
        answer.spawn(async move {
            // A page that does not read misses only where it stands.
            let tell = |place: Place| drop(outbox.try_send(queued(place)));
            state.door.knock(state.books(), address, &knock, tell).await
        });
        self.stage = Stage::Knocking(Knocking { typed, answer });
        Reply::Quiet
    }

    /// Waits for the door's answer; for ever when nobody knocked. Nothing is lost when it is dropped.
    pub(super) async fn door_answers(&mut self) -> Result<Accepted, KnockError> {
        match &mut self.stage {
            Stage::Knocking(Knocking { answer, .. }) => match answer.join_next().await {
                Some(Ok(outcome)) => outcome,
                Some(Err(_)) | None => Err(KnockError::Broken),
            },
            _ => std::future::pending().await,
        }
    }

    /// Goes on with the door's answer.
    pub(super) async fn answered(&mut self, outcome: Result<Accepted, KnockError>) -> Reply {
        let Stage::Knocking(Knocking { typed, .. }) = std::mem::replace(&mut self.stage, Stage::Greeted) else {
            return Reply::Quiet;
        };
        match outcome {
            Ok(accepted) => self.accepted(accepted, typed).await,
            Err(KnockError::Refused(reason)) => self.refused(reason),
            Err(cause) => internal(cause),
        }
    }

    /// The PIN was right. A moderator's invitation needs a second factor; others need the password when it is asked. A login is
    /// one of the account that the invitation is for, and no other: whoever has a colleague's PIN is not that colleague.
    async fn accepted(&mut self, accepted: Accepted, typed: Typed) -> Reply {
        let invitation = &accepted.invitation;
        let own = match (invitation.role, invitation.account) {
            (Role::Moderator, Some(account)) if self.is_logged_in(account).await => Some(account),
            _ => None,
        };
        match (invitation.role, own) {
            (Role::Moderator, Some(account)) => {
                let standing = Standing::Moderator(SecondFactor::Account { account });
                self.seat((&accepted, &typed), standing, PasswordState::NotAsked).await
            }
            (Role::Moderator, None) => self.ask_password(accepted, typed).await,
            (Role::Participant | Role::Observer, _) if invitation.ask_password => {
                self.ask_password(accepted, typed).await
            }
            (Role::Participant, _) => {
                self.seat((&accepted, &typed), Standing::Participant, PasswordState::NotAsked).await
            }
            (Role::Observer, _) => self.seat((&accepted, &typed), Standing::Observer, PasswordState::NotAsked).await,
        }
    }

    /// Whether this account is logged in at the console in the same browser.
    async fn is_logged_in(&self, account: AccountId) -> bool {
        match &self.visitor.login {
            Some(login) => account_of(&self.state, login).await == Some(account),
            None => false,
        }
    }

    async fn ask_password(&mut self, accepted: Accepted, typed: Typed) -> Reply {
        let invitation = &accepted.invitation;
        let state = self.passwords().state(invitation.invitee, true, invitation.phone.as_deref()).await;
        let reply = match state {
            Ok(state) => required(invitation, state),
            Err(cause) => return internal(cause),
        };
        self.stage = Stage::AtPassword(Box::new(AtPassword { accepted, typed }));
        Reply::Say(reply)
    }

    async fn send_password(&mut self) -> Reply {
        let Stage::AtPassword(at) = &self.stage else { return error(ProtocolError::WrongState) };
        let invitation = &at.accepted.invitation;
        match self.passwords().send(invitation.invitee, Actor::Invitee(invitation.invitee)).await {
            Ok(state) => Reply::Say(required(invitation, state)),
            Err(cause) => password_reply(cause),
        }
    }

    async fn submit_password(&mut self, password: &Secret) -> Reply {
        let Stage::AtPassword(at) = &self.stage else { return error(ProtocolError::WrongState) };
        let typed = at.typed.clone();
        // Time has passed since the PIN was typed: it may have died, and the meeting with it. Looked at before a try is taken, because
        // those of a new PIN are not for whoever has the old one; that it dies while hashing takes its time is seen in `seat`.
        let accepted = match look(self.state.books(), &typed).await {
            Ok(accepted) => accepted,
            Err(cause) => return self.no_longer(cause),
        };
        let factor = match self.passwords().check(accepted.invitation.invitee, password).await {
            Ok(factor) => factor,
            Err(cause) => return password_reply(cause),
        };
        let standing = match accepted.invitation.role {
            Role::Moderator => Standing::Moderator(factor),
            Role::Participant => Standing::Participant,
            Role::Observer => Standing::Observer,
        };
        self.seat((&accepted, &typed), standing, factor.given()).await
    }

    /// The PIN was right and is not any more.
    fn no_longer(&mut self, cause: KnockError) -> Reply {
        match cause {
            KnockError::Refused(reason) => {
                self.stage = Stage::Greeted;
                self.refused(reason)
            }
            cause => internal(cause),
        }
    }

    /// To the green room. The room says `Welcomed` itself.
    async fn seat(
        &mut self,
        (accepted, typed): (&Accepted, &Typed),
        standing: Standing,
        password: PasswordState,
    ) -> Reply {
        let invitation = &accepted.invitation;
        let says = match post::says_of(&self.state, (invitation.meeting, invitation.invitee)).await {
            Ok(says) => says,
            Err(cause) => return internal(cause),
        };
        let guest = Guest {
            invitee: invitation.invitee,
            name: invitation.name.clone(),
            standing,
            came_by_link: accepted.came_by_link,
            pin_typed: accepted.pin_typed,
            password,
            location: self.state.geo.hint(self.visitor.address, invitation.phone.as_deref()),
            software: self.visitor.software.clone(),
            invitation: says,
        };
        let entered = self.state.live.knock(invitation.meeting, guest, self.outbox.clone()).await;
        let over = if accepted.came_by_link { JoinRefused::Over } else { JoinRefused::NotValidNow };
        // The door takes its time to answer. Whose PIN died or role changed meanwhile was looked for in the room before they were
        // there: from here on the room hears of it.
        match (entered, look(self.state.books(), typed).await) {
            (Ok(seat), Err(cause)) => {
                seat.ask(ClientMsg::Leave);
                self.no_longer(cause)
            }
            (Ok(seat), Ok(now)) if now.invitation.role != invitation.role => {
                seat.ask(ClientMsg::Leave);
                Reply::Close(ServerMsg::TurnedAway { reason: TurnedAway::RoleChanged })
            }
            (entered, _) => self.seated(entered, JoinWay::Pin, over),
        }
    }

    async fn resume(&mut self, session: &Secret, media: Option<u32>) -> Reply {
        let computer = self.state.geo.place(self.visitor.address);
        let network = self.state.geo.network(self.visitor.address);
        let returning = Return { secret: session.clone(), media, computer, network };
        let entered = self.state.live.resume(returning, self.outbox.clone()).await;
        self.seated(entered, JoinWay::Resumed, JoinRefused::MeetingOver)
    }

    /// `over` is how this page hears that the meeting is over.
    fn seated(&mut self, entered: Result<Seat, EntryError>, way: JoinWay, over: JoinRefused) -> Reply {
        match entered {
            Ok(seat) => {
                self.state.counters.joined(way);
                self.stage = Stage::Seated(seat);
                Reply::Quiet
            }
            Err(EntryError::Db(cause)) => internal(cause),
            Err(EntryError::Refused(reason)) => {
                self.stage = Stage::Greeted;
                self.refused(if reason == JoinRefused::MeetingOver { over } else { reason })
            }
        }
    }

    fn refused(&self, reason: JoinRefused) -> Reply {
        self.state.counters.refused(&reason);
        Reply::Say(ServerMsg::JoinRefused { reason })
    }

    fn passwords(&self) -> Passwords<'_> {
        self.state.passwords()
    }
}

/// A second proof is needed, and how things stand with it.
fn required(invitation: &Invitation, state: PasswordState) -> ServerMsg {
    let for_moderator = invitation.role == Role::Moderator;
    ServerMsg::PasswordRequired { state, for_moderator, by_login: for_moderator && invitation.account.is_some() }
}

/// Whose session at the console this is. An error means nobody's: there are other proofs.
pub(super) async fn account_of(state: &AppState, login: &Secret) -> Option<AccountId> {
    match sessions::find(state, login, Activity::Background).await {
        Ok(session) => session.map(|session| session.account),
        Err(error) => {
            tracing::error!(%error, "who is logged in could not be looked up");
            None
        }
    }
}

fn password_reply(cause: PasswordError) -> Reply {
    let reason: PasswordRefused = match cause {
        PasswordError::Refused(reason) => reason,
        PasswordError::NotSent(_) => PasswordRefused::NotDelivered,
        other => return internal(other),
    };
    Reply::Say(ServerMsg::PasswordRefused { reason })
}
