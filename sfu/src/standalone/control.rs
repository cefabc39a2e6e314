//! Lets signaling in: TLS with a certificate of the deployment's authority, then the hellos. Everybody else gets no further
//! than the handshake, and never gets in signaling's way.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::RunError;
use super::places::Places;
use crate::wire::{self, FromNode, GREETING, ToNode, VERSION, WireError};

/// Handshakes at once, and from one source. More stands a larger crowd of strangers, and lets it cost more.
const GREETINGS: usize = 256;
const GREETINGS_PER_SOURCE: usize = 8;
/// After a connection that could not be accepted, out of file descriptors for one.
const BREATH: Duration = Duration::from_millis(100);

/// Signaling, let in and greeted.
pub(super) type Line = TlsStream<TcpStream>;

/// Listens for signaling, for as long as the runtime lives: each [`Line`] replaces the one before.
pub(super) fn listen(
    address: SocketAddr,
    acceptor: TlsAcceptor,
) -> Result<(SocketAddr, mpsc::Receiver<Line>), RunError> {
    let failed = |error| RunError::Listen { address, error };
    let listener = StdListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let listener = TcpListener::from_std(listener).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let (lines, taken) = mpsc::channel(1);
    tokio::spawn(accept(listener, acceptor, lines));
    Ok((bound, taken))
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, lines: mpsc::Sender<Line>) {
    let places = Places::new(GREETINGS, GREETINGS_PER_SOURCE);
    loop {
        let Ok((stream, peer)) = listener.accept().await else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        let Some(place) = places.take(peer.ip()) else { continue };
        let (acceptor, lines) = (acceptor.clone(), lines.clone());
        tokio::spawn(async move {
            match timeout(GREETING, greet(acceptor, stream)).await {
                Ok(Ok(line)) => drop(lines.send(line).await),
                Ok(Err(error)) => tracing::warn!(reason = %error, "somebody at the control port was not let in"),
                Err(_) => tracing::warn!("somebody at the control port took too long"),
            }
            drop(place);
        });
    }
}

async fn greet(acceptor: TlsAcceptor, stream: TcpStream) -> Result<Line, WireError> {
    stream.set_nodelay(true)?;
    let mut line = acceptor.accept(stream).await?;
    let ToNode::Hello { version } = wire::read(&mut line).await? else { return Err(WireError::Unreadable) };
    // Said to another version too: it then knows what is wrong.
    wire::write(&mut line, &FromNode::Hello { version: VERSION }).await?;
    wire::check_version(version)?;
    Ok(line)
}
