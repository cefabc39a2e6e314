//! The line between signaling and a media node in a process of its own: messages as JSON behind their length in four bytes.
//!
//! Both sides begin with a hello that says which version they speak. After that each says at least every [`BEAT`] that it is
//! there, and counts the other as lost after [`SILENCE`] without a word: a machine that dies says no goodbye. A node's
//! media lives as long as its line; the next line begins with an empty node, so that no room is ever on two.

use std::io;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shared::control::{Command, Event};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use crate::Snapshot;

/// Version of what is said here. Raise it when an older node must not be used any more: it is then refused with a sentence
/// in both logs, until it is updated.
pub const VERSION: u16 = 3;
/// How often each side says that it is there.
pub const BEAT: Duration = Duration::from_millis(300);
/// After so long without a word the other side is lost. Shorter brings meetings back sooner from a machine that died, and
/// moves them for nothing when one merely stumbles.
pub const SILENCE: Duration = Duration::from_millis(1_500);
/// How long connecting, TLS and the hellos may take together.
pub const GREETING: Duration = Duration::from_secs(5);
/// Longest frame. An offer is the longest thing said here, [`shared::limits::MAX_SDP_BYTES`] before its line ends are escaped.
pub const MAX_FRAME_BYTES: usize = 256 * 1024;

/// What signaling says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToNode {
    /// First. Readable in every version.
    Hello {
        /// [`VERSION`] of signaling.
        version: u16,
    },
    /// As to an embedded node.
    Command(Command),
    /// Signaling is there.
    Alive,
}

/// What a media node says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromNode {
    /// First. Readable in every version.
    Hello {
        /// [`VERSION`] of the node.
        version: u16,
    },
    /// As from an embedded node.
    Event(Event),
    /// The node's media thread answers, with these counters.
    Alive(Box<Snapshot>),
    /// The node was asked to end: no new rooms. What is still there when it ends moves.
    Draining,
}

/// Why a line ended.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// Not a word for [`SILENCE`].
    #[error("it fell silent")]
    Silent,
    /// The connection ended or failed.
    #[error("the connection ended ({0})")]
    Closed(#[from] io::Error),
    /// A frame over [`MAX_FRAME_BYTES`].
    #[error("a frame was too long")]
    TooLong,
    /// A frame that is no message, or not the one that belongs here. What was in it is not told.
    #[error("a frame could not be read")]
    Unreadable,
    /// The other side speaks another version.
    #[error("it speaks version {theirs} of the protocol and this side {VERSION}: update the older of the two")]
    Version {
        /// What it said.
        theirs: u16,
    },
}

/// Reads one message, waiting no longer than [`SILENCE`]. Not to be cancelled and called again.
///
/// # Errors
/// Whatever ends the line.
pub async fn read<T: DeserializeOwned>(from: &mut (impl AsyncRead + Unpin)) -> Result<T, WireError> {
    let bytes = timeout(SILENCE, read_frame(from)).await.map_err(|_| WireError::Silent)??;
    serde_json::from_slice(&bytes).map_err(|_| WireError::Unreadable)
}

async fn read_frame(from: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>, WireError> {
    let length = usize::try_from(from.read_u32().await?).unwrap_or(usize::MAX);
    if length > MAX_FRAME_BYTES {
        return Err(WireError::TooLong);
    }
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// Writes one message. The other side not taking it for [`SILENCE`] is silence too. Not to be cancelled and called again.
///
/// # Errors
/// Whatever ends the line.
pub async fn write<T: Serialize>(to: &mut (impl AsyncWrite + Unpin), message: &T) -> Result<(), WireError> {
    let body = serde_json::to_vec(message).map_err(|_| WireError::Unreadable)?;
    let length = u32::try_from(body.len()).ok().filter(|_| body.len() <= MAX_FRAME_BYTES).ok_or(WireError::TooLong)?;
    let mut frame = Vec::with_capacity(4 + body.len());
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&body);
    let written = timeout(SILENCE, async {
        to.write_all(&frame).await?;
        to.flush().await
    });
    Ok(written.await.map_err(|_| WireError::Silent)??)
}

/// Whether the other side's hello will do.
///
/// # Errors
/// It speaks another version.
pub const fn check_version(theirs: u16) -> Result<(), WireError> {
    if theirs == VERSION { Ok(()) } else { Err(WireError::Version { theirs }) }
}

#[cfg(test)]
mod tests {
    use shared::control::KeyLength;
    use shared::ids::SessionId;

    use super::*;

    fn frame(body: &[u8]) -> Vec<u8> {
        [&u32::try_from(body.len()).unwrap().to_be_bytes(), body].concat()
    }

    #[tokio::test]
    async fn what_is_written_is_read() {
        let said = [
            FromNode::Hello { version: VERSION },
            FromNode::Event(Event::Connected { session: SessionId(7), keys: KeyLength::Bits256 }),
            FromNode::Alive(Box::new(Snapshot { sent: 3, ..Snapshot::default() })),
            FromNode::Draining,
        ];
        let mut line = Vec::new();
        for message in &said {
            write(&mut line, message).await.unwrap();
        }
        let mut left = line.as_slice();
        for message in &said {
            assert_eq!(&read::<FromNode>(&mut left).await.unwrap(), message);
        }
        assert!(matches!(read::<FromNode>(&mut left).await, Err(WireError::Closed(_))));
    }

    /// The longest offer that a page may make fits, however its line ends are escaped.
    #[tokio::test]
    async fn the_longest_offer_fits() {
        let offer = "\r\n".repeat(shared::limits::MAX_SDP_BYTES / 2);
        let message = ToNode::Command(Command::Restart { session: SessionId(1), offer });
        let mut line = Vec::new();
        write(&mut line, &message).await.unwrap();
        assert_eq!(read::<ToNode>(&mut line.as_slice()).await.unwrap(), message);
    }

    #[tokio::test]
    async fn what_is_no_message_ends_the_line() {
        for (bytes, too_long) in [
            (frame(b"not JSON"), false),
            (frame(br#"{"shout":{}}"#), false),
            (frame(b""), false),
            (frame(br#"{"hello":{"version":"one"}}"#), false),
            (u32::try_from(MAX_FRAME_BYTES + 1).unwrap().to_be_bytes().to_vec(), true),
            (vec![0xff; 64], true),
        ] {
            let error = read::<ToNode>(&mut bytes.as_slice()).await.unwrap_err();
            assert_eq!(matches!(error, WireError::TooLong), too_long, "{bytes:?}: {error}");
            assert!(too_long || matches!(error, WireError::Unreadable), "{bytes:?}: {error}");
        }
        let cut = frame(br#""alive""#)[..6].to_vec();
        assert!(matches!(read::<ToNode>(&mut cut.as_slice()).await, Err(WireError::Closed(_))));
    }

    /// Whatever else a later version says in its hello, this one can read which version it is.
    #[test]
    fn a_hello_is_readable_across_versions() {
        let later = r#"{"hello":{"version":9,"name":"x","more":[1]}}"#;
        assert_eq!(serde_json::from_str::<ToNode>(later).unwrap(), ToNode::Hello { version: 9 });
        assert!(check_version(9).unwrap_err().to_string().contains("version 9"));
    }

    #[tokio::test]
    async fn silence_is_noticed() {
        let (mut here, _there) = tokio::io::duplex(64);
        assert!(matches!(read::<ToNode>(&mut here).await, Err(WireError::Silent)));
        // Nor does it wait for ever for somebody who does not read.
        let offer = "x".repeat(1_000);
        let message = ToNode::Command(Command::Restart { session: SessionId(1), offer });
        assert!(matches!(write(&mut here, &message).await, Err(WireError::Silent)));
    }
}
