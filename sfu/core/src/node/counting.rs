//! How much there is of everything, for whoever watches the machine.

use shared::quality::Quality;
use shared::signal::VideoSource;

use crate::node::Node;
use crate::session::Session;
use crate::stats::{Carried, Connections, Shown, Stats};

impl Node {
    /// Counters, and how much the node holds now.
    pub fn stats(&self) -> Stats {
        let mut stats = Stats {
            rooms: self.rooms.len(),
            sessions: self.sessions.len(),
            addresses: self.demux.paths(),
            timers: self.timers.len(),
            speakers: self.rooms.values().map(|room| room.speaking()).sum(),
            ..self.stats
        };
        for session in self.sessions.values().filter(|session| session.connected) {
            count_packets(session, &mut stats.up, &mut stats.down);
            count_connection(session.quality(), &mut stats.connections);
            count_pictures(session, &mut stats.shown);
        }
        stats
    }

    /// Keeps what a session that goes has counted.
    pub(super) fn count_gone(&mut self, session: &Session) {
        count_packets(session, &mut self.stats.up, &mut self.stats.down);
    }
}

fn count_packets(session: &Session, up: &mut Carried, down: &mut Carried) {
    let (sent, received) = session.tallies();
    up.add(sent);
    down.add(received);
}

fn count_connection(quality: Quality, connections: &mut Connections) {
    match quality {
        Quality::Good => connections.good += 1,
        Quality::Fair => connections.fair += 1,
        Quality::Poor => connections.poor += 1,
    }
}

fn count_pictures(session: &Session, shown: &mut Shown) {
    let video = &session.tracks.video;
    for (picture, slot) in video.assignment.iter().zip(&video.slots) {
        let Some(picture) = picture.filter(|picture| session.view.wish(*picture).is_some()) else { continue };
        match (picture.source, slot.target) {
            (_, None) => shown.paused += usize::from(slot.wanted.is_none()),
            (VideoSource::Screen, Some(_)) => shown.screens += 1,
            (VideoSource::Camera, Some(_)) => {
                shown.faces.get_mut(usize::from(slot.layer)).into_iter().for_each(|faces| *faces += 1);
            }
        }
    }
}
