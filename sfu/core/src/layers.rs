//! The layers of one picture as its publisher sends them: which are alive, and how many bits each takes.

use std::time::{Duration, Instant};

use shared::codec::VideoCodec;
use shared::limits::{CAMERA_LAYERS, Layer, SCREEN_LAYERS};
use shared::signal::VideoSource;

use crate::keyframe::Throttle;

/// A layer from which nothing came for so long is not sent any more: its encoder rests, or its publisher's uplink is
/// too narrow for it.
const ALIVE_FOR: Duration = Duration::from_millis(700);
/// Over how long the rate is averaged.
const WINDOW: Duration = Duration::from_millis(500);
/// A layer that nobody watches goes on for so long: people look away and back.
const RESTS_AFTER: Duration = Duration::from_secs(3);
/// A layer that its publisher was asked for comes within this, or is not to be had just now.
const COMES_WITHIN: Duration = Duration::from_secs(3);
/// When a layer that did not come is wished for again: uplinks recover.
const TRIED_AGAIN: Duration = Duration::from_secs(20);

/// How many layers a picture can have.
pub(crate) const MOST_LAYERS: usize = CAMERA_LAYERS.len();

/// One bit for each layer, the smallest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct LayerSet([bool; MOST_LAYERS]);

impl LayerSet {
    /// With this one too.
    pub(crate) fn insert(&mut self, layer: u8) {
        if let Some(bit) = self.0.get_mut(usize::from(layer)) {
            *bit = true;
        }
    }

    /// Whether it has this one.
    pub(crate) fn has(self, layer: u8) -> bool {
        self.0.get(usize::from(layer)).copied().unwrap_or_default()
    }

    /// As it crosses the wire.
    pub(crate) fn to_vec(self) -> Vec<bool> {
        self.0.to_vec()
    }
}

/// Everything that one publisher can show.
#[derive(Debug)]
pub(crate) struct Pictures {
    camera: Layers,
    screen: Layers,
}

impl Pictures {
    /// Nothing is sent yet.
    pub(crate) fn new() -> Self {
        Self { camera: Layers::new(&CAMERA_LAYERS), screen: Layers::new(&SCREEN_LAYERS) }
    }

    /// One of the two.
    pub(crate) fn of(&self, source: VideoSource) -> &Layers {
        match source {
            VideoSource::Camera => &self.camera,
            VideoSource::Screen => &self.screen,
        }
    }

    /// As [`Pictures::of`].
    pub(crate) fn of_mut(&mut self, source: VideoSource) -> &mut Layers {
        match source {
            VideoSource::Camera => &mut self.camera,
            VideoSource::Screen => &mut self.screen,
        }
    }

    /// These layers are watched now. What to tell the publisher, when that has changed.
    pub(crate) fn watched(&mut self, camera: LayerSet, screen: LayerSet, now: Instant) -> Option<(LayerSet, LayerSet)> {
        let (camera, camera_changed) = self.camera.watched(camera, now);
        let (screen, screen_changed) = self.screen.watched(screen, now);
        (camera_changed || screen_changed).then_some((camera, screen))
    }

    /// When the next keyframe request that waits is due.
    pub(crate) fn keyframes_due(&self) -> Option<Instant> {
        let all = self.camera.keyframes.iter().chain(&self.screen.keyframes);
        all.filter_map(Throttle::deadline).min()
    }

    /// The keyframe requests that waited and are to be sent now.
    pub(crate) fn take_due_keyframes(&mut self, now: Instant) -> Vec<(VideoSource, u8)> {
        let mut due = Vec::new();
        for source in [VideoSource::Camera, VideoSource::Screen] {
            let waiting = (0..).zip(&mut self.of_mut(source).keyframes);
            due.extend(waiting.filter_map(|(layer, wish)| wish.take_due(now).then_some((source, layer))));
        }
        due
    }
}

/// One picture's layers.
#[derive(Debug)]
pub(crate) struct Layers {
    /// The keyframes that are asked for of each.
    pub(crate) keyframes: [Throttle; MOST_LAYERS],
    /// What it can have.
    sizes: &'static [Layer],
    layers: [Flow; MOST_LAYERS],
    /// There may be several: its packets name theirs.
    simulcast: bool,
    /// All of them are in one stream, whose keyframes are keyframes of each.
    one_stream: bool,
    /// How it is encoded, once something came.
    codec: Option<VideoCodec>,
    /// What the publisher was told.
    told: Option<LayerSet>,
    /// Since when the publisher is asked for each layer that does not come.
    awaited_since: [Option<Instant>; MOST_LAYERS],
    /// When each layer was given up that did not come.
    missed_at: [Option<Instant>; MOST_LAYERS],
    /// When each layer was watched last.
    watched_at: [Option<Instant>; MOST_LAYERS],
}

/// The packets of one layer.
#[derive(Debug, Clone, Copy, Default)]
struct Flow {
    last: Option<Instant>,
    window: Option<Instant>,
    bytes: usize,
    bits_per_second: Option<u64>,
}

impl Layers {
    /// Nothing is sent yet of layers like these.
    fn new(sizes: &'static [Layer]) -> Self {
        Self {
            keyframes: Default::default(),
            sizes,
            layers: Default::default(),
            simulcast: false,
            one_stream: false,
            codec: None,
            told: None,
            awaited_since: Default::default(),
            missed_at: Default::default(),
            watched_at: Default::default(),
        }
    }

    /// Its packets name their layers.
    pub(crate) fn set_simulcast(&mut self) {
        self.simulcast = true;
    }

    /// Its layers are in one stream. An encoder with few bits leaves larger ones out, until they are wished for.
    pub(crate) fn set_one_stream(&mut self) {
        (self.one_stream, self.simulcast) = (true, true);
    }

    /// Whether all layers are in one stream.
    pub(crate) fn is_one_stream(&self) -> bool {
        self.one_stream
    }

    /// Whether a packet of that codec is of this picture. An encoder that gives one codec up for another is silent in between:
    /// where two codecs come at once, the newer one is not believed.
    pub(crate) fn takes(&mut self, codec: VideoCodec, now: Instant) -> bool {
        let is_silent = || (0..MOST_LAYERS as u8).all(|layer| !self.is_alive(layer, now));
        if self.codec != Some(codec) && is_silent() {
            (self.codec, self.one_stream) = (Some(codec), false);
        }
        self.codec == Some(codec)
    }

    /// The largest layer that is worth wishing for. A picture that is sent, but in one size, has one; a layer that was
    /// wanted and did not come in time is beyond what the camera or the uplink has. Whoever shows it large gets the
    /// next smaller one, and no connection is tried for bits that nobody sends.
    pub(crate) fn largest(&self, now: Instant) -> u8 {
        if !self.has_sent() {
            return self.sizes.len().saturating_sub(1) as u8;
        }
        let may_come = |layer: u8| {
            let missed = self.missed_at.get(usize::from(layer)).copied().flatten();
            self.simulcast && missed.is_none_or(|at| now >= at + TRIED_AGAIN)
        };
        (1..MOST_LAYERS as u8).rev().find(|layer| self.is_alive(*layer, now) || may_come(*layer)).unwrap_or(0)
    }

    /// Whether anything ever came.
    pub(crate) fn has_sent(&self) -> bool {
        self.layers.iter().any(|flow| flow.last.is_some())
    }

    /// A packet came. Whether its layer was not being sent before.
    pub(crate) fn note(&mut self, layer: u8, bytes: usize, now: Instant) -> bool {
        let is_new = !self.is_alive(layer, now);
        let Some(flow) = self.layers.get_mut(usize::from(layer)) else { return false };
        flow.last = Some(now);
        let began = *flow.window.get_or_insert(now);
        flow.bytes += bytes;
        let passed = now.saturating_duration_since(began);
        if passed >= WINDOW {
            // A gap in a layer's life is not a low rate.
            if passed <= 2 * WINDOW {
                flow.bits_per_second = Some((flow.bytes * 8) as u64 * 1000 / passed.as_millis().max(1) as u64);
            }
            (flow.window, flow.bytes) = (Some(now), 0);
        }
        is_new
    }

    /// Whether this layer is being sent.
    pub(crate) fn is_alive(&self, layer: u8, now: Instant) -> bool {
        let flow = self.layers.get(usize::from(layer));
        flow.and_then(|flow| flow.last).is_some_and(|last| now < last + ALIVE_FOR)
    }

    /// Whether there is something to show, or may be: it flows, it rests because nobody watches, or it was asked for a moment
    /// ago. What was asked for and did not come is a camera that is off.
    pub(crate) fn may_show(&self, now: Instant) -> bool {
        let flows = (0..MOST_LAYERS as u8).any(|layer| self.is_alive(layer, now));
        let missed = self.missed_at.iter().flatten().any(|at| now < *at + TRIED_AGAIN);
        let rests = self.told.is_none_or(|told| told == LayerSet::default());
        let is_awaited = self.awaited_since.iter().any(Option::is_some);
        flows || ((rests || is_awaited) && !missed)
    }

    /// What this layer takes, bits per second: as measured, or what its encoder may use.
    pub(crate) fn bits_per_second(&self, layer: u8) -> u64 {
        let measured = self.layers.get(usize::from(layer)).and_then(|flow| flow.bits_per_second);
        let most = self.sizes.get(usize::from(layer)).map_or(0, |layer| u64::from(layer.max_kbps) * 1000);
        measured.unwrap_or(most)
    }

    /// The layer to show somebody who should see `wish`: the nearest one below that is alive, else the nearest above.
    /// Before anything came, the wish itself.
    pub(crate) fn nearest(&self, wish: u8, now: Instant) -> u8 {
        let below = (0..=wish).rev().find(|layer| self.is_alive(*layer, now));
        let above = || (wish + 1..MOST_LAYERS as u8).find(|layer| self.is_alive(*layer, now));
        below.or_else(above).unwrap_or(wish)
    }

    /// Of the layers that are wanted, gives up those that have not come for too long.
    fn note_missing(&mut self, wanted: LayerSet, now: Instant) {
        for layer in 0..MOST_LAYERS as u8 {
            let is_awaited = wanted.has(layer) && !self.is_alive(layer, now);
            let at = usize::from(layer);
            let (Some(since), Some(missed)) = (self.awaited_since.get_mut(at), self.missed_at.get_mut(at)) else {
                continue;
            };
            *since = if is_awaited { since.or(Some(now)) } else { None };
            if since.is_some_and(|since| now >= since + COMES_WITHIN) {
                (*since, *missed) = (None, Some(now));
            }
        }
    }

    /// These layers are watched now. What to tell the publisher of them, and whether that has changed.
    fn watched(&mut self, layers: LayerSet, now: Instant) -> (LayerSet, bool) {
        let mut wanted = LayerSet::default();
        for (layer, at) in (0_u8..).zip(&mut self.watched_at) {
            if layers.has(layer) {
                *at = Some(now);
            }
            if at.is_some_and(|at| now < at + RESTS_AFTER) {
                wanted.insert(layer);
            }
        }
        self.note_missing(wanted, now);
        (wanted, self.told.replace(wanted) != Some(wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_layer_lives_while_packets_come_and_its_rate_is_measured() {
        let mut now = Instant::now();
        let mut camera = Layers::new(&CAMERA_LAYERS);
        assert_eq!((camera.nearest(1, now), camera.bits_per_second(0)), (1, 120_000), "before anything came");
        for _ in 0..100 {
            camera.note(0, 250, now);
            now += 20 * MS;
        }
        let rate = camera.bits_per_second(0);
        assert!((95_000..=105_000).contains(&rate), "{rate}");
        assert_eq!((camera.nearest(2, now), camera.nearest(0, now)), (0, 0));
        camera.note(1, 1000, now + 600 * MS);
        let later = now + 1000 * MS;
        assert_eq!((camera.nearest(2, later), camera.nearest(0, later)), (1, 1), "better too large than nothing");
    }

    /// A camera of 320 pixels has one layer in browsers, however many are asked for.
    #[test]
    fn a_layer_that_does_not_come_is_not_wished_for_any_more_until_it_is_tried_again() {
        let mut now = Instant::now();
        let mut camera = Layers::new(&CAMERA_LAYERS);
        camera.set_simulcast();
        assert_eq!(camera.largest(now), 2, "before anything came");
        let mut seen = Vec::new();
        for _ in 0..1000 {
            camera.note(0, 250, now);
            let mut wanted = LayerSet::default();
            (0..=camera.largest(now)).for_each(|layer| wanted.insert(layer));
            camera.watched(wanted, now);
            if seen.last() != Some(&camera.largest(now)) {
                seen.push(camera.largest(now));
            }
            now += 30 * MS;
        }
        assert_eq!(seen, [2, 0, 2, 0], "30 s");
        camera.note(1, 900, now);
        assert_eq!(camera.largest(now), 1, "one that is there need not be tried");
    }

    #[test]
    fn a_codec_is_given_up_in_silence_and_not_in_the_middle_of_a_picture() {
        let now = Instant::now();
        let mut camera = Layers::new(&CAMERA_LAYERS);
        assert!(camera.takes(VideoCodec::Vp8, now));
        camera.note(1, 900, now);
        let soon = now + 100 * MS;
        assert!(!camera.takes(VideoCodec::H264, soon) && camera.takes(VideoCodec::Vp8, soon));
        let later = now + 800 * MS;
        assert!(camera.takes(VideoCodec::H264, later), "an encoder that fell back");
        camera.note(0, 900, later);
        assert!(!camera.takes(VideoCodec::Vp8, later));
    }

    #[test]
    fn a_layer_that_nobody_watches_rests_after_a_while() {
        let now = Instant::now();
        let mut camera = Layers::new(&CAMERA_LAYERS);
        let set = |layers: &[u8]| {
            let mut set = LayerSet::default();
            layers.iter().for_each(|layer| set.insert(*layer));
            set
        };
        assert_eq!(camera.watched(set(&[0, 2]), now), (set(&[0, 2]), true));
        assert_eq!(camera.watched(set(&[0]), now + 1000 * MS), (set(&[0, 2]), false), "not at once");
        assert_eq!(camera.watched(set(&[0]), now + 3001 * MS), (set(&[0]), true));
        assert_eq!(camera.watched(set(&[0, 1]), now + 3002 * MS), (set(&[0, 1]), true), "back at once");
    }
}
