//! Guards that a test build can switch off, so that every attack has a control: it must succeed once the guard against it
//! is gone, or it proves nothing.
//!
//! In every build but one with the feature `unguarded` each guard holds, and the question costs nothing. With it, those named
//! in `CONCLAVE_UNGUARDED`, separated by commas, are off. `make attack` builds both. Those of the media node are in
//! `sfu/core/src/guards.rs`.

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
    /// One source has its share of places and no more.
    Share,
    /// Requests and sockets come from this site's own pages.
    Origin,
    /// Requests are for a host name of this server.
    Host,
    /// Forwarding headers are believed from a configured proxy alone.
    ProxyRanges,
    /// A request's header must come soon.
    HeaderTimeout,
    /// A request's body must come soon.
    BodyTimeout,
    /// A place at the door is given up while its holder takes no answers, too.
    GiveWay,
    /// One password is hashed at a time, and few wait.
    HashQueue,
    /// An unknown name costs what a known one costs.
    Decoy,
    /// An authenticator's codes may be wrong so often.
    CodeTries,
    /// An authenticator's code is taken once.
    CodeOnce,
    /// So many messages a second of one page.
    MessageRate,
    /// Messages are so large and no larger.
    MessageSize,
    /// Bodies are JSON and say so, which no form of another site's can.
    JsonType,
    /// Logging in makes a new token.
    NewToken,
    /// Logging out ends the session, and not only its cookie.
    Logout,
    /// What a tab comes back with dies when its person is put out.
    Tab,
    /// Other people's words are text in the HTML that this server writes.
    Markup,
    /// So many SMS to a number, for a meeting, to a country, in all.
    SendLimit,
    /// Nothing that strangers say reaches the log.
    LogWords,
}

/// Whether it holds.
#[cfg(not(feature = "unguarded"))]
pub const fn holds(_guard: Guard) -> bool {
    true
}

/// Whether it holds.
#[cfg(feature = "unguarded")]
pub fn holds(guard: Guard) -> bool {
    !sfu::guards::is_off(guard.name())
}

impl Guard {
    /// Its name in `CONCLAVE_UNGUARDED`.
    pub const fn name(self) -> &'static str {
        match self {
            Guard::SourceLimit => "source_limit",
            Guard::Budget => "budget",
            Guard::FairQueue => "fair_queue",
            Guard::Crowd => "crowd",
            Guard::Share => "share",
            Guard::Origin => "origin",
            Guard::Host => "host",
            Guard::ProxyRanges => "proxy_ranges",
            Guard::HeaderTimeout => "header_timeout",
            Guard::BodyTimeout => "body_timeout",
            Guard::GiveWay => "give_way",
            Guard::HashQueue => "hash_queue",
            Guard::Decoy => "decoy",
            Guard::CodeTries => "code_tries",
            Guard::CodeOnce => "code_once",
            Guard::MessageRate => "message_rate",
            Guard::MessageSize => "message_size",
            Guard::JsonType => "json_type",
            Guard::NewToken => "new_token",
            Guard::Logout => "logout",
            Guard::Tab => "tab",
            Guard::Markup => "markup",
            Guard::SendLimit => "send_limit",
            Guard::LogWords => "log_words",
        }
    }
}
