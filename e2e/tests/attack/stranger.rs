//! Somebody on the network, at an address of their own out of 127.0.0.0/8, without a browser.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use e2e::Deployment;
use futures_util::{SinkExt as _, StreamExt as _};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use shared::limits::PROTOCOL_VERSION;
use shared::secret::Secret;
use shared::signal::{ClientMsg, JoinRefused, ServerMsg};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};

/// The person who has a PIN, alone in their network.
pub(crate) const PERSON: Ipv4Addr = Ipv4Addr::new(127, 200, 0, 9);

/// As many sockets as an attacker needs.
pub(crate) fn raise_descriptors() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

/// A connection from that address.
pub(crate) async fn connect(server: &Deployment, from: Ipv4Addr) -> std::io::Result<TcpStream> {
    connect_to(server.port(), from).await
}

pub(crate) async fn connect_to(port: u16, from: Ipv4Addr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::new(IpAddr::V4(from), 0))?;
    socket.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await
}

/// One request as its bytes; the status that comes back, or `None`.
pub(crate) async fn request(server: &Deployment, from: Ipv4Addr, text: &str) -> Option<u16> {
    request_within(server.port(), from, text, Duration::from_secs(5)).await
}

/// The same with another patience.
pub(crate) async fn request_within(port: u16, from: Ipv4Addr, text: &str, patience: Duration) -> Option<u16> {
    let answer = async {
        let mut stream = connect_to(port, from).await.ok()?;
        stream.write_all(text.as_bytes()).await.ok()?;
        let mut head = [0; 12];
        stream.read_exact(&mut head).await.ok()?;
        std::str::from_utf8(&head).ok()?.split(' ').nth(1)?.parse().ok()
    };
    timeout(patience, answer).await.ok().flatten()
}

/// What a login is answered, however long hashing takes.
pub(crate) async fn post_login(port: u16, from: Ipv4Addr, body: &str) -> Option<u16> {
    let text = format!(
        "POST /api/v1/login HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    request_within(port, from, &text, Duration::from_secs(20)).await
}

/// A page that said hello.
pub(crate) struct Page(WebSocketStream<TcpStream>);

impl Page {
    /// Opens one; `None` when there was no place for it.
    pub(crate) async fn open(port: u16, from: Ipv4Addr) -> Option<Self> {
        let opening = async {
            let stream = connect_to(port, from).await.ok()?;
            let mut request = format!("ws://localhost:{port}/api/v1/ws").into_client_request().ok()?;
            request.headers_mut().insert("origin", format!("http://localhost:{port}").parse().ok()?);
            let mut page = Self(client_async(request, stream).await.ok()?.0);
            page.say(ClientMsg::Hello { protocol: PROTOCOL_VERSION }).await?;
            matches!(page.hear().await?, ServerMsg::Greeted { .. }).then_some(page)
        };
        timeout(Duration::from_secs(5), opening).await.ok().flatten()
    }

    async fn say(&mut self, message: ClientMsg) -> Option<()> {
        self.0.send(Message::text(message.encode())).await.ok()
    }

    /// Says nonsense as fast as it can until it is put out or the time is over; how much of it was answered.
    pub(crate) async fn shout(self, time: Duration) -> u32 {
        let (mut out, mut heard) = self.0.split();
        let shouting = tokio::spawn(async move { while out.send(Message::text("nonsense")).await.is_ok() {} });
        let mut answered = 0;
        let listening = async {
            while let Some(Ok(Message::Text(text))) = heard.next().await {
                answered += u32::from(matches!(ServerMsg::decode(&text), Some(ServerMsg::ProtocolError { .. })));
            }
        };
        let _ = timeout(time, listening).await;
        shouting.abort();
        answered
    }

    /// The next thing that is neither a ping, which is answered, nor about the queue.
    async fn hear(&mut self) -> Option<ServerMsg> {
        loop {
            let Message::Text(text) = self.0.next().await?.ok()? else { continue };
            match ServerMsg::decode(&text)? {
                ServerMsg::Ping => self.say(ClientMsg::Pong).await?,
                ServerMsg::Queued { .. } => {}
                message => return Some(message),
            }
        }
    }

    /// Says nothing and stays until it is put out.
    pub(crate) async fn stay(&mut self) {
        while self.hear().await.is_some() {}
    }

    /// Types a PIN. `None`: the connection broke.
    pub(crate) async fn knock(&mut self, pin: &str) -> Option<Result<(), JoinRefused>> {
        self.say(ClientMsg::Join { pin: Secret::new(pin), link: None }).await?;
        match self.hear().await? {
            ServerMsg::Welcomed { .. } => Some(Ok(())),
            ServerMsg::JoinRefused { reason } => Some(Err(reason)),
            _ => None,
        }
    }
}

/// How long the person takes from opening the page to being let through, trying again as their page would; `None`: not
/// within the patience.
pub(crate) async fn person_gets_in(port: u16, pin: &str, patience: Duration) -> Option<Duration> {
    let start = Instant::now();
    let trying = async {
        loop {
            if let Some(mut page) = Page::open(port, PERSON).await
                && let Some(Ok(())) = page.knock(pin).await
            {
                return start.elapsed();
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    };
    timeout(patience, trying).await.ok()
}
