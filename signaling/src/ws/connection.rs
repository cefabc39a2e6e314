//! One page's connection: reads what it says, writes what it is told, and notices when it is gone.

use std::time::{Duration, Instant};

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use shared::limits::{MAX_SIGNAL_MESSAGE_BYTES, PING_EVERY_MS, SILENCE_MS};
use shared::signal::{ClientMsg, ProtocolError, ServerMsg};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval_at, sleep_until, timeout};

use super::limits::Rate;
use super::stage::{Machine, Reply, Stage, Visitor};
use crate::edge::crowd::{Keep, Place};
use crate::guards::{self, Guard};
use crate::live::{Outbox, outbox};
use crate::state::AppState;

/// How long one message may take to be written. A page that takes longer does not read.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection may take to get a seat. Longer lets people think longer about their password.
const UNSEATED: Duration = Duration::from_secs(15 * 60);

/// How long a page has for reading the last words.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Why a connection ends, as its close code says. (RFC 6455 section 7.4.1)
struct End(u16);

/// Runs a connection until one side ends it. The seat, dropped with it, tells the room.
pub(super) async fn run(state: AppState, visitor: Visitor, places: Places, socket: WebSocket) {
    let (sender, receiver) = outbox();
    let machine = Machine { state, visitor, outbox: sender.clone(), stage: Stage::New };
    let now = Instant::now();
    let mut connection = Connection {
        socket,
        places,
        machine,
        told: receiver,
        own_outbox: Some(sender),
        heard_at: now,
        since: now,
        rate: Rate::new(now),
        unread: false,
    };
    let End(code) = connection.until_end().await;
    connection.close(code).await;
}

/// The places that a page takes: its socket's, and its connection's, which may be a proxy's.
pub(super) struct Places {
    pub(super) socket: Place,
    pub(super) connection: Option<Keep>,
}

impl Places {
    /// Somebody is let in by this page: it gives way to no crowd at the door.
    fn keep(&self) {
        self.socket.keep().keep();
        if let Some(connection) = &self.connection {
            connection.keep();
        }
    }
}

struct Connection {
    socket: WebSocket,
    places: Places,
    machine: Machine,
    /// What the room says.
    told: mpsc::Receiver<ServerMsg>,
    /// Kept until there is a seat, so that the channel is open; from then on the room alone holds the other end.
    own_outbox: Option<Outbox>,
    heard_at: Instant,
    since: Instant,
    rate: Rate,
    /// Something is on its way in that will not be read.
    unread: bool,
}

impl Connection {
    async fn until_end(&mut self) -> End {
        let every = Duration::from_millis(PING_EVERY_MS);
        let mut ping = interval_at((Instant::now() + every).into(), every);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let silent_at = self.heard_at + Duration::from_millis(SILENCE_MS);
            let step = tokio::select! {
                message = self.socket.recv() => self.heard(message).await,
                told = self.told.recv() => match told {
                    Some(message) => self.say(&message).await,
                    // The room has let go of this page, and everything it said has gone out.
                    None => Err(End(close_code::NORMAL)),
                },
                outcome = self.machine.door_answers() => {
                    let reply = self.machine.answered(outcome).await;
                    self.reply(reply).await
                }
                _ = ping.tick() => self.ping().await,
                () = sleep_until(silent_at.into()) => Err(End(close_code::AWAY)),
                () = self.places.socket.given_away() => Err(End(close_code::AGAIN)),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn heard(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        self.heard_at = Instant::now();
        let text = match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Binary(_))) => {
                self.count().await?;
                return self.complain(ProtocolError::Binary).await;
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return self.count().await,
            Some(Ok(Message::Close(frame))) => {
                // A tab that is closed or goes elsewhere (RFC 6455 section 7.4.1). Every other end is a broken socket.
                if frame.is_some_and(|frame| frame.code == close_code::AWAY) {
                    self.machine.page_is_gone();
                }
                return Err(End(close_code::NORMAL));
            }
            None => return Err(End(close_code::NORMAL)),
            Some(Err(error)) if is_too_large(&error) => {
                self.unread = true;
                return self.too_large().await;
            }
            Some(Err(_)) => return Err(End(close_code::PROTOCOL)),
        };
        if text.len() > MAX_SIGNAL_MESSAGE_BYTES {
            return self.too_large().await;
        }
        self.count().await?;
        if !guards::holds(Guard::LogWords) {
            tracing::info!(message = %text, "a page says");
        }
        match ClientMsg::decode(&text) {
            Ok(message) => self.take(message).await,
            Err(error) => self.complain(error).await,
        }
    }

    async fn take(&mut self, message: ClientMsg) -> Result<(), End> {
        let reply = self.machine.take(message).await;
        self.reply(reply).await
    }

    async fn reply(&mut self, reply: Reply) -> Result<(), End> {
        // Hashing a password takes its time; the page was not silent meanwhile, we were deaf.
        self.heard_at = Instant::now();
        match self.machine.stage {
            Stage::Seated(_) => self.release_outbox(),
            Stage::AtPassword(_) => self.places.keep(),
            Stage::New | Stage::Greeted | Stage::Knocking(_) => {}
        }
        match reply {
            Reply::Quiet => Ok(()),
            Reply::Say(message) => self.say(&message).await,
            Reply::Close(message) => {
                self.say(&message).await?;
                Err(End(close_code::POLICY))
            }
            Reply::Bye => Err(End(close_code::NORMAL)),
        }
    }

    /// From here on the room's end is the only one.
    fn release_outbox(&mut self) {
        if self.own_outbox.take().is_some() {
            let (closed, _) = mpsc::channel(1);
            self.machine.outbox = closed;
            self.places.keep();
        }
    }

    /// Counts a message.
    async fn count(&mut self) -> Result<(), End> {
        if self.rate.allows(Instant::now()) {
            return Ok(());
        }
        self.complain(ProtocolError::TooMany).await?;
        Err(End(close_code::POLICY))
    }

    async fn complain(&mut self, error: ProtocolError) -> Result<(), End> {
        self.say(&ServerMsg::ProtocolError { error }).await
    }

    async fn too_large(&mut self) -> Result<(), End> {
        self.say(&ServerMsg::ProtocolError { error: ProtocolError::TooLarge }).await?;
        Err(End(close_code::SIZE))
    }

    async fn ping(&mut self) -> Result<(), End> {
        if self.own_outbox.is_some() && self.since.elapsed() > UNSEATED {
            return Err(End(close_code::POLICY));
        }
        self.say(&ServerMsg::Ping).await
    }

    async fn say(&mut self, message: &ServerMsg) -> Result<(), End> {
        match timeout(WRITE_TIMEOUT, self.socket.send(Message::text(message.encode()))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End(close_code::AWAY)),
        }
    }

    /// Says goodbye and reads on for a moment: closing with unread input would reset the connection and take the last
    /// words with it.
    async fn close(mut self, code: u16) {
        // The room hears of it now, not after the goodbye.
        drop(self.machine);
        let frame = CloseFrame { code, reason: "".into() };
        let goodbye = async {
            if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
                while let Some(Ok(_)) = self.socket.recv().await {}
                if self.unread {
                    tokio::time::sleep(LAST_WORDS).await;
                }
            }
        };
        let _ = timeout(2 * LAST_WORDS, goodbye).await;
    }
}

/// Whether reading failed because a message is larger than [`super::READ_BYTES`]. axum hides the type behind it; this
/// is its text, and a test sends such a message.
fn is_too_large(error: &axum::Error) -> bool {
    let text = error.to_string();
    text.contains("too long") || text.contains("too large") || text.contains("Space limit exceeded")
}
