//! The meeting app: the state machine of [`crate::room`] wired to socket, media and signals.
//!
//! [`store::Store`] holds what pages show, one signal per thing that changes by itself; [`session::Session`] is the
//! handle that pages act through ([`life`], [`call`], [`mend`], [`quality`] and [`in_step`] are its socket, its media, how that is mended, how well it serves, and its devices);
//! [`board::Board`] is the whiteboard's share of both.

pub mod board;
mod call;
mod in_step;
mod life;
mod meeting;
mod mend;
mod quality;
pub mod session;
pub mod store;

pub use meeting::App;
pub use session::{Session, use_session};
