//! A node and its people in memory and in virtual time: what one side sends, the other has at once.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use sfu_core::{Config, Node, Output, Transport};
use shared::control::{Command, Event, Gone, KeyLength, Purpose};
use shared::ids::{MeetingId, ParticipantId, RoomId, SessionId};
use shared::limits::{AUDIO_SLOTS, CAMERA_LAYERS};
use shared::meeting::Role;
use shared::quality::Quality;
use shared::signal::{OfferError, Picture, Slots, Stage, Tile};
use str0m::media::MediaKind;
use str0m_netem::{Netem, NetemConfig, WithLen};

use super::media_client::{Datagram, MediaClient, Shape};
use super::shaper::Shaper;

/// Where the node is.
pub fn server() -> SocketAddr {
    "198.51.100.1:8080".parse().unwrap()
}

/// A room of the tests.
pub fn room(number: u8) -> RoomId {
    RoomId(MeetingId::from_random([number; 16]))
}

/// Somebody, as the test sees them.
pub struct Person {
    pub name: &'static str,
    pub client: MediaClient,
    pub address: SocketAddr,
    /// Where their network puts them; the world translates, as a NAT does.
    pub outside: SocketAddr,
    /// The last connectivity check that came from them.
    pub last_check: Vec<u8>,
    /// The last report that came from them.
    pub last_report: Vec<u8>,
    pub session: SessionId,
    pub participant: ParticipantId,
    pub answered: bool,
    /// All of the node's answers.
    pub answers: Vec<String>,
    pub refused: Option<OfferError>,
    pub told_connected: bool,
    /// Where signaling was told that their media comes from, in this order.
    pub paths: Vec<IpAddr>,
    /// What signaling was told of their connection.
    pub keys: Option<KeyLength>,
    pub gone: Option<Gone>,
    /// As signaling was told last.
    pub slots: Option<Slots>,
    /// Layers of their camera that somebody watches.
    pub layers_wanted: Vec<bool>,
    /// What was said of the connection, in this order.
    pub qualities: Vec<Quality>,
    /// Whether somebody watches their screen.
    pub screen_wanted: bool,
    screen_keyframes_sent: u32,
    keyframes_sent: u32,
    layer_keyframes_sent: [u32; CAMERA_LAYERS.len()],
    cut_off: bool,
    timeout: Instant,
    /// From the node to them. `None`: at once, or after the world's latency.
    down: Option<Netem<Carried>>,
    /// Instead of that.
    shaper: Option<Shaper>,
}

/// A datagram on a link.
#[derive(Debug, Clone)]
struct Carried(Datagram);

impl WithLen for Carried {
    fn len(&self) -> usize {
        self.0.payload.len() + 28 // IP and UDP
    }
}

impl Person {
    /// Counters of the video that came from somebody.
    pub fn seen(&self, of: &Person) -> Vec<u32> {
        self.client.counters_of(MediaKind::Video, of.participant.0)
    }

    /// Counters of the audio that came from somebody.
    pub fn heard(&self, of: &Person) -> Vec<u32> {
        self.client.counters_of(MediaKind::Audio, of.participant.0)
    }
}

/// The node, the people and the wire between them.
pub struct World {
    pub node: Node,
    pub now: Instant,
    pub people: Vec<Person>,
    /// How long a datagram travels. Nothing unless a story needs time to pass between the two ends.
    pub latency: Duration,
    /// What signaling says of whoever joins.
    pub shortest_keys: KeyLength,
    /// What the node sent to nobody's address.
    pub strays: Vec<Datagram>,
    wire: VecDeque<(Instant, Datagram)>,
    node_timeout: Instant,
    sessions: u64,
}

impl World {
    pub fn new() -> Self {
        let now = Instant::now() + Duration::from_secs(1000);
        let node =
            Node::new(Config { candidates: vec![server()], tcp_candidates: Vec::new(), speakers: AUDIO_SLOTS }, now);
        Self {
            node,
            now,
            people: Vec::new(),
            latency: Duration::ZERO,
            shortest_keys: KeyLength::Bits256,
            strays: Vec::new(),
            wire: VecDeque::new(),
            node_timeout: now,
            sessions: 0,
        }
    }

    /// Somebody joins room 1; everything that follows at once has happened on return.
    pub fn join(&mut self, name: &'static str, role: Role, stage: Stage) -> usize {
        let number = self.people.len() as u16 + 1;
        self.join_as(name, number, room(1), role, stage)
    }

    /// As [`World::enter`], with a client that reports on no packet's arrival.
    pub fn enter_without_estimate(&mut self, name: &'static str) -> usize {
        let address = SocketAddr::from(([192, 0, 2, 200], 40_000 + self.sessions as u16));
        let number = self.people.len() as u16 + 1;
        let client = MediaClient::without_estimate(number, address, self.now).unwrap();
        let person = self.join_with(name, client, address, room(1), (Role::Participant, Stage::Room, Purpose::Page));
        self.run_until("connected", |world| world.is_up(person));
        person
    }

    /// As [`World::join`], with everything chosen: the same number again is the same person in a newer window.
    pub fn join_as(&mut self, name: &'static str, number: u16, room: RoomId, role: Role, stage: Stage) -> usize {
        let address = SocketAddr::from(([192, 0, 2, number as u8], 40_001 + self.sessions as u16));
        let client = MediaClient::new(number, address, self.now).unwrap();
        self.join_with(name, client, address, room, (role, stage, Purpose::Page))
    }

    /// Somebody's device, or an unusual page, comes into room 1 and its connection comes up.
    pub fn plug_in(&mut self, name: &'static str, shape: Shape) -> usize {
        let device = self.offer_device(name, shape);
        self.run_until("connected", |world| world.is_up(device));
        device
    }

    /// Somebody's device makes its offer to room 1.
    pub fn offer_device(&mut self, name: &'static str, shape: Shape) -> usize {
        let number = self.people.len() as u16 + 1;
        let address = SocketAddr::from(([192, 0, 2, number as u8], 40_001 + self.sessions as u16));
        let client = MediaClient::device(number, address, shape, self.now).unwrap();
        self.join_shaped(name, client, address, shape)
    }

    /// As [`World::offer_device`], or an unusual page, with AES-128 alone in its DTLS.
    pub fn offer_with_short_keys(&mut self, name: &'static str, shape: Shape) -> usize {
        let number = self.people.len() as u16 + 1;
        let address = SocketAddr::from(([192, 0, 2, number as u8], 40_001 + self.sessions as u16));
        let client = MediaClient::with_short_keys(number, address, shape, self.now).unwrap();
        self.join_shaped(name, client, address, shape)
    }

    fn join_shaped(&mut self, name: &'static str, client: MediaClient, address: SocketAddr, shape: Shape) -> usize {
        let purpose = match shape {
            Shape::Page | Shape::PlainPage | Shape::LayeredPage => Purpose::Page,
            Shape::Publisher | Shape::Encoder => Purpose::Publish,
            Shape::Watcher { .. } => Purpose::Watch,
        };
        self.join_with(name, client, address, room(1), (Role::Participant, Stage::Room, purpose))
    }

    fn join_with(
        &mut self,
        name: &'static str,
        client: MediaClient,
        address: SocketAddr,
        room: RoomId,
        (role, stage, purpose): (Role, Stage, Purpose),
    ) -> usize {
        self.sessions += 1;
        let session = SessionId(self.sessions);
        let offer = client.offer().to_owned();
        let participant = ParticipantId(client.number);
        self.people.push(Person {
            name,
            client,
            address,
            outside: address,
            last_check: Vec::new(),
            last_report: Vec::new(),
            session,
            participant,
            answered: false,
            answers: Vec::new(),
            refused: None,
            told_connected: false,
            paths: Vec::new(),
            keys: None,
            gone: None,
            slots: None,
            layers_wanted: Vec::new(),
            qualities: Vec::new(),
            screen_wanted: false,
            screen_keyframes_sent: 0,
            keyframes_sent: 0,
            layer_keyframes_sent: [0; CAMERA_LAYERS.len()],
            cut_off: false,
            timeout: self.now,
            down: None,
            shaper: None,
        });
        let keys = self.shortest_keys;
        self.command(Command::Join { room, session, participant, role, stage, purpose, keys, offer });
        self.people.len() - 1
    }

    /// Somebody joins and the connection comes up.
    pub fn enter(&mut self, name: &'static str, role: Role, stage: Stage) -> usize {
        let person = self.join(name, role, stage);
        self.run_until("connected", |world| world.is_up(person));
        person
    }

    /// Connected, with both data channels open.
    pub fn is_up(&mut self, person: usize) -> bool {
        let person = &mut self.people[person];
        person.told_connected && person.client.connected && person.client.channels_open()
    }

    pub fn admit(&mut self, person: usize) {
        let session = self.people[person].session;
        self.command(Command::Admit { session });
    }

    /// Somebody's page shows these faces, so wide.
    pub fn look(&mut self, person: usize, shown: &[(usize, u16)]) {
        let picture = |who: &usize| Picture::face(self.people[*who].participant);
        let tiles = shown.iter().map(|(who, width)| Tile { picture: picture(who), width: *width }).collect();
        self.look_at(person, tiles);
    }

    /// Somebody's page shows these pictures.
    pub fn look_at(&mut self, person: usize, tiles: Vec<Tile>) {
        let session = self.people[person].session;
        self.command(Command::Look { session, tiles });
    }

    /// Signaling lets somebody share their screen, or hears that they stopped.
    pub fn share(&mut self, person: usize, on: bool) {
        let session = self.people[person].session;
        self.command(Command::Share { session, on });
    }

    /// Somebody's network is another one: from now on their datagrams come from there, and they offer a restart.
    pub fn change_network(&mut self, person: usize, address: SocketAddr) {
        let moved = &mut self.people[person];
        (moved.address, moved.outside) = (address, address);
        let (session, offer) = (moved.session, moved.client.restart(address).unwrap().to_owned());
        self.command(Command::Restart { session, offer });
    }

    pub fn leave(&mut self, person: usize) {
        let session = self.people[person].session;
        self.command(Command::Leave { session });
    }

    pub fn command(&mut self, command: Command) {
        self.node.handle_command(self.now, command);
        self.settle();
    }

    /// Somebody's NAT forgets them: from now on they come from another port, and nothing reaches them at the old one.
    pub fn rebind(&mut self, person: usize) {
        let outside = &mut self.people[person].outside;
        outside.set_port(outside.port() + 1);
    }

    /// Somebody's network goes away: nothing comes out of it any more.
    pub fn cut_off(&mut self, person: usize) {
        self.people[person].cut_off = true;
    }

    /// A stranger sends something.
    pub fn inject(&mut self, from: SocketAddr, datagram: &[u8]) {
        self.node.handle_datagram(self.now, Transport::Udp, from, server(), datagram);
        self.settle();
    }

    /// All of these people send one frame of video and one packet of audio every 20 ms, for so many rounds.
    pub fn talk(&mut self, people: &[usize], rounds: u32) {
        for _ in 0..rounds {
            for person in people {
                self.send_media(*person);
            }
            self.run_for(Duration::from_millis(20));
        }
    }

    fn send_media(&mut self, person: usize) {
        let now = self.now;
        let person = &mut self.people[person];
        // An encoder begins with a keyframe and makes another when it is asked to.
        let keyframe = person.keyframes_sent <= person.client.keyframe_requests;
        person.keyframes_sent += u32::from(keyframe);
        if keyframe {
            person.keyframes_sent = person.client.keyframe_requests + 1;
        }
        person.client.send_video(now, keyframe);
        person.client.send_audio(now, None);
        person.timeout = now;
    }

    /// One packet of somebody's voice, so loud (dBov).
    pub fn say(&mut self, person: usize, level: i8) {
        let now = self.now;
        self.with(person, |client| client.send_audio(now, Some(level)));
    }

    /// From now on everything to this person goes over such a link.
    pub fn link_down(&mut self, person: usize, config: NetemConfig) {
        match &mut self.people[person].down {
            Some(link) => link.set_config(config),
            none => *none = Some(Netem::new(config)),
        }
    }

    /// From now on everything to this person goes through such a shaper.
    pub fn shape_down(&mut self, person: usize, shaper: Shaper) {
        self.people[person].shaper = Some(shaper);
    }

    /// All of these people send three layers of their cameras, 25 frames a second, for so long: those that somebody
    /// watches, at about 80, 300 and 1200 kbit/s in packets of up to 1200 bytes.
    pub fn film(&mut self, people: &[usize], duration: Duration) {
        for _ in 0..duration.as_millis() / 40 {
            for person in people {
                self.send_frame(*person);
            }
            self.run_for(Duration::from_millis(40));
        }
    }

    /// As [`World::film`], with `sharer`'s screen besides, while anybody watches it: about 400 kbit/s.
    pub fn film_and_share(&mut self, people: &[usize], sharer: usize, duration: Duration) {
        for _ in 0..duration.as_millis() / 40 {
            self.send_screen(sharer);
            for person in people {
                self.send_frame(*person);
            }
            self.run_for(Duration::from_millis(40));
        }
    }

    /// As [`World::film`], and they talk besides.
    pub fn film_and_talk(&mut self, people: &[usize], duration: Duration) {
        for round in 0..duration.as_millis() / 20 {
            for person in people {
                if round % 2 == 0 {
                    self.send_frame(*person);
                }
                self.say(*person, -30);
            }
            self.run_for(Duration::from_millis(20));
        }
    }

    /// Somebody films in one stream with all sizes that are watched in it, but no larger ones than this, for so long.
    pub fn film_in_layers(&mut self, person: usize, most: u8, duration: Duration) {
        for _ in 0..duration.as_millis() / 40 {
            let now = self.now;
            let filming = &mut self.people[person];
            let largest = filming.layers_wanted.iter().rposition(|wanted| *wanted).unwrap_or(2) as u8;
            let largest = largest.min(most);
            // Another number of layers is another stream for an encoder.
            let asked = filming.client.keyframe_requests + u32::from(largest) * 1_000;
            let keyframe = filming.keyframes_sent != asked + 1;
            filming.keyframes_sent = asked + 1;
            filming.client.send_layers(now, largest, keyframe, 2);
            filming.timeout = now;
            self.run_for(Duration::from_millis(40));
        }
    }

    fn send_screen(&mut self, sharer: usize) {
        let now = self.now;
        let person = &mut self.people[sharer];
        if person.screen_wanted {
            let asked = person.client.screen_keyframe_requests;
            let keyframe = person.screen_keyframes_sent <= asked;
            if keyframe {
                person.screen_keyframes_sent = asked + 1;
            }
            person.client.send_screen(now, keyframe, 2_000);
            person.timeout = now;
        }
    }

    /// One picture of somebody's camera, as in [`World::film`].
    pub fn film_once(&mut self, person: usize) {
        self.send_frame(person);
    }

    fn send_frame(&mut self, person: usize) {
        let now = self.now;
        let person = &mut self.people[person];
        for (layer, bytes) in [(0_u8, 400), (1, 1_500), (2, 6_000)] {
            let index = usize::from(layer);
            if !person.layers_wanted.get(index).copied().unwrap_or(true) {
                continue;
            }
            let asked = person.client.keyframe_requests_of[index];
            let keyframe = person.layer_keyframes_sent[index] <= asked;
            if keyframe {
                person.layer_keyframes_sent[index] = asked + 1;
            }
            person.client.send_frame(now, layer, keyframe, bytes);
        }
        person.timeout = now;
    }

    /// Does something with a client and lets it happen.
    pub fn with<T>(&mut self, person: usize, act: impl FnOnce(&mut MediaClient) -> T) -> T {
        let done = act(&mut self.people[person].client);
        self.people[person].timeout = self.now;
        self.settle();
        done
    }

    /// Does something with a client and takes what it sends, which is not on its way yet.
    pub fn with_unsent(&mut self, person: usize, act: impl FnOnce(&mut MediaClient, Instant)) -> Vec<Datagram> {
        let now = self.now;
        let person = &mut self.people[person];
        act(&mut person.client, now);
        let _ = person.client.handle_timeout(now);
        let mut out = Vec::new();
        drain_person(person, &mut out, now);
        out
    }

    /// Puts datagrams on their way and lets them arrive.
    pub fn send_all(&mut self, datagrams: Vec<Datagram>) {
        self.send(datagrams);
        self.settle();
    }

    /// Lets time pass.
    pub fn run_for(&mut self, duration: Duration) {
        let end = self.now + duration;
        self.settle();
        while self.now < end {
            let timeouts = self.people.iter().map(|person| person.timeout);
            let arrival = self.wire.front().map(|(at, _)| *at);
            let links = self.people.iter().filter_map(|person| person.down.as_ref()).map(Netem::poll_timeout);
            let shapers = self.people.iter().filter_map(|person| person.shaper.as_ref()?.timeout());
            let soonest = timeouts.chain(arrival).chain(links).chain(shapers).fold(self.node_timeout, Instant::min);
            self.now = soonest.max(self.now + Duration::from_micros(500)).min(end);
            self.settle();
        }
    }

    /// Lets time pass until it is so; at most 30 seconds.
    pub fn run_until(&mut self, what: &str, done: impl Fn(&mut World) -> bool) {
        for _ in 0..3000 {
            if done(self) {
                return;
            }
            self.run_for(Duration::from_millis(10));
        }
        panic!("never {what}");
    }

    /// Moves datagrams until nobody has anything to say at this moment.
    fn settle(&mut self) {
        for _ in 0..100_000 {
            self.wake_people();
            self.drain_node();
            self.carry();
            if self.wire.front().is_some_and(|(at, _)| *at <= self.now) {
                let arrived = self.wire.pop_front();
                arrived.into_iter().for_each(|(_, datagram)| self.deliver(datagram));
            } else if self.node_timeout <= self.now {
                self.node.handle_timeout(self.now);
            } else {
                return;
            }
        }
        panic!("the wire never fell silent");
    }

    fn wake_people(&mut self) {
        let mut out = Vec::new();
        for person in &mut self.people {
            if person.timeout <= self.now && person.answered {
                let _ = person.client.handle_timeout(self.now);
                drain_person(person, &mut out, self.now);
            }
        }
        self.send(out);
    }

    fn send(&mut self, datagrams: Vec<Datagram>) {
        let arrival = self.now + self.latency;
        self.wire.extend(datagrams.into_iter().map(|datagram| (arrival, datagram)));
    }

    /// Delivers what has come through people's links by now.
    fn carry(&mut self) {
        let mut arrived = Vec::new();
        for person in &mut self.people {
            while let Some(datagram) = person.shaper.as_mut().and_then(|shaper| shaper.arrived(self.now)) {
                arrived.push(datagram);
            }
            let Some(link) = &mut person.down else { continue };
            link.handle_input(str0m_netem::Input::Timeout(self.now));
            while let Some(output) = link.poll_output() {
                if let str0m_netem::Output::Packet(Carried(datagram)) = output {
                    arrived.push(datagram);
                }
            }
        }
        arrived.into_iter().for_each(|datagram| self.deliver(datagram));
    }

    fn drain_node(&mut self) {
        loop {
            match self.node.poll_output() {
                Output::Timeout(at) => {
                    self.node_timeout = at;
                    return;
                }
                Output::Transmit { source, destination, payload, segment, .. } => {
                    for datagram in payload.chunks(segment) {
                        self.transmit(Datagram { source, destination, payload: datagram.to_vec() });
                    }
                }
                Output::Event(event) => self.note(event),
            }
        }
    }

    fn transmit(&mut self, datagram: Datagram) {
        let to = self.people.iter_mut().find(|person| person.outside == datagram.destination);
        let Some(person) = to else { return self.send(vec![datagram]) };
        if let Some(shaper) = &mut person.shaper {
            return shaper.take(self.now, datagram);
        }
        match &mut person.down {
            Some(link) => link.handle_input(str0m_netem::Input::Packet(self.now, Carried(datagram))),
            None => self.send(vec![datagram]),
        }
    }

    fn note(&mut self, event: Event) {
        let session = match &event {
            Event::Answered { session, .. }
            | Event::OfferRefused { session, .. }
            | Event::Restarted { session, .. }
            | Event::RestartRefused { session, .. }
            | Event::Connected { session, .. }
            | Event::Path { session, .. }
            | Event::Gone { session, .. }
            | Event::SlotsChanged { session, .. }
            | Event::Quality { session, .. }
            | Event::LayersWanted { session, .. } => *session,
        };
        let Some(person) = self.people.iter_mut().find(|person| person.session == session) else { return };
        assert!(person.gone.is_none(), "nothing follows Gone: {event:?}");
        match event {
            Event::Answered { answer, .. } => {
                person.client.accept(&answer).unwrap();
                person.answers.push(answer);
                person.answered = true;
            }
            Event::Restarted { answer, .. } => {
                person.client.accept(&answer).unwrap();
                person.answers.push(answer);
                person.timeout = self.now;
            }
            Event::OfferRefused { error, .. } | Event::RestartRefused { error, .. } => person.refused = Some(error),
            Event::Connected { keys, .. } => (person.told_connected, person.keys) = (true, Some(keys)),
            Event::Path { address, .. } => person.paths.push(address),
            Event::Gone { reason, .. } => person.gone = Some(reason),
            Event::SlotsChanged { slots, .. } => person.slots = Some(slots),
            Event::Quality { quality, .. } => person.qualities.push(quality),
            Event::LayersWanted { camera, screen, .. } => {
                (person.layers_wanted, person.screen_wanted) = (camera, screen);
            }
        }
    }

    fn deliver(&mut self, datagram: Datagram) {
        let Datagram { source, destination, payload } = datagram;
        if destination == server() {
            let mut outside = source;
            if let Some(person) = self.people.iter_mut().find(|person| person.address == source) {
                outside = person.outside;
                if payload.first().is_some_and(|first| *first < 4) {
                    person.last_check.clone_from(&payload);
                }
                if matches!(payload.as_slice(), [128..=191, 192..=223, ..]) {
                    person.last_report.clone_from(&payload);
                }
            }
            return self.node.handle_datagram(self.now, Transport::Udp, outside, destination, &payload);
        }
        let mut out = Vec::new();
        match self.people.iter_mut().find(|person| person.outside == destination) {
            Some(person) => {
                let _ = person.client.handle_datagram(self.now, source, person.address, &payload);
                drain_person(person, &mut out, self.now);
            }
            None => self.strays.push(Datagram { source, destination, payload }),
        }
        self.send(out);
    }
}

fn drain_person(person: &mut Person, wire: &mut Vec<Datagram>, now: Instant) {
    let mut out = Vec::new();
    person.timeout = person.client.drain(&mut out).unwrap_or(now + Duration::from_secs(3600));
    // A client that asks to be woken at once gets the next moment of virtual time.
    person.timeout = person.timeout.max(now + Duration::from_micros(500));
    if !person.cut_off {
        wire.extend(out);
    }
}
