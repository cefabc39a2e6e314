//! What this crate's tests share: a folder that goes away, a database in it, a state with a clock one can move.

pub(crate) mod postgres;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use shared::control::Command;
use shared::units::UnixMs;
use tokio::sync::mpsc;

use crate::accounts::hashing::Hasher;
use crate::accounts::limiter::LoginLimiter;
use crate::assets::Assets;
use crate::chance::{Chance, SystemChance, hex};
use crate::clock::ManualClock;
use crate::config::{Config, MailSenderKind, SmsSenderKind};
use crate::db::{Db, sql};
use crate::door::Door;
use crate::edge::host::Hosts;
use crate::edge::lag::Lag;
use crate::geo::Geo;
use crate::keys::Keys;
use crate::letters::errands;
use crate::letters::post::Post;
use crate::letters::receipts;
use crate::live::Registry;
use crate::mail::{MailSender, NoMail};
use crate::meetings::send_limit::SendLimit;
use crate::metrics::Counters;
use crate::sms::{NoSender, Outbox, SmsSender};
use crate::state::{AppState, Parts};
use crate::ws::limits::sockets;

/// A Saturday in November 2026, 12:00 UTC: when every test begins.
pub(crate) const NOON: UnixMs = UnixMs(1_795_262_400_000);

/// A folder of the test's own, removed with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A new folder.
pub(crate) fn folder() -> Folder {
    let chance: &dyn Chance = &SystemChance;
    let path = std::env::temp_dir().join(format!("conclave-test-{}", hex(&chance.id())));
    std::fs::create_dir_all(&path).unwrap();
    Folder(path)
}

/// A state with a clock one can move, cheap hashes and an outbox. The folder lives as long as this does.
#[allow(dead_code, reason = "not every test moves the clock or reads the outbox")]
pub(crate) struct World {
    pub(crate) state: AppState,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) outbox: Outbox,
    /// What the SFU is told.
    pub(crate) media: mpsc::UnboundedReceiver<Command>,
    pub(crate) folder: Folder,
    /// Where the rows are, when they are not in the folder.
    database: Option<postgres::Database>,
}

/// A world at [`NOON`] with the default configuration, changed by `change`.
pub(crate) async fn world_with(change: impl FnOnce(&mut Config)) -> World {
    world_with_assets(change, Assets::default()).await
}

/// The same with built pages.
pub(crate) async fn world_with_assets(change: impl FnOnce(&mut Config), assets: Assets) -> World {
    let clock = Arc::new(ManualClock::at(NOON));
    build((folder(), postgres::database().await, clock, None), change, assets).await
}

/// The same with a gateway of the test's own.
pub(crate) async fn world_with_gateway(sms: Arc<dyn SmsSender>) -> World {
    let clock = Arc::new(ManualClock::at(NOON));
    build((folder(), postgres::database().await, clock, Some(sms)), |_| {}, Assets::default()).await
}

/// The server stopped and started again: what was in memory is gone.
pub(crate) async fn restarted(
    world: World,
    sms: Option<Arc<dyn SmsSender>>,
    change: impl FnOnce(&mut Config),
) -> World {
    world.state.db.close().await;
    let mut config = world.state.config.clone();
    change(&mut config);
    let parts = (world.folder, world.database, world.clock, sms);
    build(parts, |fresh| *fresh = config, Assets::default()).await
}

/// Folder, database beside it, clock, and a gateway of the test's own.
type Parted = (Folder, Option<postgres::Database>, Arc<ManualClock>, Option<Arc<dyn SmsSender>>);

async fn build((folder, database, clock, gateway): Parted, change: impl FnOnce(&mut Config), assets: Assets) -> World {
    let outbox = Outbox::new(clock.clone());
    let mut config = Config { data: folder.path().to_owned(), ..Config::default() };
    config.sms.sender = SmsSenderKind::Outbox;
    change(&mut config);
    let hasher = Hasher::cheap().unwrap();
    let chance: Arc<dyn Chance> = Arc::new(SystemChance);
    let db = match &database {
        Some(database) => postgres::open(&database.config).await,
        None => Db::open(&config.database_file()).await.unwrap(),
    };
    let (commands, media) = mpsc::unbounded_channel();
    let sms: Arc<dyn SmsSender> = match (gateway, config.sms.sender) {
        (Some(gateway), _) => gateway,
        (None, SmsSenderKind::Outbox) => Arc::new(outbox.clone()),
        _ => Arc::new(NoSender),
    };
    let mail: Arc<dyn MailSender> = match config.mail.sender {
        MailSenderKind::Outbox => Arc::new(outbox.clone()),
        _ => Arc::new(NoMail),
    };
    let (receipts, arrived) = mpsc::channel(receipts::MAX_WAITING);
    let (errands, wanted) = mpsc::unbounded_channel();
    let parts = Parts {
        hosts: Hosts::of(&config),
        logins: LoginLimiter::default(),
        device_tries: LoginLimiter::default(),
        assets,
        live: Registry::new(db.clone(), clock.clone(), chance.clone(), (Arc::new(commands), errands)),
        keys: Keys::open(&folder.path().join("keys"), chance.as_ref()).unwrap(),
        door: Door::default(),
        geo: Arc::new(Geo::open(&config.geo.files)),
        send_limit: SendLimit::new(&config.sms),
        sockets: sockets(&Lag::default()),
        lag: Lag::default(),
        counters: Counters::default(),
        db,
        config,
        clock: clock.clone(),
        chance,
        door_hasher: hasher.with_own_queue(),
        hasher,
        sms,
        mail,
        post: Post::default(),
        receipts,
        outbox: Some(outbox.clone()),
    };
    let state = AppState::new(parts);
    receipts::spawn(state.clone(), arrived);
    errands::spawn(state.clone(), wanted);
    World { state, clock, outbox, media, folder, database }
}

impl World {
    /// What is written down of doors, oldest first: kind and actor. Of one moment, as they were written.
    #[allow(dead_code, reason = "not every test reads them")]
    pub(crate) async fn door_events(&self) -> Vec<(String, String)> {
        let read = self.state.db.read();
        // Rows are only ever added, so where they are is when they were written.
        let statement = match read {
            sql::Pool::Sqlite(_) => "SELECT kind, actor FROM door_events ORDER BY at, rowid",
            sql::Pool::Postgres(_) => "SELECT kind, actor FROM door_events ORDER BY at, ctid",
        };
        sql::query_as(statement).fetch_all(read).await.unwrap()
    }

    /// Everything that is stored, as text.
    #[allow(dead_code, reason = "not every test reads it")]
    pub(crate) async fn stored(&self) -> String {
        self.state.db.truncate_wal().await.unwrap();
        let read = self.state.db.read();
        match read {
            sql::Pool::Sqlite(_) => {
                String::from_utf8_lossy(&std::fs::read(self.state.config.database_file()).unwrap()).into_owned()
            }
            sql::Pool::Postgres(_) => {
                let everything = "SELECT CAST(schema_to_xml('public', true, true, '') AS TEXT)";
                sql::query_scalar(everything).fetch_one(read).await.unwrap()
            }
        }
    }
}

/// A world at [`NOON`] with the default configuration.
pub(crate) async fn world() -> World {
    world_with(|_| {}).await
}
