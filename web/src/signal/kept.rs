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
    /// The invitation link through which the secret came: another link is another meeting, or another person.
    pub link: Option<Secret>,
    /// Whether the microphone was on.
    pub microphone: bool,
    /// Whether the camera was on.
    pub camera: bool,
    /// Chosen microphone.
    pub microphone_id: String,
    /// Chosen camera.
    pub camera_id: String,
    /// Whether the letter that opens the call's figures was switched off.
    pub no_quality_letter: bool,
}

impl Kept {
    /// Whether this is still good for a page opened with this link. An address without one claims nothing else: the skip
    /// link and a typed address come back to where the tab was.
    pub fn is_for(&self, link: Option<&Secret>) -> bool {
        link.is_none() || link == self.link.as_ref()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_invitation_in_the_same_tab_is_not_the_old_session() {
        let (first, second) = (Secret::new("1f"), Secret::new("2f"));
        let by_link = Kept { link: Some(first.clone()), ..Kept::default() };
        assert!(by_link.is_for(Some(&first)) && by_link.is_for(None));
        assert!(!by_link.is_for(Some(&second)));
        assert!(!Kept::default().is_for(Some(&second)), "came by the PIN alone, now a link");
    }
}
