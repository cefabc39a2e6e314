//! The media thread's numbers. Processor time per forwarded packet is the quotient of two of them:
//! `rate(conclave_media_cpu_seconds_total[5m]) / rate(conclave_media_rtp_packets_forwarded_total[5m])`.

use std::fmt::Error;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;
use sfu::{Connections, Shown, Snapshot, Stats};

/// What the media thread answered; `None` when it did not.
#[derive(Debug)]
pub(super) struct Media(pub(super) Option<Snapshot>);

impl Collector for Media {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let up = ConstGauge::new(u32::from(self.0.is_some()));
        metric(&mut encoder, "conclave_media_up", "Whether the media thread answers within a second", None, &up)?;
        let Some(snapshot) = &self.0 else { return Ok(()) };
        held(&mut encoder, &snapshot.core)?;
        flow(&mut encoder, &snapshot.core)?;
        traffic(&mut encoder, snapshot)?;
        dropped(&mut encoder, &snapshot.core)?;
        events(&mut encoder, &snapshot.core)
    }
}

/// What the node holds now.
fn held(encoder: &mut DescriptorEncoder<'_>, core: &Stats) -> Result<(), Error> {
    let table = [
        ("conclave_media_rooms", "Rooms with media or a drawing", core.rooms),
        ("conclave_media_sessions", "Media sessions, the lobby's included", core.sessions),
        ("conclave_media_addresses", "Addresses that sessions have proved to be theirs", core.addresses),
        ("conclave_media_timers", "Armed timers", core.timers),
    ];
    table.into_iter().try_for_each(|(name, help, value)| metric(encoder, name, help, None, &ConstGauge::new(value)))
}

/// What goes to whom now, and how well.
fn flow(encoder: &mut DescriptorEncoder<'_>, core: &Stats) -> Result<(), Error> {
    metric(encoder, "conclave_media_speakers", "People who have the floor", None, &ConstGauge::new(core.speakers))?;
    let Connections { good, fair, poor } = core.connections;
    let help = "Connected sessions by what loss and round trip make of a conversation";
    let connections = [("good", good), ("fair", fair), ("poor", poor)];
    gauges(encoder, "conclave_media_connections", help, ("quality", &connections))?;
    let Shown { faces: [small, medium, full], screens, paused } = core.shown;
    let shown = [("small", small), ("medium", medium), ("full", full), ("screen", screens), ("paused", paused)];
    gauges(
        encoder,
        "conclave_media_pictures",
        "Pictures on somebody's page by the layer that flows",
        ("layer", &shown),
    )?;
    let expected = [("up", core.up.expected), ("down", core.down.expected)];
    let arrived = [("up", core.up.arrived), ("down", core.down.arrived)];
    let help = "Packets of media that should have arrived, as far as is known";
    by_label(encoder, "conclave_media_stream_packets_expected", help, ("direction", &expected))?;
    let help = "Packets of media that arrived, repeated ones included";
    by_label(encoder, "conclave_media_stream_packets_arrived", help, ("direction", &arrived))
}

fn traffic(encoder: &mut DescriptorEncoder<'_>, snapshot: &Snapshot) -> Result<(), Error> {
    let Snapshot { core, sent, sent_bytes, sends, not_sent, cpu } = snapshot;
    let table = [
        ("conclave_media_received_datagrams", "Datagrams received", core.datagrams),
        ("conclave_media_sent_datagrams", "Datagrams sent", *sent),
        ("conclave_media_unsent_datagrams", "Datagrams that the system did not take for sending", *not_sent),
        ("conclave_media_sends", "System calls that sent datagrams over UDP", *sends),
        ("conclave_media_rtp_packets_received", "RTP packets from publishers", core.rtp_in),
        ("conclave_media_rtp_packets_forwarded", "RTP packets handed to subscribers", core.rtp_out),
    ];
    table.into_iter().try_for_each(|(name, help, value)| counter(encoder, name, help, value))?;
    let (bytes, seconds) = (Some(Unit::Bytes), Some(Unit::Seconds));
    let (received, sent) = (ConstCounter::new(core.bytes), ConstCounter::new(*sent_bytes));
    metric(encoder, "conclave_media_received", "Bytes in received datagrams", bytes.as_ref(), &received)?;
    metric(encoder, "conclave_media_sent", "Bytes in sent datagrams", bytes.as_ref(), &sent)?;
    let cpu = ConstCounter::new(cpu.as_secs_f64());
    metric(encoder, "conclave_media_cpu", "Processor time of the media thread", seconds.as_ref(), &cpu)
}

/// Datagrams dropped before they reached a session.
fn dropped(encoder: &mut DescriptorEncoder<'_>, core: &Stats) -> Result<(), Error> {
    let sfu::Dropped { unreadable, unknown_address, unknown_ufrag, not_a_request, refused_stun } = core.dropped;
    let reasons = [
        ("unreadable", unreadable),
        ("unknown_address", unknown_address),
        ("unknown_ufrag", unknown_ufrag),
        ("not_a_request", not_a_request),
        ("refused_stun", refused_stun),
    ];
    let help = "Datagrams dropped before they reached a session";
    by_label(encoder, "conclave_media_dropped_datagrams", help, ("reason", &reasons))
}

fn events(encoder: &mut DescriptorEncoder<'_>, core: &Stats) -> Result<(), Error> {
    let table = [
        ("conclave_media_keyframe_requests", "Keyframe requests sent to publishers", core.keyframe_requests),
        ("conclave_media_early_dtls_errors", "DTLS errors before a session was connected", core.early_dtls_errors),
        ("conclave_media_peer_errors", "Other errors while handling what a peer sent", core.peer_errors),
        ("conclave_media_faults", "Panics that were caught; each cost one session", core.faults),
        ("conclave_media_pointer_moves", "Pointer positions passed on", core.pointers),
        ("conclave_media_stray_messages", "Data-channel messages that are none of the protocol's", core.stray_messages),
    ];
    table.into_iter().try_for_each(|(name, help, value)| counter(encoder, name, help, value))?;
    let outcomes = [("taken", core.drawing_ops), ("refused", core.drawing_refused)];
    by_label(encoder, "conclave_media_drawing_operations", "Drawing operations", ("outcome", &outcomes))
}

fn counter(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: u64) -> Result<(), Error> {
    metric(encoder, name, help, None, &ConstCounter::new(value))
}

/// A counter for each value of one label.
fn by_label(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    (label, values): (&'static str, &[(&'static str, u64)]),
) -> Result<(), Error> {
    let kind = ConstCounter::new(0u64).metric_type();
    let mut family = encoder.encode_descriptor(name, help, None, kind)?;
    for (value, count) in values {
        ConstCounter::new(*count).encode(family.encode_family(&[(label, *value)])?)?;
    }
    Ok(())
}

/// A gauge for each value of one label.
fn gauges(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    (label, values): (&'static str, &[(&'static str, usize)]),
) -> Result<(), Error> {
    let kind = ConstGauge::new(0u32).metric_type();
    let mut family = encoder.encode_descriptor(name, help, None, kind)?;
    for (value, number) in values {
        ConstGauge::new(*number).encode(family.encode_family(&[(label, *value)])?)?;
    }
    Ok(())
}

/// One number.
pub(super) fn metric(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: Option<&Unit>,
    value: &impl EncodeMetric,
) -> Result<(), Error> {
    value.encode(encoder.encode_descriptor(name, help, unit, value.metric_type())?)
}
