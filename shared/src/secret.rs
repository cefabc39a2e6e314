//! Text that must not reach a log: PINs, passwords, tokens.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A text whose `Debug` hides it. It has no `Display`; reading it takes [`Secret::reveal`], which
/// a reviewer can search for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: for hashing, comparing and showing to its owner, never for a log.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_what_json_carries() {
        let pin = Secret::new("1234");
        assert!(!format!("{pin:?}").contains("1234"));
        assert_eq!(serde_json::to_string(&pin).unwrap(), "\"1234\"");
    }
}
