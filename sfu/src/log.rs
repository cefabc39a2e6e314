//! The log, on standard error: what it never says, however much an operator asks for, and what it says of a panic.
//!
//! Crates that handle media and sockets print frames, session descriptions and addresses at their lower levels, and
//! a panic's message may quote what it stumbled on. Neither may reach a log file that outlives the meeting.

use std::fmt::{self, Write};
use std::io::{self, IsTerminal as _};
use std::panic::PanicHookInfo;

use sfu_core::guards::{self, Guard};
use tracing::field::Field;
use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
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
    let lines = tracing_subscriber::fmt::layer().fmt_fields(fields()).with_ansi(io::stderr().is_terminal());
    let lines = lines.with_writer(io::stderr);
    tracing_subscriber::registry().with(filter).with(filter_fn(may_be_said)).with(lines).init();
    std::panic::set_hook(Box::new(panicked));
}

/// Says what a process starts with, each of its settings on a line of its own.
pub fn configuration(version: &str, text: &str) {
    tracing::info!(version, "starting with this configuration:");
    text.trim_end().lines().for_each(|line| tracing::info!("{line}"));
}

/// Whether this may be logged at all.
fn may_be_said(event: &Metadata<'_>) -> bool {
    let origin = event.target().split("::").next().unwrap_or_default();
    *event.level() == Level::ERROR || !QUIET.contains(&origin)
}

/// How values are written: one event is one line, whatever is in them. The formatter of `tracing-subscriber` keeps a value's
/// own line breaks, and so whoever got a word into the log would get as many records as they like.
fn fields() -> impl for<'w> FormatFields<'w> + 'static {
    debug_fn(|writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug| {
        match field.name() {
            // Where a record of the `log` crate is from: its target is written already.
            name if name.starts_with("log.") => return Ok(()),
            "message" => {}
            name => write!(writer, "{name}=")?,
        }
        if guards::holds(Guard::LogLines) { write!(OneLine(writer), "{value:?}") } else { write!(writer, "{value:?}") }
    })
    .delimited(" ")
}

/// Writes what ends a line or steers a terminal as its escape.
struct OneLine<'w, 'b>(&'w mut Writer<'b>);

impl Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| match c {
            '\u{2028}' | '\u{2029}' => write!(self.0, "{}", c.escape_unicode()),
            c if c.is_control() => write!(self.0, "{}", c.escape_default()),
            c => self.0.write_char(c),
        })
    }
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
        let lines = tracing_subscriber::fmt::layer().fmt_fields(fields()).with_ansi(false);
        let lines = lines.with_writer(move || writer.clone());
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
    fn one_event_is_one_line_whatever_is_in_it() {
        let forged = "Ada\r\n2026-11-21T12:00:00Z ERROR forged\u{2028}\u{85}\u{1b}[2J\t\"}";
        let text = logged(|| {
            tracing::info!(name = %forged, quoted = forged, shown = ?Some(forged), "said {forged}");
            tracing::info!("the next");
        });
        let lines: Vec<&str> = text.split(|c| "\r\n\u{85}\u{2028}\u{2029}".contains(c)).collect();
        assert_eq!(lines.len(), 3, "{text:?}");
        assert!(!text.contains('\u{1b}') && lines[0].contains("name=Ada\\r\\n2026") && lines[2].is_empty(), "{text:?}");
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
