//! The WebSocket to signaling, and what a tab keeps to come back after a reload.
//!
//! [`socket::Socket`] carries typed messages and notices silence; when and why to connect again is decided in
//! `app::session`. [`kept`] is the tab's `sessionStorage`: it dies with the tab and is shared with no other.

pub mod kept;
pub mod site;
pub mod socket;
