//! The contract: every message and body that crosses a wire in Conclave is one type here, compiled for
//! the browser and for the server alike.
//!
//! What lives here: ids, limits, the WebSocket messages ([`signal`]), the REST bodies ([`api`], [`authenticator`], [`template`]), the
//! messages between signaling and SFU ([`control`]), the data-channel frames ([`surface`]), the
//! checks, scales and names that both sides must agree on ([`codec`], [`input`], [`letter`], [`pin`], [`quality`]) and the
//! translation function ([`text`]). Where the server wants
//! it, types tell their JSON Schema (`schema`).
//!
//! What does not: anything that does I/O, knows a clock, a database, a browser or a socket.

pub mod api;
pub mod authenticator;
pub mod codec;
pub mod control;
pub mod device;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod ids;
pub mod input;
pub mod letter;
pub mod limits;
pub mod location;
pub mod meeting;
pub mod pin;
pub mod quality;
#[cfg(feature = "openapi")]
pub mod schema;
pub mod secret;
pub mod signal;
pub mod surface;
pub mod template;
pub mod text;
pub mod units;
