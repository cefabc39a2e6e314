//! Numbers of several nodes: written down node by node, encoded family by family, as the format wants it.

use std::borrow::Cow;
use std::fmt::Error;

use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

/// What is written down, in the order in which each name came first.
#[derive(Default)]
pub(super) struct Book<'a> {
    node: Option<&'a str>,
    families: Vec<Family<'a>>,
}

struct Family<'a> {
    name: &'static str,
    help: &'static str,
    unit: Option<Unit>,
    samples: Vec<(Labels<'a>, Number)>,
}

type Labels<'a> = Vec<(&'static str, Cow<'a, str>)>;

#[derive(Clone, Copy)]
enum Number {
    Gauge(u64),
    Counter(u64),
    /// In a unit that has parts.
    Amount(f64),
}

impl<'a> Book<'a> {
    /// What follows is this node's; the embedded one has no name.
    pub(super) fn open(&mut self, node: Option<&'a str>) {
        self.node = node;
    }

    /// How much there is now.
    pub(super) fn gauge(&mut self, name: &'static str, help: &'static str, value: usize) {
        self.write((name, help, None), None, Number::Gauge(value as u64));
    }

    /// The same for each value of one label.
    pub(super) fn gauges(
        &mut self,
        name: &'static str,
        help: &'static str,
        (label, values): (&'static str, &[(&'static str, usize)]),
    ) {
        for (value, number) in values {
            self.write((name, help, None), Some((label, value)), Number::Gauge(*number as u64));
        }
    }

    /// How often something happened.
    pub(super) fn counter(&mut self, name: &'static str, help: &'static str, value: u64) {
        self.write((name, help, None), None, Number::Counter(value));
    }

    /// The same for each value of one label.
    pub(super) fn counters(
        &mut self,
        name: &'static str,
        help: &'static str,
        (label, values): (&'static str, &[(&'static str, u64)]),
    ) {
        for (value, number) in values {
            self.write((name, help, None), Some((label, value)), Number::Counter(*number));
        }
    }

    /// How much of it there was.
    pub(super) fn counter_of(&mut self, unit: Unit, name: &'static str, help: &'static str, value: f64) {
        self.write((name, help, Some(unit)), None, Number::Amount(value));
    }

    fn write(
        &mut self,
        (name, help, unit): (&'static str, &'static str, Option<Unit>),
        label: Option<(&'static str, &'static str)>,
        number: Number,
    ) {
        let node = self.node.map(|node| ("node", Cow::Borrowed(node)));
        let labels = label.map(|(label, value)| (label, Cow::Borrowed(value))).into_iter().chain(node).collect();
        match self.families.iter_mut().find(|family| family.name == name) {
            Some(family) => family.samples.push((labels, number)),
            None => self.families.push(Family { name, help, unit, samples: vec![(labels, number)] }),
        }
    }

    /// All of it.
    pub(super) fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        self.families.iter().try_for_each(|family| family.encode(&mut encoder))
    }
}

impl Family<'_> {
    fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
        let is_gauge = matches!(self.samples.first(), Some((_, Number::Gauge(_))));
        let kind = if is_gauge { MetricType::Gauge } else { MetricType::Counter };
        let mut family = encoder.encode_descriptor(self.name, self.help, self.unit.as_ref(), kind)?;
        for (labels, number) in &self.samples {
            // Without labels there is one sample, and no braces.
            if labels.is_empty() {
                return number.encode(family);
            }
            number.encode(family.encode_family(labels)?)?;
        }
        Ok(())
    }
}

impl Number {
    fn encode(self, sample: MetricEncoder<'_>) -> Result<(), Error> {
        match self {
            Number::Gauge(value) => ConstGauge::new(value).encode(sample),
            Number::Counter(value) => ConstCounter::new(value).encode(sample),
            Number::Amount(value) => ConstCounter::new(value).encode(sample),
        }
    }
}
