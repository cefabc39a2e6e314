//! Counts become rates, over the last five seconds.

use std::collections::VecDeque;

use super::sample::{Counts, Limited, Line, Path, Sample, Stream};
use super::verdict::{Figures, Verdict};

/// What a report looks back on, milliseconds: one bad second shows and is forgotten soon.
const SPAN_MS: u64 = 5_000;
/// After a longer silence the page slept, and what was before says nothing about now.
const SLEPT_MS: u64 = 15_000;
/// Fewer packets than these are no base for a percentage.
const FEWEST_PACKETS: u64 = 25;

/// One stream's rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Where it belongs.
    pub line: Line,
    /// Which of several sizes of a picture it is, the smallest is 0.
    pub layer: Option<usize>,
    /// Whether anything moved.
    pub flows: bool,
    /// Kilobit of media per second.
    pub kbps: u32,
    /// Lost packets, thousandths; `None` when there were too few to tell.
    pub loss: Option<u32>,
    /// Pictures per second, when it is pictures.
    pub frames_per_second: Option<u32>,
    /// Width and height of the picture, pixels.
    pub size: Option<(u32, u32)>,
    /// How unevenly packets arrive, milliseconds.
    pub jitter_ms: Option<u32>,
    /// Whether the encoder makes less than it could.
    pub limited: Limited,
}

/// How things were in the last five seconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The path now; `None` before the connection is up.
    pub path: Option<Path>,
    /// There and back, milliseconds.
    pub round_trip_ms: Option<u32>,
    /// Kilobit sent per second, all together.
    pub up_kbps: u32,
    /// Kilobit received per second, all together.
    pub down_kbps: u32,
    /// Lost of what this page sends, thousandths.
    pub loss_up: Option<u32>,
    /// Lost of what is sent to this page, thousandths.
    pub loss_down: Option<u32>,
    /// Each stream, up before down.
    pub readings: Vec<Reading>,
    /// All of it in a word.
    pub verdict: Verdict,
}

/// Remembers the last seconds.
#[derive(Debug, Default)]
pub struct Monitor {
    samples: VecDeque<Sample>,
}

impl Monitor {
    /// Takes a sample in; what it says together with those before.
    pub fn observe(&mut self, sample: Sample) -> Report {
        let goes_on = self.samples.back().is_some_and(|last| {
            last.connection == sample.connection && (last.at_ms..=last.at_ms + SLEPT_MS).contains(&sample.at_ms)
        });
        if !goes_on {
            self.samples.clear();
        }
        // One sample from before the span stays: rates are taken against it.
        while self.samples.get(1).is_some_and(|second| second.at_ms + SPAN_MS <= sample.at_ms) {
            self.samples.pop_front();
        }
        let report = self.report(&sample);
        self.samples.push_back(sample);
        report
    }

    fn report(&self, now: &Sample) -> Report {
        let moved: Vec<Moved> = now.streams.iter().map(|stream| self.moved(stream, now.at_ms)).collect();
        let mut readings: Vec<Reading> = moved.iter().map(Moved::reading).collect();
        readings.sort_by_key(|reading| (reading.line, reading.layer));
        let loss = |up| {
            let those = moved.iter().filter(|moved| moved.stream.line.is_up() == up);
            let (packets, lost) = those.fold((0, 0), |(p, l), moved| (p + moved.by.packets, l + moved.by.lost));
            permille_lost(packets, lost, up)
        };
        let told = now.streams.iter().filter_map(|stream| stream.round_trip_ms).max();
        let round_trip_ms = now.path.as_ref().and_then(|path| path.round_trip_ms).or(told);
        let (up_kbps, down_kbps) = self.totals(now);
        let figures = Figures { loss_up: loss(true), loss_down: loss(false), round_trip_ms };
        let verdict = now.path.as_ref().map_or_else(Verdict::default, |path| Verdict::of(path, figures, &readings));
        let Figures { loss_up, loss_down, .. } = figures;
        Report { path: now.path.clone(), round_trip_ms, up_kbps, down_kbps, loss_up, loss_down, readings, verdict }
    }

    /// How far a stream went within the span. Counts that went back belong to something else of the same number.
    fn moved<'s>(&self, stream: &'s Stream, at_ms: u64) -> Moved<'s> {
        let known = self.samples.iter().find_map(|sample| {
            let is_it = |other: &&Stream| other.line == stream.line && other.ssrc == stream.ssrc;
            let before = sample.streams.iter().find(is_it)?;
            (before.counts.packets <= stream.counts.packets).then_some((sample.at_ms, before))
        });
        // It was here in every sample of the span, or it is new and its limit says nothing yet.
        let held = self.samples.iter().all(|sample| {
            sample.streams.iter().any(|other| other.ssrc == stream.ssrc && other.limited == stream.limited)
        });
        let limited = if held && self.samples.len() > 1 { stream.limited } else { Limited::No };
        let (since, before) = known.map_or((at_ms, stream.counts), |(since, before)| (since, before.counts));
        let now = stream.counts;
        let by = Counts {
            packets: now.packets.saturating_sub(before.packets),
            lost: now.lost.saturating_sub(before.lost),
            bytes: now.bytes.saturating_sub(before.bytes),
            frames: now.frames.saturating_sub(before.frames),
        };
        Moved { stream, by, within_ms: at_ms - since, limited }
    }

    fn totals(&self, now: &Sample) -> (u32, u32) {
        let Some((path, first)) = now.path.as_ref().zip(self.samples.iter().find(|sample| sample.path.is_some()))
        else {
            return (0, 0);
        };
        let within_ms = now.at_ms - first.at_ms;
        let before = first.path.as_ref().map_or((0, 0), |path| (path.bytes_up, path.bytes_down));
        let rate = |now: u64, before: u64| per_second(8 * now.saturating_sub(before) / 1_000, within_ms);
        (rate(path.bytes_up, before.0), rate(path.bytes_down, before.1))
    }
}

/// A stream, and how far it went.
struct Moved<'s> {
    stream: &'s Stream,
    by: Counts,
    within_ms: u64,
    limited: Limited,
}

impl Moved<'_> {
    fn reading(&self) -> Reading {
        let Self { stream, by, within_ms, limited } = *self;
        Reading {
            line: stream.line,
            layer: stream.layer,
            flows: by.packets > 0,
            kbps: per_second(8 * by.bytes / 1_000, within_ms),
            loss: permille_lost(by.packets, by.lost, stream.line.is_up()),
            frames_per_second: stream.size.map(|_| per_second(by.frames, within_ms)),
            size: stream.size,
            jitter_ms: stream.jitter_ms,
            limited,
        }
    }
}

fn per_second(count: u64, within_ms: u64) -> u32 {
    let rounded = (count * 1_000 + within_ms / 2).checked_div(within_ms).unwrap_or_default();
    u32::try_from(rounded).unwrap_or(u32::MAX)
}

/// Thousandths of the packets that were sent. A sender counts what it sent; a receiver what came, and beside it what did not.
fn permille_lost(packets: u64, lost: u64, sent_here: bool) -> Option<u32> {
    let all = if sent_here { packets } else { packets + lost };
    let share = (lost * 1_000).checked_div(all).filter(|_| all >= FEWEST_PACKETS)?;
    u32::try_from(share.min(1_000)).ok()
}

#[cfg(test)]
mod tests;
