//! One str0m `Rtc` behind a guard: what may go in, and everything it puts out, drained after each change.
//!
//! str0m's contract is: change, drain to `Timeout`, change. Writes of one batch count as one change; they are
//! drained together (PERFORMANCE section 3).

mod restart;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant;

use aws_lc_rs::hmac;
use str0m::change::DirectApi;
use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::ice::StunMessage;
use str0m::media::{KeyframeRequestKind, Mid, Rid};
use str0m::net::{Protocol, Receive, Transmit};
use str0m::rtp::{RtpPacket, Ssrc};
use str0m::{Event as RtcEvent, IceConnectionState, Input, Output as RtcOutput, Rtc, RtcError};

use shared::control::Purpose;
use shared::surface::{DRAWING_CHANNEL, POINTER_CHANNEL};

use crate::crypto::{Noted, noting};
use crate::demux::Path;
use crate::guard::{Panicked, guarded};
use crate::node::{Output, Transport};
use crate::route::Route;
use crate::srtp::MasterKeys;
use crate::stun;
use crate::twins::Section;

/// Errors in one drain after which the peer is given up: str0m would go on returning the same one.
const MAX_ERRORS_PER_DRAIN: u32 = 16;

/// Bytes of drawing that may wait in str0m (its buffer is 128 KiB for all channels): more would make pointers wait.
const DRAWING_BUFFER_BYTES: usize = 48 * 1024;
/// Below this str0m says so, and the next part of the drawing is written.
const DRAWING_LOW_BYTES: usize = 16 * 1024;
/// A pointer is dropped when so much waits already: the next one is better than a late one.
const POINTER_BUFFER_BYTES: usize = 4 * 1024;

/// What a peer's `Rtc` had to say.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "packets are the common case; a box would be an allocation for each")]
pub(crate) enum Heard {
    Connected,
    Closed,
    /// ICE came up or went down.
    Reachable(bool),
    Rtp(RtpPacket),
    /// DTLS has agreed on keys.
    Keys(MasterKeys),
    Pointer(Vec<u8>),
    Drawing(Vec<u8>),
    /// The drawing's channel opened or has room again.
    DrawingReady,
    /// A message on a channel of the peer's own making.
    Stray,
}

/// What went wrong with an input.
#[derive(Debug)]
pub(crate) enum InputError {
    /// A DTLS error; before `Connected` anybody can cause one (SECURITY T4).
    Dtls,
    /// Any other error of str0m's.
    Other,
    /// The peer is broken.
    Fault,
}

/// One peer connection.
#[derive(Debug)]
pub(crate) struct Peer {
    rtc: Rtc,
    /// Keys that were agreed on and not told yet.
    keys: Option<MasterKeys>,
    /// The handshake failed for want of anything that both ends take.
    is_not_agreed: bool,
    /// `None` for devices.
    channels: Option<Channels>,
    /// Panics in the next call: shows that a panic costs one peer.
    #[cfg(test)]
    pub(crate) panic_next: bool,
    /// Reports that str0m was given.
    #[cfg(test)]
    pub(crate) reports: u32,
}

/// The two data channels of a page.
#[derive(Debug, Clone, Copy)]
struct Channels {
    pointers: ChannelId,
    drawing: ChannelId,
}

/// A stream to the peer as the answer names it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Promised {
    pub(crate) mid: Mid,
    /// The m-line that str0m has in its stead.
    pub(crate) known_as: Mid,
    pub(crate) ssrc: Ssrc,
    pub(crate) rtx: Option<Ssrc>,
}

/// How a drain ended.
#[derive(Debug)]
pub(crate) struct Drained {
    /// When str0m wants to be woken.
    pub(crate) timeout: Instant,
    /// Errors it returned on the way.
    pub(crate) errors: u32,
}

impl Peer {
    /// Takes over an `Rtc` that has answered an offer, and opens a page's two channels in it.
    pub(crate) fn new(mut rtc: Rtc, purpose: Purpose) -> Self {
        let channels = (purpose == Purpose::Page).then(|| Channels::open(&mut rtc));
        Self {
            rtc,
            keys: None,
            is_not_agreed: false,
            channels,
            #[cfg(test)]
            panic_next: false,
            #[cfg(test)]
            reports: 0,
        }
    }

    /// Takes the streams of these m-lines out of str0m: the session's [`crate::send::Sender`] sends on them, and every input
    /// would walk every stream, several times for each packet. Twins get streams like those of the m-line that is known.
    pub(crate) fn take_streams(&mut self, sections: &[Section]) -> Vec<Promised> {
        let mut api = self.rtc.direct_api();
        let mut taken: Vec<Promised> = Vec::new();
        let mut fresh = Vec::new();
        for Section { mid, known_as } in sections.iter().copied() {
            let stream = api.stream_tx_by_mid(known_as, None).map(|stream| (stream.ssrc(), stream.rtx()));
            let Some((mut ssrc, mut rtx)) = stream else { continue };
            if mid != known_as {
                ssrc = fresh_ssrc(&api, &mut fresh);
                rtx = rtx.map(|_| fresh_ssrc(&api, &mut fresh));
            }
            taken.push(Promised { mid, known_as, ssrc, rtx });
        }
        for stream in &taken {
            api.remove_stream_tx(stream.ssrc);
        }
        taken
    }

    /// What was negotiated.
    pub(crate) fn rtc(&self) -> &Rtc {
        &self.rtc
    }

    /// The user fragment that this peer's STUN names.
    pub(crate) fn ufrag(&mut self) -> String {
        self.rtc.direct_api().local_ice_credentials().ufrag
    }

    /// Whether this STUN is really from the peer. str0m checks its integrity unless it comes from where the peer is nominated:
    /// of that it compares the address alone, which anybody can write, on another transport too. So it is checked here.
    pub(crate) fn accepts(&mut self, now: Instant, receive: Receive<'_>, datagram: &[u8]) -> bool {
        let rtc = &mut self.rtc;
        let accepted = guarded(|| {
            rtc.accepts(&Input::Receive(now, receive)) && {
                let password = rtc.direct_api().local_ice_credentials().pass;
                StunMessage::parse(datagram).is_ok_and(|message| message.verify(password.as_bytes(), sha1_hmac))
            }
        });
        accepted.unwrap_or(false)
    }

    /// Gives the peer a datagram.
    pub(crate) fn receive(&mut self, now: Instant, receive: Receive<'_>) -> Result<(), InputError> {
        self.input(Input::Receive(now, receive))
    }

    /// Moves the peer's time on.
    pub(crate) fn wake(&mut self, now: Instant) -> Result<(), InputError> {
        self.input(Input::Timeout(now))
    }

    fn input(&mut self, input: Input<'_>) -> Result<(), InputError> {
        #[cfg(test)]
        let panic_next = std::mem::take(&mut self.panic_next);
        let rtc = &mut self.rtc;
        let (handled, noted) = noting(|| {
            guarded(|| {
                #[cfg(test)]
                assert!(!panic_next, "a fault on purpose");
                rtc.handle_input(input)
            })
        });
        self.note(noted);
        match handled {
            Ok(Ok(())) => Ok(()),
            Ok(Err(RtcError::Dtls(_))) => Err(InputError::Dtls),
            Ok(Err(_)) => Err(InputError::Other),
            Err(Panicked) => Err(InputError::Fault),
        }
    }

    /// Takes everything out that the last change caused. One guard around all of it: a guard for each poll would move
    /// str0m's large outputs about.
    ///
    /// What is no STUN takes the session's `route`, once there is one; until then str0m's own choice is the route.
    pub(crate) fn drain(
        &mut self,
        route: &mut Option<Route>,
        out: &mut VecDeque<Output>,
        heard: &mut Vec<Heard>,
    ) -> Result<Drained, Panicked> {
        let (drained, noted) = noting(|| {
            guarded(|| {
                let mut errors = 0;
                loop {
                    match self.rtc.poll_output() {
                        Ok(RtcOutput::Transmit(transmit)) => out.push_back(transmitted(transmit, route)),
                        Ok(RtcOutput::Timeout(timeout)) => return Ok(Drained { timeout, errors }),
                        Ok(RtcOutput::Event(event)) => heard.extend(self.translate(event)),
                        Err(_) if errors < MAX_ERRORS_PER_DRAIN => errors += 1,
                        Err(_) => return Err(Panicked),
                    }
                }
            })
        });
        self.note(noted);
        if let Some(keys) = self.keys.take() {
            heard.insert(0, Heard::Keys(keys));
        }
        drained?
    }

    fn note(&mut self, noted: Noted) {
        self.keys = noted.keys.or(self.keys.take());
        self.is_not_agreed |= noted.is_not_agreed;
    }

    /// Whether the handshake failed for want of anything that both ends take (D31).
    pub(crate) fn is_not_agreed(&self) -> bool {
        self.is_not_agreed
    }

    fn translate(&mut self, event: RtcEvent) -> Option<Heard> {
        match event {
            RtcEvent::Connected => Some(Heard::Connected),
            RtcEvent::Closed => Some(Heard::Closed),
            RtcEvent::IceConnectionStateChange(IceConnectionState::Disconnected) => Some(Heard::Reachable(false)),
            RtcEvent::IceConnectionStateChange(IceConnectionState::Connected | IceConnectionState::Completed) => {
                Some(Heard::Reachable(true))
            }
            RtcEvent::RtpPacket(packet) => Some(Heard::Rtp(packet)),
            RtcEvent::ChannelOpen(id, _) if Some(id) == self.drawing() => {
                if let Some(mut channel) = self.rtc.channel(id) {
                    channel.set_buffered_amount_low_threshold(DRAWING_LOW_BYTES);
                }
                Some(Heard::DrawingReady)
            }
            RtcEvent::ChannelBufferedAmountLow(id) if Some(id) == self.drawing() => Some(Heard::DrawingReady),
            RtcEvent::ChannelData(data) if Some(data.id) == self.pointers() => Some(Heard::Pointer(data.data)),
            RtcEvent::ChannelData(data) if Some(data.id) == self.drawing() => Some(Heard::Drawing(data.data)),
            RtcEvent::ChannelData(_) => Some(Heard::Stray),
            _ => None,
        }
    }

    /// Whether str0m has not given this peer up.
    pub(crate) fn is_alive(&self) -> bool {
        self.rtc.is_alive()
    }

    /// The m-line that a stream belongs to, and the name of its layer.
    pub(crate) fn stream_of(&mut self, ssrc: Ssrc) -> Option<(Mid, Option<Rid>)> {
        self.rtc.direct_api().stream_rx(&ssrc).map(|stream| (stream.mid(), stream.rid()))
    }

    /// Asks the peer for a keyframe of one of its streams. Whether it is there.
    pub(crate) fn request_keyframe(&mut self, ssrc: Ssrc) -> bool {
        let mut api = self.rtc.direct_api();
        let stream = api.stream_rx(&ssrc);
        stream.map(|stream| stream.request_keyframe(KeyframeRequestKind::Pli)).is_some()
    }

    /// Sends a pointer, unless the channel is not open or backed up.
    pub(crate) fn write_pointer(&mut self, message: &[u8]) -> bool {
        self.pointers().is_some_and(|channel| self.write(channel, POINTER_BUFFER_BYTES, message))
    }

    /// Whether the next part of the drawing may be written.
    pub(crate) fn has_room_for_drawing(&mut self) -> bool {
        let channel = self.drawing().and_then(|channel| self.rtc.channel(channel));
        channel.is_some_and(|mut channel| channel.buffered_amount() < DRAWING_BUFFER_BYTES)
    }

    /// Sends a part of the drawing. Whether it was taken; if not, the same part must be sent again.
    pub(crate) fn write_drawing(&mut self, message: &[u8]) -> bool {
        self.drawing().is_some_and(|channel| self.write(channel, DRAWING_BUFFER_BYTES, message))
    }

    fn pointers(&self) -> Option<ChannelId> {
        self.channels.map(|channels| channels.pointers)
    }

    fn drawing(&self) -> Option<ChannelId> {
        self.channels.map(|channels| channels.drawing)
    }

    fn write(&mut self, channel: ChannelId, most_waiting: usize, message: &[u8]) -> bool {
        let rtc = &mut self.rtc;
        let written = guarded(|| {
            let Some(mut channel) = rtc.channel(channel) else { return false };
            channel.buffered_amount() < most_waiting && channel.write(true, message).unwrap_or(false)
        });
        written.unwrap_or(false)
    }

    /// Says goodbye, so that the browser notices at once, and drops everything.
    pub(crate) fn close(mut self, mut route: Option<Route>, out: &mut VecDeque<Output>) {
        let rtc = &mut self.rtc;
        if let Ok(Ok(())) = guarded(|| rtc.close()) {
            let _ = self.drain(&mut route, out, &mut Vec::new());
        }
        self.discard();
    }

    /// Drops everything without a word.
    pub(crate) fn discard(self) {
        let _ = guarded(move || drop(self));
    }
}

/// HMAC-SHA1, which is what MESSAGE-INTEGRITY is (RFC 8489 section 14.5).
fn sha1_hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key));
    parts.iter().for_each(|part| context.update(part));
    let mut tag = [0; 20];
    tag.iter_mut().zip(context.sign().as_ref()).for_each(|(byte, signed)| *byte = *signed);
    tag
}

/// A datagram of str0m's, on the session's way.
fn transmitted(transmit: Transmit, route: &mut Option<Route>) -> Output {
    let transport = if transmit.proto == Protocol::Udp { Transport::Udp } else { Transport::Tcp };
    let own = Route { transport, source: transmit.source, destination: transmit.destination };
    let payload: Vec<u8> = transmit.contents.into();
    let route = if stun::is_stun(&payload) { own } else { *route.get_or_insert(own) };
    route.transmit(payload.len(), payload)
}

/// A datagram as str0m reads it; `None` when it is nothing that str0m knows.
pub(crate) fn parse(path: Path, destination: SocketAddr, bytes: &[u8]) -> Option<Receive<'_>> {
    let protocol = match path.transport {
        Transport::Udp => Protocol::Udp,
        Transport::Tcp => Protocol::Tcp,
    };
    guarded(|| Receive::new(protocol, path.source, destination, bytes)).ok()?.ok()
}

impl Channels {
    fn open(rtc: &mut Rtc) -> Self {
        let unreliable = Reliability::MaxRetransmits { retransmits: 0 };
        let pointers = channel("pointers", POINTER_CHANNEL, false, unreliable);
        let drawing = channel("drawing", DRAWING_CHANNEL, true, Reliability::Reliable);
        let mut api = rtc.direct_api();
        Self { pointers: api.create_data_channel(pointers), drawing: api.create_data_channel(drawing) }
    }
}

/// An SSRC that is neither str0m's nor among these, where it is from then on.
fn fresh_ssrc(api: &DirectApi<'_>, given: &mut Vec<Ssrc>) -> Ssrc {
    let mut ssrc = api.new_ssrc();
    while given.contains(&ssrc) {
        ssrc = api.new_ssrc();
    }
    given.push(ssrc);
    ssrc
}

fn channel(label: &str, id: u16, ordered: bool, reliability: Reliability) -> ChannelConfig {
    ChannelConfig { label: label.into(), ordered, reliability, negotiated: Some(id), protocol: String::new() }
}
