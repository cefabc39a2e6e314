//! The PIN door: who knocks, with which PIN, and whether they may go on.
//!
//! [`decide`] is the rule, pure and whole (D9–D11, D13). [`knock`] brings it together with the database and the constant
//! answer time. Three things slow guessing down (D12): [`limiter`] bounds one source, [`gate`] all of them together, in the
//! fair order of [`queue`], to what [`budget`] says. [`tally`] counts what was done, and [`watch`] writes it down.
//! The door knows nothing of rooms: what comes out is an [`Invitation`], and `live` takes it from there.

pub mod budget;
pub mod decide;
pub mod gate;
#[cfg(test)]
mod guessing_tests;
pub mod knock;
pub mod limiter;
pub mod queue;
pub mod tally;
#[cfg(test)]
mod turns_tests;
pub mod watch;

pub use decide::{Accepted, Invitation};
pub use knock::Door;
