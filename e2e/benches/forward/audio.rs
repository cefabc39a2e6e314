//! Fifty people, three of whom talk: our SFU, which passes their three voices on, beside a Janus whose AudioBridge mixes one
//! for each. Both get the same packets: voices of 32 kbit/s, and an encoder's rest every 400 ms from everybody else.
//!
//! What counts is the CPU time of the server's process, as a ratio within this run: what each of them hears is the same,
//! the packets that carry it are not.

use std::time::Duration;

use shared::limits::{AUDIO_SLOTS, MAX_PARTICIPANTS};

use crate::load::Load;
use crate::{Forwarder, figure, janus, median};

const TALKERS: usize = 3;
const ROUNDS: usize = 3;
const WARM_UP: Duration = Duration::from_secs(2);
const MEASURE: Duration = Duration::from_secs(5);
/// A packet of a voice every 20 ms.
const PACKETS: f64 = MEASURE.as_millis() as f64 / 20.0;

/// One round: how much of a core, and how much of what everybody should have heard they got.
struct Round {
    core: f64,
    heard: f64,
}

/// All rounds of both.
pub(crate) struct Rounds {
    ours: Vec<Round>,
    janus: Vec<Round>,
}

/// Runs them.
pub(crate) fn measure() -> Rounds {
    let mut rounds = Rounds { ours: Vec::new(), janus: Vec::new() };
    for number in 1..=ROUNDS {
        // Of three voices everybody hears those that are not their own.
        let voices = MAX_PARTICIPANTS * AUDIO_SLOTS.min(TALKERS) - TALKERS;
        rounds.ours.push(round(number, Forwarder::OursPage, voices));
        if janus::is_installed() {
            rounds.janus.push(round(number, Forwarder::Janus, MAX_PARTICIPANTS));
        }
    }
    rounds
}

/// `streams` come to everybody together.
fn round(number: usize, forwarder: Forwarder, streams: usize) -> Round {
    let mut server = forwarder.start();
    let mut load = Load::empty();
    (0..MAX_PARTICIPANTS).for_each(|_| load.bring_in_voice(&mut server));
    load.talk(TALKERS);
    load.run_for(WARM_UP);
    load.reset();
    let before = server.cpu();
    load.run_for(MEASURE);
    let core = (server.cpu() - before).as_secs_f64() / MEASURE.as_secs_f64();
    let heard = load.measured().received as f64 / (streams as f64 * PACKETS);
    println!("audio {number} {:9} {:5.2} % of a core, heard {:.1} %", forwarder.name(), core * 100.0, heard * 100.0);
    Round { core, heard }
}

impl Rounds {
    /// The figures. A round in which something was not heard is void.
    pub(crate) fn print(&self) {
        let core = |rounds: &[Round]| {
            median(rounds.iter().filter(|round| round.heard > 0.99).map(|round| round.core * 100.0).collect())
        };
        figure("audio_room_percent_of_a_core", core(&self.ours));
        figure("audio_room_cpu_vs_janus", core(&self.ours) / core(&self.janus));
    }
}
