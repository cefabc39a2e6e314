//! The codecs that are passed on, and the payload types that each session agreed on for them. Nothing is converted: a slot carries
//! what its publisher sends, under the receiver's own payload type, and stays empty when the receiver has none.

use str0m::Rtc;
use str0m::RtcConfig;
use str0m::format::{Codec, FormatParams, PayloadParams};
use str0m::media::{Frequency, Media, MediaKind, Mid, Pt};

use shared::codec::VideoCodec;

/// Payload types where we choose them; a browser's offer says its own.
const OPUS: Pt = Pt::new_with_value(111);
/// H.264's profiles, each with its payload type and that of its repetitions: the two that every decoder of WebRTC takes, of which
/// encoders name one or the other (RFC 7742 section 6.2).
const H264: [(u32, Pt, Pt); 2] = [
    (0x42_e0_1f, Pt::new_with_value(108), Pt::new_with_value(109)),
    (0x42_00_1f, Pt::new_with_value(127), Pt::new_with_value(121)),
];

/// VP9's only profile of eight bits a sample, with its payload type and that of its repetitions.
const VP9: (u32, Pt, Pt) = (0, Pt::new_with_value(98), Pt::new_with_value(99));

/// Makes sessions offer and take what is passed on.
pub(crate) fn configured(config: RtcConfig) -> RtcConfig {
    let mut config = config.clear_codecs().enable_vp8(true);
    let codecs = config.codec_config();
    for (profile, media, resend) in H264 {
        codecs.add_h264(media, Some(resend), true, profile);
    }
    let (profile, media, resend) = VP9;
    let vp9 = FormatParams { profile_id: Some(profile), ..FormatParams::default() };
    codecs.add_config(media, Some(resend), Codec::Vp9, Frequency::NINETY_KHZ, None, vp9);
    let opus = FormatParams {
        min_p_time: Some(10),
        use_inband_fec: Some(true),
        // Asks browsers to send next to nothing while nobody speaks (RFC 7587 section 3.1.3).
        use_dtx: Some(true),
        ..FormatParams::default()
    };
    codecs.add_config(OPUS, None, Codec::Opus, Frequency::FORTY_EIGHT_KHZ, Some(2), opus);
    config
}

/// What is sent under which numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PayloadTypes {
    /// Packets.
    pub(crate) media: Pt,
    /// The same again (RFC 4588).
    pub(crate) resend: Option<Pt>,
}

/// What one session agreed on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Codecs {
    /// Voices, to it.
    pub(crate) opus: Option<PayloadTypes>,
    /// Pictures to it, as one list of what all of its slots take.
    pictures: Vec<(VideoCodec, PayloadTypes)>,
    /// Pictures from it.
    sent: Vec<(Pt, VideoCodec)>,
}

impl Codecs {
    /// Reads what offer and answer came to.
    pub(crate) fn negotiated(rtc: &Rtc, mids: &[Mid]) -> Self {
        let media = || mids.iter().filter_map(|mid| rtc.media(*mid));
        let (mut opus, mut pictures, mut sent) = (None, Vec::<(VideoCodec, PayloadTypes)>::new(), Vec::new());
        for params in rtc.codec_config().iter() {
            let goes =
                |way: fn(&Media) -> bool| media().any(|media| way(media) && media.remote_pts().contains(&params.pt()));
            let (down, up) =
                (goes(|media| media.direction().is_sending()), goes(|media| media.direction().is_receiving()));
            let types = PayloadTypes { media: params.pt(), resend: params.resend() };
            match codec_of(params) {
                None if params.spec().codec == Codec::Opus && down => opus = Some(types),
                None => {}
                Some(codec) => {
                    if up {
                        sent.push((params.pt(), codec));
                    }
                    // Of several profiles the first is what we name ourselves.
                    if down && pictures.iter().all(|(known, _)| *known != codec) {
                        pictures.push((codec, types));
                    }
                }
            }
        }
        Self { opus, pictures, sent }
    }

    /// Whether any of a session's pictures can be sent again.
    pub(crate) fn repeats(&self) -> bool {
        self.pictures.iter().any(|(_, types)| types.resend.is_some())
    }

    /// Under which payload types this session takes pictures of that codec.
    pub(crate) fn pictures_in(&self, codec: VideoCodec) -> Option<PayloadTypes> {
        self.pictures.iter().find(|(known, _)| *known == codec).map(|(_, types)| *types)
    }

    /// How the pictures are encoded that this session sends under that payload type.
    pub(crate) fn sent_as(&self, payload_type: Pt) -> Option<VideoCodec> {
        self.sent.iter().find(|(known, _)| *known == payload_type).map(|(_, codec)| *codec)
    }
}

/// Whether an m-line has a codec that is passed on.
pub(crate) fn has_ours(rtc: &Rtc, media: &Media) -> bool {
    let is_audio = media.kind() == MediaKind::Audio;
    let is_ours = |params: &PayloadParams| {
        if is_audio { params.spec().codec == Codec::Opus } else { codec_of(params).is_some() }
    };
    rtc.codec_config().iter().any(|params| is_ours(params) && media.remote_pts().contains(&params.pt()))
}

fn codec_of(params: &PayloadParams) -> Option<VideoCodec> {
    match params.spec().codec {
        Codec::Vp8 => Some(VideoCodec::Vp8),
        Codec::H264 => Some(VideoCodec::H264),
        Codec::Vp9 => Some(VideoCodec::Vp9),
        _ => None,
    }
}
