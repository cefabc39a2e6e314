//! Answering HTTP on every listener until it is time to stop.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsAcceptor;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use tower::limit::RateLimit;
use tower::limit::rate::Rate;

use super::StartError;
use super::connections::Connections;
use super::prompt::Prompt;
use crate::guards::{self, Guard};
use crate::tls::Tls;

/// How long the header of a request may take, waiting for it included. Longer forgives worse networks and lets a
/// slow sender hold a connection longer (SECURITY.md T6).
pub(super) const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of a request's header.
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// How long answers that are on their way may take when the server stops.
const STOPPING: Duration = Duration::from_secs(2);

/// Tells the servers when to stop.
#[derive(Clone)]
pub(super) struct Stop(Handle<SocketAddr>);

impl Stop {
    /// Not yet.
    pub(super) fn new() -> Self {
        Self(Handle::new())
    }

    /// Comes back when Ctrl-C or SIGTERM came and the servers have stopped, or when one failed.
    pub(super) async fn wait(&self, mut servers: Servers, mut signals: Signals) {
        tokio::select! {
            () = signals.asked_to_stop() => tracing::info!("stopping"),
            Some(ended) = servers.join_next() => tracing::error!(?ended, "a listener failed"),
        }
        self.0.graceful_shutdown(Some(STOPPING));
        while servers.join_next().await.is_some() {}
    }
}

/// Ctrl-C, and SIGTERM from a service manager.
pub(super) struct Signals {
    interrupted: Signal,
    terminated: Signal,
}

impl Signals {
    /// From now on a signal is heard, and no longer ends the process by itself: before anybody is told that it is ready.
    pub(super) fn listen() -> Result<Self, StartError> {
        let listen = |kind| signal(kind).map_err(|error| StartError::Other(error.to_string()));
        Ok(Self { interrupted: listen(SignalKind::interrupt())?, terminated: listen(SignalKind::terminate())? })
    }

    async fn asked_to_stop(&mut self) {
        tokio::select! {
            _ = self.interrupted.recv() => {}
            _ = self.terminated.recv() => {}
        }
    }
}

/// New connections that one listener sees to: a thousand a second, evenly. More would let a crowd that is turned away at once and
/// comes again at once keep the processors from those who have a place; fewer makes a morning's rush wait. The others wait in the
/// system's line for the port, where they cost nothing.
const ACCEPTED: Rate = Rate::new(100, Duration::from_millis(100));

/// What one listener answers, to whom, and how.
pub(super) struct Answering<'a> {
    pub(super) router: Router,
    pub(super) connections: Connections,
    pub(super) tls: Option<&'a Tls>,
}

/// The servers that run.
pub(super) type Servers = JoinSet<std::io::Result<()>>;

/// Starts answering on a listener.
pub(super) fn start(
    servers: &mut Servers,
    listener: TcpListener,
    answering: Answering<'_>,
    stop: &Stop,
) -> Result<(), StartError> {
    let Answering { router, connections, tls } = answering;
    // Asked by axum_server before it sees to the next connection.
    let service = RateLimit::new(router.into_make_service_with_connect_info::<SocketAddr>(), ACCEPTED);
    let failed = |error: std::io::Error| StartError::Other(error.to_string());
    let mut server = axum_server::from_tcp(listener).map_err(failed)?.handle(stop.0.clone());
    *server.http_builder() = builder();
    match tls {
        Some(tls) => {
            let acceptor = RustlsAcceptor::new(tls.config.clone()).handshake_timeout(HEADER_TIMEOUT);
            servers.spawn(server.acceptor(Prompt(acceptor.acceptor(connections))).serve(service));
        }
        None => {
            servers.spawn(server.acceptor(Prompt(connections)).serve(service));
        }
    }
    Ok(())
}

/// HTTP/1.1 alone: its WebSockets work everywhere, and a first join loads five files.
fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    let timeout = if guards::holds(Guard::HeaderTimeout) { HEADER_TIMEOUT } else { Duration::from_secs(3_600) };
    builder.http1().timer(TokioTimer::new()).header_read_timeout(timeout).max_buf_size(MAX_HEADER_BYTES);
    builder
}
