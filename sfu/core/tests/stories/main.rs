//! Stories about people in rooms, played against the real core by real WebRTC clients, in virtual time.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "the client is shared with e2e, each story uses a part of it; a test may fail loudly anywhere"
)]

#[path = "../../../../e2e/src/media_client.rs"]
mod media_client;

mod codecs;
mod devices;
mod hostile;
mod layers;
mod lifecycle;
mod lobby;
mod media;
mod quality;
mod repair;
mod restart;
mod routes;
mod screen;
mod shaper;
mod surface;
mod voices;
mod world;
