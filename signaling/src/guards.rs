//! Guards that a test build can switch off, so that every attack has a control: it must succeed once the guard against it
//! is gone, or it proves nothing.
//!
//! In every build but one with the feature `unguarded` each guard holds, and the question costs nothing. With it, those named
//! in `CONCLAVE_UNGUARDED`, separated by commas, are off. `make attack` builds both.

/// What stands against one attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Ten failed PINs a minute of one source.
    SourceLimit,
    /// So many evaluations a second, all sources together.
    Budget,
    /// Turns by network; without it, by arrival.
    FairQueue,
    /// A full house makes way for whoever holds less.
    Crowd,
    /// Requests and sockets come from this site's own pages.
    Origin,
    /// Requests are for a host name of this server.
    Host,
    /// Forwarding headers are believed from a configured proxy alone.
    ProxyRanges,
    /// A request's header must come soon.
    HeaderTimeout,
}

/// Whether it holds.
#[cfg(not(feature = "unguarded"))]
pub const fn holds(_guard: Guard) -> bool {
    true
}

/// Whether it holds.
#[cfg(feature = "unguarded")]
pub fn holds(guard: Guard) -> bool {
    static OFF: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let off = OFF.get_or_init(|| std::env::var("CONCLAVE_UNGUARDED").unwrap_or_default());
    !off.split(',').any(|name| name == guard.name())
}

impl Guard {
    /// Its name in `CONCLAVE_UNGUARDED`.
    pub const fn name(self) -> &'static str {
        match self {
            Guard::SourceLimit => "source_limit",
            Guard::Budget => "budget",
            Guard::FairQueue => "fair_queue",
            Guard::Crowd => "crowd",
            Guard::Origin => "origin",
            Guard::Host => "host",
            Guard::ProxyRanges => "proxy_ranges",
            Guard::HeaderTimeout => "header_timeout",
        }
    }
}
