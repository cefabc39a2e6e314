//! The line to one media node: connects, talks until it ends, and connects again.

use std::convert::Infallible;
use std::time::Duration;

use rustls::pki_types::ServerName;
use sfu::placement::NodeIndex;
use sfu::wire::{self, BEAT, FromNode, GREETING, ToNode, VERSION, WireError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::nodes::Nodes;

/// How long until a node that could not be reached, or was lost, is tried again. Shorter finds a node that restarts sooner.
const AGAIN: Duration = Duration::from_millis(500);

/// Whom to connect to.
pub(super) struct Peer {
    /// The name that its certificate must carry.
    pub(super) name: String,
    /// `host:port`, looked up anew each time.
    pub(super) address: String,
    pub(super) connector: TlsConnector,
}

/// Keeps the line to a node, for as long as the runtime lives.
pub(super) async fn keep(nodes: Nodes, index: NodeIndex, peer: Peer) {
    let mut said = String::new();
    loop {
        let error = match timeout(GREETING, connect(&peer)).await.unwrap_or(Err(WireError::Silent)) {
            Ok(line) => {
                tracing::info!(node = peer.name, "a media node is there");
                said.clear();
                talk(&nodes, index, line).await
            }
            Err(error) => error,
        };
        // Once, not twice a second for as long as a machine is away.
        let reason = error.to_string();
        if reason != said {
            tracing::warn!(node = peer.name, reason, "a media node is not there");
            said = reason;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn connect(peer: &Peer) -> Result<TlsStream<TcpStream>, WireError> {
    let name = ServerName::try_from(peer.name.clone()).map_err(std::io::Error::other)?;
    let stream = TcpStream::connect(&peer.address).await?;
    stream.set_nodelay(true)?;
    let mut line = peer.connector.connect(name, stream).await?;
    wire::write(&mut line, &ToNode::Hello { version: VERSION }).await?;
    let FromNode::Hello { version } = wire::read(&mut line).await? else { return Err(WireError::Unreadable) };
    wire::check_version(version)?;
    Ok(line)
}

/// Says what is to be said and hears what comes, until the line ends; says why it did.
async fn talk(nodes: &Nodes, index: NodeIndex, line: TlsStream<TcpStream>) -> WireError {
    let mut up = nodes.up(index);
    let (read, write) = tokio::io::split(line);
    let ended: Result<Infallible, WireError> = tokio::select! {
        ended = listen(read, nodes, index) => ended,
        ended = say(write, &mut up.commands) => ended,
    };
    match ended {
        Err(error) => error,
    }
}

async fn listen(mut line: impl AsyncRead + Unpin, nodes: &Nodes, index: NodeIndex) -> Result<Infallible, WireError> {
    loop {
        nodes.heard(index, wire::read(&mut line).await?)?;
    }
}

async fn say(
    mut line: impl AsyncWrite + Unpin,
    commands: &mut mpsc::UnboundedReceiver<ToNode>,
) -> Result<Infallible, WireError> {
    let mut beat = tokio::time::interval(BEAT);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let message = tokio::select! {
            Some(command) = commands.recv() => command,
            _ = beat.tick() => ToNode::Alive,
        };
        wire::write(&mut line, &message).await?;
    }
}
