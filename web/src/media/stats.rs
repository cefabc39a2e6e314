//! Reads what the browser counts (`RTCPeerConnection.getStats`, W3C webrtc-stats) into a [`Sample`].
//!
//! By reflection: every browser has its own set of members, and what one does not have is simply not known.

use std::collections::HashMap;

use js_sys::{Map, Reflect};
use shared::limits::CAMERA_LAYERS;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::RtcPeerConnection;

use crate::room::quality::{Counts, Limited, Line, Path, Sample, Stream, Transport, Way};

/// What the connection has counted so far; `line` says which of its media sections belongs to what.
///
/// # Errors
/// The browser gave no statistics.
pub(super) async fn read(
    connection: &RtcPeerConnection,
    line: impl Fn(&str) -> Option<Line>,
) -> Result<Sample, JsValue> {
    let report: Map = JsFuture::from(connection.get_stats()).await?.unchecked_into();
    let stats = Stats::of(&report);
    let streams = stats.of_kind("outbound-rtp").filter_map(|one| stats.sent(one, &line));
    let received = stats.of_kind("inbound-rtp").filter_map(|one| stats.received(one, &line));
    let at_ms = web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now());
    Ok(Sample { at_ms: at_ms as u64, connection: 0, path: stats.path(), streams: streams.chain(received).collect() })
}

/// What came in over the path in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traffic {
    path: String,
    /// Since the path is there.
    pub bytes: u64,
}

impl Traffic {
    /// Whether something came since `before`. Another path counts from its own beginning.
    pub fn moved_since(&self, before: Option<&Self>) -> bool {
        let known = before.filter(|before| before.path == self.path).map_or(0, |before| before.bytes);
        self.bytes > known
    }
}

/// What came in over the path in use. `None` while there is no path.
///
/// # Errors
/// The browser gave no statistics.
pub(super) async fn traffic(connection: &RtcPeerConnection) -> Result<Option<Traffic>, JsValue> {
    let report: Map = JsFuture::from(connection.get_stats()).await?.unchecked_into();
    let traffic =
        |pair: &Stat| Traffic { path: pair.text("id").unwrap_or_default(), bytes: pair.count("bytesReceived") };
    Ok(Stats::of(&report).pair().map(traffic))
}

/// One report of the browser: objects by their id.
struct Stats(HashMap<String, Stat>);

/// One object of a report.
struct Stat(JsValue);

impl Stat {
    fn get(&self, name: &str) -> JsValue {
        Reflect::get(&self.0, &name.into()).unwrap_or_default()
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name).as_string()
    }

    /// A number that is never below zero; a few counters of browsers are, for a moment.
    fn number(&self, name: &str) -> Option<f64> {
        self.get(name).as_f64().map(|number| number.max(0.0))
    }

    fn count(&self, name: &str) -> u64 {
        self.number(name).map_or(0, |number| number as u64)
    }

    /// Seconds in the report, milliseconds here.
    fn ms(&self, name: &str) -> Option<u32> {
        self.number(name).map(|seconds| (seconds * 1_000.0).round() as u32)
    }

    fn size(&self) -> Option<(u32, u32)> {
        Some((self.number("frameWidth")? as u32, self.number("frameHeight")? as u32))
    }
}

impl Stats {
    fn of(report: &Map) -> Self {
        let mut all = HashMap::new();
        report.for_each(&mut |stat, id| {
            if let Some(id) = id.as_string() {
                all.insert(id, Stat(stat));
            }
        });
        Self(all)
    }

    fn of_kind<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'s Stat> {
        self.0.values().filter(move |stat| stat.text("type").as_deref() == Some(kind))
    }

    fn sent(&self, stat: &Stat, line: impl Fn(&str) -> Option<Line>) -> Option<Stream> {
        // The receiving end's view of the same stream.
        let id = stat.text("id")?;
        let remote = self.of_kind("remote-inbound-rtp").find(|remote| remote.text("localId").as_ref() == Some(&id));
        let rid = stat.text("rid");
        Some(Stream {
            line: line(&stat.text("mid")?)?,
            ssrc: stat.count("ssrc") as u32,
            layer: rid.and_then(|rid| CAMERA_LAYERS.iter().position(|layer| layer.rid == rid)),
            counts: Counts {
                packets: stat.count("packetsSent"),
                lost: remote.map_or(0, |remote| remote.count("packetsLost")),
                bytes: stat.count("bytesSent"),
                frames: stat.count("framesEncoded"),
            },
            size: stat.size(),
            jitter_ms: remote.and_then(|remote| remote.ms("jitter")),
            round_trip_ms: remote.and_then(|remote| remote.ms("roundTripTime")),
            limited: match stat.text("qualityLimitationReason").as_deref() {
                Some("cpu") => Limited::Computer,
                Some("bandwidth") => Limited::Network,
                Some("other") => Limited::Otherwise,
                _ => Limited::No,
            },
        })
    }

    fn received(&self, stat: &Stat, line: impl Fn(&str) -> Option<Line>) -> Option<Stream> {
        Some(Stream {
            line: line(&stat.text("mid")?)?,
            ssrc: stat.count("ssrc") as u32,
            layer: None,
            counts: Counts {
                packets: stat.count("packetsReceived"),
                lost: stat.count("packetsLost") + stat.count("packetsDiscarded"),
                bytes: stat.count("bytesReceived"),
                frames: stat.count("framesDecoded"),
            },
            size: stat.size(),
            jitter_ms: stat.ms("jitter"),
            round_trip_ms: None,
            limited: Limited::No,
        })
    }

    /// The pair of addresses in use.
    fn pair(&self) -> Option<&Stat> {
        let transport = self.of_kind("transport").next();
        let chosen = transport.and_then(|transport| self.0.get(&transport.text("selectedCandidatePairId")?));
        chosen.or_else(|| self.of_kind("candidate-pair").find(|pair| is_in_use(pair)))
    }

    /// That, without the addresses.
    fn path(&self) -> Option<Path> {
        let transport = self.of_kind("transport").next();
        let pair = self.pair()?;
        let local = self.0.get(&pair.text("localCandidateId")?)?;
        let cipher = |name| transport.and_then(|transport| transport.text(name));
        Some(Path {
            transport: if local.text("protocol").as_deref() == Some("tcp") { Transport::Tcp } else { Transport::Udp },
            way: match local.text("candidateType").as_deref() {
                Some("relay") => Way::Relayed,
                Some("srflx" | "prflx") => Way::Translated,
                _ => Way::Direct,
            },
            round_trip_ms: pair.ms("currentRoundTripTime"),
            estimate_kbps: pair.number("availableOutgoingBitrate").map(|bits| (bits / 1_000.0) as u32),
            bytes_up: pair.count("bytesSent"),
            bytes_down: pair.count("bytesReceived"),
            media_cipher: cipher("srtpCipher"),
            data_cipher: cipher("dtlsCipher"),
        })
    }
}

/// Where the browser does not name the pair itself: Firefox marks it, others only nominate it.
fn is_in_use(pair: &Stat) -> bool {
    let yes = |name: &str| pair.get(name).as_bool();
    yes("selected").or(yes("nominated")).unwrap_or_default() && pair.text("state").as_deref() == Some("succeeded")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_path_counts_from_its_own_beginning() {
        let traffic = |path: &str, bytes| Traffic { path: path.into(), bytes };
        let cable = traffic("cable", 9_000);
        let table = [
            (traffic("cable", 9_000), Some(&cable), false),
            (traffic("cable", 9_001), Some(&cable), true),
            (traffic("radio", 1), Some(&cable), true),
            (traffic("radio", 0), Some(&cable), false),
            (traffic("radio", 0), None, false),
            (traffic("radio", 7), None, true),
        ];
        for (now, before, expected) in table {
            assert_eq!(now.moved_since(before), expected, "{before:?} {now:?}");
        }
    }
}
