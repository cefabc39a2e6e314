//! Every limit that both sides of a wire must agree on, with the sentence that says what moves when it moves.

/// Version of the WebSocket and data-channel protocol, sent in the first message of either side.
/// Raise it when an old page must reload to talk to a new server.
pub const PROTOCOL_VERSION: u16 = 7;

/// Largest WebSocket message, bytes. Bounds what a stranger can make the server hold per connection.
pub const MAX_SIGNAL_MESSAGE_BYTES: usize = 64 * 1024;

/// Largest SDP offer, bytes. Parsing is linear, about 8 ms per 90 KiB; our own offer stays under 48 KiB.
pub const MAX_SDP_BYTES: usize = 64 * 1024;

/// Most m-lines in an offer. Our own offer has 23: 3 up, 19 slots, 1 for data.
pub const MAX_SDP_M_LINES: usize = 64;

/// People in one room, the lobby included.
pub const MAX_PARTICIPANTS: usize = 50;

/// How often one invitation can be in use at the same time. More lets somebody who knows a PIN take more places.
pub const MAX_CLAIMS: usize = 3;

/// Lines kept between somebody in the lobby and the moderators.
pub const MAX_LINES: usize = 20;

/// Longest line between somebody in the lobby and the moderators, characters.
pub const MAX_LINE_CHARS: usize = 280;

/// What a lobby card tells of an invitation's past, at most.
pub const MAX_HISTORY: usize = 8;

/// Meeting templates of an organisation, at most.
pub const MAX_TEMPLATES: usize = 50;

/// Points of a meeting's checklist, at most.
pub const MAX_CHECKLIST: usize = 6;

/// Longest point of a checklist, characters.
pub const MAX_CHECK_CHARS: usize = 120;

/// Most moderators whose confirmation a meeting can ask for: four eyes.
pub const MAX_CONFIRMATIONS: u8 = 2;

/// How long somebody may be away before a confirmed identity is open again, milliseconds.
pub const IDENTITY_HOLDS_MS: i64 = 2 * 60 * 1000;

/// Devices that one person may have connected or ready to connect. Each takes a place in the room while it is connected.
pub const MAX_DEVICES: usize = 4;

/// Pictures that a page can show: everybody's face and a shared screen.
pub const MAX_TILES: usize = MAX_PARTICIPANTS + 1;

/// Receive-only video m-lines in every offer: so many faces are visible at once. Each costs the SFU a little for every
/// packet of that subscriber, visible or not.
pub const VIDEO_SLOTS: usize = 16;

/// Receive-only audio m-lines in every offer: so many people are heard at once, the loudest.
pub const AUDIO_SLOTS: usize = 3;

/// One size in which a picture is encoded (of a camera's several, a simulcast layer: RFC 8853).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layer {
    /// Its name in SDP and in packets (RFC 8852); empty when it is the only one.
    pub rid: &'static str,
    /// How many times narrower than the whole picture.
    pub scale_down: u32,
    /// What its encoder may use, kilobit per second.
    pub max_kbps: u32,
    /// Tiles up to this width, in the screen's own pixels, are shown this layer; a little blur beats twice the bits.
    pub up_to_width: u16,
}

/// The layers of a camera, the smallest first.
pub const CAMERA_LAYERS: [Layer; 3] = [
    Layer { rid: "q", scale_down: 4, max_kbps: 120, up_to_width: 360 },
    Layer { rid: "h", scale_down: 2, max_kbps: 450, up_to_width: 800 },
    Layer { rid: "f", scale_down: 1, max_kbps: 1_500, up_to_width: u16::MAX },
];

/// Camera picture that the browser is asked for, pixels.
pub const CAMERA_WIDTH: u32 = 1_280;
/// See [`CAMERA_WIDTH`].
pub const CAMERA_HEIGHT: u32 = 720;

/// A shared screen has one layer: half its width is no longer read. More bits make scrolling sharp sooner and cost every
/// viewer as many.
pub const SCREEN_LAYERS: [Layer; 1] = [Layer { rid: "", scale_down: 1, max_kbps: 2_500, up_to_width: u16::MAX }];

/// Largest picture of a screen, pixels. Larger ones are scaled down by the browser: its encoder is one processor's work.
pub const SCREEN_WIDTH: u32 = 2_560;
/// See [`SCREEN_WIDTH`].
pub const SCREEN_HEIGHT: u32 = 1_600;

/// Most pictures of a screen a second. More make films smoother and text blurred for longer, at the same bits.
pub const SCREEN_FRAMES_PER_SECOND: u32 = 15;

/// Largest message on a data channel in either direction, bytes: what every browser takes in one piece.
pub const MAX_SURFACE_MESSAGE_BYTES: usize = 16 * 1024;

/// Pointer positions a second that the SFU passes on per person; more are dropped, the newest wins.
pub const MAX_POINTERS_PER_SECOND: u32 = 30;

/// Bytes of drawing a room keeps. A full board refuses new strokes; a clear empties it.
pub const MAX_DRAWING_LOG_BYTES: usize = 4 * 1024 * 1024;

/// Drawing operations a room keeps, whatever their size: bounds the cost of a late joiner's picture.
pub const MAX_DRAWING_LOG_OPS: usize = 20_000;

/// Drawing operations a second that one person may send, averaged, with a burst of as many.
pub const MAX_DRAWING_OPS_PER_SECOND: u32 = 120;

/// Smallest gap between two keyframe requests to the same publisher, milliseconds. A smaller gap lets
/// newcomers see a face sooner and makes the publisher send more large frames.
pub const KEYFRAME_REQUEST_GAP_MS: u64 = 500;

/// Digits of a PIN unless the operator chose otherwise. With 1,000 live PINs and 2,000 evaluations a second, 16 digits stand
/// 158 years; each digit less stands a tenth of that, and the door makes up for it by letting people wait longer.
pub const PIN_DIGITS: usize = 16;
/// Fewest digits that can be chosen.
pub const MIN_PIN_DIGITS: usize = 8;
/// Most digits that can be chosen: more than these nobody types without a mistake.
pub const MAX_PIN_DIGITS: usize = 20;

/// How long before its start a meeting's PINs open, milliseconds.
pub const PIN_OPENS_BEFORE_START_MS: i64 = 15 * 60 * 1000;

/// How long a meeting goes on after its scheduled end unless a moderator extends it, milliseconds.
pub const DEFAULT_GRACE_MS: i64 = 10 * 60 * 1000;

/// Most minutes a moderator may add in one go.
pub const MAX_EXTENSION_MINUTES: u32 = 120;

/// Longest meeting, minutes.
pub const MAX_MEETING_MINUTES: u32 = 24 * 60;

/// Most invitees of one meeting: some of those who are invited never come.
pub const MAX_INVITEES: usize = 100;

/// Characters of an SMS password.
pub const SMS_PASSWORD_CHARS: usize = 8;

/// Wrong tries that void an SMS password.
pub const SMS_PASSWORD_TRIES: u8 = 5;

/// Wrong codes of an authenticator at the meeting's door after which this invitation's PIN takes none any more. Three of a
/// million are right at any moment, so that all of them together find one in 67,000 times.
pub const DOOR_CODE_TRIES: u8 = 5;

/// Longest time before its start that a meeting's SMS passwords may go out, minutes. Longer ones arrive when people have time
/// to miss them, and lie about on telephones until they are needed.
pub const MAX_PASSWORD_BEFORE_MINUTES: u32 = 120;

/// Longest meeting title, characters.
pub const MAX_TITLE_CHARS: usize = 200;

/// Longest name of a person or account, characters.
pub const MAX_NAME_CHARS: usize = 100;

/// Longest e-mail address, bytes (RFC 5321 section 4.5.3.1.3).
pub const MAX_EMAIL_BYTES: usize = 254;

/// How often the server says [`crate::signal::ServerMsg::Ping`], milliseconds.
pub const PING_EVERY_MS: u64 = 1_500;

/// Silence after which either side gives a WebSocket up, milliseconds. Leaving is noticed within it.
pub const SILENCE_MS: u64 = 4_500;

/// Recovery codes of an authenticator: as many as fit a sheet that somebody keeps.
pub const RECOVERY_CODES: usize = 10;

/// Characters of a recovery code, of 23 each: 54 bits.
pub const RECOVERY_CODE_CHARS: usize = 12;
