//! What every request and connection shares, built once at start.

use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::accounts::authenticator::Authenticators;
use crate::accounts::hashing::Hasher;
use crate::accounts::limiter::LoginLimiter;
use crate::assets::Assets;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::Db;
use crate::door::Door;
use crate::door::knock::Books;
use crate::edge::crowd::Crowd;
use crate::edge::host::Hosts;
use crate::edge::lag::Lag;
use crate::geo::Geo;
use crate::keys::Keys;
use crate::letters::post::Post;
use crate::letters::receipts::Receipt;
use crate::live::Registry;
use crate::mail::MailSender;
use crate::meetings::passwords::Passwords;
use crate::meetings::pins::Issuer;
use crate::meetings::send_limit::SendLimit;
use crate::metrics::Counters;
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
    /// Unknown device tokens per source.
    pub device_tries: LoginLimiter,
    /// The names this server answers to.
    pub hosts: Hosts,
    /// The built pages.
    pub assets: Assets,
    /// How SMS go out.
    pub sms: Arc<dyn SmsSender>,
    /// How e-mail goes out.
    pub mail: Arc<dyn MailSender>,
    /// Whose turn it is to send invitations.
    pub post: Post,
    /// The outbox, when SMS or e-mail go there.
    pub outbox: Option<Outbox>,
    /// The keys that the database must not have.
    pub keys: Keys,
    /// Who failed at the PIN door lately.
    pub door: Door,
    /// Location databases.
    pub geo: Arc<Geo>,
    /// Where receipts go that gateways bring by HTTP.
    pub receipts: mpsc::Sender<Receipt>,
    /// Live rooms.
    pub live: Registry,
    /// How often passwords went to which telephone.
    pub send_limit: SendLimit,
    /// Open WebSockets.
    pub sockets: Crowd,
    /// How far behind the server is.
    pub lag: Lag,
    /// What is counted for the operator.
    pub counters: Counters,
}

/// A handle on the parts; cloning it is cheap.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

impl AppState {
    /// Shares the parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// What pages must say about the location database, when one is in use.
    pub fn geo_attribution(&self) -> Option<String> {
        self.config.geo.attribution.clone().filter(|_| self.geo.is_usable())
    }

    /// What the door looks PINs and links up in.
    pub fn books(&self) -> Books<'_> {
        Books { db: &self.db, keys: &self.keys, clock: self.clock.as_ref() }
    }

    /// Issuing PINs.
    pub fn issuer(&self) -> Issuer<'_> {
        Issuer { keys: &self.keys, chance: self.chance.as_ref(), config: &self.config.door }
    }

    /// Authenticators of accounts.
    pub fn authenticators(&self) -> Authenticators<'_> {
        Authenticators { db: &self.db, keys: &self.keys, clock: self.clock.as_ref(), chance: self.chance.as_ref() }
    }

    /// Second proofs at the door.
    pub fn passwords(&self) -> Passwords<'_> {
        Passwords {
            db: &self.db,
            keys: &self.keys,
            hasher: &self.door_hasher,
            sms: self.sms.as_ref(),
            limit: &self.send_limit,
            clock: self.clock.as_ref(),
            chance: self.chance.as_ref(),
        }
    }
}

impl Deref for AppState {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}
