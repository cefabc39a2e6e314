//! A session takes another network path, or is watched because its page has no socket. Nobody else notices either.

use std::collections::BTreeSet;

use str0m::change::SdpOffer;

use shared::control::Event;
use shared::ids::SessionId;
use shared::signal::OfferError;

use crate::guard::Panicked;
use crate::node::{Node, Output};
use crate::offer::Offer;
use crate::reach::Reach;
use crate::route::Nomination;
use crate::twins;

impl Node {
    /// A page offers another path for its session.
    pub(super) fn restart(&mut self, id: SessionId, offer: &str) {
        let sdp = match self.check_restart(id, offer) {
            Ok(sdp) => sdp,
            Err(error) => return self.out.push_back(Output::Event(Event::RestartRefused { session: id, error })),
        };
        let now = self.now;
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Reach { sections, streams, .. } = &session.reach;
        let answered = session.peer.restart(sdp, streams);
        let answered = answered.map(|answer| twins::complete(&answer?, sections, streams));
        // Whatever came of it: str0m changes the credentials first.
        self.demux.rename(id, session.peer.ufrag());
        session.set_restarting(now);
        let event = match answered {
            Ok(Some(answer)) => Event::Restarted { session: id, answer },
            Ok(None) => Event::RestartRefused { session: id, error: OfferError::Unusable },
            Err(Panicked) => return self.fault(id),
        };
        self.out.push_back(Output::Event(event));
        self.report_at_once(id);
        self.drain(id);
    }

    /// A page that asks for another path waits for a sign that the one it has still leads here.
    fn report_at_once(&mut self, id: SessionId) {
        let now = self.now;
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.sender.report(now, true);
        if session.sender.has_bursts() && !std::mem::replace(&mut session.dirty, true) {
            self.dirty.push_back(id);
        }
    }

    /// The offer, when it is one of this session.
    fn check_restart(&self, id: SessionId, offer: &str) -> Result<SdpOffer, OfferError> {
        let session = self.sessions.get(&id).ok_or(OfferError::OtherSession)?;
        Offer::read_again(offer, &session.reach.outline, &session.reach.sections)
    }

    /// The peer nominates a way, and it was really the peer.
    pub(super) fn confirmed(&mut self, id: SessionId, nomination: Nomination) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let before = session.route;
        session.nominations.confirmed(nomination, &mut session.route);
        if before.is_some() && session.route != before {
            self.begin_anew(id);
        }
    }

    /// A session has come by another way. What was on the old one is lost, seconds of it perhaps, and decoders wait up to three
    /// seconds before they say so: its pictures begin anew, those that it shows and those that it sends.
    pub(super) fn begin_anew(&mut self, id: SessionId) {
        let Some(who) = self.sessions.get(&id).map(|session| session.who) else { return };
        let Some(room) = self.rooms.get(&who.room) else { return };
        let members = room.members().iter().filter_map(|member| self.sessions.get(&member.session));
        let shown =
            members.flat_map(|viewer| viewer.tracks.shows().map(move |(picture, layer)| (viewer, picture, layer)));
        let lost = shown.filter(|(viewer, picture, _)| viewer.who.session == id || picture.who == who.participant);
        let wanted =
            lost.filter_map(|(_, picture, layer)| Some((room.session_of(picture.who)?, picture.source, layer)));
        let wanted: BTreeSet<_> = wanted.collect();
        wanted.into_iter().for_each(|(publisher, source, layer)| self.want_keyframe(publisher, source, layer));
    }

    /// Whether a session is given up as soon as it is silent.
    pub(super) fn watch(&mut self, id: SessionId, closely: bool) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.reach.watched = closely;
            self.rearm(id);
        }
    }
}
