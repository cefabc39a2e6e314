//! An authenticator app as an account's second proof (RFC 6238): what the console's calls about it carry.

use serde::{Deserialize, Serialize};

use crate::secret::Secret;
use crate::units::UnixMs;

/// How things stand with the authenticator of the account that is logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Authenticator {
    /// Since when the login asks for its codes; `None`: there is none.
    pub since: Option<UnixMs>,
    /// Recovery codes that were not used.
    pub recovery_codes_left: u32,
}

/// Begins to set one up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BeginAuthenticator {
    /// The account's password, asked again: an unattended browser must not get an authenticator of somebody else's.
    pub password: Secret,
}

/// What an app needs to know. It counts for nothing until one of its codes was typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewAuthenticator {
    /// The secret in base32 (RFC 4648), in groups of four, for typing.
    pub secret: Secret,
    /// The same as an `otpauth://` address, which an app on this device opens.
    pub uri: Secret,
    /// The same as a QR code.
    pub qr: QrCode,
}

/// A QR code as a drawing: dark on light, the light margin included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QrCode {
    /// Width and height in modules, margin included.
    pub size: u32,
    /// The dark modules as the path of an SVG (`d`).
    pub path: Secret,
}

/// Confirms an authenticator that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfirmAuthenticator {
    /// What the app shows.
    pub code: Secret,
}

/// Codes that stand in for a lost authenticator, each once. Shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryCodes {
    /// In groups of four.
    pub codes: Vec<Secret>,
}

/// Switches an authenticator off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RemoveAuthenticator {
    /// The account's password.
    pub password: Secret,
    /// What the app shows, or a recovery code.
    pub code: Secret,
}
