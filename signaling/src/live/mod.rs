//! Live meetings: who holds which room, and how to tell it something. Both are in one place, [`Registry`], so that a
//! room on another node becomes a change here and nowhere else.
//!
//! A room is a task ([`actor`]) around a pure state machine ([`room`]). What it decides durably goes through
//! [`notes`] in order; what it says to the SFU goes through [`crate::sfu_link`]; a page's end of it is a
//! [`Seat`]. All of a room is memory and is dropped when the meeting is over (D32).

mod actor;
mod notes;
pub mod registry;
pub mod room;
mod seat;
mod secret;

pub use registry::Registry;
pub use room::{Counts, DeviceAsk, Errand, ErrandDone, ErrandKind, Guest, PlugRefused, Return, Standing};
pub use seat::{Outbox, Seat, outbox};
