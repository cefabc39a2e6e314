//! The log, on standard error: what it never says, however much an operator asks for, and what it says of a panic.
//!
//! Crates that handle media and sockets print frames, session descriptions and addresses at their lower levels, and
//! a panic's message may quote what it stumbled on. Neither may reach a log file that outlives the meeting.

use std::io::{self, IsTerminal as _};
use std::panic::PanicHookInfo;

use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Crates that are heard only when something fails, as targets begin.
const QUIET: [&str; 9] = [
    "str0m",
    "str0m_proto",
    "is",
    "dimpl",
    "sctp_proto",
    "tungstenite",
    "tokio_tungstenite",
    // They print every message with its number and text, and the bind with its password.
    "rusmpp",
    "rusmppc",
];

/// Starts the log. `CONCLAVE_LOG=debug` says more, of everything but the [`QUIET`] crates.
pub fn start() {
    let filter = EnvFilter::try_from_env("CONCLAVE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt::layer().with_ansi(io::stderr().is_terminal()).with_writer(io::stderr);
    tracing_subscriber::registry().with(filter).with(filter_fn(may_be_said)).with(lines).init();
    std::panic::set_hook(Box::new(panicked));
}

/// Whether this may be logged at all.
fn may_be_said(event: &Metadata<'_>) -> bool {
    let origin = event.target().split("::").next().unwrap_or_default();
    *event.level() == Level::ERROR || !QUIET.contains(&origin)
}

/// Says where, and not the message.
fn panicked(info: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let (file, line) = info.location().map_or(("?", 0), |location| (location.file(), location.line()));
    tracing::error!(thread = thread.name().unwrap_or("?"), file, line, "a thread panicked");
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is logged with everything switched on.
    fn logged(work: impl FnOnce()) -> String {
        let paper = Paper::default();
        let writer = paper.clone();
        let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
        let all = tracing_subscriber::registry().with(EnvFilter::new("trace")).with(filter_fn(may_be_said)).with(lines);
        tracing::subscriber::with_default(all, work);
        String::from_utf8(paper.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn frames_and_addresses_stay_out_of_the_log_at_every_level() {
        let text = logged(|| {
            tracing::trace!(target: "tungstenite::protocol", "a frame with a PIN");
            tracing::debug!(target: "str0m::ice_", "an address");
            tracing::debug!(target: "rusmpp::codec::encode", "an SMS with a PIN");
            tracing::warn!(target: "is::agent", "another address");
            tracing::error!(target: "str0m", "a failure");
            tracing::trace!(target: "signaling::live", "our own");
            tracing::debug!(target: "issues", "somebody else's");
        });
        assert!(!text.contains("PIN") && !text.contains("address"), "{text}");
        assert!(text.contains("a failure") && text.contains("our own") && text.contains("somebody else's"), "{text}");
    }

    #[test]
    fn a_panic_is_logged_without_its_message() {
        let text = logged(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(panicked));
            let outcome = std::panic::catch_unwind(|| panic!("the PIN was 1234"));
            std::panic::set_hook(before);
            assert!(outcome.is_err());
        });
        assert!(text.contains("a thread panicked") && text.contains("log.rs"), "{text}");
        assert!(!text.contains("1234"), "{text}");
    }
}
