//! What a test can know about a page's media and security that no person sees: packets, ciphers, pitches, violations.
//!
//! A script that runs before the page's own keeps hold of every PeerConnection and of every report of a violated
//! policy. It changes nothing about them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::fake_media::{Colour, Person};

/// Runs in every document before anything else.
pub(crate) const INSTALL_PROBE: &str = r"
(() => {
  // A connection that the page makes in a document of its own is the page's.
  const probe = window.parent.__probe ?? { connections: [], violations: [], errors: [], inboundAudio: new Map() };
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class RTCPeerConnection extends Native {
    constructor(...all) { super(...all); probe.connections.push(this); }
  };
  document.addEventListener('securitypolicyviolation', e =>
    probe.violations.push(`${e.effectiveDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));
  window.addEventListener('error', e => probe.errors.push(String(e.message)));
  window.addEventListener('unhandledrejection', e => probe.errors.push(String(e.reason)));
  Object.defineProperty(window, '__probe', { value: probe });
})();";

/// What arrived from the server on every PeerConnection this document had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Received {
    /// PeerConnections made.
    pub connections: u64,
    /// How many of them are connected.
    pub connected: u64,
    /// RTP packets.
    pub rtp_packets: u64,
    /// Data-channel messages.
    pub messages: u64,
    /// RTP packets the other way, which show that the connection is alive.
    pub sent_packets: u64,
    /// Of the RTP packets, those with sound.
    pub audio_packets: u64,
    /// Pictures that could be decoded.
    pub frames: u64,
}

/// A stream of pictures that is decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// As `getStats` names it: `video/VP8`.
    pub codec: String,
    /// Pictures so far.
    pub frames: u64,
    /// Lines of the newest.
    pub height: u64,
    /// Milliseconds without a new picture, where that was long enough to be seen as a freeze.
    pub frozen_ms: u64,
}

/// What protects the media.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encryption {
    /// As `getStats` names it.
    pub srtp: String,
    /// As `getStats` names it.
    pub dtls: String,
    /// Size of the page's offer.
    pub offer_bytes: u64,
    /// Codecs the offer names, upper case, each once.
    pub codecs: BTreeSet<String>,
}

impl Browser {
    /// Counts what arrived.
    pub async fn received(&self) -> Received {
        let counts = self
            .run(
                r"return (async () => {
                  const sum = { connections: 0, connected: 0, rtp: 0, messages: 0, sent: 0, audio: 0, frames: 0 };
                  for (const connection of window.__probe.connections) {
                    sum.connections += 1;
                    if (connection.connectionState === 'connected') sum.connected += 1;
                    for (const stat of (await connection.getStats()).values()) {
                      if (stat.type === 'inbound-rtp') sum.rtp += stat.packetsReceived || 0;
                      if (stat.type === 'inbound-rtp' && stat.kind === 'audio') sum.audio += stat.packetsReceived || 0;
                      if (stat.type === 'inbound-rtp') sum.frames += stat.framesDecoded || 0;
                      if (stat.type === 'outbound-rtp') sum.sent += stat.packetsSent || 0;
                      if (stat.type === 'data-channel') sum.messages += stat.messagesReceived || 0;
                    }
                  }
                  return sum;
                })()",
                vec![],
            )
            .await;
        let count = |name: &str| counts[name].as_u64().unwrap();
        Received {
            connections: count("connections"),
            connected: count("connected"),
            rtp_packets: count("rtp"),
            messages: count("messages"),
            sent_packets: count("sent"),
            audio_packets: count("audio"),
            frames: count("frames"),
        }
    }

    /// The pictures that the newest PeerConnection decodes.
    pub async fn decoded(&self) -> Vec<Decoded> {
        let found = self
            .run(
                r"return (async () => {
                  const stats = await window.__probe.connections.at(-1).getStats();
                  const pictures = [...stats.values()].filter(s => s.type === 'inbound-rtp' && s.framesDecoded > 0);
                  return pictures.map(s => [stats.get(s.codecId)?.mimeType || '', s.framesDecoded, s.frameHeight || 0,
                    Math.round((s.totalFreezesDuration || 0) * 1000)]);
                })()",
                vec![],
            )
            .await;
        let number = |value: &Value| value.as_u64().unwrap_or_default();
        let of = |stream: &Value| Decoded {
            codec: stream[0].as_str().unwrap_or_default().to_owned(),
            frames: number(&stream[1]),
            height: number(&stream[2]),
            frozen_ms: number(&stream[3]),
        };
        found.as_array().map(|streams| streams.iter().map(of).collect()).unwrap_or_default()
    }

    /// What protects the newest PeerConnection's media; `None` before it is connected.
    pub async fn encryption(&self) -> Option<Encryption> {
        let found = self
            .run(
                r"return (async () => {
                  const connection = window.__probe.connections.at(-1);
                  if (!connection || connection.connectionState !== 'connected') return null;
                  const stats = [...(await connection.getStats()).values()];
                  const transport = stats.find(stat => stat.type === 'transport');
                  // It was sent before any address was gathered, of which some machines have many.
                  const offer = connection.localDescription.sdp.replace(/^a=candidate:.*\r\n/gm, '');
                  const codecs = [...offer.matchAll(/^a=rtpmap:\d+ ([^\/]+)/gm)].map(match => match[1].toUpperCase());
                  return { srtp: transport?.srtpCipher || '', dtls: transport?.dtlsCipher || '', size: offer.length, codecs };
                })()",
                vec![],
            )
            .await;
        Some(Encryption {
            srtp: found["srtp"].as_str()?.to_owned(),
            dtls: found["dtls"].as_str()?.to_owned(),
            offer_bytes: found["size"].as_u64()?,
            codecs: found["codecs"].as_array()?.iter().filter_map(|c| c.as_str().map(str::to_owned)).collect(),
        })
    }

    /// Waits until pictures are decoded and sound arrives, both going on.
    pub async fn until_media_flows(&self) {
        let before = self.received().await;
        self.wait("pictures and sound to go on", || async {
            let now = self.received().await;
            now.frames >= before.frames + 20 && now.audio_packets >= before.audio_packets + 50
        })
        .await;
    }

    /// How the newest connection reaches the server: `udp` or `tcp`.
    pub async fn transport(&self) -> Option<String> {
        let found = self
            .run(
                r"return (async () => {
                  const connection = window.__probe.connections.at(-1);
                  if (!connection || connection.connectionState !== 'connected') return null;
                  const stats = await connection.getStats();
                  const transport = [...stats.values()].find(stat => stat.type === 'transport');
                  const pair = stats.get(transport.selectedCandidatePairId);
                  return pair && stats.get(pair.remoteCandidateId).protocol;
                })()",
                vec![],
            )
            .await;
        found.as_str().map(str::to_owned)
    }

    /// The people whose beeps are in what this page plays, over one and a half seconds.
    pub async fn hears(&self) -> BTreeSet<&'static str> {
        let peaks = self
            .run(
                r"return (async () => {
                  const probe = window.__probe;
                  probe.audio ??= new AudioContext();
                  await probe.audio.resume();
                  const analysers = [];
                  for (const connection of probe.connections) {
                    if (connection.connectionState !== 'connected') continue;
                    for (const { track } of connection.getReceivers()) {
                      if (track.kind !== 'audio' || track.muted || track.readyState !== 'live') continue;
                      if (!probe.inboundAudio.has(track.id)) {
                        const analyser = probe.audio.createAnalyser();
                        analyser.fftSize = 4096;
                        analyser.smoothingTimeConstant = 0;
                        probe.audio.createMediaStreamSource(new MediaStream([track])).connect(analyser);
                        probe.inboundAudio.set(track.id, analyser);
                      }
                      analysers.push(probe.inboundAudio.get(track.id));
                    }
                  }
                  const peaks = [];
                  for (let round = 0; round < 15; round += 1) {
                    await new Promise(done => setTimeout(done, 100));
                    for (const analyser of analysers) {
                      const levels = new Float32Array(analyser.frequencyBinCount);
                      analyser.getFloatFrequencyData(levels);
                      let best = 5;
                      for (let bin = 5; bin < levels.length; bin += 1) if (levels[bin] > levels[best]) best = bin;
                      if (levels[best] > -65) peaks.push(best * probe.audio.sampleRate / analyser.fftSize);
                    }
                  }
                  return peaks;
                })()",
                vec![],
            )
            .await;
        let everybody = [Person::MARIA, Person::PETER, Person::QUINN, Person::RUTH];
        let mut counts = [0; 4];
        for peak in peaks.as_array().unwrap().iter().filter_map(Value::as_f64) {
            let nearest = everybody.iter().position(|p| (peak / f64::from(p.voice) - 1.0).abs() < 0.04);
            counts[nearest.unwrap_or(0)] += i32::from(nearest.is_some());
        }
        // A single frame may be the click of a beep's edge.
        everybody.iter().zip(counts).filter(|(_, count)| *count >= 2).map(|(person, _)| person.name).collect()
    }

    /// The colour of the face in the `<video>` inside the element with this test id; `None` while there is none.
    pub async fn face_in(&self, test_id: &str) -> Option<Colour> {
        let pixel = self
            .run(
                r#"const video = document.querySelector(`[data-testid="${arguments[0]}"] video`);
                  if (!video || !video.videoWidth || video.readyState < 2 || !video.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return null;
                  const canvas = document.createElement('canvas');
                  canvas.width = 8; canvas.height = 8;
                  const context = canvas.getContext('2d');
                  // The lower half: the moving mark runs along the top.
                  context.drawImage(video, 0, video.videoHeight / 2, video.videoWidth, video.videoHeight / 2, 0, 0, 8, 8);
                  const data = context.getImageData(0, 0, 8, 8).data;
                  const sum = [0, 0, 0];
                  for (let i = 0; i < data.length; i += 4) for (let c = 0; c < 3; c += 1) sum[c] += data[i + c];
                  return sum.map(total => total / (data.length / 4));"#,
                vec![json!(test_id)],
            )
            .await;
        let channel = |index: usize| pixel.get(index).and_then(Value::as_f64);
        Colour::nearest([channel(0)?, channel(1)?, channel(2)?])
    }

    /// Reports of violated policy and uncaught errors in this document.
    pub async fn complaints(&self) -> Vec<String> {
        let found = self
            .run("return window.__probe ? window.__probe.violations.concat(window.__probe.errors) : []", vec![])
            .await;
        found.as_array().unwrap().iter().filter_map(|c| c.as_str().map(str::to_owned)).collect()
    }
}
