//! The node: all rooms and sessions of one SFU, driven from outside.
//!
//! In go commands, datagrams and the time (`handle_*`); out come datagrams, events and the next deadline
//! ([`Node::poll_output`], to be called until it says [`Output::Timeout`]). Packets written to subscribers are
//! flushed there, once per batch of input and not once per packet (PERFORMANCE section 3).
//!
//! `commands` holds what signaling says, `restart` a session's way to another path, `media` who gets whose packets, `looking` which layers of them, `surface` pointers and drawings, `watching` what devices without a page are shown.

mod commands;
mod counting;
mod looking;
mod media;
mod restart;
mod surface;
mod watching;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::RtcConfig;

use shared::control::{Event, Gone, KeyLength};
use shared::ids::{RoomId, SessionId};

use crate::codecs;
use crate::crypto;
use crate::demux::{Demux, Path};
use crate::guard::{Panicked, guarded};
use crate::guards::{self, Guard};
use crate::ids::BySession;
use crate::peer::{self, Heard, InputError};
use crate::room::Room;
use crate::route::{Nomination, Route};
use crate::rtcp;
use crate::session::Session;
use crate::stats::Stats;
use crate::stun;
use crate::timers::Timers;

/// Nobody is woken again sooner than this: a deadline that stays in the past, ours or str0m's, must cost one
/// session a little time and never spin the node.
const MIN_SLEEP: Duration = Duration::from_millis(1);

/// How a datagram travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// As it is.
    Udp,
    /// Framed in a connection that the peer opened (ICE-TCP, RFC 6544; the shell does the framing of RFC 4571).
    Tcp,
}

/// What a node must know before it starts.
#[derive(Debug, Clone)]
pub struct Config {
    /// Addresses that are offered to browsers as ICE host candidates, best first. Datagrams must be handed in with the
    /// one that they arrived at.
    pub candidates: Vec<SocketAddr>,
    /// Addresses at which connections are taken (ICE-TCP), for those whose network blocks UDP.
    pub tcp_candidates: Vec<SocketAddr>,
    /// How many people of a room are heard at once, at most [`shared::limits::AUDIO_SLOTS`].
    pub speakers: usize,
}

/// What a node has to say.
#[derive(Debug)]
pub enum Output {
    /// Send these datagrams.
    Transmit {
        /// The candidate to send from.
        source: SocketAddr,
        /// Where to.
        destination: SocketAddr,
        /// How.
        transport: Transport,
        /// What: one datagram behind the other, as UDP GSO takes them.
        payload: Vec<u8>,
        /// How long each of them is; the last may be shorter.
        segment: usize,
    },
    /// Tell signaling.
    Event(Event),
    /// Nothing more now; call [`Node::handle_timeout`] at this moment at the latest.
    Timeout(Instant),
}

/// All rooms and sessions.
pub struct Node {
    config: Config,
    /// Certificate and key provider are made once per node.
    rtc_config: RtcConfig,
    /// Boxed: each is more than ten kilobytes, and a map has room for twice as many as it holds.
    sessions: BySession<Box<Session>>,
    rooms: HashMap<RoomId, Room>,
    demux: Demux,
    timers: Timers,
    dirty: VecDeque<SessionId>,
    out: VecDeque<Output>,
    stats: Stats,
    now: Instant,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

/// What became of a subscriber's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Report {
    /// It was not from them, or was here before.
    Foreign,
    /// There are no keys to read it with here.
    Unread,
    /// It was about what is sent to them.
    Read,
    /// There is something about the other direction in it, which is str0m's to read.
    ForBoth,
}

impl Node {
    /// An empty node.
    pub fn new(config: Config, now: Instant) -> Self {
        let provider = crypto::provider(KeyLength::Bits256);
        let rtc_config = RtcConfig::new().set_crypto_provider(provider.clone()).set_rtp_mode(true).set_ice_lite(true);
        let mut rtc_config = codecs::configured(rtc_config);
        if let Some(certificate) = provider.dtls_provider.generate_certificate() {
            rtc_config = rtc_config.set_dtls_cert(certificate);
        }
        Self {
            config,
            rtc_config,
            sessions: BySession::default(),
            rooms: HashMap::new(),
            demux: Demux::default(),
            timers: Timers::default(),
            dirty: VecDeque::new(),
            out: VecDeque::new(),
            stats: Stats::default(),
            now,
        }
    }

    /// A datagram arrived at `destination`, which is one of the candidates of that transport.
    pub fn handle_datagram(
        &mut self,
        now: Instant,
        transport: Transport,
        source: SocketAddr,
        destination: SocketAddr,
        datagram: &[u8],
    ) {
        self.advance(now);
        self.stats.datagrams += 1;
        self.stats.bytes += datagram.len() as u64;
        let path = Path { transport, source };
        let way = Route::back(path, destination);
        let Some(session) = self.recipient(path, destination, datagram) else {
            return self.come_from_elsewhere(path, way, datagram);
        };
        if rtcp::is_rtcp(datagram) && matches!(self.reported(session, way, datagram), Report::Foreign | Report::Read) {
            return;
        }
        let Some(receive) = peer::parse(path, destination, datagram) else {
            self.stats.dropped.unreadable += 1;
            return;
        };
        let now = self.now;
        let handled = self.sessions.get_mut(&session).map(|session| {
            session.reach.heard_at = now;
            #[cfg(test)]
            {
                session.peer.reports += u32::from(rtcp::is_rtcp(datagram));
            }
            session.peer.receive(now, receive)
        });
        let said = self.out.len();
        self.after_input(session, handled);
        if let Some(nomination) = Nomination::in_request(datagram, way) {
            let is_confirmed = self.out.iter().skip(said).any(|answer| nomination.is_confirmed_by(answer));
            if is_confirmed {
                self.confirmed(session, nomination);
            }
        }
    }

    /// A datagram from an address that is nobody's. A report that only one of us can have sealed, and newer than all before
    /// it, shows where they are now; nothing else does.
    fn come_from_elsewhere(&mut self, path: Path, way: Route, datagram: &[u8]) {
        if stun::is_stun(datagram) {
            return;
        }
        let reporter = rtcp::reporter(datagram).and_then(|ssrc| self.demux.by_reporter(ssrc));
        if let Some(id) = reporter {
            self.reported(id, way, datagram);
        }
        let follows = |id: &SessionId| self.sessions.get(id).is_some_and(|session| session.route == Some(way));
        match reporter.filter(follows) {
            Some(session) => self.demux.learn(session, path),
            None => self.stats.dropped.unknown_address += 1,
        }
    }

    /// A subscriber's report, and what is to become of it.
    fn reported(&mut self, id: SessionId, way: Route, datagram: &[u8]) -> Report {
        let now = self.now;
        let Some(session) = self.sessions.get_mut(&id) else { return Report::Foreign };
        if !session.sender.is_open() {
            return Report::Unread;
        }
        let sender = &mut session.sender;
        let Ok(reported) = guarded(|| sender.receive(now, datagram)) else {
            self.fault(id);
            return Report::Foreign;
        };
        let Some(reporter) = reported.reporter else {
            self.stats.peer_errors += 1;
            return Report::Foreign;
        };
        session.reach.heard_at = now;
        let before = session.route;
        if reported.is_newest {
            session.nominations.reported_from(way, &mut session.route);
        }
        let moved = session.route != before;
        let for_str0m = reported.others && session.publishes();
        if session.sender.has_bursts() && !std::mem::replace(&mut session.dirty, true) {
            self.dirty.push_back(id);
        }
        self.demux.learn_reporter(id, reporter);
        reported.keyframes.into_iter().for_each(|stream| self.keyframe_wanted(id, stream));
        if moved {
            self.begin_anew(id);
        }
        if for_str0m { Report::ForBoth } else { Report::Read }
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.advance(now);
        while let Some(session) = self.timers.pop_due(self.now) {
            self.wake(session);
        }
    }

    /// What the node has to say, until it says [`Output::Timeout`].
    pub fn poll_output(&mut self) -> Output {
        loop {
            if let Some(output) = self.out.pop_front() {
                return output;
            }
            let Some(session) = self.dirty.pop_front() else { break };
            if let Some(session) = self.sessions.get_mut(&session) {
                session.dirty = false;
            }
            self.flush(session);
        }
        Output::Timeout(self.timers.next().unwrap_or(self.now + Duration::from_secs(3600)))
    }

    /// Time never goes back, whatever order batches arrive in.
    fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    /// Whose datagram this is. Two look-ups in hash maps, whatever the number of sessions.
    fn recipient(&mut self, path: Path, destination: SocketAddr, datagram: &[u8]) -> Option<SessionId> {
        if !stun::is_stun(datagram) {
            return self.demux.by_path(path);
        }
        let Some(ufrag) = stun::local_ufrag(datagram) else {
            self.stats.dropped.not_a_request += 1;
            return None;
        };
        let Some(session) = self.demux.by_ufrag(ufrag) else {
            self.stats.dropped.unknown_ufrag += 1;
            return None;
        };
        if self.demux.by_path(path) == Some(session) {
            return Some(session); // str0m checks its integrity all the same
        }
        let receive = peer::parse(path, destination, datagram);
        let (now, peer) = (self.now, self.sessions.get_mut(&session).map(|session| &mut session.peer));
        if !receive.zip(peer).is_some_and(|(receive, peer)| peer.accepts(now, receive, datagram)) {
            self.stats.dropped.refused_stun += 1;
            return None;
        }
        self.demux.learn(session, path);
        Some(session)
    }

    /// A session's deadline has passed: its own business first, then str0m's.
    fn wake(&mut self, id: SessionId) {
        let now = self.now;
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if session.is_given_up(now) {
            return self.give_up(id, Gone::Timeout);
        }
        let due = session.pictures.take_due_keyframes(now);
        let looks = session.connected && session.view.next_look <= now;
        due.into_iter().for_each(|(of, layer)| self.ask_for_keyframe(id, of, layer));
        if looks {
            self.look_again(id);
        }
        self.pass_due_pointer(id);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.peer_dirty |= session.rtc_timeout <= now;
        session.sender.wake(now);
        self.flush(id);
        self.rearm(id);
    }

    /// Sends what was written to a session.
    fn flush(&mut self, id: SessionId) {
        let now = self.now;
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if let Some(route) = session.route {
            let bursts = session.sender.bursts();
            self.out.extend(bursts.map(|burst| route.transmit(burst.segment, burst.bytes)));
        }
        if std::mem::take(&mut session.peer_dirty) {
            let handled = session.peer.wake(now);
            self.after_input(id, Some(handled));
        }
    }

    fn after_input(&mut self, id: SessionId, handled: Option<Result<(), InputError>>) {
        let Some(handled) = handled else { return };
        match handled {
            Ok(()) => {}
            Err(InputError::Dtls) if !guards::holds(Guard::EarlyDtls) => return self.give_up(id, Gone::Fault),
            Err(InputError::Dtls) if !self.is_connected(id) => self.stats.early_dtls_errors += 1,
            Err(InputError::Dtls | InputError::Other) => self.stats.peer_errors += 1,
            Err(InputError::Fault) => return self.fault(id),
        }
        self.drain(id);
    }

    /// Takes out what a session's peer has to say and acts on it.
    fn drain(&mut self, id: SessionId) {
        let mut heard = Vec::new();
        let Some(session) = self.sessions.get_mut(&id) else { return };
        match session.peer.drain(&mut session.route, &mut self.out, &mut heard) {
            Ok(drained) => {
                session.rtc_timeout = drained.timeout;
                self.stats.peer_errors += u64::from(drained.errors);
            }
            Err(Panicked) => return self.fault(id),
        }
        let alive = session.peer.is_alive();
        self.rearm(id);
        for heard in heard {
            self.act_on(id, heard);
        }
        if let Some(address) = self.sessions.get_mut(&id).and_then(|session| session.new_path()) {
            self.out.push_back(Output::Event(Event::Path { session: id, address }));
        }
        if !alive {
            self.give_up(id, Gone::Fault);
        }
    }

    fn act_on(&mut self, id: SessionId, heard: Heard) {
        let now = self.now;
        let Some(session) = self.sessions.get_mut(&id) else { return };
        match heard {
            Heard::Connected => {
                session.set_connected();
                session.view.next_look = now;
                // Keys come before the connection; what is not known is not said to be good.
                let keys = session.keys.unwrap_or(KeyLength::Bits128);
                self.out.push_back(Output::Event(Event::Connected { session: id, keys }));
                self.rearm(id);
            }
            Heard::Closed => self.give_up(id, Gone::Closed),
            Heard::Reachable(reachable) => {
                session.set_reachable(reachable, now);
                self.rearm(id);
            }
            Heard::Rtp(packet) => self.published(id, packet),
            Heard::Keys(keys) => {
                session.keys = session.keys.or(Some(keys.length()));
                session.sender.unlock(&keys);
            }
            Heard::Pointer(message) => self.pointer_moved(id, &message),
            Heard::Drawing(message) => self.drawn(id, &message),
            Heard::DrawingReady => self.pump(id),
            Heard::Stray => self.stats.stray_messages += 1,
        }
    }

    fn is_connected(&self, id: SessionId) -> bool {
        self.sessions.get(&id).is_some_and(|session| session.connected)
    }

    /// Something was written to this session's peer: it is flushed before the node says that there is nothing more.
    fn touch(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.peer_dirty = true;
            if !std::mem::replace(&mut session.dirty, true) {
                self.dirty.push_back(id);
            }
        }
    }

    fn rearm(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.get(&id) {
            self.timers.set(id, session.deadline().max(self.now + MIN_SLEEP));
        }
    }

    /// A panic while handling a session: it goes, everybody else stays.
    fn fault(&mut self, id: SessionId) {
        self.stats.faults += 1;
        tracing::error!(session = id.0, "a peer's packets caused a fault; its session was dropped");
        if let Some(session) = self.take_out(id) {
            session.peer.discard();
            self.out.push_back(Output::Event(Event::Gone { session: id, reason: Gone::Fault }));
        }
    }

    fn give_up(&mut self, id: SessionId, reason: Gone) {
        if let Some(session) = self.take_out(id) {
            let reason =
                if !session.connected && session.peer.is_not_agreed() { Gone::NoCommonEncryption } else { reason };
            session.peer.close(session.route, &mut self.out);
            self.out.push_back(Output::Event(Event::Gone { session: id, reason }));
        }
    }

    /// Forgets a session everywhere; the others' slots are free again.
    fn take_out(&mut self, id: SessionId) -> Option<Box<Session>> {
        let session = self.sessions.remove(&id)?;
        self.count_gone(&session);
        self.demux.remove(id);
        self.timers.remove(id);
        self.hide_pointer(&session);
        let room = session.who.room;
        if let Some(members) = self.rooms.get_mut(&room) {
            members.remove(id);
            if members.members().is_empty() && members.board.is_blank() {
                self.rooms.remove(&room);
            }
        }
        self.reassign(room);
        Some(session)
    }

    /// Whether an address counts as some session's.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn knows(&self, path: Path) -> bool {
        self.demux.by_path(path).is_some()
    }

    /// Reports that this session's str0m was given.
    #[cfg(test)]
    pub(crate) fn reports_given(&self, id: SessionId) -> u32 {
        self.sessions.get(&id).map_or(0, |session| session.peer.reports)
    }

    /// Makes the next call into this session's peer panic.
    #[cfg(test)]
    pub(crate) fn break_peer(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.peer.panic_next = true;
        }
    }
}
