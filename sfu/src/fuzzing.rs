//! What must hold of whatever bytes come over the line between signaling and a media node. `make fuzz` looks for bytes of which
//! it does not hold (`e2e/fuzz`); the test below tries those that it kept.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::{Builder, Runtime};

use crate::wire::{self, FromNode, MAX_FRAME_BYTES, ToNode};

/// Frames of either side: what is understood says the same again once it is written, and no frame is longer than a frame may be.
pub fn line(data: &[u8]) {
    let Ok(runtime) = Builder::new_current_thread().enable_time().build() else { return };
    each::<ToNode>(&runtime, data);
    each::<FromNode>(&runtime, data);
    // As it would be behind its length.
    let framed = [&u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes(), data].concat();
    each::<ToNode>(&runtime, &framed);
    each::<FromNode>(&runtime, &framed);
}

fn each<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(runtime: &Runtime, mut data: &[u8]) {
    loop {
        let before = data.len();
        let Ok(message) = runtime.block_on(wire::read::<T>(&mut data)) else { return };
        assert!(before - data.len() <= 4 + MAX_FRAME_BYTES);
        let mut written = Vec::new();
        assert!(runtime.block_on(wire::write(&mut written, &message)).is_ok());
        let again = runtime.block_on(wire::read::<T>(&mut written.as_slice()));
        assert_eq!(again.ok(), Some(message));
    }
}

#[cfg(test)]
#[path = "../../e2e/fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn the_line_to_media_nodes() {
        replay("messages", 2_000, super::line);
    }
}
