//! The words that end-to-end tests are written in.
//!
//! A [`Deployment`] is the real `conclave` binary on a free loopback port with a data folder of its own. Its [`Console`]
//! schedules a [`Meeting`] and gets a [`Link`] with a PIN for every invitee. A [`Browser`] is one real Chromium process
//! with a colour for a face and a beep for a voice, or one real Firefox, and has the words for what a person does and
//! sees in it.
//!
//! Tests wait by asking again until a deadline ([`until`]), never by sleeping and hoping.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test harness reports by panicking"
)]

mod authenticator;
mod bidi;
mod browser;
mod caller;
mod chromium;
mod clients;
mod console;
mod deployment;
mod engine;
mod fake_media;
mod firefox;
mod folder;
mod gateways;
mod hand;
mod mail_server;
pub mod media_client;
mod media_nodes;
pub mod media_socket;
mod network;
mod person;
mod postgres;
mod probe;
mod process;
mod proxy;
pub mod reverse_proxies;
pub mod schemathesis;
pub mod tls_testers;
mod until;

pub use authenticator::Authenticator;
pub use browser::{Browser, Sound};
pub use caller::Caller;
pub use clients::Client;
pub use console::{Console, Link, Meeting, invitee, meeting_now, with_phone};
pub use deployment::{Deployment, Options};
pub use fake_media::{Colour, Person};
pub use folder::TempFolder;
pub use gateways::{HttpGateway, Kannel, ReceiptingSmsc, Smsc};
pub use mail_server::{MailEncryption, MailServer};
pub use media_nodes::MediaNodes;
pub use network::{Network, SERVER, report};
pub use postgres::Postgres;
pub use probe::{Decoded, Encryption, Received};
pub use proxy::Proxy;
pub use until::{until, until_some};
