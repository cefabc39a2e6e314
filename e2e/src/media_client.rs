//! A participant's media without a browser: a str0m client in RTP mode that makes the product's standard offer,
//! sends marked packets and collects what arrives, counted by class at the wire.
//!
//! Sans-IO like the core it talks to, so that ten people fit into a test of virtual time; `media_socket` drives
//! one over a real UDP socket. Every payload ends with its sender's number and a counter ([`Mark`]).

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use dimpl::crypto::Dtls12CipherSuite;
use shared::limits::{AUDIO_SLOTS, CAMERA_LAYERS, Layer, VIDEO_SLOTS};
use shared::surface::{DRAWING_CHANNEL, DrawDown, DrawUp, POINTER_CHANNEL, PointerDown, PointerUp};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::config::{DtlsCert, DtlsVersion};
use str0m::crypto::dtls::{DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, ProtocolVersion, SrtpProfile};
use str0m::crypto::{CryptoError, CryptoProvider};
use str0m::format::{Codec, FormatParams, PayloadParams};
use str0m::media::{Direction, Frequency, KeyframeRequestKind, MediaKind, Mid, Pt, Rid, Simulcast, SimulcastLayer};
use str0m::net::{Protocol, Receive, TcpType};
use str0m::rtp::{Extension, ExtensionValues, RtpPacket, RtpWrite, SeqNo, Vp8Descriptor};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig, RtcError};

/// Who sent a packet, and which of theirs it is. The last seven bytes of every payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark {
    /// The sender's number.
    pub sender: u16,
    /// Counts up by one per packet of that sender, kind and layer, from 0.
    pub counter: u32,
    /// Which of the camera's layers, the smallest is 0; [`SCREEN`] for the screen.
    pub layer: u8,
}

/// Marks a packet of the screen.
pub const SCREEN: u8 = CAMERA_LAYERS.len() as u8;

/// An RTP packet that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Audio or video.
    pub kind: MediaKind,
    /// Index of the receive-only m-line of that kind.
    pub slot: usize,
    /// Extended sequence number.
    pub seq: u64,
    /// RTP timestamp.
    pub timestamp: u32,
    /// How it is encoded.
    pub codec: Codec,
    /// Whether its picture ends with it.
    pub ends: bool,
    /// Picture id of VP8 or VP9.
    pub picture: Option<u16>,
    /// Whether a decoder can begin with this packet.
    pub keyframe: bool,
    /// From the payload.
    pub mark: Mark,
}

/// Datagrams that arrived, by class (RFC 7983), and what was inside DTLS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connectivity checks.
    pub stun: u32,
    /// Key exchange and whatever travels in SCTP.
    pub dtls: u32,
    /// Media packets, still encrypted.
    pub rtp: u32,
    /// Control packets, still encrypted.
    pub rtcp: u32,
    /// Anything else.
    pub other: u32,
    /// Messages on data channels.
    pub data_messages: u32,
}

impl Counts {
    fn count(&mut self, datagram: &[u8]) {
        let class = match (datagram.first(), datagram.get(1)) {
            (Some(0..=3), _) => &mut self.stun,
            (Some(20..=63), _) => &mut self.dtls,
            (Some(128..=191), Some(second)) if (64..96).contains(&(second & 0x7f)) => &mut self.rtcp,
            (Some(128..=191), _) => &mut self.rtp,
            _ => &mut self.other,
        };
        *class += 1;
    }
}

/// A datagram to be sent.
#[derive(Debug, Clone)]
pub struct Datagram {
    /// From.
    pub source: SocketAddr,
    /// To.
    pub destination: SocketAddr,
    /// What.
    pub payload: Vec<u8>,
}

/// What a client offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// What a page does: everything, with slots and data channels.
    Page,
    /// A page in a browser that has no H.264.
    PlainPage,
    /// A page that sends its camera as one stream of VP9 with all sizes in it.
    LayeredPage,
    /// A device that publishes: one voice, one picture in one size.
    Publisher,
    /// As that, with H.264 alone: OBS Studio.
    Encoder,
    /// A device that watches.
    Watcher {
        /// So many m-lines for sound.
        voices: usize,
        /// So many m-lines for pictures.
        pictures: usize,
        /// Whether it takes H.264 too.
        h264: bool,
    },
}

/// The client.
pub struct MediaClient {
    /// Stands in the payloads of what this client sends.
    pub number: u16,
    /// What arrived, by class.
    pub counts: Counts,
    /// RTP that arrived, in order.
    pub received: Vec<Received>,
    /// Pointers that arrived, in order.
    pub pointers: Vec<PointerDown>,
    /// Records of the drawing that arrived, in order.
    pub drawing: Vec<DrawDown>,
    /// Keyframes that the server asked for.
    pub keyframe_requests: u32,
    /// Of them, per layer.
    pub keyframe_requests_of: [u32; CAMERA_LAYERS.len()],
    /// Keyframes of the screen that the server asked for.
    pub screen_keyframe_requests: u32,
    /// ICE and DTLS are up.
    pub connected: bool,
    /// The server closed the connection.
    pub closed: bool,
    rtc: Rtc,
    protocol: Protocol,
    offer: String,
    pending: Option<SdpPendingOffer>,
    /// Where a restart that was offered leads.
    next_address: Option<SocketAddr>,
    microphone: Up,
    camera: [Up; CAMERA_LAYERS.len()],
    screen: Up,
    slots: Vec<(Mid, MediaKind, usize)>,
    /// For pointers and for drawings; `None` in devices.
    channels: Option<(ChannelId, ChannelId)>,
    /// How it encodes pictures.
    codec: Codec,
    profile: Arc<Mutex<Option<SrtpProfile>>>,
}

struct Up {
    mid: Mid,
    rid: Option<Rid>,
    /// The next packet's counter.
    next: u32,
    /// Frames sent in several packets so far.
    frames: u32,
}

/// A packet's place in its frame.
#[derive(Debug, Clone, Copy)]
struct Part {
    frame: u32,
    first: bool,
    last: bool,
    keyframe: bool,
    bytes: usize,
}

/// An aggregate that begins with parameters of H.264 (RFC 6184 section 5.7.1).
const H264_PARAMETERS: [u8; 6] = [0x78, 0, 3, 0x67, 0x42, 0xe0];

/// RFC 7741: extended, start of partition 0, a picture id of 15 bits; then the VP8 header's first byte.
fn vp8_head(frame: u32, first: bool, keyframe: bool) -> Vec<u8> {
    let picture = (frame as u16) & 0x7fff;
    let head = if first { 0x90 } else { 0x80 };
    vec![head, 0x80, 0x80 | (picture >> 8) as u8, picture as u8, u8::from(!keyframe)]
}

/// RFC 6184: parameters in front of a keyframe, else the first or another part of a slice.
fn h264_head(first: bool, keyframe: bool) -> Vec<u8> {
    let (slice, start) = (if keyframe { 5 } else { 1 }, if first { 0x80 } else { 0 });
    if keyframe && first { H264_PARAMETERS.to_vec() } else { vec![0x7c, start | slice] }
}

/// RFC 9628: I, P, L, F and the rest of the first byte; a picture id of 15 bits; the layer; what a predicted frame needs.
fn vp9_head(frame: u32, layer: u8, largest: u8, keyframe: bool, (first, last): (bool, bool)) -> Vec<u8> {
    let bit = |is: bool, bit: u8| if is { bit } else { 0 };
    let is_for_itself = !keyframe || layer == largest;
    let flags = 0xb0 | bit(!keyframe, 0x40) | bit(first, 8) | bit(last, 4) | bit(is_for_itself, 1);
    let place = 0x10 | layer << 1 | bit(keyframe && layer > 0, 1);
    let mut head = vec![flags, 0x80 | (frame >> 8) as u8 & 0x7f, frame as u8, place];
    head.extend((!keyframe).then_some(2));
    head
}

/// The picture id of such a payload, and whether a decoder can begin with it.
fn read_vp9(payload: &[u8]) -> Option<(u16, bool)> {
    let [flags, high, low, place, ..] = *payload else { return None };
    Some((u16::from_be_bytes([high & 0x7f, low]), flags & 0x48 == 8 && place & 0x0e == 0))
}

/// Most bytes of picture in one packet.
const PART_BYTES: usize = 1_100;

impl std::fmt::Debug for MediaClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MediaClient").field("number", &self.number).finish_non_exhaustive()
    }
}

impl MediaClient {
    /// A client that will send from `address`, with its offer made. `None` when str0m makes no offer.
    pub fn new(number: u16, address: SocketAddr, now: Instant) -> Option<Self> {
        Self::with(number, Candidate::host(address, "udp").ok()?, RtcConfig::new(), Shape::Page, now)
    }

    /// A client that is no page, or not a usual one.
    pub fn device(number: u16, address: SocketAddr, shape: Shape, now: Instant) -> Option<Self> {
        Self::with(number, Candidate::host(address, "udp").ok()?, RtcConfig::new(), shape, now)
    }

    /// A client that reports on no packet's arrival (no transport-wide congestion control): the server cannot estimate
    /// what its connection carries, so that what it is sent does not depend on how busy the machine is.
    pub fn without_estimate(number: u16, address: SocketAddr, now: Instant) -> Option<Self> {
        Self::with(number, Candidate::host(address, "udp").ok()?, without_feedback(), Shape::Page, now)
    }

    /// A client without UDP: it will open a TCP connection from `address` (RFC 6544).
    pub fn over_tcp(number: u16, address: SocketAddr, now: Instant) -> Option<Self> {
        Self::with(
            number,
            Candidate::builder().tcp().host(address).tcptype(TcpType::Active).build().ok()?,
            without_feedback(),
            Shape::Page,
            now,
        )
    }

    /// A client whose DTLS has AES-128 alone.
    pub fn with_short_keys(number: u16, address: SocketAddr, shape: Shape, now: Instant) -> Option<Self> {
        let suites = Some(Dtls12CipherSuite::ECDHE_ECDSA_AES128_GCM_SHA256);
        Self::built(number, Candidate::host(address, "udp").ok()?, RtcConfig::new(), shape, suites, now)
    }

    fn with(number: u16, candidate: Candidate, config: RtcConfig, shape: Shape, now: Instant) -> Option<Self> {
        Self::built(number, candidate, config, shape, None, now)
    }

    fn built(
        number: u16,
        candidate: Candidate,
        config: RtcConfig,
        shape: Shape,
        suite: Option<Dtls12CipherSuite>,
        now: Instant,
    ) -> Option<Self> {
        let protocol = candidate.proto();
        let profile = Arc::new(Mutex::new(None));
        let mut rtc = config
            .set_crypto_provider(recording_provider(profile.clone(), suite))
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(shape != Shape::Encoder);
        let is_page = matches!(shape, Shape::Page | Shape::PlainPage | Shape::LayeredPage);
        if is_page {
            let format = FormatParams { profile_id: Some(0), ..FormatParams::default() };
            rtc.codec_config().add_config(98.into(), Some(99.into()), Codec::Vp9, Frequency::NINETY_KHZ, None, format);
        }
        if matches!(shape, Shape::Page | Shape::Encoder | Shape::Watcher { h264: true, .. }) {
            rtc.codec_config().add_h264(108.into(), Some(109.into()), true, 0x42_e0_1f);
        }
        let mut rtc = rtc.build(now);
        rtc.add_local_candidate(candidate);
        let mut api = rtc.sdp_api();
        let publishes = matches!(shape, Shape::Publisher | Shape::Encoder);
        let (voices, pictures) = match shape {
            Shape::Page | Shape::PlainPage | Shape::LayeredPage => (AUDIO_SLOTS, VIDEO_SLOTS),
            Shape::Publisher | Shape::Encoder => (0, 0),
            Shape::Watcher { voices, pictures, .. } => (voices, pictures),
        };
        let mut up = |kind, is_there: bool, layers| {
            let mid = is_there.then(|| api.add_media(kind, Direction::SendOnly, None, None, layers));
            Up { mid: mid.unwrap_or(Mid::from("none")), rid: None, next: 0, frames: 0 }
        };
        let microphone = up(MediaKind::Audio, is_page || publishes, None);
        let mut layers = Simulcast::new();
        CAMERA_LAYERS.iter().for_each(|layer| layers.add_send_layer(SimulcastLayer::new(layer.rid)));
        let in_several = is_page && shape != Shape::LayeredPage;
        let mid = up(MediaKind::Video, is_page || publishes, in_several.then_some(layers)).mid;
        let rid = |layer: Layer| in_several.then(|| Rid::from(layer.rid));
        let camera = CAMERA_LAYERS.map(|layer| Up { mid, rid: rid(layer), next: 0, frames: 0 });
        let screen = up(MediaKind::Video, is_page, None);
        let mut slots = Vec::new();
        for (kind, most) in [(MediaKind::Audio, voices), (MediaKind::Video, pictures)] {
            let add = |index| (api.add_media(kind, Direction::RecvOnly, None, None, None), kind, index);
            slots.extend((0..most).map(add));
        }
        let unreliable = Reliability::MaxRetransmits { retransmits: 0 };
        let channels = is_page.then(|| {
            let pointers = api.add_channel_with_config(channel("pointers", POINTER_CHANNEL, false, unreliable));
            (pointers, api.add_channel_with_config(channel("drawing", DRAWING_CHANNEL, true, Reliability::Reliable)))
        });
        let (offer, pending) = api.apply()?;
        Some(Self {
            number,
            counts: Counts::default(),
            received: Vec::new(),
            pointers: Vec::new(),
            drawing: Vec::new(),
            keyframe_requests: 0,
            keyframe_requests_of: [0; CAMERA_LAYERS.len()],
            screen_keyframe_requests: 0,
            connected: false,
            closed: false,
            rtc,
            protocol,
            offer: offer.to_sdp_string(),
            pending: Some(pending),
            next_address: None,
            microphone,
            camera,
            screen,
            slots,
            channels,
            codec: if shape == Shape::Encoder { Codec::H264 } else { Codec::Vp8 },
            profile,
        })
    }

    /// The SDP offer.
    pub fn offer(&self) -> &str {
        &self.offer
    }

    /// Takes the server's answer.
    ///
    /// # Errors
    /// When the answer is no SDP, does not answer the offer, or one was taken before.
    pub fn accept(&mut self, answer: &str) -> Result<(), RtcError> {
        let answer = SdpAnswer::from_sdp_string(answer)?;
        let pending = self.pending.take().ok_or(RtcError::ChangesOutOfOrder)?;
        self.rtc.sdp_api().accept_answer(pending, answer)?;
        if let Some(candidate) = self.next_address.take().and_then(|address| Candidate::host(address, "udp").ok()) {
            self.rtc.add_local_candidate(candidate);
        }
        Ok(())
    }

    /// A new network under the same connection (ICE restart): an offer with new credentials, to be sent from `address`.
    /// `None` when str0m makes no offer.
    pub fn restart(&mut self, address: SocketAddr) -> Option<&str> {
        let mut api = self.rtc.sdp_api();
        api.ice_restart(false);
        let (offer, pending) = api.apply()?;
        self.offer = offer.to_sdp_string();
        self.pending = Some(pending);
        self.next_address = Some(address);
        Some(&self.offer)
    }

    /// The SRTP profile that was agreed on, by its name in dimpl.
    pub fn srtp_profile(&self) -> Option<String> {
        self.profile.lock().unwrap_or_else(PoisonError::into_inner).map(|profile| format!("{profile:?}"))
    }

    /// A datagram arrived.
    ///
    /// # Errors
    /// str0m's.
    pub fn handle_datagram(
        &mut self,
        now: Instant,
        from: SocketAddr,
        to: SocketAddr,
        bytes: &[u8],
    ) -> Result<(), RtcError> {
        self.counts.count(bytes);
        let receive = Receive::new(self.protocol, from, to, bytes)?;
        self.rtc.handle_input(Input::Receive(now, receive))
    }

    /// Time has passed.
    ///
    /// # Errors
    /// str0m's.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), RtcError> {
        self.rtc.handle_input(Input::Timeout(now))
    }

    /// Takes out what is to be sent; the moment to wake the client at the latest.
    ///
    /// # Errors
    /// str0m's.
    pub fn drain(&mut self, out: &mut Vec<Datagram>) -> Result<Instant, RtcError> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => return Ok(at),
                Output::Transmit(transmit) => out.push(Datagram {
                    source: transmit.source,
                    destination: transmit.destination,
                    payload: transmit.contents.into(),
                }),
                Output::Event(event) => self.note(event),
            }
        }
    }

    fn note(&mut self, event: Event) {
        match event {
            Event::Connected => self.connected = true,
            Event::Closed => self.closed = true,
            Event::RtpPacket(packet) => {
                let received = self.read(&packet);
                self.received.extend(received);
            }
            Event::KeyframeRequest(request) if request.mid == self.screen.mid => self.screen_keyframe_requests += 1,
            Event::KeyframeRequest(request) => {
                self.keyframe_requests += 1;
                let layer = self.camera.iter().position(|up| up.mid == request.mid && up.rid == request.rid);
                if let Some(count) = layer.and_then(|layer| self.keyframe_requests_of.get_mut(layer)) {
                    *count += 1;
                }
            }
            Event::ChannelData(data) => {
                self.counts.data_messages += 1;
                if self.channels.is_some_and(|(pointers, _)| data.id == pointers) {
                    self.pointers.extend(PointerDown::decode(&data.data).ok());
                } else if self.channels.is_some_and(|(_, drawing)| data.id == drawing) {
                    self.drawing.extend(DrawDown::decode_all(&data.data).unwrap_or_default());
                }
            }
            _ => {}
        }
    }

    fn read(&mut self, packet: &RtpPacket) -> Option<Received> {
        let mid = self.rtc.direct_api().stream_rx(&packet.header.ssrc)?.mid();
        let (_, kind, slot) = *self.slots.iter().find(|(known, _, _)| *known == mid)?;
        let mark = packet.payload.len().checked_sub(7).and_then(|start| packet.payload.get(start..))?;
        let of = |params: &&PayloadParams| params.pt() == packet.header.payload_type;
        let codec = self.rtc.codec_config().iter().find(of)?.spec().codec;
        let vp8 = (codec == Codec::Vp8).then(|| Vp8Descriptor::parse(&packet.payload).ok()).flatten();
        let vp9 = if codec == Codec::Vp9 { read_vp9(&packet.payload) } else { None };
        let begins_h264 = codec == Codec::H264 && packet.payload.starts_with(&H264_PARAMETERS);
        Some(Received {
            kind,
            slot,
            seq: *packet.seq_no,
            timestamp: packet.header.timestamp,
            codec,
            ends: packet.header.marker,
            picture: vp8.and_then(|vp8| vp8.picture_id()).or(vp9.map(|(picture, _)| picture)),
            keyframe: begins_h264
                || vp9.is_some_and(|(_, begins)| begins)
                || vp8.is_some_and(|vp8| vp8.starts_keyframe(&packet.payload)),
            mark: Mark {
                sender: u16::from_be_bytes([mark[0], mark[1]]),
                counter: u32::from_be_bytes([mark[2], mark[3], mark[4], mark[5]]),
                layer: mark[6],
            },
        })
    }

    /// Tells the server how many bits per second this connection takes (REMB), once something has arrived. Drain afterwards.
    pub fn can_take(&mut self, bits: u64) {
        let slots: Vec<Mid> = self.slots.iter().map(|(mid, _, _)| *mid).collect();
        let mut api = self.rtc.direct_api();
        for mid in slots {
            if let Some(stream) = api.stream_rx_by_mid(mid, None) {
                stream.request_remb(bits.into());
            }
        }
    }

    /// Sends one audio packet (20 ms) that says how loud it is (dBov, 0 to -127; RFC 6464), or does not. Drain afterwards.
    pub fn send_audio(&mut self, now: Instant, level: Option<i8>) {
        let counter = self.microphone.next;
        self.microphone.next += 1;
        let payload = self.mark(vec![0xf8], counter, 0);
        let extensions = ExtensionValues {
            audio_level: level,
            voice_activity: level.map(|level| level > -60),
            ..ExtensionValues::default()
        };
        self.write(self.microphone.mid, None, Codec::Opus, counter, |pt, seq| {
            RtpWrite::new(pt, seq, counter.wrapping_mul(960), now, payload).ext_vals(extensions).marker(true)
        });
    }

    /// Sends one video frame of one packet (33 ms), a keyframe or not. Drain afterwards.
    pub fn send_video(&mut self, now: Instant, keyframe: bool) {
        self.send_video_of(now, keyframe, 0);
    }

    /// As [`MediaClient::send_video`] with so many bytes of picture.
    pub fn send_video_of(&mut self, now: Instant, keyframe: bool, bytes: usize) {
        self.send_layer(now, 0, keyframe, bytes);
    }

    /// Sends one frame of one layer of the camera, with so many bytes of picture, in one packet. Drain afterwards.
    pub fn send_layer(&mut self, now: Instant, layer: u8, keyframe: bool, bytes: usize) {
        let frame = self.camera.get(usize::from(layer)).map_or(0, |up| up.next);
        self.send_part(now, layer, Part { frame, first: true, last: true, keyframe, bytes });
    }

    /// As [`MediaClient::send_layer`], in as many packets of at most 1,100 bytes as it takes.
    pub fn send_frame(&mut self, now: Instant, layer: u8, keyframe: bool, bytes: usize) {
        let Some(up) = self.picture(layer) else { return };
        let frame = up.frames;
        up.frames += 1;
        let parts = bytes.div_ceil(PART_BYTES).max(1);
        for part in 0..parts {
            let bytes = bytes.saturating_sub(part * PART_BYTES).min(PART_BYTES);
            self.send_part(now, layer, Part { frame, first: part == 0, last: part + 1 == parts, keyframe, bytes });
        }
    }

    /// Sends one picture in all sizes up to this one, in one stream of VP9 (`L3T3_KEY`), each size in so many packets. Drain
    /// afterwards.
    pub fn send_layers(&mut self, now: Instant, largest: u8, keyframe: bool, parts: u32) {
        let [up, ..] = &mut self.camera;
        let (mid, frame, first) = (up.mid, up.frames, up.next);
        (up.frames, up.next) = (frame + 1, first + parts * (u32::from(largest) + 1));
        for (counter, index) in (first..).zip(0..parts * (u32::from(largest) + 1)) {
            let (layer, part) = ((index / parts) as u8, index % parts);
            let ends = part + 1 == parts;
            let mut payload = vp9_head(frame, layer, largest, keyframe, (part == 0, ends));
            payload.resize(payload.len() + 300, 0x55);
            let payload = self.mark(payload, counter, layer);
            self.write(mid, None, Codec::Vp9, counter, |pt, seq| {
                RtpWrite::new(pt, seq, frame * 3000, now, payload).marker(ends && layer == largest)
            });
        }
    }

    /// As [`MediaClient::send_frame`], of the screen.
    pub fn send_screen(&mut self, now: Instant, keyframe: bool, bytes: usize) {
        self.send_frame(now, SCREEN, keyframe, bytes);
    }

    fn picture(&mut self, layer: u8) -> Option<&mut Up> {
        if layer == SCREEN { Some(&mut self.screen) } else { self.camera.get_mut(usize::from(layer)) }
    }

    fn send_part(&mut self, now: Instant, layer: u8, part: Part) {
        let Part { frame, first, last, keyframe, bytes } = part;
        let Some(up) = self.picture(layer) else { return };
        let (mid, rid, counter) = (up.mid, up.rid, up.next);
        up.next += 1;
        let codec = self.codec;
        let mut payload =
            if codec == Codec::H264 { h264_head(first, keyframe) } else { vp8_head(frame, first, keyframe) };
        payload.resize(payload.len() + bytes, 0x55);
        let payload = self.mark(payload, counter, layer);
        // Each layer has a clock of its own, as in browsers.
        let timestamp = frame.wrapping_mul(3000).wrapping_add(u32::from(layer) * 1_000_000);
        self.write(mid, rid, codec, counter, |pt, seq| RtpWrite::new(pt, seq, timestamp, now, payload).marker(last));
    }

    fn mark(&self, mut payload: Vec<u8>, counter: u32, layer: u8) -> Vec<u8> {
        payload.extend(self.number.to_be_bytes());
        payload.extend(counter.to_be_bytes());
        payload.push(layer);
        payload
    }

    /// Writes a packet with the next counter as its sequence number.
    fn write(
        &mut self,
        mid: Mid,
        rid: Option<Rid>,
        codec: Codec,
        counter: u32,
        finish: impl FnOnce(Pt, SeqNo) -> RtpWrite,
    ) {
        let Some(pt) = self.payload_type(codec) else { return };
        let mut api = self.rtc.direct_api();
        if let Some(stream) = api.stream_tx_by_mid(mid, rid) {
            stream.write_rtp(finish(pt, (u64::from(counter) + 1000).into()).nackable(true));
        }
    }

    fn payload_type(&self, codec: Codec) -> Option<Pt> {
        self.rtc.codec_config().iter().find(|params| params.spec().codec == codec).map(|params| params.pt())
    }

    /// Asks for a keyframe of whoever is on that video slot. Drain afterwards.
    pub fn request_keyframe(&mut self, slot: usize) {
        let found = self.slots.iter().find(|(_, kind, index)| *kind == MediaKind::Video && *index == slot);
        let Some((mid, _, _)) = found.copied() else { return };
        if let Some(stream) = self.rtc.direct_api().stream_rx_by_mid(mid, None) {
            stream.request_keyframe(KeyframeRequestKind::Pli);
        }
    }

    /// Points. Drain afterwards. Whether the channel took it.
    pub fn point(&mut self, pointer: PointerUp) -> bool {
        self.send_raw(POINTER_CHANNEL, &pointer.encode())
    }

    /// Draws. Drain afterwards. Whether the channel took it.
    pub fn draw(&mut self, up: &DrawUp) -> bool {
        self.send_raw(DRAWING_CHANNEL, &up.encode())
    }

    /// Sends any bytes on one of the two channels. Drain afterwards. Whether the channel took them.
    pub fn send_raw(&mut self, channel: u16, bytes: &[u8]) -> bool {
        let Some((pointers, drawing)) = self.channels else { return false };
        let id = if channel == POINTER_CHANNEL { pointers } else { drawing };
        self.rtc.channel(id).is_some_and(|mut channel| channel.write(true, bytes).unwrap_or(false))
    }

    /// Whether both data channels can be written to; a device has none.
    pub fn channels_open(&mut self) -> bool {
        self.channels.is_none_or(|(pointers, drawing)| {
            self.rtc.channel(pointers).is_some() && self.rtc.channel(drawing).is_some()
        })
    }

    /// Says goodbye (DTLS close). Drain afterwards.
    pub fn close(&mut self) {
        let _ = self.rtc.close();
    }

    /// What came of that kind, from that sender: the counters in order of arrival.
    pub fn counters_of(&self, kind: MediaKind, sender: u16) -> Vec<u32> {
        let of = |received: &&Received| received.kind == kind && received.mark.sender == sender;
        self.received.iter().filter(of).map(|received| received.mark.counter).collect()
    }
}

/// Every extension that a client uses, but the one that feedback needs.
fn without_feedback() -> RtcConfig {
    RtcConfig::new()
        .clear_extension_map()
        .set_extension(1, Extension::AudioLevel)
        .set_extension(2, Extension::AbsoluteSendTime)
        .set_extension(4, Extension::RtpMid)
        .set_extension(10, Extension::RtpStreamId)
        .set_extension(11, Extension::RepairedRtpStreamId)
}

fn channel(label: &str, id: u16, ordered: bool, reliability: Reliability) -> ChannelConfig {
    ChannelConfig { label: label.into(), ordered, reliability, negotiated: Some(id), protocol: String::new() }
}

/// As str0m's own provider, with the SRTP profile noted when it is known, and one suite alone where there is one. Each client
/// leaks a few bytes: providers are static.
fn recording_provider(
    profile: Arc<Mutex<Option<SrtpProfile>>>,
    suite: Option<Dtls12CipherSuite>,
) -> Arc<CryptoProvider> {
    let recording: &'static Recording = Box::leak(Box::new(Recording { profile, suite }));
    Arc::new(CryptoProvider { dtls_provider: recording, ..str0m::crypto::from_feature_flags() })
}

#[derive(Debug)]
struct Recording {
    profile: Arc<Mutex<Option<SrtpProfile>>>,
    suite: Option<Dtls12CipherSuite>,
}

impl DtlsProvider for Recording {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        str0m::crypto::from_feature_flags().dtls_provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        cert: &DtlsCert,
        now: Instant,
        _version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let crypto = str0m_aws_lc_rs::dimpl_crypto_provider();
        let mut builder = dimpl::Config::builder().with_crypto_provider(crypto).use_server_cookie(false);
        if let Some(mtu) = mtu {
            builder = builder.mtu(mtu);
        }
        if let Some(suite) = self.suite {
            builder = builder.dtls12_cipher_suites(&[suite]);
        }
        let config = builder.build().map_err(|error| CryptoError::Other(error.to_string()))?;
        let inner = dimpl::Dtls::new_12(Arc::new(config), cert.clone(), now);
        Ok(Box::new(RecordingDtls { inner, profile: self.profile.clone() }))
    }
}

struct RecordingDtls {
    inner: dimpl::Dtls,
    profile: Arc<Mutex<Option<SrtpProfile>>>,
}

impl std::fmt::Debug for RecordingDtls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecordingDtls")
    }
}

impl DtlsInstance for RecordingDtls {
    fn set_active(&mut self, active: bool) {
        self.inner.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.inner.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buf: &'a mut [u8]) -> DtlsOutput<'a> {
        let output = self.inner.poll_output(buf);
        if let DtlsOutput::KeyingMaterial(_, profile) = &output {
            *self.profile.lock().unwrap_or_else(PoisonError::into_inner) = Some(*profile);
        }
        output
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.inner.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        self.inner.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.inner.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.inner.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.inner.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.inner.close()
    }
}
