//! Conclave's server as a library: accounts, meetings, PINs, the lobby, the location hint, and the embedded SFU.
//!
//! A request comes in through `serve` (listeners, TLS, connection caps), passes `edge` (Host, Origin, client address,
//! headers), and is answered by `routes` (console) or `ws` (participants). Rules live in `accounts` and `meetings` and
//! know neither HTTP nor SQL; `db` has one file per table. Time, chance and the outside come in through `state`.

pub mod accounts;
pub mod assets;
pub mod chance;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod demo;
pub mod door;
pub mod edge;
pub mod extract;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod geo;
pub mod guards;
pub mod keys;
pub mod letters;
pub mod live;
pub mod mail;
mod markup;
pub mod media_keys;
pub mod meetings;
pub mod metrics;
pub mod record;
pub mod routes;
pub mod serve;
pub mod sfu_link;
pub mod sms;
pub mod state;
pub mod terminal;
#[cfg(test)]
mod testing;
pub mod tls;
pub mod ws;
