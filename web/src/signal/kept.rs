//! What a tab keeps in `sessionStorage`, so that a reload returns without typing.

use serde::{Deserialize, Serialize};
use shared::secret::Secret;

const KEY: &str = "conclave";

/// What is kept. No PIN, no password, no name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// The tab's secret for `Resume`.
    pub session: Option<Secret>,
    /// Whether the microphone was on.
    pub microphone: bool,
    /// Whether the camera was on.
    pub camera: bool,
    /// Chosen microphone.
    pub microphone_id: String,
    /// Chosen camera.
    pub camera_id: String,
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.session_storage().ok()?
}

/// Reads it. `None` when there is nothing, or nothing readable.
pub fn load() -> Option<Kept> {
    serde_json::from_str(&storage()?.get_item(KEY).ok()??).ok()
}

/// Writes it. A browser that refuses storage only loses the way back after a reload.
pub fn save(kept: &Kept) {
    if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(kept)) {
        let _ = storage.set_item(KEY, &text);
    }
}

/// Drops it.
pub fn forget() {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(KEY);
    }
}
