//! A page without a browser: says what a page says, and waits for what it should hear.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use shared::limits::PROTOCOL_VERSION;
use shared::secret::Secret;
use shared::signal::{ClientMsg, JoinRefused, MediaState, RoomSnapshot, ServerMsg, TurnedAway};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::theatre::Person;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Page {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// What brings this tab back.
    pub(super) session: Option<Secret>,
}

/// What a page hears at last.
#[derive(Debug)]
pub(super) enum Heard {
    Said(Box<ServerMsg>),
    Closed(Option<CloseCode>),
}

impl Page {
    pub(super) async fn open(server: SocketAddr, headers: &[(&'static str, &str)]) -> Self {
        let mut request = format!("ws://{server}/api/v1/ws").into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (socket, _) = connect_async(request).await.unwrap();
        Self { socket, session: None }
    }

    pub(super) async fn greeted(server: SocketAddr, headers: &[(&'static str, &str)]) -> Self {
        let mut page = Self::open(server, headers).await;
        page.say(ClientMsg::Hello { protocol: PROTOCOL_VERSION }).await;
        assert_eq!(page.hear().await, ServerMsg::Greeted { protocol: PROTOCOL_VERSION });
        page
    }

    pub(super) async fn say(&mut self, message: ClientMsg) {
        self.send(Message::text(message.encode())).await;
    }

    pub(super) async fn send(&mut self, message: Message) {
        // A server that has closed is found out by the next hearing.
        let _ = self.socket.send(message).await;
    }

    /// The next thing that is not a ping, which is answered as a page does.
    pub(super) async fn hear_or_end(&mut self) -> Heard {
        let until = Instant::now() + PATIENCE;
        loop {
            match timeout_at(until, self.socket.next()).await.expect("something within the patience") {
                Some(Ok(Message::Text(text))) => match ServerMsg::decode(&text).expect("a message of this protocol") {
                    ServerMsg::Ping => self.say(ClientMsg::Pong).await,
                    message => return Heard::Said(Box::new(message)),
                },
                Some(Ok(Message::Close(frame))) => return Heard::Closed(frame.map(|frame| frame.code)),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Heard::Closed(None),
            }
        }
    }

    pub(super) async fn hear(&mut self) -> ServerMsg {
        match self.hear_or_end().await {
            Heard::Said(message) => *message,
            Heard::Closed(code) => panic!("closed: {code:?}"),
        }
    }

    pub(super) async fn hear_close(&mut self) -> Option<CloseCode> {
        match self.hear_or_end().await {
            Heard::Closed(code) => code,
            Heard::Said(message) => panic!("{message:?}"),
        }
    }

    /// Everything until this one is found; what came before is skipped.
    pub(super) async fn hear_until<T>(&mut self, mut wanted: impl FnMut(&ServerMsg) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(&self.hear().await) {
                return found;
            }
        }
    }

    pub(super) async fn hear_turned_away(&mut self) -> TurnedAway {
        let reason = self
            .hear_until(|message| match message {
                ServerMsg::TurnedAway { reason } => Some(*reason),
                _ => None,
            })
            .await;
        assert_eq!(self.hear_close().await, Some(CloseCode::Normal));
        reason
    }

    pub(super) async fn hear_refusal(&mut self) -> JoinRefused {
        match self.hear_past_the_queue().await {
            ServerMsg::JoinRefused { reason } => reason,
            other => panic!("{other:?}"),
        }
    }

    /// The next thing that is not about where this page stands in the queue.
    async fn hear_past_the_queue(&mut self) -> ServerMsg {
        loop {
            match self.hear().await {
                ServerMsg::Queued { .. } => {}
                message => return message,
            }
        }
    }

    pub(super) fn join_message(person: &Person, with_link: bool) -> ClientMsg {
        let link = with_link.then(|| person.link.clone());
        ClientMsg::Join { pin: Secret::new(person.pin.grouped()), link }
    }

    /// Types the PIN and is welcomed.
    pub(super) async fn join(&mut self, person: &Person) {
        self.say(Self::join_message(person, true)).await;
        self.welcomed().await;
    }

    pub(super) async fn welcomed(&mut self) -> ServerMsg {
        let message = self.hear_past_the_queue().await;
        let ServerMsg::Welcomed { session, .. } = &message else { panic!("{message:?}") };
        self.session = Some(session.clone());
        message
    }

    /// Enters and waits for the answer.
    pub(super) async fn enter(&mut self) -> ServerMsg {
        self.enter_with("offer").await
    }

    /// Enters with this offer and waits for the answer.
    pub(super) async fn enter_with(&mut self, offer: &str) -> ServerMsg {
        self.say(ClientMsg::Enter { offer: offer.into(), media: MediaState::default() }).await;
        let message = self.hear().await;
        assert!(matches!(message, ServerMsg::Entered { .. }), "{message:?}");
        message
    }

    pub(super) async fn hear_admitted(&mut self) -> RoomSnapshot {
        self.hear_until(|message| match message {
            ServerMsg::Admitted { room } => Some(room.clone()),
            _ => None,
        })
        .await
    }

    /// Comes back with another tab's secret, as after a reload.
    pub(super) async fn resume(&mut self, secret: &Secret) {
        self.say(ClientMsg::Resume { session: secret.clone(), media: None }).await;
    }

    /// Comes back over another socket, with the media session of that number.
    pub(super) async fn resume_with(&mut self, secret: &Secret, media: u32) {
        self.say(ClientMsg::Resume { session: secret.clone(), media: Some(media) }).await;
    }

    /// Goes as a tab that is closed or reloaded goes (RFC 6455 section 7.4.1).
    pub(super) async fn vanish(mut self) -> Secret {
        let frame = CloseFrame { code: CloseCode::Away, reason: "".into() };
        self.send(Message::Close(Some(frame))).await;
        self.session.expect("a session")
    }

    /// Its socket breaks.
    pub(super) fn break_off(self) -> Secret {
        self.session.expect("a session")
    }
}
