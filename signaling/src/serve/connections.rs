//! How many connections may be open, in all and from one source. A place is given back when the connection ends,
//! a WebSocket's included. A connection that begins like media is handed to the media node with its place (ICE-TCP): the
//! same port serves both, so that a network that lets pages through lets media through.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum_server::accept::Accept;
use ipnet::IpNet;
use sfu::TcpPeer;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::edge::client::{trusts, unmapped};
use crate::edge::source::Source;
use crate::serve::http::HEADER_TIMEOUT;
use crate::serve::watched::{Watch, Watched};

/// Open connections in all. More serves more people at once; each costs a file descriptor, of which processes are
/// often given 1,024.
const MAX_CONNECTIONS: usize = 768;
/// Open connections from one source. More lets more people share an address; fewer leaves more to others in a flood.
const MAX_PER_SOURCE: usize = 128;

/// Who is connected. Clones share the count.
#[derive(Debug, Clone)]
pub struct Connections {
    open: Arc<Mutex<Open>>,
    /// Proxies speak for many sources.
    proxies: Arc<[IpNet]>,
    /// Where connections with media go.
    media: mpsc::Sender<TcpPeer>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    per_source: HashMap<Source, usize>,
}

/// A connection's place; dropping it gives the place back.
#[derive(Debug)]
pub struct Place {
    connections: Connections,
    source: Source,
}

impl Connections {
    /// None yet. `proxies` have no limit of their own; what carries media goes to `media`.
    pub fn new(proxies: &[IpNet], media: mpsc::Sender<TcpPeer>) -> Self {
        Self { open: Arc::default(), proxies: proxies.into(), media }
    }

    fn take(&self, peer: IpAddr) -> Option<Place> {
        let source = Source::from(peer);
        let is_proxy = trusts(&self.proxies, unmapped(peer));
        let mut open = self.lock();
        let from_source = open.per_source.get(&source).copied().unwrap_or_default();
        if open.all >= MAX_CONNECTIONS || (from_source >= MAX_PER_SOURCE && !is_proxy) {
            return None;
        }
        open.all += 1;
        open.per_source.insert(source, from_source + 1);
        Some(Place { connections: self.clone(), source })
    }

    /// Connections open now.
    pub(crate) fn open(&self) -> usize {
        self.lock().all
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch for Place {}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.lock();
        open.all = open.all.saturating_sub(1);
        let left = open.per_source.get(&self.source).map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            open.per_source.remove(&self.source);
        } else {
            open.per_source.insert(self.source, left);
        }
    }
}

type Accepting<S> = Pin<Box<dyn Future<Output = io::Result<(Watched<TcpStream, Place>, S)>> + Send>>;

impl<S: Send + 'static> Accept<TcpStream, S> for Connections {
    type Stream = Watched<TcpStream, Place>;
    type Service = S;
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
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_source_cannot_take_every_place() {
        let connections = Connections::new(&["10.0.0.0/8".parse().unwrap()], mpsc::channel(1).0);
        let greedy: Vec<_> = (0..MAX_PER_SOURCE).map(|_| connections.take(address("192.0.2.1")).unwrap()).collect();
        assert!(connections.take(address("192.0.2.1")).is_none());
        assert!(connections.take(address("::ffff:192.0.2.1")).is_none(), "by another socket it is the same source");
        assert!(connections.take(address("192.0.2.2")).is_some());
        let proxy: Vec<_> = (0..=MAX_PER_SOURCE).map(|_| connections.take(address("10.0.0.1"))).collect();
        assert!(proxy.iter().all(Option::is_some), "a proxy speaks for many");
        drop((greedy, proxy));
        assert_eq!(connections.lock().all, 0);
        assert!(connections.lock().per_source.is_empty());
    }

    #[test]
    fn there_are_so_many_places_and_no_more() {
        let connections = Connections::new(&["0.0.0.0/0".parse().unwrap()], mpsc::channel(1).0);
        let all: Vec<_> = (0..MAX_CONNECTIONS).map(|_| connections.take(address("10.0.0.1")).unwrap()).collect();
        assert!(connections.take(address("10.0.0.2")).is_none());
        drop(all);
        assert!(connections.take(address("10.0.0.2")).is_some());
    }
}
