//! Putting the parts together, each with its own way of saying what is wrong.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;

use sfu::{Sfu, TcpPeer};
use shared::control::{Command, Event};
use tokio::sync::mpsc;

use super::StartError;
use crate::accounts::hashing::Hasher;
use crate::accounts::limiter::LoginLimiter;
use crate::assets::Assets;
use crate::chance::{Chance, SystemChance};
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, Mail, MailSenderKind, Sms, SmsSenderKind, secret};
use crate::db::Db;
use crate::door::Door;
use crate::edge::host::Hosts;
use crate::edge::lag::Lag;
use crate::geo::Geo;
use crate::keys::Keys;
use crate::letters::errands;
use crate::letters::post::Post;
use crate::letters::receipts::{self, Receipt};
use crate::live::Registry;
use crate::mail::smtp::Smtp;
use crate::mail::{MailSender, NoMail};
use crate::meetings::send_limit::SendLimit;
use crate::metrics::Counters;
use crate::sfu_link::{self, Media, Nodes};
use crate::sms::callback::Callbacks;
use crate::sms::kannel::Kannel;
use crate::sms::smpp::Smpp;
use crate::sms::twilio::Twilio;
use crate::sms::{NoSender, Outbox, Retrying, SmsSender};
use crate::state::{AppState, Parts};
use crate::ws::limits::sockets;

/// The media node or nodes, and the ways to and from them.
pub(super) struct MediaParts {
    /// Takes what the rooms say.
    pub(super) commands: Arc<dyn Media>,
    /// What is said to the rooms.
    pub(super) events: mpsc::UnboundedReceiver<Event>,
    /// For monitoring.
    pub(super) counters: sfu_link::Counters,
    /// Takes connections with media; leads nowhere when nodes of their own process carry it.
    pub(super) tcp: mpsc::Sender<TcpPeer>,
    /// The embedded node, if there is one.
    pub(super) embedded: Option<Sfu>,
}

/// The embedded node, when there is one, or the lines to the configured ones.
pub(super) fn media(config: &Config, embedded: Option<Sfu>) -> Result<MediaParts, StartError> {
    let Some(mut sfu) = embedded else {
        let (nodes, events) = Nodes::start(&config.media)?;
        let counters = sfu_link::Counters::Nodes(nodes.clone());
        let (tcp, _) = mpsc::channel(1);
        return Ok(MediaParts { commands: Arc::new(nodes), events, counters, tcp, embedded: None });
    };
    let (never, nothing) = mpsc::unbounded_channel();
    drop(never);
    let events = std::mem::replace(&mut sfu.events, nothing);
    let (commands, tcp) = (Arc::new(commands(sfu.handle.commands.clone())), sfu.handle.tcp.clone());
    let counters = sfu_link::Counters::Embedded(sfu.handle.clone());
    Ok(MediaParts { commands, events, counters, tcp, embedded: Some(sfu) })
}

/// Tells every browser that the connection is over and waits for the media thread.
pub(super) async fn stop(media: Sfu) {
    if tokio::task::spawn_blocking(move || media.shutdown()).await.is_err() {
        tracing::error!("the media node did not stop");
    }
}

/// Makes the data folder, for this user alone, and finds out whether it can be written.
pub fn data_folder(path: &Path) -> Result<(), StartError> {
    let unwritable = |error| StartError::Data { path: path.to_owned(), error };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unwritable)?;
    let probe = path.join(".writable");
    fs::write(&probe, []).and_then(|()| fs::remove_file(&probe)).map_err(unwritable)
}

/// Opens the database in it, or the server's.
pub async fn database(config: &Config) -> Result<Db, StartError> {
    if let Some(server) = config.database.server()? {
        return Ok(Db::connect(&server).await?);
    }
    let path = config.database_file();
    // SQLite's own words for this are "unable to open database file", whatever the cause.
    // An empty file is a new database to it, and its other files take this one's permissions.
    let file = fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
    match file {
        Err(error) => Err(StartError::Data { path, error }),
        Ok(_) => Ok(Db::open(&path).await?),
    }
}

/// The state.
pub(super) fn state(config: Config, db: Db, media: Arc<dyn Media>) -> Result<AppState, StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let chance: Arc<dyn Chance> = Arc::new(SystemChance);
    let hasher = Hasher::new().map_err(|error| StartError::Other(error.to_string()))?;
    let outbox = Outbox::new(clock.clone());
    let (receipts, arrived) = mpsc::channel(receipts::MAX_WAITING);
    let (sms, mail) = (sms(&config, &outbox, (receipts.clone(), &chance))?, mail(&config, &outbox)?);
    let is_kept = sends_to_outbox(&config);
    let keys = Keys::open(&config.data.join("keys"), chance.as_ref())?;
    let (errands, wanted) = mpsc::unbounded_channel();
    let live = Registry::new(db.clone(), clock.clone(), chance.clone(), (media, errands));
    let lag = Lag::default();
    let parts = Parts {
        hosts: Hosts::of(&config),
        logins: LoginLimiter::default(),
        device_tries: LoginLimiter::default(),
        assets: assets(&config),
        geo: Arc::new(Geo::open(&config.geo.files)),
        door: Door::default().telling(&lag),
        send_limit: SendLimit::new(&config.sms),
        sockets: sockets(&lag),
        lag,
        counters: Counters::default(),
        door_hasher: hasher.with_own_queue(),
        config,
        clock,
        chance,
        db,
        hasher,
        sms,
        mail,
        post: Post::default(),
        receipts,
        outbox: is_kept.then_some(outbox),
        keys,
        live,
    };
    let state = AppState::new(parts);
    receipts::spawn(state.clone(), arrived);
    errands::spawn(state.clone(), wanted);
    Ok(state)
}

/// The demo's SMS stay in memory, whatever the configuration says: nobody's telephone rings for a try-out (D15).
fn sms(
    config: &Config,
    outbox: &Outbox,
    (receipts, chance): (mpsc::Sender<Receipt>, &Arc<dyn Chance>),
) -> Result<Arc<dyn SmsSender>, StartError> {
    let callbacks = |wanted: bool| wanted.then(|| Callbacks::new(&config.public_url(), chance.clone()));
    let no_client = |error: reqwest::Error| StartError::Other(error.to_string());
    let Sms { sender: kind, twilio, kannel, smpp, .. } = &config.sms;
    let sender: Arc<dyn SmsSender> = match (kind, twilio, kannel, smpp) {
        _ if config.demo => Arc::new(outbox.clone()),
        (SmsSenderKind::Outbox, ..) => Arc::new(outbox.clone()),
        (SmsSenderKind::Twilio, Some(it), ..) => {
            let token = secret(&it.token_file)?;
            Arc::new(Retrying(
                Twilio::new(&it.url, (&it.account, token), &it.from, callbacks(it.receipts)).map_err(no_client)?,
            ))
        }
        (SmsSenderKind::Kannel, _, Some(it), _) => {
            let password = secret(&it.password_file)?;
            Arc::new(Retrying(
                Kannel::new(&it.url, (&it.user, password), &it.from, callbacks(it.receipts)).map_err(no_client)?,
            ))
        }
        (SmsSenderKind::Smpp, .., Some(it)) => {
            let account = (it.system_id.as_str(), secret(&it.password_file)?);
            Arc::new(Retrying(Smpp::new(&it.url, account, &it.from, it.receipts.then_some(receipts))))
        }
        // The configuration's check lets no sender through without its settings.
        (SmsSenderKind::None | SmsSenderKind::Twilio | SmsSenderKind::Kannel | SmsSenderKind::Smpp, ..) => {
            Arc::new(NoSender)
        }
    };
    Ok(sender)
}

/// The demo's e-mail stays in memory like its SMS.
fn mail(config: &Config, outbox: &Outbox) -> Result<Arc<dyn MailSender>, StartError> {
    let Mail { sender, smtp, .. } = &config.mail;
    Ok(match (sender, smtp, config.mail.mailbox()) {
        _ if config.demo => Arc::new(outbox.clone()),
        (MailSenderKind::Outbox, ..) => Arc::new(outbox.clone()),
        (MailSenderKind::Smtp, Some(smtp), Some(from)) => {
            let password = smtp.password_file.as_deref().map(secret).transpose()?;
            Arc::new(Smtp::new(smtp, password, from).map_err(|error| StartError::Other(error.to_string()))?)
        }
        // The configuration's check lets no sender through without its settings.
        (MailSenderKind::None | MailSenderKind::Smtp, ..) => Arc::new(NoMail),
    })
}

fn sends_to_outbox(config: &Config) -> bool {
    config.demo || config.sms.sender == SmsSenderKind::Outbox || config.mail.sender == MailSenderKind::Outbox
}

/// A way to the SFU that never makes a room wait: what does not fit into the SFU's own queue waits here.
fn commands(sfu: mpsc::Sender<Command>) -> mpsc::UnboundedSender<Command> {
    let (sender, mut waiting) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(command) = waiting.recv().await {
            if sfu.send(command).await.is_err() {
                return;
            }
        }
    });
    sender
}

/// The pages; without them the server starts and says on every page what is missing.
fn assets(config: &Config) -> Assets {
    match Assets::load(&config.web) {
        Ok(assets) => {
            let (bytes, files) = assets.size();
            tracing::info!(files, bytes, "pages are loaded");
            let later = assets.clone();
            tokio::task::spawn_blocking(move || later.compress());
            assets
        }
        Err(error) => {
            let folder = config.web.display();
            tracing::warn!(%folder, %error, "the pages are not built or not there: run `make run`, or name their folder with --web");
            Assets::default()
        }
    }
}
