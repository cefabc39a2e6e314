//! Where browsers whose network blocks UDP connect to: TCP ports that carry media and nothing else (ICE-TCP).

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::places::{Place, Places};
use super::{RunError, Settings};
use crate::{Handle, TcpPeer, begins_like_media, listen};

/// Connections in all. More serves more people behind such networks; each costs a file descriptor.
const MAX_OPEN: usize = 768;
/// Connections from one source. More lets more people share an address; fewer leaves more to others in a flood.
const MAX_PER_SOURCE: usize = 128;
/// How long a connection may take to say its first byte.
const FIRST_BYTE: Duration = Duration::from_secs(5);
/// After a connection that could not be accepted.
const BREATH: Duration = Duration::from_millis(100);

/// The open ports, and where what comes in goes.
pub(super) struct Doors {
    addresses: Vec<SocketAddr>,
    media: watch::Sender<Option<mpsc::Sender<TcpPeer>>>,
}

impl Doors {
    /// Opens what the settings name. Must be called within a runtime.
    pub(super) fn open(settings: &Settings) -> Result<Self, RunError> {
        let (media, leads_to) = watch::channel(None);
        let places = Places::new(MAX_OPEN, MAX_PER_SOURCE);
        let mut addresses = Vec::new();
        for address in &settings.tcp {
            let failed = |error| RunError::Listen { address: *address, error };
            let listener = listen(*address).and_then(TcpListener::from_std).map_err(failed)?;
            addresses.push(listener.local_addr().map_err(failed)?);
            tokio::spawn(accept(listener, places.clone(), leads_to.clone()));
        }
        Ok(Self { addresses, media })
    }

    /// Where they are.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.addresses.clone()
    }

    /// The first one's port, 0 without any: UDP has the same when nobody says another.
    pub(super) fn port(&self) -> u16 {
        self.addresses.first().map_or(0, SocketAddr::port)
    }

    /// From now on connections go to this media thread.
    pub(super) fn lead_to(&self, media: &Handle) {
        self.media.send_replace(Some(media.tcp.clone()));
    }
}

async fn accept(listener: TcpListener, places: Places, media: watch::Receiver<Option<mpsc::Sender<TcpPeer>>>) {
    loop {
        let Ok((stream, peer)) = listener.accept().await else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        let Some(place) = places.take(peer.ip()) else { continue };
        let media = media.clone();
        tokio::spawn(async move {
            let mut first = [0];
            let looked = timeout(FIRST_BYTE, stream.peek(&mut first)).await;
            if matches!(looked, Ok(Ok(1)) if begins_like_media(first[0])) {
                hand_over(stream, place, &media);
            }
        });
    }
}

/// A media thread that is behind takes no more; the browser tries again.
fn hand_over(stream: TcpStream, place: Place, media: &watch::Receiver<Option<mpsc::Sender<TcpPeer>>>) {
    let media = media.borrow().clone();
    if let (Some(media), Ok(stream)) = (media, stream.into_std()) {
        let _ = media.try_send(TcpPeer { stream, place: Box::new(place) });
    }
}
