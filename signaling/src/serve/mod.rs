//! `conclave serve`: from a configuration to a running server and, on Ctrl-C or SIGTERM, back.
//!
//! Everything that can be wrong is found before the line `ready:`; each is one sentence with what to do.
//! [`listeners`] binds, [`connections`] caps, `descriptors` gives it room, `prompt` hangs up on silence, `build` puts the parts together, [`http`] answers.

mod build;
pub mod connections;
mod descriptors;
mod http;
mod listeners;
mod prompt;
pub mod watched;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use sfu::Sfu;

use crate::accounts::disabling;
use crate::config::{Config, ConfigError};
use crate::db::DbError;
use crate::keys::KeyError;
use crate::meetings::{links, pins};
use crate::metrics::{self, Observed};
use crate::serve::connections::Connections;
use crate::serve::http::Answering;
use crate::state::AppState;
use crate::tls::{self, TlsError};
use crate::{demo, door, letters, routes, sfu_link, terminal};

pub use build::{data_folder, database};

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data folder.
    #[error("the data folder {} cannot be written ({error}): make it writable for this user, or name another with --data", path.display())]
    Data {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Another program has the port.
    #[error("{0} is in use by another program: stop that program, or listen elsewhere with --listen ADDRESS:PORT")]
    PortInUse(SocketAddr),
    /// The port is root's.
    #[error("this user may not listen on {0}: choose a port above 1023 with --listen ADDRESS:PORT")]
    PortNotAllowed(SocketAddr),
    /// Anything else about an address.
    #[error("{address} cannot be listened on ({error}): name an address of this machine with --listen ADDRESS:PORT")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// The address for the operator's numbers.
    #[error("{address}, `listen` under [metrics], cannot be listened on ({error}): name another address or port")]
    Metrics {
        /// Which.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// The media node.
    #[error("{}", .0.sentence())]
    Media(sfu::StartError),
    /// The keys to the media nodes.
    #[error(transparent)]
    MediaKeys(#[from] sfu::keys::KeysError),
    /// The demo.
    #[error(transparent)]
    Demo(#[from] demo::DemoError),
    /// The rest.
    #[error("the server could not start: {0}")]
    Other(String),
}

impl StartError {
    fn from_bind(address: SocketAddr, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AddrInUse => Self::PortInUse(address),
            io::ErrorKind::PermissionDenied => Self::PortNotAllowed(address),
            _ => Self::Listen { address, error },
        }
    }
}

/// Serves until told to stop.
pub async fn run(mut config: Config) -> Result<(), StartError> {
    tls::install_provider();
    descriptors::raise();
    data_folder(&config.data)?;
    // The database first: a wrong data folder must not look like a network problem.
    let db = database(&config).await?;
    let listeners = listeners::bind(&mut config)?;
    let tls = tls::load(&config)?;
    log_configuration(&config);
    let media = build::media(&config, listeners.media)?;
    let state = build::state(config, db, media.commands.clone())?;
    check_keys(&state).await?;
    let stop = http::Stop::new();
    let connections = Connections::new(&state.config.proxy.ranges, media.tcp.clone()).in_view_of(&state.lag);
    let mut servers = http::Servers::new();
    for listener in listeners.http {
        let (router, connections) = (routes::router(&state), connections.clone());
        http::start(&mut servers, listener, Answering { router, connections, tls: tls.as_ref() }, &stop)?;
    }
    if let Some(listener) = listeners.metrics {
        let observed = Observed { state: state.clone(), media: media.counters.clone(), connections };
        http::start(&mut servers, listener, answering_metrics(observed, tls.as_ref()), &stop)?;
    }
    tokio::spawn(state.lag.clone().measure());
    state.live.spawn_sweeper();
    door::watch::spawn(state.clone());
    disabling::spawn(state.clone());
    letters::round::restore(&state).await?;
    letters::round::spawn(state.clone());
    tokio::spawn(sfu_link::route(state.live.clone(), state.geo.clone(), media.events));
    let signals = http::Signals::listen()?;
    greet(&state, tls.as_ref()).await?;
    stop.wait(servers, signals).await;
    close(&state, media.embedded).await;
    Ok(())
}

/// Numbers: plain on loopback, where no certificate fits the name; under TLS elsewhere. Their connections are counted apart
/// from the pages', so that monitoring gets in while those are all taken.
fn answering_metrics(observed: Observed, tls: Option<&tls::Tls>) -> Answering<'_> {
    let is_loopback = |address: SocketAddr| address.ip().to_canonical().is_loopback();
    let plain = observed.state.config.metrics.listen.is_some_and(is_loopback);
    let (no_media, _) = tokio::sync::mpsc::channel(1);
    let connections = Connections::new(&[], no_media);
    Answering { router: metrics::router(observed), connections, tls: tls.filter(|_| !plain) }
}

/// Says in the log when a key is gone that something was made with.
async fn check_keys(state: &AppState) -> Result<(), DbError> {
    pins::check_keys(&state.db, &state.keys).await?;
    links::check_key(&state.db, &state.keys).await
}

/// Printed at start; there are no secrets in it.
fn log_configuration(config: &Config) {
    let text = toml::to_string(config).unwrap_or_default();
    sfu::log::configuration(env!("CARGO_PKG_VERSION"), &text);
}

/// What people at the terminal need, and last the line that programs wait for.
async fn greet(state: &AppState, tls: Option<&tls::Tls>) -> Result<(), StartError> {
    let url = state.config.public_url();
    if let Some(tls) = tls.filter(|_| state.config.tls.self_signed) {
        terminal::self_signed(&url, &tls.fingerprint);
    }
    if state.config.demo {
        terminal::demo(&demo::prepare(state).await?);
    }
    terminal::ready(&state.config.first_address());
    Ok(())
}

async fn close(state: &AppState, media: Option<Sfu>) {
    if let Some(media) = media {
        build::stop(media).await;
    }
    if let Err(error) = state.db.truncate_wal().await {
        tracing::warn!(%error, "the write-ahead log could not be emptied");
    }
    state.db.close().await;
    tracing::info!("stopped");
}
