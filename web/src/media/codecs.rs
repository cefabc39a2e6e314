//! Which codecs are offered, and what the camera's encoder is asked to make.

use js_sys::Array;
use shared::codec::VideoCodec;
use shared::limits::{CAMERA_LAYERS, Layer};
use wasm_bindgen::JsCast;
use web_sys::{
    RtcPeerConnection, RtcRtpCodecCapability, RtcRtpEncodingParameters, RtcRtpParameters, RtcRtpReceiver, RtcRtpSender,
    RtcRtpTransceiver, RtcRtpTransceiverDirection, RtcRtpTransceiverInit,
};

use crate::bindings::{scalability_mode, set_scalability_mode};

/// One, two and three sizes in one stream, which need each other in keyframes alone: what the server takes apart best.
const LAYERS_IN_ONE: [&str; CAMERA_LAYERS.len()] = ["L1T3", "L2T3_KEY", "L3T3_KEY"];

/// How the camera is encoded here: as the deployment wishes where this browser can, else as every browser can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CameraCodec {
    /// The codec.
    pub codec: VideoCodec,
    /// All sizes are in one stream.
    pub in_one_stream: bool,
}

impl CameraCodec {
    /// What is offered in place of `wanted`.
    pub fn nearest(wanted: VideoCodec) -> Self {
        let in_one_stream = wanted == VideoCodec::Vp9;
        let can = encodes(wanted) && (!in_one_stream || makes_layers());
        if can { Self { codec: wanted, in_one_stream } } else { Self { codec: VideoCodec::Vp8, in_one_stream: false } }
    }

    /// What its sender is asked for at first.
    pub fn encodings(self) -> Array {
        if !self.in_one_stream {
            return CAMERA_LAYERS.iter().map(encoding).collect();
        }
        let all = RtcRtpEncodingParameters::new();
        ask_for_layers(&all, CAMERA_LAYERS.len() - 1);
        Array::of1(&all)
    }
}

/// What one layer's encoder is asked for.
pub fn encoding(layer: &Layer) -> RtcRtpEncodingParameters {
    let encoding = RtcRtpEncodingParameters::new();
    if !layer.rid.is_empty() {
        encoding.set_rid(layer.rid);
    }
    encoding.set_max_bitrate(layer.max_kbps * 1_000);
    encoding.set_scale_resolution_down_by(layer.scale_down as f32);
    // The largest costs most and is wanted last: the server says when.
    encoding.set_active(layer.scale_down > 1);
    encoding
}

/// Has a sender's encoders make these layers, the smallest first, and rest the others.
pub fn want(parameters: &RtcRtpParameters, layers: &[bool]) {
    let Some(encodings) = parameters.get_encodings() else { return };
    if let (1, 2..) = (encodings.length(), layers.len()) {
        let all: RtcRtpEncodingParameters = encodings.get(0).unchecked_into();
        let largest = layers.iter().rposition(|wanted| *wanted);
        all.set_active(largest.is_some());
        return ask_for_layers(&all, largest.unwrap_or_default());
    }
    for (encoding, active) in encodings.iter().zip(layers) {
        encoding.unchecked_into::<RtcRtpEncodingParameters>().set_active(*active);
    }
}

/// Asks for one stream of all layers up to this one. An encoder that is asked for more layers than it has bits for makes all of them
/// smaller.
fn ask_for_layers(all: &RtcRtpEncodingParameters, largest: usize) {
    let layers = CAMERA_LAYERS.iter().take(largest + 1);
    if let (Some(mode), Some(layer)) = (LAYERS_IN_ONE.get(largest), CAMERA_LAYERS.get(largest)) {
        set_scalability_mode(all, mode);
        all.set_scale_resolution_down_by(layer.scale_down as f32);
        all.set_max_bitrate(layers.map(|layer| layer.max_kbps).sum::<u32>() * 1_000);
    }
}

/// Offers what is sent; a slot takes all that anybody may send. An offer of every codec is three times as long.
pub fn offer(transceiver: &RtcRtpTransceiver, kind: &str, sends: Option<VideoCodec>) {
    let capabilities = match sends {
        None => RtcRtpReceiver::get_capabilities(kind),
        Some(_) => RtcRtpSender::get_capabilities(kind),
    };
    let Some(capabilities) = capabilities else { return };
    let every = [VideoCodec::Vp8, VideoCodec::H264, VideoCodec::Vp9];
    let is_offered = |codec: &RtcRtpCodecCapability| {
        let kept = ["audio/opus", "video/rtx"].iter().any(|kept| codec.get_mime_type().eq_ignore_ascii_case(kept));
        kept || every.iter().any(|of| sends.is_none_or(|sent| sent == *of) && is(codec, *of))
    };
    let codecs = capabilities.get_codecs();
    let codecs: Array = codecs.iter().filter(|codec| is_offered(codec.unchecked_ref())).collect();
    if codecs.length() > 0 {
        transceiver.set_codec_preferences(&codecs);
    }
}

/// Whether a capability is that codec in the form that the server takes: of H.264 constrained baseline with fragments, which every
/// browser has that has H.264 at all (RFC 7742 section 6.2), of VP9 eight bits a sample.
fn is(codec: &RtcRtpCodecCapability, of: VideoCodec) -> bool {
    let (mime, parameters) = (codec.get_mime_type(), codec.get_sdp_fmtp_line().unwrap_or_default());
    match of {
        VideoCodec::Vp8 => mime.eq_ignore_ascii_case("video/VP8"),
        VideoCodec::H264 => {
            let is_basic = parameters.contains("packetization-mode=1") && parameters.contains("profile-level-id=42e0");
            mime.eq_ignore_ascii_case("video/H264") && is_basic
        }
        VideoCodec::Vp9 => {
            let is_basic = !parameters.contains("profile-id=") || parameters.contains("profile-id=0");
            mime.eq_ignore_ascii_case("video/VP9") && is_basic
        }
    }
}

fn encodes(codec: VideoCodec) -> bool {
    let capabilities = RtcRtpSender::get_capabilities("video");
    capabilities.is_some_and(|all| all.get_codecs().iter().any(|known| is(known.unchecked_ref(), codec)))
}

/// Whether this browser makes several sizes in one stream: whoever does not know the word for it forgets it.
fn makes_layers() -> bool {
    let Ok(trial) = RtcPeerConnection::new() else { return false };
    let init = RtcRtpTransceiverInit::new();
    init.set_direction(RtcRtpTransceiverDirection::Sendonly);
    let camera = CameraCodec { codec: VideoCodec::Vp9, in_one_stream: true };
    init.set_send_encodings(&camera.encodings());
    let sender = trial.add_transceiver_with_str_and_init("video", &init).sender();
    let encodings = sender.get_parameters().get_encodings();
    let kept = encodings.map(|encodings| encodings.get(0).unchecked_into::<RtcRtpEncodingParameters>());
    trial.close();
    kept.and_then(|kept| scalability_mode(&kept)).is_some_and(|mode| LAYERS_IN_ONE.contains(&mode.as_str()))
}
