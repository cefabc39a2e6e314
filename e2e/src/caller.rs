//! A participant without a page: the WebSocket of `shared::signal`, spoken by hand.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use shared::limits::PROTOCOL_VERSION;
use shared::secret::Secret;
use shared::signal::{ClientMsg, MediaState, ServerMsg};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::console::Link;

/// An open WebSocket. A task of its own answers pings, so that the holder may do other things for a while.
#[derive(Debug)]
pub struct Caller {
    out: mpsc::UnboundedSender<String>,
    inbox: mpsc::UnboundedReceiver<ServerMsg>,
}

impl Caller {
    /// Connects as a page of this site would, with a console's cookie or none, and says hello.
    pub async fn connect(url: &str, cookie: Option<&str>) -> Self {
        Self::connect_with(url, cookie, None).await
    }

    /// Connects with a forwarding header of its own, as somebody does who wants to seem elsewhere.
    pub async fn connect_claiming(url: &str, addresses: &str) -> Self {
        Self::connect_with(url, None, Some(addresses)).await
    }

    async fn connect_with(url: &str, cookie: Option<&str>, claims: Option<&str>) -> Self {
        let mut request = format!("{}/api/v1/ws", url.replacen("http", "ws", 1)).into_client_request().unwrap();
        request.headers_mut().insert("origin", url.parse().unwrap());
        if let Some(cookie) = cookie {
            request.headers_mut().insert("cookie", cookie.parse().unwrap());
        }
        if let Some(claims) = claims {
            request.headers_mut().insert("x-forwarded-for", claims.parse().unwrap());
        }
        let (socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        let (out, queue) = mpsc::unbounded_channel();
        let (heard, inbox) = mpsc::unbounded_channel();
        tokio::spawn(live(socket, queue, heard));
        let mut caller = Self { out, inbox };
        caller.say(&ClientMsg::Hello { protocol: PROTOCOL_VERSION });
        caller.hear("greeted", |message| matches!(message, ServerMsg::Greeted { .. }).then_some(())).await;
        caller
    }

    /// Says something.
    pub fn say(&self, message: &ClientMsg) {
        self.say_text(message.encode());
    }

    /// Says anything.
    pub fn say_text(&self, text: String) {
        let _ = self.out.send(text);
    }

    /// Waits for a message that answers; those before it are dropped.
    pub async fn hear<T>(&mut self, what: &str, mut answer: impl FnMut(&ServerMsg) -> Option<T>) -> T {
        let wait = async {
            loop {
                let message = self.inbox.recv().await.unwrap_or_else(|| panic!("closed while waiting for {what}"));
                if let Some(answer) = answer(&message) {
                    return answer;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), wait)
            .await
            .unwrap_or_else(|_| panic!("waited in vain for {what}"))
    }

    /// Knocks with the link's token and PIN and comes as far as the green room.
    pub async fn knock(&mut self, link: &Link) {
        let token = link.url().rsplit('#').next().unwrap();
        self.say(&ClientMsg::Join { pin: Secret::new(&link.pin), link: Some(Secret::new(token)) });
        self.hear("welcomed", |message| match message {
            ServerMsg::Welcomed { .. } => Some(()),
            ServerMsg::JoinRefused { reason } => panic!("refused: {reason:?}"),
            _ => None,
        })
        .await;
    }

    /// Enters with an offer; the answer.
    pub async fn enter(&mut self, offer: &str) -> String {
        let media = MediaState { microphone: true, camera: true, screen: false };
        self.say(&ClientMsg::Enter { offer: offer.to_owned(), media });
        self.hear("the SDP answer", |message| match message {
            ServerMsg::Entered { answer, .. } => Some(answer.clone()),
            ServerMsg::ProtocolError { error } => panic!("{error}"),
            _ => None,
        })
        .await
    }
}

async fn live(
    mut socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    mut queue: mpsc::UnboundedReceiver<String>,
    heard: mpsc::UnboundedSender<ServerMsg>,
) {
    loop {
        tokio::select! {
            said = queue.recv() => {
                let Some(text) = said else { return };
                if socket.send(Message::text(text)).await.is_err() { return }
            }
            arrived = socket.next() => {
                let Some(Ok(message)) = arrived else { return };
                let Message::Text(text) = message else { continue };
                match ServerMsg::decode(&text) {
                    Some(ServerMsg::Ping) => {
                        let answered = socket.send(Message::text(ClientMsg::Pong.encode())).await;
                        let Ok(()) = answered else { return };
                    }
                    Some(message) => drop(heard.send(message)),
                    None => {}
                }
            }
        }
    }
}
