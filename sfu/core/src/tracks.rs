//! The m-lines of one session: up its microphone, camera and screen, down its slots; and the payload types agreed on.

use str0m::Rtc;
use str0m::media::{Media, MediaKind, Mid};

use shared::ids::ParticipantId;
use shared::limits::{AUDIO_SLOTS, VIDEO_SLOTS};
use shared::signal::{Picture, Slots, Undecodable, VideoSource};

use crate::codecs::{self, Codecs};
use crate::forwarder::{Forward, Forwarder, Incoming};
use crate::peer::Promised;
use crate::send::Negotiated;
use crate::slots::{self, Assignment};
use crate::twins::Section;

const AUDIO_CLOCK: u32 = 48_000;
const VIDEO_CLOCK: u32 = 90_000;

/// All m-lines of one session.
#[derive(Debug)]
pub(crate) struct Tracks {
    pub(crate) microphone: Option<Mid>,
    pub(crate) camera: Option<Mid>,
    pub(crate) screen: Option<Mid>,
    pub(crate) audio: Down<ParticipantId>,
    pub(crate) video: Down<Picture>,
    pub(crate) codecs: Codecs,
    /// Pictures that this session would be shown, had it agreed on their codec.
    pub(crate) undecodable: Vec<Undecodable>,
}

/// The receive-only m-lines of one kind, and what fills each.
#[derive(Debug)]
pub(crate) struct Down<T> {
    clock_rate: u32,
    pub(crate) assignment: Assignment<T>,
    pub(crate) slots: Vec<Slot>,
}

/// One receive-only m-line.
#[derive(Debug)]
pub(crate) struct Slot {
    /// The stream that it goes out on.
    pub(crate) stream: usize,
    pub(crate) forwarder: Forwarder,
    /// The layer that its tile and the bandwidth call for; `None`: nothing, for want of bandwidth.
    pub(crate) wanted: Option<u8>,
    /// The layer to carry: the nearest one that its publisher sends.
    pub(crate) target: Option<u8>,
    /// The layer that it carries.
    pub(crate) layer: u8,
}

impl Slot {
    /// Sets the layer to carry. A pause takes effect at once, a change with the next keyframe of the other layer.
    pub(crate) fn aim(&mut self, target: Option<u8>) {
        self.target = target;
        if target.is_none() {
            self.forwarder.interrupt();
        }
    }

    /// What becomes of a packet here.
    pub(crate) fn forward(&mut self, packet: &Incoming) -> Forward {
        let layer = packet.source.layer;
        // A keyframe of a stream with several layers is one of each of them: it comes again as the one that is wanted.
        let is_changed_here = packet.spatial.is_some() && packet.can_begin && self.target != Some(layer);
        if self.forwarder.carries(packet.source) && self.target.is_some() && !is_changed_here {
            return self.forwarder.forward(packet);
        }
        if self.target != Some(layer) {
            return Forward::NotShown;
        }
        let forward = self.forwarder.forward(packet);
        if matches!(forward, Forward::Send { .. }) {
            self.layer = layer;
        }
        forward
    }
}

impl Tracks {
    /// Reads what offer and answer came to. `None` when no codec that is forwarded was agreed on.
    pub(crate) fn negotiated(rtc: &Rtc, sections: &[Section], streams: &[Promised]) -> Option<Self> {
        let known: Vec<Mid> = sections.iter().map(|section| section.known_as).collect();
        let mut tracks = Self {
            microphone: None,
            camera: None,
            screen: None,
            audio: Down::new(AUDIO_CLOCK),
            video: Down::new(VIDEO_CLOCK),
            codecs: Codecs::negotiated(rtc, &known),
            undecodable: Vec::new(),
        };
        if !known.iter().filter_map(|mid| rtc.media(*mid)).any(|media| codecs::has_ours(rtc, media)) {
            return None;
        }
        for section in sections {
            if let Some(media) = rtc.media(section.known_as) {
                tracks.add(media, streams.iter().position(|stream| stream.mid == section.mid));
            }
        }
        Some(tracks)
    }

    fn add(&mut self, media: &Media, stream: Option<usize>) {
        let mid = media.mid();
        let sends = media.direction().is_receiving(); // seen from here, what the page sends is received
        match media.kind() {
            MediaKind::Audio if sends => self.microphone = self.microphone.or(Some(mid)),
            MediaKind::Video if sends && self.camera.is_none() => self.camera = Some(mid),
            MediaKind::Video if sends => self.screen = self.screen.or(Some(mid)),
            MediaKind::Audio if media.direction().is_sending() => self.audio.add(stream, AUDIO_SLOTS),
            MediaKind::Video if media.direction().is_sending() => self.video.add(stream, VIDEO_SLOTS),
            _ => {}
        }
    }

    /// What is in the video slot of that stream, and which of its layers it carries or waits for.
    pub(crate) fn shown_on(&self, stream: usize) -> Option<(Picture, u8)> {
        let index = self.video.slots.iter().position(|slot| slot.stream == stream)?;
        let slot = self.video.slots.get(index)?;
        let layer = if slot.forwarder.is_running() { slot.layer } else { slot.target? };
        Some((self.video.assignment.get(index).copied()??, layer))
    }

    /// The pictures that flow, each with its layer.
    pub(crate) fn shows(&self) -> impl Iterator<Item = (Picture, u8)> {
        let slots = self.video.assignment.iter().zip(&self.video.slots);
        slots.filter_map(|(shown, slot)| shown.zip(slot.target))
    }

    /// The layer of this picture that a slot is to carry.
    pub(crate) fn watches(&self, picture: Picture) -> Option<u8> {
        let index = self.video.assignment.iter().position(|shown| *shown == Some(picture))?;
        self.video.slots.get(index)?.wanted
    }

    /// The streams, each with what was negotiated for it.
    pub(crate) fn streams(&self, rtc: &Rtc, streams: &[Promised]) -> Vec<Negotiated> {
        let negotiated = |stream: &Promised| {
            let is_audio = rtc.media(stream.known_as).is_some_and(|media| media.kind() == MediaKind::Audio);
            Negotiated {
                mid: stream.mid,
                known_as: stream.known_as,
                ssrc: stream.ssrc,
                rtx: stream.rtx.filter(|_| !is_audio && self.codecs.repeats()),
                clock_rate: if is_audio { AUDIO_CLOCK } else { VIDEO_CLOCK },
            }
        };
        streams.iter().map(negotiated).collect()
    }

    /// As signaling hears it.
    pub(crate) fn as_slots(&self) -> Slots {
        Slots {
            audio: self.audio.assignment.clone(),
            video: self.video.assignment.clone(),
            undecodable: self.undecodable.clone(),
        }
    }
}

impl<T: Copy + PartialEq> Down<T> {
    fn new(clock_rate: u32) -> Self {
        Self { clock_rate, assignment: Vec::new(), slots: Vec::new() }
    }

    fn add(&mut self, stream: Option<usize>, most: usize) {
        if let Some(stream) = stream
            && self.slots.len() < most
        {
            self.slots.push(Slot {
                stream,
                forwarder: Forwarder::new(self.clock_rate),
                wanted: None,
                target: Some(0),
                layer: 0,
            });
            self.assignment.push(None);
        }
    }

    /// The slot that this fills.
    pub(crate) fn slot_of(&mut self, shown: T) -> Option<&mut Slot> {
        let index = self.assignment.iter().position(|slot| *slot == Some(shown))?;
        self.slots.get_mut(index)
    }

    /// Fills the slots as wished; what is new in them.
    pub(crate) fn assign(&mut self, wanted: &[T]) -> Vec<T> {
        slots::assign(&mut self.assignment, wanted)
    }

    /// As [`Down::assign`], with the first wish always in the first slot.
    pub(crate) fn assign_led(&mut self, wanted: &[T]) -> Vec<T> {
        slots::assign_led(&mut self.assignment, wanted)
    }
}

/// What a publisher's packet is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Feed {
    Voice,
    Picture(VideoSource),
}
