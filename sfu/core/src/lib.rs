//! The media core of Conclave's SFU, sans-IO: `now` and datagrams go in, datagrams and events come out.
//!
//! What lives here: who receives whose media ([`Node`] and, inside it, rooms, sessions, slots and forwarders),
//! pointers and drawings. What does not: a socket, a clock, a thread, a runtime, a file, a global. Names, PINs
//! and addresses of people never reach this crate; addresses of connections do and are never logged.
//!
//! A packet: `Node::handle_datagram` → `demux` → `peer` (str0m) → `Node::fan_out` → `forwarder` (rewrites
//! sequence number and timestamp) → the subscriber's `peer` → `Node::poll_output`.
//! Of voices only those of a room's `speakers` go further. Which clear bytes of pictures are read stands in `payload`; what is sent under
//! which payload type, in `codecs`; a stream with several layers in it is taken apart by `svc` before it is handed out.
//! A pointer: the same as far as `peer` → `pointer` (limits the rate) → stamped with its author → everybody in the room.
//! An operation on the board: `peer` → `drawing` (judges the envelope, orders) → every subscriber's `cursor`.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "a test needs a first `Instant`"))]

#[cfg(test)]
extern crate self as sfu_core; // the shared test client is written against the public name

mod allocation;
mod codecs;
mod crypto;
mod cursor;
mod demux;
mod device;
mod director;
mod drawing;
mod estimate;
mod forwarder;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod guard;
pub mod guards;
mod ids;
mod keyframe;
mod layers;
mod node;
mod offer;
mod payload;
mod peer;
mod pointer;
mod quality;
mod rate;
mod reach;
mod room;
mod route;
mod rtcp;
mod send;
mod session;
mod slots;
mod speakers;
mod srtp;
mod stats;
mod stun;
mod svc;
mod timers;
mod tracks;
mod twins;
mod view;

#[cfg(test)]
mod fault_tests;

pub use node::{Config, Node, Output, Transport};
pub use stats::{Carried, Connections, Dropped, Shown, Stats};
pub use stun::local_ufrag as ufrag_named_in;
