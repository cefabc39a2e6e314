//! The media nodes' numbers, each under its name where nodes have one. Processor time per forwarded packet is the quotient of
//! two of them: `rate(conclave_media_cpu_seconds_total[5m]) / rate(conclave_media_rtp_packets_forwarded_total[5m])`.

use std::fmt::Error;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Unit;
use sfu::{Connections, Shown, Snapshot, Stats};

use super::book::Book;

/// Each media node's name, which the embedded one has none of, and what its media thread answered; `None` when it did not.
#[derive(Debug)]
pub(super) struct Media(pub(super) Vec<(Option<String>, Option<Snapshot>)>);

impl Collector for Media {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let mut book = Book::default();
        for (name, answer) in &self.0 {
            book.open(name.as_deref());
            let help = "Whether the media thread answers within a second";
            book.gauge("conclave_media_up", help, usize::from(answer.is_some()));
            if let Some(snapshot) = answer {
                held(&mut book, &snapshot.core);
                flow(&mut book, &snapshot.core);
                traffic(&mut book, snapshot);
                dropped(&mut book, &snapshot.core);
                events(&mut book, &snapshot.core);
            }
        }
        book.encode(encoder)
    }
}

/// What the node holds now.
fn held(book: &mut Book<'_>, core: &Stats) {
    let table = [
        ("conclave_media_rooms", "Rooms with media or a drawing", core.rooms),
        ("conclave_media_sessions", "Media sessions, the lobby's included", core.sessions),
        ("conclave_media_addresses", "Addresses that sessions have proved to be theirs", core.addresses),
        ("conclave_media_timers", "Armed timers", core.timers),
    ];
    table.into_iter().for_each(|(name, help, value)| book.gauge(name, help, value));
}

/// What goes to whom now, and how well.
fn flow(book: &mut Book<'_>, core: &Stats) {
    book.gauge("conclave_media_speakers", "People who have the floor", core.speakers);
    let Connections { good, fair, poor } = core.connections;
    let help = "Connected sessions by what loss and round trip make of a conversation";
    let connections = [("good", good), ("fair", fair), ("poor", poor)];
    book.gauges("conclave_media_connections", help, ("quality", &connections));
    let Shown { faces: [small, medium, full], screens, paused } = core.shown;
    let shown = [("small", small), ("medium", medium), ("full", full), ("screen", screens), ("paused", paused)];
    book.gauges("conclave_media_pictures", "Pictures on somebody's page by the layer that flows", ("layer", &shown));
    let expected = [("up", core.up.expected), ("down", core.down.expected)];
    let arrived = [("up", core.up.arrived), ("down", core.down.arrived)];
    let help = "Packets of media that should have arrived, as far as is known";
    book.counters("conclave_media_stream_packets_expected", help, ("direction", &expected));
    let help = "Packets of media that arrived, repeated ones included";
    book.counters("conclave_media_stream_packets_arrived", help, ("direction", &arrived));
}

fn traffic(book: &mut Book<'_>, snapshot: &Snapshot) {
    let Snapshot { core, sent, sent_bytes, sends, not_sent, cpu } = snapshot;
    let table = [
        ("conclave_media_received_datagrams", "Datagrams received", core.datagrams),
        ("conclave_media_sent_datagrams", "Datagrams sent", *sent),
        ("conclave_media_unsent_datagrams", "Datagrams that the system did not take for sending", *not_sent),
        ("conclave_media_sends", "System calls that sent datagrams over UDP", *sends),
        ("conclave_media_rtp_packets_received", "RTP packets from publishers", core.rtp_in),
        ("conclave_media_rtp_packets_forwarded", "RTP packets handed to subscribers", core.rtp_out),
    ];
    table.into_iter().for_each(|(name, help, value)| book.counter(name, help, value));
    book.counter_of(Unit::Bytes, "conclave_media_received", "Bytes in received datagrams", core.bytes as f64);
    book.counter_of(Unit::Bytes, "conclave_media_sent", "Bytes in sent datagrams", *sent_bytes as f64);
    book.counter_of(Unit::Seconds, "conclave_media_cpu", "Processor time of the media thread", cpu.as_secs_f64());
}

/// Datagrams dropped before they reached a session.
fn dropped(book: &mut Book<'_>, core: &Stats) {
    let sfu::Dropped { unreadable, unknown_address, unknown_ufrag, not_a_request, refused_stun } = core.dropped;
    let reasons = [
        ("unreadable", unreadable),
        ("unknown_address", unknown_address),
        ("unknown_ufrag", unknown_ufrag),
        ("not_a_request", not_a_request),
        ("refused_stun", refused_stun),
    ];
    let help = "Datagrams dropped before they reached a session";
    book.counters("conclave_media_dropped_datagrams", help, ("reason", &reasons));
}

fn events(book: &mut Book<'_>, core: &Stats) {
    let table = [
        ("conclave_media_keyframe_requests", "Keyframe requests sent to publishers", core.keyframe_requests),
        ("conclave_media_early_dtls_errors", "DTLS errors before a session was connected", core.early_dtls_errors),
        ("conclave_media_peer_errors", "Other errors while handling what a peer sent", core.peer_errors),
        ("conclave_media_faults", "Panics that were caught; each cost one session", core.faults),
        ("conclave_media_pointer_moves", "Pointer positions passed on", core.pointers),
        ("conclave_media_stray_messages", "Data-channel messages that are none of the protocol's", core.stray_messages),
    ];
    table.into_iter().for_each(|(name, help, value)| book.counter(name, help, value));
    let outcomes = [("taken", core.drawing_ops), ("refused", core.drawing_refused)];
    book.counters("conclave_media_drawing_operations", "Drawing operations", ("outcome", &outcomes));
}
