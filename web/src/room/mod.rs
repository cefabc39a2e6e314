//! The client's state machine of a meeting, without a browser in it: what the server said goes in through
//! [`Room::apply`], and what has to be repainted ([`Change`]) or done ([`Task`]) comes out. Everything here runs
//! under plain `cargo test`.
//!
//! - [`Room`], [`Stage`]: where this page is and who is there
//! - [`backoff`]: when to try again after a lost connection
//! - [`pin_entry`]: how the PIN field groups digits under a moving caret
//! - [`words`]: what refusals, waits, ends and hints say to people
//! - [`board`]: strokes and pointers
//! - [`quality`]: how well the connection serves
//! - [`tiling`]: how large faces can be

mod apply;
pub mod backoff;
pub mod board;
mod by_id;
pub mod lobby_words;
pub mod location_words;
pub mod pin_entry;
pub mod quality;
mod state;
pub mod tiling;
pub mod words;

pub use apply::{Answer, Applied, Change, News, Task};
pub use by_id::ById;
pub use state::{Ended, Link, PasswordAsk, Queued, Room, Stage};
