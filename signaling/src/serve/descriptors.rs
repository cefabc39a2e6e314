//! File descriptors, of which every connection takes one. A process is often given 1,024 to begin with and may have far more.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Connections at most: about 40 KiB each before anybody has come in by one.
const MOST_CONNECTIONS: u64 = 4_096;
/// What everything else takes: the database, media, files, listeners, nodes.
const RESERVED: u64 = 256;

/// Asks for as many descriptors as connections can need. Not getting them is no error: there are fewer connections then.
pub(super) fn raise() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(u64::MAX).min(MOST_CONNECTIONS + RESERVED);
    let has = current.unwrap_or(u64::MAX);
    if has < wanted && setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }).is_err() {
        tracing::warn!(has, wanted, "the limit of open files could not be raised");
    }
}

/// How many connections may be open with the descriptors there are.
pub(super) fn for_connections() -> usize {
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let connections = descriptors.saturating_sub(RESERVED).clamp(RESERVED, MOST_CONNECTIONS);
    usize::try_from(connections).unwrap_or(usize::MAX)
}
