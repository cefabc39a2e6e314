//! Camera, microphone and the one PeerConnection.
//!
//! - [`problem`]: why a device cannot be used, in plain words (no browser in it)
//! - [`devices`]: getUserMedia with its fallbacks, and the lists for the menus
//! - [`local`]: this person's own camera and microphone as signals
//! - [`wish`]: what a press on a switch does while a device is off, starting or on (no browser in it)
//! - [`level`]: the microphone's level meter
//! - [`codecs`]: what is offered, and what the camera's encoder makes
//! - [`peer`]: the PeerConnection: three senders up, fixed slots down, two data channels
//! - `stats`: what the browser counts of it

pub mod codecs;
pub mod devices;
mod frame;
pub mod level;
pub mod local;
pub mod peer;
pub mod problem;
pub mod screen;
mod stats;
pub mod wish;

pub use stats::Traffic;
