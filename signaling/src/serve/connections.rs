//! How many connections may be open, in all and from one source, and who gives way (see [`crowd`]). A place is given back
//! when the connection ends, a WebSocket's included. A connection that begins like media is handed to the media node with
//! its place (ICE-TCP): the same port serves both, so that a network that lets pages through lets media through.
//!
//! [`crowd`]: crate::edge::crowd

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Extension;
use axum::middleware::AddExtension;
use axum_server::accept::Accept;
use ipnet::IpNet;
use sfu::TcpPeer;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tower::Layer as _;

use crate::edge::client::{trusts, unmapped};
use crate::edge::crowd::{Crowd, Keep, Place};
use crate::edge::lag::Lag;
use crate::edge::source::Source;
use crate::guards::{self, Guard};
use crate::serve::descriptors;
use crate::serve::http::HEADER_TIMEOUT;
use crate::serve::watched::{Watch, Watched};

/// Open connections from one source. More lets more people share an address; fewer leaves more to others in a flood.
const MAX_PER_SOURCE: usize = 128;

/// Who is connected. Clones share the places.
#[derive(Debug, Clone)]
pub struct Connections {
    places: Crowd,
    /// Proxies speak for many sources.
    proxies: Arc<[IpNet]>,
    /// Where connections with media go.
    media: mpsc::Sender<TcpPeer>,
}

impl Connections {
    /// None yet. `proxies` have no limit of their own; what carries media goes to `media`.
    pub fn new(proxies: &[IpNet], media: mpsc::Sender<TcpPeer>) -> Self {
        Self { places: Crowd::new(descriptors::for_connections(), MAX_PER_SOURCE), proxies: proxies.into(), media }
    }

    /// The same for a server that may be so far behind.
    #[must_use]
    pub fn in_view_of(self, lag: &Lag) -> Self {
        Self { places: self.places.in_view_of(lag), ..self }
    }

    fn take(&self, peer: IpAddr) -> Option<Place> {
        let source = Source::from(peer);
        if trusts(&self.proxies, unmapped(peer)) { self.places.take_for_many(source) } else { self.places.take(source) }
    }

    /// Connections open now.
    pub(crate) fn open(&self) -> usize {
        self.places.taken()
    }
}

/// A connection with media is a stranger's until the media node has answered it.
impl sfu::Place for Place {
    fn keep(&self) {
        self.keep().keep();
    }

    fn poll_given_away(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_given_away(cx)
    }
}

impl Watch for Place {
    fn before_read(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.poll_given_away(cx).is_ready() { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }

    fn before_write(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if guards::holds(Guard::GiveWay) { self.before_read(cx) } else { Ok(()) }
    }
}

/// With every request goes what keeps the connection's place.
type Keeping<S> = AddExtension<S, Keep>;
type Accepting<S> = Pin<Box<dyn Future<Output = io::Result<(Watched<TcpStream, Place>, Keeping<S>)>> + Send>>;

impl<S: Send + 'static> Accept<TcpStream, S> for Connections {
    type Stream = Watched<TcpStream, Place>;
    type Service = Keeping<S>;
    type Future = Accepting<S>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let counted = self.counted(stream);
        let media = self.media.clone();
        Box::pin(async move {
            let (stream, place) = counted?;
            let mut first = [0];
            let looked = timeout(HEADER_TIMEOUT, stream.peek(&mut first)).await;
            let read = looked.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            if read == 0 || !sfu::begins_like_media(first[0]) {
                let service = Extension(place.keep()).layer(service);
                return Ok((Watched::new(stream, place), service));
            }
            // A media node that is behind takes no more; the browser tries again.
            let _ = media.try_send(TcpPeer { stream: stream.into_std()?, place: Box::new(place) });
            Err(io::ErrorKind::ConnectionAborted.into())
        })
    }
}

impl Connections {
    fn counted(&self, stream: TcpStream) -> io::Result<(TcpStream, Place)> {
        stream.set_nodelay(true)?;
        let place = self.take(stream.peer_addr()?.ip()).ok_or(io::ErrorKind::ConnectionRefused)?;
        Ok((stream, place))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// Whoever asks and takes no answer gives way like everybody else.
    #[tokio::test]
    async fn a_connection_that_reads_nothing_gives_way() {
        let places = Crowd::new(2, 2);
        let greedy: Source = address("192.0.2.1").into();
        let (first, _second) = (places.take(greedy).unwrap(), places.take(greedy).unwrap());
        let (ours, _never_read) = tokio::io::duplex(64);
        let mut connection = Watched::new(ours, first);
        let answering = tokio::spawn(async move { connection.write_all(&[0; 1_000]).await });
        let _newcomer = places.take(address("198.51.100.1").into()).expect("a place for a newcomer");
        let ended = timeout(HEADER_TIMEOUT, answering).await.expect("it ends").unwrap();
        assert_eq!(ended.map_err(|error| error.kind()), Err(io::ErrorKind::ConnectionAborted));
    }

    #[test]
    fn a_proxy_speaks_for_many() {
        let connections = Connections::new(&["10.0.0.0/8".parse().unwrap()], mpsc::channel(1).0);
        let taken =
            |text: &str| (0..=MAX_PER_SOURCE).map_while(|_| connections.take(address(text))).collect::<Vec<_>>();
        let (greedy, proxy) = (taken("192.0.2.1"), taken("10.0.0.1"));
        assert_eq!((greedy.len(), proxy.len()), (MAX_PER_SOURCE, MAX_PER_SOURCE + 1));
        assert_eq!(connections.open(), 2 * MAX_PER_SOURCE + 1);
        drop((greedy, proxy));
        assert_eq!(connections.open(), 0);
    }
}
