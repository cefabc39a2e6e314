//! What the browser has counted so far, at one moment.

/// One media section of the connection, by what goes through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Line {
    /// This person's voice, up.
    Microphone,
    /// This person's face, up.
    Camera,
    /// This person's screen, up.
    Screen,
    /// An audio slot, down.
    Voice(usize),
    /// A video slot, down.
    Picture(usize),
}

impl Line {
    /// Whether this person sends it.
    pub const fn is_up(self) -> bool {
        matches!(self, Self::Microphone | Self::Camera | Self::Screen)
    }
}

/// Why an encoder makes less than it could.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Limited {
    /// It does not.
    #[default]
    No,
    /// The computer is too slow, or too busy.
    Computer,
    /// The network carries no more.
    Network,
    /// The browser says neither.
    Otherwise,
}

/// Counts since the stream began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Packets sent, or received.
    pub packets: u64,
    /// Packets that did not arrive, as far as the receiving end knows; those that came too late to be of use count as well.
    pub lost: u64,
    /// Bytes of media.
    pub bytes: u64,
    /// Pictures encoded, or decoded.
    pub frames: u64,
}

/// One stream of packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    /// Where it belongs.
    pub line: Line,
    /// Its number in packets; another number is another stream and begins counting anew.
    pub ssrc: u32,
    /// Which of several sizes of a picture it is, the smallest is 0.
    pub layer: Option<usize>,
    /// What is counted.
    pub counts: Counts,
    /// Width and height of the picture, pixels.
    pub size: Option<(u32, u32)>,
    /// How unevenly packets arrive, milliseconds.
    pub jitter_ms: Option<u32>,
    /// There and back, as the receiving end's reports tell it, milliseconds.
    pub round_trip_ms: Option<u32>,
    /// Whether the encoder makes less than it could.
    pub limited: Limited,
}

/// What carries packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// As it should be.
    Udp,
    /// Where UDP is blocked: what is lost holds up what follows.
    Tcp,
}

/// How the browser reaches the server (RFC 8445 section 4, candidate types).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From an address of this computer's own.
    Direct,
    /// Through an address translation.
    Translated,
    /// Through a relay.
    Relayed,
}

/// The path that the connection takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// What carries packets.
    pub transport: Transport,
    /// How the server is reached.
    pub way: Way,
    /// There and back, milliseconds.
    pub round_trip_ms: Option<u32>,
    /// What the browser believes can be sent, kilobit per second.
    pub estimate_kbps: Option<u32>,
    /// Bytes sent, repetitions and headers included.
    pub bytes_up: u64,
    /// Bytes received.
    pub bytes_down: u64,
    /// What sound and pictures are sealed with, as the browser names it (W3C webrtc-stats, `srtpCipher`).
    pub media_cipher: Option<String>,
    /// What pointers and drawings are sealed with (`dtlsCipher`).
    pub data_cipher: Option<String>,
}

/// Everything at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sample {
    /// When, milliseconds of a clock that only goes on.
    pub at_ms: u64,
    /// Of which connection: another number is another connection.
    pub connection: u32,
    /// `None` before the connection is up.
    pub path: Option<Path>,
    /// All streams that the browser knows.
    pub streams: Vec<Stream>,
}
