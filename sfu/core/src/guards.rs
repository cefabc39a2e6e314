//! Guards of the media node, and of the log that it and the server write, that a test build can switch off, so that an attack on it has a control: see signaling's
//! `guards.rs`, which has the server's own.
//!
//! In every build but one with the feature `unguarded` each guard holds, and the question costs nothing.

/// What stands against one attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Offers are measured before anything parses them.
    OfferSize,
    /// What anybody can say in a peer's name before there are keys ends nothing.
    EarlyDtls,
    /// A connectivity check that was here before moves nothing.
    CopiedChecks,
    /// A report that was here before is nobody's.
    CopiedReports,
    /// One event is one line of the log.
    LogLines,
}

/// Whether it holds.
#[cfg(not(feature = "unguarded"))]
pub const fn holds(_guard: Guard) -> bool {
    true
}

/// Whether it holds.
#[cfg(feature = "unguarded")]
pub fn holds(guard: Guard) -> bool {
    !is_off(guard.name())
}

/// Whether the guard of that name was switched off.
#[cfg(feature = "unguarded")]
#[expect(clippy::disallowed_methods, reason = "a build for attack tests alone")]
pub fn is_off(name: &str) -> bool {
    static OFF: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let off = OFF.get_or_init(|| std::env::var("CONCLAVE_UNGUARDED").unwrap_or_default());
    off.split(',').any(|off| off == name)
}

impl Guard {
    /// Its name in `CONCLAVE_UNGUARDED`.
    pub const fn name(self) -> &'static str {
        match self {
            Guard::OfferSize => "offer_size",
            Guard::EarlyDtls => "early_dtls",
            Guard::CopiedChecks => "copied_checks",
            Guard::CopiedReports => "copied_reports",
            Guard::LogLines => "log_lines",
        }
    }
}
