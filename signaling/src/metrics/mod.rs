//! What an operator's monitoring reads: `GET /metrics` and `GET /health`, on a listener of their own (`metrics.listen`).
//!
//! On each scrape the numbers are read where they are: the media thread is asked for its own ([`media`]), rooms, pages and the
//! process for theirs ([`server`]); what nobody else counts is in [`Counters`]. No label carries a name, an id or an
//! address: there are only reasons, stages and the like, each from a list that this program knows.

mod book;
mod counters;
mod health;
mod media;
mod server;
#[cfg(test)]
mod tests;

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

pub use self::counters::{Counters, JoinWay};
use crate::serve::connections::Connections;
use crate::sfu_link;
use crate::state::AppState;

/// How long media thread and database may take to answer. Longer forgives a busier machine and hides a stuck one.
const PATIENCE: Duration = Duration::from_secs(1);
/// What Prometheus and others ask for and every one of them reads (OpenMetrics 1.0).
const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What is looked at.
#[derive(Clone)]
pub struct Observed {
    /// The server's parts.
    pub state: AppState,
    /// The media node or nodes.
    pub media: sfu_link::Counters,
    /// Open connections to the pages' listeners.
    pub connections: Connections,
}

impl Observed {
    /// Whether there is media for a meeting: one node is enough.
    async fn media_answers(&self) -> bool {
        self.media.read(PATIENCE).await.iter().any(|(_, counters)| counters.is_some())
    }

    async fn database_answers(&self) -> bool {
        matches!(tokio::time::timeout(PATIENCE, self.state.db.answers()).await, Ok(Ok(())))
    }

    /// Everything, as text.
    async fn exposition(&self) -> Result<String, std::fmt::Error> {
        let mut registry = Registry::default();
        registry.register(
            "conclave_build",
            "The version that runs",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        registry.register_collector(Box::new(media::Media(self.media.read(PATIENCE).await)));
        registry.register_collector(Box::new(server::Server::read(self)));
        self.state.counters.register(&mut registry);
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}

/// The two pages.
pub fn router(observed: Observed) -> Router {
    Router::new().route("/metrics", get(metrics)).route("/health", get(health::health)).with_state(observed)
}

async fn metrics(State(observed): State<Observed>) -> Response {
    match observed.exposition().await {
        Ok(text) => (plain(FORMAT), text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Numbers are old a moment later, and are not for a browser to guess at.
fn plain(content_type: &'static str) -> [(HeaderName, &'static str); 3] {
    let not_sniffed = (header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-store"), not_sniffed]
}
