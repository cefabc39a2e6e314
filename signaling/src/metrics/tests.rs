//! The two pages over a real media node and a real database.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use sfu::{Sfu, SfuConfig};
use shared::signal::JoinRefused;
use shared::units::UnixMs;
use tokio::sync::mpsc;
use tower::ServiceExt as _;

use super::*;
use crate::testing::{World, world};

struct Server {
    world: World,
    media: Sfu,
}

impl Server {
    async fn start() -> Self {
        let config = SfuConfig { bind: vec![Ipv4Addr::LOCALHOST.into()], ..SfuConfig::default() };
        Self { world: world().await, media: sfu::start(&config).unwrap() }
    }

    fn router(&self) -> Router {
        let connections = Connections::new(&[], mpsc::channel(1).0);
        router(Observed {
            state: self.world.state.clone(),
            media: sfu_link::Counters::Embedded(self.media.handle.clone()),
            connections,
        })
    }
}

async fn get(router: &Router, path: &str) -> (StatusCode, String) {
    let answer = router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
    let status = answer.status();
    (status, String::from_utf8(to_bytes(answer.into_body(), 100_000).await.unwrap().to_vec()).unwrap())
}

/// The samples by name with labels. Every one stands under the description of its family, and the text is whole.
fn samples(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with("\n# EOF\n"), "{text}");
    let (mut family, mut samples) = (String::new(), BTreeMap::new());
    for line in text.lines().take_while(|line| *line != "# EOF") {
        if let Some(described) = line.strip_prefix("# HELP ") {
            family = described.split(' ').next().unwrap().to_owned();
            assert!(described.split(' ').count() > 1, "no help: {line}");
        } else if !line.starts_with('#') {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with(&family), "{name} under {family}");
            assert_eq!(samples.insert(name.to_owned(), value.parse().unwrap()), None, "{name} twice");
        }
    }
    samples
}

#[tokio::test]
async fn what_is_counted_is_read_under_its_name() {
    let server = Server::start().await;
    let counters = &server.world.state.counters;
    counters.joined(JoinWay::Pin);
    counters.joined(JoinWay::Resumed);
    counters.refused(&JoinRefused::TooEarly { opens_at: UnixMs(1), starts_at: UnixMs(2) });
    counters.refused(&JoinRefused::TooEarly { opens_at: UnixMs(3), starts_at: UnixMs(4) });
    counters.responded(StatusCode::SWITCHING_PROTOCOLS);
    let (status, text) = get(&server.router(), "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    let samples = samples(&text);
    let expected = [
        ("conclave_joins_total{way=\"pin\"}", 1.0),
        ("conclave_joins_total{way=\"resumed\"}", 1.0),
        ("conclave_join_refusals_total{reason=\"too_early\"}", 2.0),
        ("conclave_http_responses_total{status=\"1xx\"}", 1.0),
        ("conclave_media_up", 1.0),
        ("conclave_media_rooms", 0.0),
        ("conclave_media_dropped_datagrams_total{reason=\"unknown_ufrag\"}", 0.0),
        ("conclave_media_connections{quality=\"poor\"}", 0.0),
        ("conclave_media_pictures{layer=\"full\"}", 0.0),
        ("conclave_media_stream_packets_expected_total{direction=\"down\"}", 0.0),
        ("conclave_people{stage=\"lobby\"}", 0.0),
    ];
    for (name, value) in expected {
        assert_eq!(samples.get(name), Some(&value), "{name} in {text}");
    }
    assert!(samples["conclave_media_cpu_seconds_total"] > 0.0 && samples["process_resident_memory_bytes"] > 1e6);
    assert!(
        samples["process_cpu_seconds_total"] > samples["conclave_media_cpu_seconds_total"],
        "one thread among them"
    );
    server.media.shutdown();
}

/// Labels come from lists in this program: whoever adds one thinks about what it may tell.
#[tokio::test]
async fn no_label_can_name_anybody() {
    let server = Server::start().await;
    let (_, text) = get(&server.router(), "/metrics").await;
    let labels: BTreeSet<_> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('{')?.1.split_once('}'))
        .flat_map(|(labels, _)| labels.split(','))
        .map(|label| label.split_once('=').unwrap().0)
        .collect();
    assert_eq!(labels, BTreeSet::from(["direction", "layer", "outcome", "quality", "reason", "stage", "version"]));
    server.media.shutdown();
}

/// Each of several nodes under its name, and a lost one says nothing but that it is lost.
#[test]
fn several_nodes_are_told_apart() {
    let mut counters = sfu::Snapshot { sent: 7, ..sfu::Snapshot::default() };
    counters.core.dropped.unreadable = 5;
    let mut registry = Registry::default();
    let named = |name: &str, counters| (Some(name.to_owned()), counters);
    let nodes = vec![named("media-a", Some(counters)), named("media-b", None), named("media-c", Some(counters))];
    registry.register_collector(Box::new(media::Media(nodes)));
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    let samples = samples(&text);
    for (name, value) in [
        ("conclave_media_up{node=\"media-a\"}", Some(1.0)),
        ("conclave_media_up{node=\"media-b\"}", Some(0.0)),
        ("conclave_media_sent_datagrams_total{node=\"media-a\"}", Some(7.0)),
        ("conclave_media_sent_datagrams_total{node=\"media-c\"}", Some(7.0)),
        ("conclave_media_sent_datagrams_total{node=\"media-b\"}", None),
        ("conclave_media_dropped_datagrams_total{reason=\"unreadable\",node=\"media-c\"}", Some(5.0)),
    ] {
        assert_eq!(samples.get(name).copied(), value, "{name} in {text}");
    }
}

#[tokio::test]
async fn health_says_which_part_is_silent() {
    let server = Server::start().await;
    let router = server.router();
    let (status, text) = get(&router, "/health").await;
    assert_eq!((status, text.as_str()), (StatusCode::OK, r#"{"media":"answers","database":"answers"}"#));
    server.media.shutdown();
    let (status, text) = get(&router, "/health").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(text, r#"{"media":"silent","database":"answers"}"#);
    let (_, text) = get(&router, "/metrics").await;
    assert_eq!(samples(&text)["conclave_media_up"], 0.0);
    assert!(!text.contains("conclave_media_rooms"), "no number is better than an old one");
    server.world.state.db.close().await;
    let (_, text) = get(&router, "/health").await;
    assert_eq!(text, r#"{"media":"silent","database":"silent"}"#);
}
