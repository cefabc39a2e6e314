//! Who has the floor: the few loudest people of a room, whose voices are passed on.
//!
//! Read from the audio level that each packet carries in the clear (RFC 6464), never from the sound. Everybody else's
//! last packets are kept for a moment ([`PREROLL`]): who takes the floor is heard from their first syllable.
//!
//! Calm by design. A free place is taken by the first sound above [`AUDIBLE`]; a place that somebody holds is lost to
//! one who goes on speaking while the holder is silent, or who is clearly louder than a holder that had their say.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use shared::ids::ParticipantId;

use crate::forwarder::Incoming;

/// Loudness from which anything is worth a free place: 0 is digital silence, 127 full scale (dBov + 127). A quiet room
/// behind a browser's noise suppression lies below.
const AUDIBLE: f32 = 52.0;
/// Loudness from which a sound is speech that may ask for somebody else's place.
const SPEECH: f32 = 77.0;
/// What a packet without a level counts as: its sender cannot be compared, but is not to be silenced either.
const UNKNOWN: f32 = 87.0;
/// How much louder than a holder who still speaks one must be to take their place, dB.
const LOUDER_BY: f32 = 9.0;
/// How long a holder is safe from louder people.
const HELD_FOR: Duration = Duration::from_millis(1500);
/// A holder who was silent for so long gives way to anybody who speaks. Shorter makes people between two words lose
/// their place.
const PAUSE: Duration = Duration::from_millis(600);
/// A leader who was silent for so long gives way to anybody else who speaks. Shorter hands the lead to and fro between words.
const LEAD_PAUSE: Duration = Duration::from_millis(300);
/// A holder who was silent for so long gives their place back, so that a silent room sends nothing.
const SILENT: Duration = Duration::from_secs(3);
/// Packets kept of people without the floor: 100 ms at Opus' usual 20 ms. More delays the first word by more, and
/// browsers then play faster until they have caught up.
pub(crate) const PREROLL: usize = 5;
/// What is older is silence: an encoder that rests in pauses sends a packet every 400 ms (RFC 7587 section 3.1.3).
const PREROLL_FOR: Duration = Duration::from_millis(150);

/// The voices of a room.
#[derive(Debug)]
pub(crate) struct Speakers {
    most: usize,
    voices: Vec<Voice>,
    /// Who has the floor, longest first.
    floor: Vec<ParticipantId>,
    lead: Option<Lead>,
}

/// Whoever is to be heard and shown where there is a place for one alone. When nobody speaks, whoever spoke last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lead {
    pub(crate) who: ParticipantId,
    pub(crate) since: Instant,
}

/// One person, as they are heard.
#[derive(Debug)]
struct Voice {
    who: ParticipantId,
    /// Smoothed: up within three packets, down within half a second.
    loudness: f32,
    audible_at: Option<Instant>,
    since: Instant,
    kept: VecDeque<Incoming>,
}

/// What a packet of sound means.
#[derive(Debug)]
pub(crate) enum Hearing {
    /// Its speaker has the floor.
    Passed,
    /// Its speaker takes the floor with it. These packets came just before and go first.
    Begins(Vec<Incoming>),
    /// Not passed on.
    Kept,
}

impl Speakers {
    /// At most so many people are heard at once.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, voices: Vec::new(), floor: Vec::new(), lead: None }
    }

    /// Who has the floor.
    pub(crate) fn floor(&self) -> &[ParticipantId] {
        &self.floor
    }

    /// Who leads.
    pub(crate) fn lead(&self) -> Option<Lead> {
        self.lead
    }

    /// Somebody's packet came, so loud (dBov, 0 to -127).
    pub(crate) fn hear(&mut self, who: ParticipantId, level: Option<i8>, packet: &Incoming) -> Hearing {
        let now = packet.arrived;
        let index = self.voice(who, now);
        self.voices[index].note(level, now);
        self.clear_silent(who, now);
        let hearing = self.place(who, index, packet);
        self.consider_lead(who, index, now);
        hearing
    }

    fn place(&mut self, who: ParticipantId, index: usize, packet: &Incoming) -> Hearing {
        let now = packet.arrived;
        if self.floor.contains(&who) {
            return Hearing::Passed;
        }
        if self.takes_place(index, now) {
            self.floor.push(who);
            let voice = &mut self.voices[index];
            voice.since = now;
            let fresh = |packet: &Incoming| now <= packet.arrived + PREROLL_FOR;
            return Hearing::Begins(voice.kept.drain(..).filter(fresh).collect());
        }
        let kept = &mut self.voices[index].kept;
        if kept.len() >= PREROLL {
            kept.pop_front();
        }
        kept.push_back(packet.clone());
        Hearing::Kept
    }

    /// Somebody went.
    pub(crate) fn remove(&mut self, who: ParticipantId) {
        self.voices.retain(|voice| voice.who != who);
        self.floor.retain(|holder| *holder != who);
        self.lead.take_if(|lead| lead.who == who);
    }

    fn voice(&mut self, who: ParticipantId, now: Instant) -> usize {
        if let Some(index) = self.voices.iter().position(|voice| voice.who == who) {
            return index;
        }
        self.voices.push(Voice { who, loudness: 0.0, audible_at: None, since: now, kept: VecDeque::new() });
        self.voices.len() - 1
    }

    /// Takes the floor from those who have long been silent, but not from whoever is heard just now.
    fn clear_silent(&mut self, heard: ParticipantId, now: Instant) {
        let voices = &self.voices;
        let stays = |who: &ParticipantId| {
            *who == heard || voices.iter().any(|voice| voice.who == *who && !voice.silent_for(SILENT, now))
        };
        self.floor.retain(stays);
    }

    /// Whether whoever is heard just now takes the lead: from somebody who has paused, or who is clearly less loud and had
    /// their say. For the leader's own packets there is nothing to do.
    fn consider_lead(&mut self, who: ParticipantId, index: usize, now: Instant) {
        if self.lead.is_some_and(|lead| lead.who == who) || !self.floor.contains(&who) {
            return;
        }
        let voice = &self.voices[index];
        if voice.loudness < SPEECH || voice.silent_for(LEAD_PAUSE, now) {
            return;
        }
        let holds = |lead: Lead| {
            let leader = self.voices.iter().find(|voice| voice.who == lead.who)?;
            let had_their_say = now >= lead.since + HELD_FOR;
            let is_outdone = had_their_say && voice.loudness >= leader.loudness + LOUDER_BY;
            (self.floor.contains(&lead.who) && !leader.silent_for(LEAD_PAUSE, now) && !is_outdone).then_some(())
        };
        if self.lead.and_then(holds).is_none() {
            self.lead = Some(Lead { who, since: now });
        }
    }

    /// Finds a place for somebody without one; a holder may lose theirs.
    fn takes_place(&mut self, index: usize, now: Instant) -> bool {
        let voice = &self.voices[index];
        if self.floor.len() < self.most {
            return voice.audible_at == Some(now);
        }
        if voice.loudness < SPEECH {
            return false;
        }
        let loudness = voice.loudness;
        let holders = self.voices.iter().filter(|holder| self.floor.contains(&holder.who));
        let Some(weakest) = holders.min_by(|a, b| a.strength(now).total_cmp(&b.strength(now))) else { return false };
        let had_their_say = now >= weakest.since + HELD_FOR;
        let yields = weakest.silent_for(PAUSE, now) || (had_their_say && loudness >= weakest.loudness + LOUDER_BY);
        let loser = weakest.who;
        if yields {
            self.floor.retain(|who| *who != loser);
        }
        yields
    }
}

impl Voice {
    fn note(&mut self, level: Option<i8>, now: Instant) {
        let loud = level.map_or(UNKNOWN, |level| 127.0 + f32::from(level.clamp(-127, 0)));
        let weight = if loud > self.loudness { 0.5 } else { 0.08 };
        self.loudness += (loud - self.loudness) * weight;
        if loud >= AUDIBLE {
            self.audible_at = Some(now);
        }
    }

    fn silent_for(&self, pause: Duration, now: Instant) -> bool {
        self.audible_at.is_none_or(|at| now >= at + pause)
    }

    /// Who of the holders goes first: whoever is in a pause, then whoever is quietest.
    fn strength(&self, now: Instant) -> f32 {
        if self.silent_for(PAUSE, now) { self.loudness - 1000.0 } else { self.loudness }
    }
}
