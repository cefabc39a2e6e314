//! The one PeerConnection: microphone, camera and screen up, fixed slots down, two data channels.
//!
//! Everything is offered at once and answered once; who fills which slot is said in messages, and nothing is
//! renegotiated when people come and go. A connection that falters is offered once more for another network path; when that does
//! not help, it is replaced: a new `Peer` with a new offer.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Array, ArrayBuffer, Uint8Array};
use leptos::prelude::set_timeout;
use shared::codec::VideoCodec;
use shared::limits::{AUDIO_SLOTS, SCREEN_LAYERS, VIDEO_SLOTS};
use shared::surface::{DRAWING_CHANNEL, DrawDown, DrawUp, POINTER_CHANNEL, PointerDown, PointerUp};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Event, EventTarget, MediaStreamTrack, MessageEvent, RtcDataChannel, RtcDataChannelInit, RtcDataChannelState,
    RtcDataChannelType, RtcPeerConnection, RtcPeerConnectionState, RtcRtpReceiver, RtcRtpSender,
    RtcRtpSynchronizationSource, RtcRtpTransceiver, RtcRtpTransceiverDirection, RtcRtpTransceiverInit, RtcSdpType,
    RtcSessionDescriptionInit,
};

use super::codecs::{self, CameraCodec};
use super::frame::Frame;
use super::stats::{self, Traffic};
use crate::bindings::restart_ice;
use crate::room::quality::{Line, Sample};

/// How long `disconnected` may last before the connection falters: a blink of the radio heals by itself.
const DISCONNECTED_FOR: Duration = Duration::from_secs(1);

/// Bytes of pointers waiting in the channel beyond which newer ones are dropped: they would only arrive late.
const MOST_BUFFERED: u32 = 64;

/// What a connection tells.
#[derive(Debug)]
pub enum PeerEvent {
    /// ICE and DTLS are up, for the first time or again.
    Connected,
    /// It does not get through any more.
    Falters,
    /// Somebody's pointer.
    Pointer(PointerDown),
    /// Drawing operations in the room's order.
    Drawing(Vec<DrawDown>),
}

type OnEvent = Rc<dyn Fn(PeerEvent)>;
type Listener = Closure<dyn FnMut(Event)>;

const STATE: &str = "connectionstatechange";
const MESSAGE: &str = "message";

/// A PeerConnection that closes when it is dropped.
pub struct Peer {
    connection: RtcPeerConnection,
    microphone: RtcRtpSender,
    camera: RtcRtpSender,
    screen: RtcRtpSender,
    audio: Vec<RtcRtpReceiver>,
    video: Vec<RtcRtpReceiver>,
    pointers: RtcDataChannel,
    drawing: RtcDataChannel,
    /// Of the connection's state, the pointers' and the drawing's messages.
    handlers: [Listener; 3],
    /// What it was made in, for as long as it lives.
    _frame: Option<Frame>,
}

impl Peer {
    /// Builds the connection in the order that the contract fixes: up, slots, data.
    ///
    /// With `afresh` it is made in a document of its own, where the browser has one: Chromium looks once for a document which
    /// interfaces there are, and tells its connections of others seconds later.
    pub fn new(camera: CameraCodec, afresh: bool, on_event: OnEvent) -> Result<Self, JsValue> {
        let made_in_frame = if afresh { Frame::with_connection() } else { None };
        let (connection, frame) = match made_in_frame {
            Some((connection, frame)) => (connection, Some(frame)),
            None => (RtcPeerConnection::new()?, None),
        };
        let microphone = sender(&connection, "audio", VideoCodec::Vp8, &Array::new());
        let camera = sender(&connection, "video", camera.codec, &camera.encodings());
        let screen =
            sender(&connection, "video", VideoCodec::Vp8, &SCREEN_LAYERS.iter().map(codecs::encoding).collect());
        let audio = (0..AUDIO_SLOTS).map(|_| slot(&connection, "audio")).collect();
        let video = (0..VIDEO_SLOTS).map(|_| slot(&connection, "video")).collect();
        let pointers = channel(&connection, "pointers", POINTER_CHANNEL, false);
        let drawing = channel(&connection, "drawing", DRAWING_CHANNEL, true);
        let handlers = [
            watch_state(&connection, &on_event),
            watch_pointers(&pointers, &on_event),
            watch_drawing(&drawing, &on_event),
        ];
        Ok(Self { connection, microphone, camera, screen, audio, video, pointers, drawing, handlers, _frame: frame })
    }

    /// The offer. It goes out at once: the server answers with its addresses and learns ours from their packets.
    pub async fn offer(&self) -> Result<String, JsValue> {
        let offer: RtcSessionDescriptionInit = JsFuture::from(self.connection.create_offer()).await?.unchecked_into();
        JsFuture::from(self.connection.set_local_description(&offer)).await?;
        offer.get_sdp().ok_or(JsValue::UNDEFINED)
    }

    /// An offer of the same connection for another network path (ICE restart). The one before goes on until there is another.
    pub async fn restart(&self) -> Result<String, JsValue> {
        restart_ice(&self.connection)?;
        self.offer().await
    }

    /// Whether it is up, as far as the browser knows.
    pub fn is_connected(&self) -> bool {
        self.connection.connection_state() == RtcPeerConnectionState::Connected
    }

    /// Takes the server's answer.
    pub async fn answer(&self, sdp: &str) -> Result<(), JsValue> {
        let answer = RtcSessionDescriptionInit::new(RtcSdpType::Answer);
        answer.set_sdp(sdp);
        JsFuture::from(self.connection.set_remote_description(&answer)).await.map(drop)
    }

    /// What the camera's sender sends; `None` sends nothing.
    pub fn send_camera(&self, track: Option<&MediaStreamTrack>) {
        replace(&self.camera, track);
    }

    /// What the screen's sender sends; `None` sends nothing.
    pub fn send_screen(&self, track: Option<&MediaStreamTrack>) {
        replace(&self.screen, track);
    }

    /// Has the camera encoded in these of its layers, the smallest first; the others cost nothing.
    pub fn encode_camera(&self, layers: &[bool]) {
        encode(&self.camera, layers);
    }

    /// Has the screen encoded, or not.
    pub fn encode_screen(&self, wanted: bool) {
        encode(&self.screen, &[wanted]);
    }

    /// What the microphone's sender sends; `None` sends nothing.
    pub fn send_microphone(&self, track: Option<&MediaStreamTrack>) {
        replace(&self.microphone, track);
    }

    /// What arrives in an audio slot.
    pub fn audio(&self, slot: usize) -> Option<MediaStreamTrack> {
        self.audio.get(slot).map(RtcRtpReceiver::track)
    }

    /// What arrives in a video slot.
    pub fn video(&self, slot: usize) -> Option<MediaStreamTrack> {
        self.video.get(slot).map(RtcRtpReceiver::track)
    }

    /// How loud an audio slot is just now, 0 to 1.
    pub fn audio_level(&self, slot: usize) -> f64 {
        let sources = self.audio.get(slot).map(RtcRtpReceiver::get_synchronization_sources).unwrap_or_default();
        let source = sources.get(0);
        if source.is_undefined() {
            return 0.0;
        }
        source.unchecked_into::<RtcRtpSynchronizationSource>().get_audio_level().unwrap_or_default()
    }

    /// What the browser has counted of this connection so far.
    ///
    /// # Errors
    /// The browser gave no statistics.
    pub async fn sample(&self) -> Result<Sample, JsValue> {
        let sections = self.connection.get_transceivers();
        let mids = sections.iter().map(|section| section.unchecked_into::<RtcRtpTransceiver>().mid());
        let lines: HashMap<String, Line> = mids.zip(lines()).filter_map(|(mid, line)| Some((mid?, line))).collect();
        stats::read(&self.connection, |mid| lines.get(mid).copied()).await
    }

    /// What came in over the path in use; `None` while there is none.
    pub async fn traffic(&self) -> Option<Traffic> {
        stats::traffic(&self.connection).await.ok().flatten()
    }

    /// Sends this person's pointer. What a full channel does not take is simply old.
    pub fn send_pointer(&self, pointer: PointerUp) {
        if self.pointers.buffered_amount() > MOST_BUFFERED {
            return;
        }
        send(&self.pointers, &pointer.encode());
    }

    /// Sends a drawing operation. Answers whether the channel took it.
    pub fn send_drawing(&self, message: &DrawUp) -> bool {
        send(&self.drawing, &message.encode())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // A closed channel still hands out what had arrived; by then nobody listens.
        let [state, pointers, drawing] = &self.handlers;
        silence(&self.connection, STATE, state);
        silence(&self.pointers, MESSAGE, pointers);
        silence(&self.drawing, MESSAGE, drawing);
        self.connection.close();
    }
}

/// What goes through each media section, in the order in which [`Peer::new`] adds them.
fn lines() -> impl Iterator<Item = Line> {
    let up = [Line::Microphone, Line::Camera, Line::Screen];
    up.into_iter().chain((0..AUDIO_SLOTS).map(Line::Voice)).chain((0..VIDEO_SLOTS).map(Line::Picture))
}

/// A sender; of sound the codec is known.
fn sender(connection: &RtcPeerConnection, kind: &str, codec: VideoCodec, encodings: &Array) -> RtcRtpSender {
    let init = RtcRtpTransceiverInit::new();
    init.set_direction(RtcRtpTransceiverDirection::Sendonly);
    if encodings.length() > 0 {
        init.set_send_encodings(encodings);
    }
    let transceiver = connection.add_transceiver_with_str_and_init(kind, &init);
    codecs::offer(&transceiver, kind, Some(codec));
    transceiver.sender()
}

fn slot(connection: &RtcPeerConnection, kind: &str) -> RtcRtpReceiver {
    let init = RtcRtpTransceiverInit::new();
    init.set_direction(RtcRtpTransceiverDirection::Recvonly);
    let transceiver = connection.add_transceiver_with_str_and_init(kind, &init);
    codecs::offer(&transceiver, kind, None);
    transceiver.receiver()
}

fn channel(connection: &RtcPeerConnection, label: &str, id: u16, reliable: bool) -> RtcDataChannel {
    let init = RtcDataChannelInit::new();
    init.set_negotiated(true);
    init.set_id(id);
    init.set_ordered(reliable);
    if !reliable {
        init.set_max_retransmits(0);
    }
    let channel = connection.create_data_channel_with_data_channel_dict(label, &init);
    channel.set_binary_type(RtcDataChannelType::Arraybuffer);
    channel
}

fn send(channel: &RtcDataChannel, bytes: &[u8]) -> bool {
    channel.ready_state() == RtcDataChannelState::Open && channel.send_with_u8_array(bytes).is_ok()
}

fn encode(sender: &RtcRtpSender, layers: &[bool]) {
    let parameters = sender.get_parameters();
    codecs::want(&parameters, layers);
    let set = sender.set_parameters_with_parameters(&parameters);
    spawn_local(async move { drop(JsFuture::from(set).await) });
}

fn replace(sender: &RtcRtpSender, track: Option<&MediaStreamTrack>) {
    let replaced = sender.replace_track(track);
    spawn_local(async move { drop(JsFuture::from(replaced).await) });
}

fn listen(target: &EventTarget, kind: &str, handle: impl Fn(Event) + 'static) -> Listener {
    let closure = Closure::<dyn FnMut(Event)>::new(handle);
    let _ = target.add_event_listener_with_callback(kind, closure.as_ref().unchecked_ref());
    closure
}

fn silence(target: &EventTarget, kind: &str, listener: &Listener) {
    let _ = target.remove_event_listener_with_callback(kind, listener.as_ref().unchecked_ref());
}

fn watch_state(connection: &RtcPeerConnection, on_event: &OnEvent) -> Listener {
    let (watched, on_event) = (connection.clone(), Rc::clone(on_event));
    listen(connection, STATE, move |_| match watched.connection_state() {
        RtcPeerConnectionState::Connected => on_event(PeerEvent::Connected),
        RtcPeerConnectionState::Failed => on_event(PeerEvent::Falters),
        RtcPeerConnectionState::Disconnected => {
            let (watched, on_event) = (watched.clone(), Rc::clone(&on_event));
            let look_again = move || {
                if watched.connection_state() == RtcPeerConnectionState::Disconnected {
                    on_event(PeerEvent::Falters);
                }
            };
            set_timeout(look_again, DISCONNECTED_FOR);
        }
        _ => {}
    })
}

fn watch_pointers(channel: &RtcDataChannel, on_event: &OnEvent) -> Listener {
    let on_event = Rc::clone(on_event);
    listen(channel, MESSAGE, move |event| {
        if let Some(Ok(pointer)) = bytes_of(event).map(|bytes| PointerDown::decode(&bytes)) {
            on_event(PeerEvent::Pointer(pointer));
        }
    })
}

fn watch_drawing(channel: &RtcDataChannel, on_event: &OnEvent) -> Listener {
    let on_event = Rc::clone(on_event);
    listen(channel, MESSAGE, move |event| {
        if let Some(Ok(records)) = bytes_of(event).map(|bytes| DrawDown::decode_all(&bytes)) {
            on_event(PeerEvent::Drawing(records));
        }
    })
}

fn bytes_of(event: Event) -> Option<Vec<u8>> {
    let buffer: ArrayBuffer = event.dyn_into::<MessageEvent>().ok()?.data().dyn_into().ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}
