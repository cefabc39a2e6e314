//! The PIN door: who knocks, with which PIN, and whether they may go on.
//!
//! [`decide`] is the rule, pure and whole (D9–D11, D13). [`limiter`] slows one source down (D12, first part).
//! [`knock`] brings both together with the database and the constant answer time.
//! The door knows nothing of rooms: what comes out is an [`Invitation`], and `live` takes it from there.

pub mod decide;
pub mod knock;
pub mod limiter;

pub use decide::{Accepted, Invitation};
pub use knock::Door;
