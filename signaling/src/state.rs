//! What every request and connection shares, built once at start.

use std::ops::Deref;
use std::sync::Arc;

use crate::accounts::hashing::Hasher;
use crate::accounts::limiter::LoginLimiter;
use crate::assets::Assets;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::Db;
use crate::edge::host::Hosts;
use crate::sms::{Outbox, SmsSender};

/// The parts. See [`AppState`].
pub struct Parts {
    /// Settled configuration: ports and public URL are the real ones.
    pub config: Config,
    /// Now.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub chance: Arc<dyn Chance>,
    /// Database.
    pub db: Db,
    /// Passwords of accounts.
    pub hasher: Hasher,
    /// SMS passwords: the same turn as `hasher`, a queue of its own, so that a flood of logins cannot fill it.
    pub door_hasher: Hasher,
    /// Failed logins per source.
    pub logins: LoginLimiter,
    /// The names this server answers to.
    pub hosts: Hosts,
    /// The built pages.
    pub assets: Assets,
    /// How SMS go out.
    pub sms: Arc<dyn SmsSender>,
    /// The outbox, when SMS go there.
    pub outbox: Option<Outbox>,
}

/// A handle on the parts; cloning it is cheap.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

impl AppState {
    /// Shares the parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for AppState {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}
