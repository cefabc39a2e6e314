//! Conclave in the browser: the meeting app and the console, one binary each (`src/bin`), so that a participant
//! never downloads the console.
//!
//! What lives here: the design system ([`ui`]) and the two apps built on it. The flow of the meeting app:
//! ```text
//! signal (WebSocket) ─ServerMsg→ room::apply ─Change→ app::Store (signals) → pages
//! pages ─actions→ app::Session → signal, media
//! ```
//! What does not: rules about who may do what. The server decides; these pages show and ask.

#![expect(unreachable_pub, reason = "leptos's component macro writes `pub` items into private modules")]

pub mod app;
pub mod bindings;
pub mod console;
pub mod media;
mod pages;
pub mod room;
pub mod signal;
pub mod ui;
