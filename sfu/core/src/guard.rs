//! A panic while handling one peer costs that peer alone (SECURITY T3): every call into str0m goes through here.
//!
//! An `Rtc` holds no lock and shares nothing, so throwing it away after a panic is safe.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The call panicked; what it worked on must be dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("panicked")]
pub(crate) struct Panicked;

/// Runs `call`; a panic becomes an error. The payload is dropped unread: it may quote what a peer sent.
pub(crate) fn guarded<T>(call: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|_| Panicked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error() {
        assert_eq!(guarded(|| 1), Ok(1));
        assert_eq!(guarded(|| -> u8 { panic!("on purpose") }), Err(Panicked));
    }
}
