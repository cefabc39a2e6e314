//! How pictures are encoded.

use serde::{Deserialize, Serialize};

/// A codec whose pictures are passed on. Nothing is converted: who did not offer it does not see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum VideoCodec {
    /// What every browser takes.
    #[default]
    Vp8,
    /// What encoders outside of browsers send.
    H264,
    /// Layers in one stream, from browsers that can make them.
    Vp9,
}

impl VideoCodec {
    /// As people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vp8 => "VP8",
            Self::H264 => "H.264",
            Self::Vp9 => "VP9",
        }
    }
}
