//! The plain loop that a first str0m program has: one thread, one datagram in, every copy out by itself.

use std::net::{SocketAddr, UdpSocket};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use str0m::media::Mid;
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpPacket, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

use crate::net::ADDRESS;
use crate::server::{Ask, Tell, answer_each};

struct Peer {
    rtc: Rtc,
    mid: Option<Mid>,
    publishes: bool,
    remote: Option<SocketAddr>,
    wake: Instant,
}

/// Serves until the bench goes away.
pub(crate) fn serve() {
    let socket = UdpSocket::bind((ADDRESS, 0)).unwrap();
    let address = socket.local_addr().unwrap();
    let (joins, joined) = mpsc::channel();
    std::thread::spawn(move || forward(&socket, &joined));
    answer_each(|ask| {
        let Ask::Join { publishes, offer, .. } = ask else { panic!("{ask:?}") };
        let mut rtc = RtcConfig::new()
            .set_crypto_provider(std::sync::Arc::new(str0m::crypto::from_feature_flags()))
            .set_rtp_mode(true)
            .set_ice_lite(true)
            .clear_codecs()
            .enable_vp8(true)
            .build(Instant::now());
        rtc.add_local_candidate(Candidate::host(address, "udp").unwrap());
        let offer = str0m::change::SdpOffer::from_sdp_string(&offer).unwrap();
        let answer = rtc.sdp_api().accept_offer(offer).unwrap();
        joins.send(Peer { rtc, mid: None, publishes, remote: None, wake: Instant::now() }).unwrap();
        Tell::Answer(answer.to_sdp_string())
    });
}

fn forward(socket: &UdpSocket, joined: &mpsc::Receiver<Peer>) {
    let local = socket.local_addr().unwrap();
    let mut peers: Vec<Peer> = Vec::new();
    let mut buffer = vec![0; 2048];
    loop {
        peers.extend(joined.try_iter());
        let now = Instant::now();
        let wake = peers.iter().map(|peer| peer.wake).min().unwrap_or(now + Duration::from_millis(5));
        let wait = wake.saturating_duration_since(now).clamp(Duration::from_micros(500), Duration::from_millis(5));
        socket.set_read_timeout(Some(wait)).unwrap();
        let mut packets = Vec::new();
        if let Ok((size, source)) = socket.recv_from(&mut buffer) {
            let now = Instant::now();
            let known = peers.iter().position(|peer| peer.remote == Some(source));
            let Ok(receive) = Receive::new(Protocol::Udp, source, local, &buffer[..size]) else { continue };
            let input = Input::Receive(now, receive);
            let found = known.or_else(|| peers.iter().position(|peer| peer.rtc.accepts(&input)));
            if let Some(peer) = found.and_then(|index| peers.get_mut(index)) {
                peer.remote = Some(source);
                let _ = peer.rtc.handle_input(input);
                peer.drain(socket, &mut packets);
            }
        }
        for packet in packets {
            for peer in peers.iter_mut().filter(|peer| !peer.publishes) {
                peer.write(&packet);
                peer.drain(socket, &mut Vec::new());
            }
        }
        let now = Instant::now();
        for peer in peers.iter_mut().filter(|peer| peer.wake <= now) {
            let _ = peer.rtc.handle_input(Input::Timeout(now));
            peer.drain(socket, &mut Vec::new());
        }
    }
}

impl Peer {
    fn drain(&mut self, socket: &UdpSocket, packets: &mut Vec<RtpPacket>) {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => {
                    self.wake = at;
                    return;
                }
                Ok(Output::Transmit(transmit)) => {
                    let _ = socket.send_to(&transmit.contents, transmit.destination);
                }
                Ok(Output::Event(Event::MediaAdded(added))) => self.mid = Some(added.mid),
                Ok(Output::Event(Event::RtpPacket(packet))) => packets.push(packet),
                Ok(Output::Event(_)) => {}
                Err(_) => return,
            }
        }
    }

    fn write(&mut self, packet: &RtpPacket) {
        let Some(mid) = self.mid else { return };
        let pt = self.rtc.codec_config().params()[0].pt();
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(mid, None) else { return };
        let write = RtpWrite::new(pt, packet.seq_no, packet.header.timestamp, packet.timestamp, packet.payload.clone())
            .marker(packet.header.marker)
            .nackable(true);
        stream.write_rtp(write);
        let _ = self.rtc.handle_input(Input::Timeout(packet.timestamp));
    }
}
