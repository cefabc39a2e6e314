//! A WebRTC client of the load: str0m in RTP mode on a UDP socket of its own, the send time in each payload.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::UdpSocket;
use shared::limits::{AUDIO_SLOTS, VIDEO_SLOTS};
use shared::surface::{DRAWING_CHANNEL, POINTER_CHANNEL};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::channel::{ChannelConfig, Reliability};
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{ExtensionValues, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

use crate::load::{PACKETS_PER_FRAME, PAYLOAD};

/// Which m-lines a client offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// All that our page offers: three senders, the audio and video slots, two data channels.
    Page,
    /// One video m-line.
    Single,
    /// One audio m-line, both ways.
    Voice,
}

/// Bytes of a voice packet: Opus at 32 kbit/s.
const VOICE_BYTES: usize = 80;
/// Opus: 20 ms of fullband speech (hybrid), one frame (RFC 6716 section 3.1).
const VOICE_HEAD: u8 = 0x78;
/// Samples of 20 ms.
const VOICE_SAMPLES: u64 = 960;

/// What the client is there for.
#[derive(Debug)]
pub(crate) struct Client {
    /// Its socket, for the poll.
    pub(crate) socket: UdpSocket,
    /// When str0m wants to be woken.
    pub(crate) wake: Instant,
    /// ICE and DTLS are up.
    pub(crate) connected: bool,
    /// Packets that arrived.
    pub(crate) received: u64,
    /// How long each took, microseconds.
    pub(crate) delays: Vec<u32>,
    rtc: Rtc,
    address: SocketAddr,
    epoch: Instant,
    mid: Option<Mid>,
    voice: Option<Mid>,
    spoken: u64,
    pending: Option<SdpPendingOffer>,
    wants_keyframe: bool,
    seq: u64,
    frames: u32,
    buffer: Vec<u8>,
}

impl Client {
    /// Not in any call yet. Delays count from `epoch`.
    pub(crate) fn new(epoch: Instant) -> Self {
        let socket = std::net::UdpSocket::bind((crate::net::ADDRESS, 0)).unwrap();
        // The system gives what it may.
        let socket2 = socket2::SockRef::from(&socket);
        let _ = socket2.set_recv_buffer_size(4 << 20);
        socket.set_nonblocking(true).unwrap();
        let address = socket.local_addr().unwrap();
        let mut rtc = RtcConfig::new()
            .set_crypto_provider(std::sync::Arc::new(str0m::crypto::from_feature_flags()))
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .build(Instant::now());
        rtc.add_local_candidate(Candidate::host(address, "udp").unwrap());
        Self {
            socket: UdpSocket::from_std(socket),
            wake: Instant::now(),
            connected: false,
            received: 0,
            delays: Vec::new(),
            rtc,
            address,
            epoch,
            mid: None,
            voice: None,
            spoken: 0,
            pending: None,
            wants_keyframe: true,
            seq: 1000,
            frames: 0,
            buffer: vec![0; 2048],
        }
    }

    /// The offer of one who publishes, or watches.
    pub(crate) fn offer(&mut self, shape: Shape, publishes: bool) -> String {
        let mut api = self.rtc.sdp_api();
        let mut add = |kind, direction| api.add_media(kind, direction, None, None, None);
        match (shape, publishes) {
            (Shape::Single, true) => self.mid = Some(add(MediaKind::Video, Direction::SendOnly)),
            (Shape::Single, false) => {
                add(MediaKind::Video, Direction::RecvOnly);
            }
            (Shape::Voice, _) => self.voice = Some(add(MediaKind::Audio, Direction::SendRecv)),
            (Shape::Page, _) => {
                self.voice = Some(add(MediaKind::Audio, Direction::SendOnly));
                self.mid = Some(add(MediaKind::Video, Direction::SendOnly));
                add(MediaKind::Video, Direction::SendOnly);
                for (kind, most) in [(MediaKind::Audio, AUDIO_SLOTS), (MediaKind::Video, VIDEO_SLOTS)] {
                    (0..most).for_each(|_| {
                        add(kind, Direction::RecvOnly);
                    });
                }
                for (label, id) in [("pointers", POINTER_CHANNEL), ("drawing", DRAWING_CHANNEL)] {
                    let (label, negotiated) = (label.into(), Some(id));
                    let reliability = Reliability::Reliable;
                    let protocol = String::new();
                    api.add_channel_with_config(ChannelConfig {
                        label,
                        ordered: true,
                        reliability,
                        negotiated,
                        protocol,
                    });
                }
            }
        }
        let (offer, pending) = api.apply().unwrap();
        self.pending = Some(pending);
        offer.to_sdp_string()
    }

    /// Takes the answer to [`Client::offer`].
    pub(crate) fn accept(&mut self, answer: &str) {
        let answer = SdpAnswer::from_sdp_string(answer).unwrap();
        self.rtc.sdp_api().accept_answer(self.pending.take().unwrap(), answer).unwrap();
        self.wake();
    }

    /// Answers a server that offers.
    pub(crate) fn answer(&mut self, offer: &str) -> String {
        let offer = SdpOffer::from_sdp_string(offer).unwrap();
        let answer = self.rtc.sdp_api().accept_offer(offer).unwrap().to_sdp_string();
        self.wake();
        answer
    }

    /// Takes everything that waits at the socket.
    pub(crate) fn read(&mut self) {
        loop {
            match self.socket.recv_from(&mut self.buffer) {
                Ok((size, source)) => {
                    let now = Instant::now();
                    let receive = Receive::new(Protocol::Udp, source, self.address, &self.buffer[..size]);
                    if let Ok(receive) = receive {
                        let _ = self.rtc.handle_input(Input::Receive(now, receive));
                    }
                    self.drain();
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => {}
            }
        }
    }

    /// Its time has come.
    pub(crate) fn wake(&mut self) {
        self.rtc.handle_input(Input::Timeout(Instant::now())).unwrap();
        self.drain();
    }

    /// Sends a frame, all packets at once, as an encoder does. How many packets.
    pub(crate) fn send_frame(&mut self) -> u64 {
        let Some(mid) = self.mid else { return 0 };
        let now = Instant::now();
        let keyframe = std::mem::take(&mut self.wants_keyframe);
        let params = self.rtc.codec_config().params().iter().find(|params| params.spec().codec.is_video());
        let pt = params.unwrap().pt();
        let picture = (self.frames as u16) & 0x7fff;
        self.frames = self.frames.wrapping_add(1);
        let at = self.epoch.elapsed().as_micros() as u64;
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(mid, None) else { return 0 };
        for number in 0..PACKETS_PER_FRAME {
            // RFC 7741: a picture id of 15 bits; the first packet begins partition 0 and has the VP8 header's first byte.
            let first = number == 0;
            let mut payload = vec![0x55; PAYLOAD];
            let head = [if first { 0x90 } else { 0x80 }, 0x80, 0x80 | (picture >> 8) as u8, picture as u8];
            payload[..4].copy_from_slice(&head);
            payload[4] = u8::from(!keyframe);
            payload[PAYLOAD - 8..].copy_from_slice(&at.to_be_bytes());
            let last = number + 1 == PACKETS_PER_FRAME;
            let timestamp = self.frames.wrapping_mul(3000);
            stream.write_rtp(RtpWrite::new(pt, self.seq.into(), timestamp, now, payload).marker(last).nackable(true));
            self.seq += 1;
        }
        self.wake();
        PACKETS_PER_FRAME as u64
    }

    /// Sends 20 ms of a voice. Its bits are noise, which a decoder takes like any others.
    pub(crate) fn speak(&mut self) {
        let noise =
            (1..VOICE_BYTES as u64).map(|at| (self.spoken + at).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()[0]);
        let payload = std::iter::once(VOICE_HEAD).chain(noise).collect();
        self.send_voice(payload, -20);
    }

    /// Sends what an encoder sends of silence now and then (RFC 7587 section 3.1.3).
    pub(crate) fn rest(&mut self) {
        self.send_voice(vec![VOICE_HEAD], -127);
    }

    fn send_voice(&mut self, payload: Vec<u8>, level: i8) {
        let Some(mid) = self.voice else { return };
        let pt = self.rtc.codec_config().params().iter().find(|params| params.spec().codec.is_audio()).unwrap().pt();
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(mid, None) else { return };
        let extensions = ExtensionValues {
            audio_level: Some(level),
            voice_activity: Some(level > -60),
            ..ExtensionValues::default()
        };
        let timestamp = (self.spoken * VOICE_SAMPLES) as u32;
        let packet = RtpWrite::new(pt, self.spoken.into(), timestamp, Instant::now(), payload).ext_vals(extensions);
        stream.write_rtp(packet);
        self.spoken += 1;
        self.wake();
    }

    fn drain(&mut self) {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => {
                    self.wake = at.max(Instant::now() + Duration::from_micros(200));
                    return;
                }
                Ok(Output::Transmit(transmit)) => {
                    let _ = self.socket.send_to(&transmit.contents, transmit.destination);
                }
                Ok(Output::Event(Event::Connected)) => self.connected = true,
                Ok(Output::Event(Event::KeyframeRequest(_))) => self.wants_keyframe = true,
                Ok(Output::Event(Event::RtpPacket(packet))) => {
                    self.received += 1;
                    let stamp = packet.payload.len().checked_sub(8).and_then(|start| packet.payload.get(start..));
                    let Some(stamp) = stamp.filter(|_| self.voice.is_none()) else { continue };
                    let sent = u64::from_be_bytes(stamp.try_into().unwrap());
                    self.delays.push((self.epoch.elapsed().as_micros() as u64).saturating_sub(sent) as u32);
                }
                Ok(Output::Event(_)) => {}
                Err(error) => panic!("a client of the load failed: {error}"),
            }
        }
    }
}
