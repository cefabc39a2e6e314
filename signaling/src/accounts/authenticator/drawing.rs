//! How an app is told the secret: as text to type, as an `otpauth` address (the key URI format that Google Authenticator began and
//! all read), and as a QR code (ISO/IEC 18004) of that address.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};
use shared::authenticator::{self, NewAuthenticator};
use shared::secret::Secret;

use super::code::{self, SECRET_BYTES};

/// Light modules around the code (ISO/IEC 18004 section 5.3.8): without them a camera does not find it on a dark page.
const MARGIN: usize = 4;
/// Most characters of either name. More makes a code whose modules a telephone cannot tell apart on a screen.
const LONGEST_NAME: usize = 40;

/// All three. `None` when the library refuses, which it has no reason to.
pub(super) fn told(secret: &[u8; SECRET_BYTES], name: &str, site: &str) -> Option<NewAuthenticator> {
    let builder = code::builder(secret).with_account_name(label(name)).with_issuer(Some(label(site)));
    let totp = builder.build().ok()?;
    let base32: Vec<char> = totp.secret().to_base32().chars().collect();
    let groups: Vec<String> = base32.chunks(4).map(String::from_iter).collect();
    let uri = totp.to_url().ok()?;
    let qr = drawn(&QrCode::with_error_correction_level(uri.as_bytes(), EcLevel::M).ok()?);
    Some(NewAuthenticator { secret: Secret::new(groups.join(" ")), uri: Secret::new(uri), qr })
}

/// A colon divides the two names in the address, so neither may have one.
fn label(name: &str) -> String {
    name.replace(':', " ").chars().take(LONGEST_NAME).collect()
}

/// Each run of dark modules in a row is one rectangle.
fn drawn(code: &QrCode) -> authenticator::QrCode {
    let (width, modules) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (y, row) in modules.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run[0] == Color::Dark {
                // Writing to a String cannot fail.
                let _ = write!(path, "M{} {}h{}v1h-{}z", x + MARGIN, y + MARGIN, run.len(), run.len());
            }
            x += run.len();
        }
    }
    let size = u32::try_from(width + 2 * MARGIN).unwrap_or(u32::MAX);
    authenticator::QrCode { size, path: Secret::new(path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8; SECRET_BYTES] = b"12345678901234567890";

    /// That a camera reads it, and that another implementation gives the same codes, `e2e/tests/authenticator.rs` shows.
    #[test]
    fn an_app_is_told_the_same_three_ways() {
        let told = told(SECRET, "Ada", "Conclave meet.example").unwrap();
        assert_eq!(told.secret.reveal(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        let uri = told.uri.reveal();
        assert!(uri.starts_with("otpauth://totp/Conclave%20meet.example:Ada?"), "{uri}");
        assert!(uri.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{uri}");
        assert!(uri.contains("issuer=Conclave%20meet.example"), "{uri}");
        assert!(!format!("{told:?}").contains("GEZD"), "a log would have it");
        // The finder pattern in the corner, inside the margin (ISO/IEC 18004 section 5.3.2.1).
        assert!(told.qr.path.reveal().starts_with("M4 4h7v1h-7z"), "{}", &told.qr.path.reveal()[..40]);
        assert!((29..=65).contains(&told.qr.size), "{}", told.qr.size);
    }

    #[test]
    fn every_name_makes_a_code_that_can_be_read() {
        for name in ["a:b", "李 🙂", "x", &"Ünïcode ".repeat(20), "%41&issuer=Bank#?/"] {
            let told = told(SECRET, name, "Conclave [  1]").unwrap();
            assert!(told.qr.size <= 130, "{name}: {}", told.qr.size);
            assert_eq!(told.uri.reveal().matches("issuer=").count(), 1, "{}", told.uri.reveal());
            assert_eq!(told.uri.reveal().matches("secret=").count(), 1, "{}", told.uri.reveal());
        }
    }
}
