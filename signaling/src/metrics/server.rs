//! Rooms, pages and the process itself. The process's figures have the names that every Prometheus client gives them.

use std::fmt::Error;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;
use rustix::time::{ClockId, clock_gettime};

use super::Observed;
use crate::live::registry::Totals;

/// What there is at this moment.
#[derive(Debug)]
pub(super) struct Server {
    live: Totals,
    websockets: usize,
    connections: usize,
    lag: Duration,
    cpu: Duration,
    /// Not known where there is no `/proc`.
    resident_bytes: Option<u64>,
    open_files: Option<usize>,
}

impl Server {
    pub(super) fn read(observed: &Observed) -> Self {
        Self {
            live: observed.state.live.totals(),
            websockets: observed.state.sockets.taken(),
            connections: observed.connections.open(),
            lag: observed.state.lag.now(),
            cpu: Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default(),
            resident_bytes: std::fs::read_to_string("/proc/self/status").ok().as_deref().and_then(resident_bytes),
            open_files: std::fs::read_dir("/proc/self/fd").ok().map(Iterator::count),
        }
    }
}

impl Collector for Server {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let table = [
            ("conclave_rooms", "Live meetings", self.live.rooms),
            ("conclave_seats", "Pages that the door let through and that are connected", self.live.seats),
            ("conclave_websockets", "Open WebSockets", self.websockets),
            ("conclave_connections", "Open TCP connections, WebSockets and media included", self.connections),
        ];
        for (name, help, value) in table {
            metric(&mut encoder, name, help, None, &ConstGauge::new(value))?;
        }
        let lag = ConstGauge::new(self.lag.as_secs_f64());
        metric(
            &mut encoder,
            "conclave_lag",
            "How long a task that could run waits for its turn",
            Some(&Unit::Seconds),
            &lag,
        )?;
        self.people(&mut encoder)?;
        self.process(&mut encoder)
    }
}

impl Server {
    fn people(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
        let kind = ConstGauge::new(0u32).metric_type();
        let mut family = encoder.encode_descriptor("conclave_people", "People in live meetings", None, kind)?;
        for (stage, count) in [("room", self.live.present), ("lobby", self.live.waiting)] {
            ConstGauge::new(count).encode(family.encode_family(&[("stage", stage)])?)?;
        }
        Ok(())
    }

    fn process(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
        let cpu = ConstCounter::new(self.cpu.as_secs_f64());
        metric(encoder, "process_cpu", "Processor time of all threads", Some(&Unit::Seconds), &cpu)?;
        if let Some(bytes) = self.resident_bytes {
            let memory = ConstGauge::new(bytes);
            metric(encoder, "process_resident_memory", "Resident memory", Some(&Unit::Bytes), &memory)?;
        }
        if let Some(files) = self.open_files {
            metric(encoder, "process_open_fds", "Open files and sockets", None, &ConstGauge::new(files))?;
        }
        Ok(())
    }
}

/// `VmRSS:      1234 kB`
fn resident_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1024)
}

/// One number.
fn metric(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: Option<&Unit>,
    value: &impl EncodeMetric,
) -> Result<(), Error> {
    value.encode(encoder.encode_descriptor(name, help, unit, value.metric_type())?)
}
