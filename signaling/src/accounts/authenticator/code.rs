//! What an authenticator shows: six digits of HMAC-SHA-1 over the number of the half minute (RFC 6238, RFC 4226), as every app
//! does by default and many do alone.

use shared::secret::Secret;
use shared::units::UnixMs;
use totp_rs::{Algorithm, Builder};

/// Bytes of the shared secret: 160 bits (RFC 4226 section 4, R6).
pub const SECRET_BYTES: usize = 20;
/// Digits of a code. Apps show these and no others.
const DIGITS: u8 = 6;
/// Seconds of a step.
const STEP_S: u64 = 30;
/// Steps by which the clock of an app may be off, either way (RFC 6238 section 5.2). Each more lets a guess hit two codes more.
const SKEW: u16 = 1;
/// More than anybody types; the rest is not looked at.
const LONGEST: usize = 64;

/// What was typed.
pub enum Typed {
    /// Six digits.
    Code(String),
    /// Anything else: a recovery code, as it is kept.
    Recovery(String),
}

/// Tells a code from a recovery code. Typing forgives spaces, hyphens and lower case.
pub fn read(typed: &Secret) -> Typed {
    let kept = typed.reveal().chars().take(LONGEST).filter(|c| !c.is_whitespace() && *c != '-');
    let kept = kept.collect::<String>().to_uppercase();
    let is_code = kept.len() == usize::from(DIGITS) && kept.bytes().all(|c| c.is_ascii_digit());
    if is_code { Typed::Code(kept) } else { Typed::Recovery(kept) }
}

/// The time step whose code these six digits are, now or one step beside it.
pub(super) fn step_of(secret: &[u8; SECRET_BYTES], digits: &str, now: UnixMs) -> Option<i64> {
    let seconds = u64::try_from(now.0 / 1_000).ok()?;
    // Compares in constant time (`totp_rs::Token`); which of three steps it was is no secret.
    let step = builder(secret).build().ok()?.check(digits, seconds)?;
    i64::try_from(step).ok()
}

/// The same secret for everything that is made of it.
pub(super) fn builder(secret: &[u8; SECRET_BYTES]) -> Builder {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(DIGITS)
        .with_skew(SKEW)
        .with_step_duration(STEP_S)
        .with_secret(*secret)
}

/// In groups of four, as it is shown.
pub(super) fn grouped(code: &Secret) -> Secret {
    let characters: Vec<char> = code.reveal().chars().collect();
    Secret::new(characters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join("-"))
}

/// What an app that was told this secret, in base32, shows then.
#[cfg(test)]
pub(crate) fn shown(secret: &str, at: UnixMs) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret.replace(' ', "")).unwrap();
    let app = builder(secret.as_bytes().try_into().unwrap()).build().unwrap();
    app.generate(u64::try_from(at.0 / 1_000).unwrap()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, SHA-1: the secret of its table is this text.
    const RFC: &[u8; SECRET_BYTES] = b"12345678901234567890";
    const STEP_MS: i64 = 30_000;

    /// The vectors, cut to the six digits that HOTP gives of the same number (RFC 4226 section 5.3: modulo 10^6).
    #[test]
    fn the_codes_are_those_of_the_rfc() {
        let table = [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ];
        for (seconds, code) in table {
            assert_eq!(step_of(RFC, &code[2..], UnixMs(seconds * 1_000)), Some(seconds / 30), "{seconds}");
            assert_eq!(step_of(RFC, code, UnixMs(seconds * 1_000)), None, "eight digits");
        }
    }

    /// One step early or late is taken for what it is; two are not, to the millisecond.
    #[test]
    fn a_clock_may_be_off_by_one_step() {
        let of = |step: i64| builder(RFC).build().unwrap().generate(u64::try_from(step * 30).unwrap()).to_string();
        let at = 1_000_000;
        let code = of(at);
        for (now, expected) in [
            ((at - 1) * STEP_MS - 1, None),
            ((at - 1) * STEP_MS, Some(at)),
            (at * STEP_MS, Some(at)),
            ((at + 2) * STEP_MS - 1, Some(at)),
            ((at + 2) * STEP_MS, None),
        ] {
            assert_eq!(step_of(RFC, &code, UnixMs(now)), expected, "{now}");
        }
        assert_eq!(step_of(RFC, &of(0), UnixMs(0)), Some(0), "the first step has none before it");
        assert_eq!(step_of(RFC, &of(0), UnixMs(-1_000)), None, "before 1970");
    }

    #[test]
    fn what_is_typed_is_told_apart() {
        let code = |text: &str| matches!(read(&Secret::new(text)), Typed::Code(code) if code == "012345");
        assert!(code("012345") && code(" 012 345\n") && code("012-345"));
        let recovery = |text: &str| match read(&Secret::new(text)) {
            Typed::Recovery(code) => code,
            Typed::Code(_) => String::new(),
        };
        assert_eq!(recovery("acde-FGHJ kmnp"), "ACDEFGHJKMNP");
        for text in ["", "01234", "0123456", "٠١٢٣٤٥", "+12345"] {
            assert!(!code(text) && recovery(text) == text, "{text:?}");
        }
        assert_eq!(recovery(&"A".repeat(10_000)).len(), LONGEST);
        assert_eq!(grouped(&Secret::new("ACDEFGHJKMNP")).reveal(), "ACDE-FGHJ-KMNP");
    }
}
