//! What a person reads about their connection, and what they may copy for whoever helps them.

use shared::quality::Quality;
use shared::text::{tr, tr_with};

use super::{Limited, Line, Path, Reading, Reason, Report, Transport, Verdict, Way};

/// A quality in a word.
pub fn grade(quality: Option<Quality>) -> &'static str {
    match quality {
        None => tr("not connected"),
        Some(Quality::Good) => tr("good"),
        Some(Quality::Fair) => tr("fair"),
        Some(Quality::Poor) => tr("poor"),
    }
}

/// What is said of somebody's connection; nothing while it is good.
pub fn connection(quality: Quality) -> Option<&'static str> {
    match quality {
        Quality::Good => None,
        Quality::Fair => Some(tr("Connection is fair")),
        Quality::Poor => Some(tr("Connection is poor")),
    }
}

/// How it is, as a headline.
pub fn headline(quality: Option<Quality>) -> &'static str {
    match quality {
        None => tr("No media connection"),
        Some(Quality::Good) => tr("Your connection is good"),
        Some(Quality::Fair) => tr("Your connection is fair"),
        Some(Quality::Poor) => tr("Your connection is poor"),
    }
}

/// What is the matter, and what helps.
pub fn reason(verdict: Verdict) -> String {
    let with_share = |sentence, permille| tr_with(sentence, &[("share", &share(permille))]);
    match verdict.reason {
        Reason::NotConnected => tr("Sound and pictures are not connected. We keep trying.").to_owned(),
        Reason::Nothing => tr("Sound and pictures get through both ways.").to_owned(),
        Reason::LossUp(permille) => with_share(
            "{share} of what you send is lost: others may hear you with gaps. Move closer to the router, or use a cable.",
            permille,
        ),
        Reason::LossDown(permille) => with_share(
            "{share} of what is sent to you is lost: you may hear gaps. Move closer to the router, or use a cable.",
            permille,
        ),
        Reason::RoundTrip(ms) => tr_with(
            "Answers take {ms} ms there and back, so people talk at once. A VPN or a busy network is often the cause.",
            &[("ms", &ms.to_string())],
        ),
        Reason::Computer => {
            tr("This computer is too busy to send your picture in full. Closing other programs helps.").to_owned()
        }
        Reason::Network => {
            tr("Your network is too narrow for your whole picture. Others see a smaller one; sound goes first.")
                .to_owned()
        }
        Reason::Tcp => {
            tr("Your network blocks UDP. It works over TCP, which stutters where packets are lost.").to_owned()
        }
    }
}

/// How the server is reached.
pub fn way(path: &Path) -> &'static str {
    match (path.transport, path.way) {
        (Transport::Udp, Way::Direct) => tr("UDP, direct"),
        (Transport::Udp, Way::Translated) => tr("UDP, through a NAT"),
        (Transport::Udp, Way::Relayed) => tr("UDP, through a relay"),
        (Transport::Tcp, Way::Direct) => tr("TCP, direct"),
        (Transport::Tcp, Way::Translated) => tr("TCP, through a NAT"),
        (Transport::Tcp, Way::Relayed) => tr("TCP, through a relay"),
    }
}

/// What media and data are sealed with on their way to the server, as people write it; `None` where the browser does not tell.
pub fn ciphers(path: &Path) -> Option<String> {
    let media = cipher(path.media_cipher.as_deref()?);
    let data = cipher(path.data_cipher.as_deref()?);
    Some(if media == data { media.to_owned() } else { format!("{media}, {data}") })
}

/// From a name in the registries of IANA.
fn cipher(name: &str) -> &str {
    let known = [("AES_256_GCM", "AES-256-GCM"), ("CHACHA20_POLY1305", "ChaCha20-Poly1305")];
    known.into_iter().find(|(part, _)| name.contains(part)).map_or(name, |(_, written)| written)
}

/// Thousandths as a percentage: "0 %", "1.2 %", "15 %".
pub fn share(permille: u32) -> String {
    match permille {
        0 => "0 %".to_owned(),
        1..100 => format!("{}.{} %", permille / 10, permille % 10),
        _ => format!("{} %", permille / 10),
    }
}

/// A share that may not be known.
pub fn share_or_dash(permille: Option<u32>) -> String {
    permille.map_or_else(|| "–".to_owned(), share)
}

/// A rate: "31 kbit/s", "1.4 Mbit/s".
pub fn rate(kbps: u32) -> String {
    match kbps {
        0..1_000 => format!("{kbps} kbit/s"),
        _ => format!("{}.{} Mbit/s", kbps / 1_000, kbps % 1_000 / 100),
    }
}

/// A duration that may not be known.
pub fn ms_or_dash(ms: Option<u32>) -> String {
    ms.map_or_else(|| "–".to_owned(), |ms| format!("{ms} ms"))
}

/// A picture's size and pace: "640 × 360, 30 fps".
pub fn picture(reading: &Reading) -> String {
    let fps = reading.frames_per_second.unwrap_or_default();
    match reading.size {
        Some((width, height)) => tr_with(
            "{width} × {height}, {fps} fps",
            &[("width", &width.to_string()), ("height", &height.to_string()), ("fps", &fps.to_string())],
        ),
        None => String::new(),
    }
}

/// Why an encoder makes less than it could, in two words.
pub fn limited(limited: Limited) -> Option<&'static str> {
    match limited {
        Limited::No => None,
        Limited::Computer => Some(tr("held back by the computer")),
        Limited::Network => Some(tr("held back by the network")),
        Limited::Otherwise => Some(tr("held back")),
    }
}

/// Everything as plain text for whoever helps: figures, no names and no addresses.
pub fn details(report: &Report, browser: &str) -> String {
    let mut lines = vec![
        format!("Conclave call quality: {}", grade(report.verdict.quality)),
        format!("Browser: {browser}"),
        format!("Reason: {:?}", report.verdict.reason),
        format!("Round trip: {}", ms_or_dash(report.round_trip_ms)),
        format!("Up: {}, lost {}", rate(report.up_kbps), share_or_dash(report.loss_up)),
        format!("Down: {}, lost {}", rate(report.down_kbps), share_or_dash(report.loss_down)),
    ];
    if let Some(path) = &report.path {
        let estimate = path.estimate_kbps.map_or_else(|| "–".to_owned(), rate);
        lines.push(format!("Path: {:?}, {:?}, browser's estimate up {estimate}", path.transport, path.way));
        let [media, data] = [&path.media_cipher, &path.data_cipher].map(|name| name.as_deref().unwrap_or("–"));
        lines.push(format!("Ciphers: media {media}, data {data}"));
    }
    lines.extend(report.readings.iter().filter(|reading| reading.flows).map(line));
    lines.join("\n") + "\n"
}

fn line(reading: &Reading) -> String {
    let name = match reading.line {
        Line::Microphone => "Microphone up".to_owned(),
        Line::Camera => format!("Camera up, layer {}", reading.layer.unwrap_or_default() + 1),
        Line::Screen => "Screen up".to_owned(),
        Line::Voice(slot) => format!("Voice {} down", slot + 1),
        Line::Picture(slot) => format!("Picture {} down", slot + 1),
    };
    let mut parts = vec![rate(reading.kbps)];
    parts.extend(reading.size.map(|_| picture(reading)));
    parts.extend(reading.loss.map(|loss| format!("lost {}", share(loss))));
    parts.extend(reading.jitter_ms.map(|ms| format!("jitter {ms} ms")));
    parts.extend(limited(reading.limited).map(str::to_owned));
    format!("{name}: {}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_people_write_them() {
        let shares = [(0, "0 %"), (3, "0.3 %"), (12, "1.2 %"), (99, "9.9 %"), (100, "10 %"), (1_000, "100 %")];
        for (permille, words) in shares {
            assert_eq!(share(permille), words);
        }
        for (kbps, words) in [(0, "0 kbit/s"), (999, "999 kbit/s"), (1_000, "1.0 Mbit/s"), (2_449, "2.4 Mbit/s")] {
            assert_eq!(rate(kbps), words);
        }
    }

    #[test]
    fn ciphers_are_named_as_people_write_them_and_unknown_ones_as_they_are() {
        assert_eq!(cipher("SRTP_AEAD_AES_256_GCM"), "AES-256-GCM");
        assert_eq!(cipher("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"), "ChaCha20-Poly1305");
        assert_eq!(cipher("AES_CM_128_HMAC_SHA1_80"), "AES_CM_128_HMAC_SHA1_80");
    }

    #[test]
    fn what_may_be_copied_says_each_stream_that_moves() {
        let silent = Reading {
            line: Line::Voice(1),
            layer: None,
            flows: false,
            kbps: 0,
            loss: None,
            frames_per_second: None,
            size: None,
            jitter_ms: None,
            limited: Limited::No,
        };
        let face = Reading {
            line: Line::Camera,
            layer: Some(1),
            flows: true,
            kbps: 430,
            loss: Some(12),
            frames_per_second: Some(30),
            size: Some((640, 360)),
            limited: Limited::Network,
            ..silent
        };
        let text = details(&Report { readings: vec![face, silent], ..Report::default() }, "Browser 1");
        assert!(
            text.contains("Camera up, layer 2: 430 kbit/s, 640 × 360, 30 fps, lost 1.2 %, held back by the network\n"),
            "{text}"
        );
        assert!(!text.contains("Voice"), "{text}");
    }
}
