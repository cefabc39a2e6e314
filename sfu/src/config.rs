//! What the media node must be told, and what can keep it from starting.

use std::io;
use std::net::{IpAddr, SocketAddr};

use shared::limits::AUDIO_SLOTS;
use shared::text::{tr, tr_with};

/// Most media threads: more than any machine that one would put meetings on has cores for.
pub const MAX_THREADS: usize = 64;

/// Where to listen.
#[derive(Debug, Clone)]
pub struct SfuConfig {
    /// UDP port, the same on every address; 0 lets the system choose. Of several threads the first one's: each of the others
    /// has the next.
    pub port: u16,
    /// Media threads, each with rooms and a port of its own, 1 to [`MAX_THREADS`].
    pub threads: usize,
    /// An address that browsers reach this machine by although no interface has it: 1:1 NAT, a port forwarding.
    /// Offered to browsers first; one that an interface has is only moved to the front.
    pub advertise: Option<IpAddr>,
    /// Listen on these instead of every interface address and loopback.
    pub bind: Vec<IpAddr>,
    /// Where connections with media are accepted and handed in (see [`crate::TcpPeer`]); none: UDP alone. An unspecified
    /// address stands for every interface's. [`SfuConfig::advertise`] is offered with each of these ports.
    pub tcp: Vec<SocketAddr>,
    /// How many people of a room are heard at once, 1 to [`AUDIO_SLOTS`].
    pub speakers: usize,
}

impl Default for SfuConfig {
    fn default() -> Self {
        Self { port: 0, threads: 1, advertise: None, bind: Vec::new(), tcp: Vec::new(), speakers: AUDIO_SLOTS }
    }
}

/// Why the media node did not start. `Display` is for the log, [`StartError::sentence`] for people.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another program has the port.
    #[error("UDP port {port} is in use")]
    PortInUse {
        /// The port.
        port: u16,
    },
    /// The port is reserved for root.
    #[error("not allowed to listen on UDP port {port}")]
    NotAllowed {
        /// The port.
        port: u16,
    },
    /// No address could be listened on.
    #[error("no address could be bound on UDP port {port}")]
    NoAddress {
        /// The port.
        port: u16,
    },
    /// The list of network interfaces could not be read.
    #[error("network interfaces could not be listed: {0}")]
    Interfaces(#[source] io::Error),
    /// The media thread could not be started.
    #[error("the media thread could not be started: {0}")]
    Thread(#[source] io::Error),
}

impl StartError {
    /// One sentence with what to do, for the terminal.
    pub fn sentence(&self) -> String {
        let with_port = |sentence, port: &u16| tr_with(sentence, &[("port", &port.to_string())]);
        match self {
            Self::PortInUse { port } => {
                with_port("UDP port {port}, needed for sound and picture, is in use by another program: stop it or choose another port.", port)
            }
            Self::NotAllowed { port } => {
                with_port("This user may not listen on UDP port {port}, needed for sound and picture: choose a port above 1023.", port)
            }
            Self::NoAddress { port } => {
                with_port("None of this machine's addresses could be listened on at UDP port {port}: check the network and the configured addresses.", port)
            }
            Self::Interfaces(_) => tr("This machine's network addresses could not be read: name the addresses to listen on in the configuration.").to_owned(),
            Self::Thread(_) => tr("The system refused to start another thread: stop other programs or raise the limit on processes.").to_owned(),
        }
    }
}
