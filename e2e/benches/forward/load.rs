//! The load: all clients on one thread, driven by readiness and deadlines.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};

use crate::Forwarder;
use crate::client::{Client, Shape};
use crate::floor;
use crate::server::{Ask, Server, Tell};

/// Bytes of each packet's payload.
pub(crate) const PAYLOAD: usize = 1100;
/// Packets of each frame.
pub(crate) const PACKETS_PER_FRAME: usize = 10;
/// Between two frames.
const FRAME: Duration = Duration::from_micros(33_333);
/// Between two packets of a voice.
const VOICE: Duration = Duration::from_millis(20);
/// Of so many packets of a voice an encoder sends one while its owner is silent (RFC 7587 section 3.1.3).
const REST: u64 = 20;
/// Floor: clear bytes in front of each packet; a number, then the send time.
pub(crate) const HEADER: usize = 20;
/// Floor: as many packets as a frame has are sent together.
pub(crate) const FLOOR_FRAME: usize = PACKETS_PER_FRAME;
/// Floor: any key costs the same.
pub(crate) const FLOOR_KEY: [u8; 32] = [7; 32];

/// What arrived since the last reset.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    /// Packets published.
    pub(crate) sent: u64,
    /// Packets at all subscribers together.
    pub(crate) received: u64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

/// Everybody; the publisher is the first.
pub(crate) struct Load {
    people: People,
    poll: Poll,
    sent: u64,
    epoch: Instant,
    /// Nothing is published while there is none.
    next_frame: Option<Instant>,
    /// Who publishes.
    publishers: Vec<usize>,
    /// The first so many talk, everybody else listens.
    talk: Option<Talk>,
}

struct Talk {
    next: Instant,
    talkers: usize,
    ticks: u64,
}

enum People {
    WebRtc(Vec<Client>),
    Floor(FloorPeople),
}

impl People {
    fn count(&self) -> usize {
        match self {
            People::WebRtc(clients) => clients.len(),
            People::Floor(floor) => floor.subscribers.len(),
        }
    }
}

struct FloorPeople {
    publisher: UdpSocket,
    server: SocketAddr,
    key: LessSafeKey,
    counter: u64,
    epoch: Instant,
    subscribers: Vec<UdpSocket>,
    received: u64,
    delays: Vec<u32>,
}

impl Load {
    /// Nobody yet.
    pub(crate) fn empty() -> Self {
        let people = People::WebRtc(Vec::new());
        Self {
            people,
            poll: Poll::new().unwrap(),
            sent: 0,
            epoch: Instant::now(),
            next_frame: None,
            publishers: vec![0],
            talk: None,
        }
    }

    /// Brings everybody in and waits until all are connected.
    pub(crate) fn new(server: &mut Server, forwarder: Forwarder, subscribers: usize) -> Self {
        let mut load = Self::empty();
        if forwarder == Forwarder::Floor {
            load.people = People::Floor(FloorPeople::new(server, &load.poll, load.epoch, subscribers));
        } else {
            (0..=subscribers).for_each(|_| load.bring_in(server, forwarder));
        }
        load
    }

    /// Begins or ends publishing.
    pub(crate) fn publish(&mut self, on: bool) {
        self.next_frame = on.then(Instant::now);
    }

    /// Brings one more in and waits until they are connected. The first one publishes.
    pub(crate) fn bring_in(&mut self, server: &mut Server, forwarder: Forwarder) {
        let People::WebRtc(clients) = &mut self.people else { return };
        let id = clients.len();
        let mut client = Client::new(self.epoch);
        let publishes = id == 0;
        if let Some(janus) = &mut server.janus {
            janus.join(&mut client, publishes);
        } else {
            let shape = if forwarder == Forwarder::OursPage { Shape::Page } else { Shape::Single };
            let offer = client.offer(shape, publishes);
            let ask = Ask::Join { room: 1, id: id as u16 + 1, publishes, offer };
            let Tell::Answer(answer) = server.ask(&ask) else { return };
            client.accept(&answer);
        }
        self.seat(client);
    }

    /// Brings one into a room of voices and waits until they are connected.
    pub(crate) fn bring_in_voice(&mut self, server: &mut Server) {
        let People::WebRtc(clients) = &mut self.people else { return };
        let id = clients.len();
        let mut client = Client::new(self.epoch);
        if let Some(janus) = &mut server.janus {
            janus.join_mixed(&mut client);
        } else {
            let offer = client.offer(Shape::Page, true);
            let ask = Ask::Join { room: 1, id: id as u16 + 1, publishes: true, offer };
            let Tell::Answer(answer) = server.ask(&ask) else { return };
            client.accept(&answer);
        }
        self.seat(client);
    }

    /// Brings one publisher and so many subscribers into each of several rooms of our SFU.
    pub(crate) fn rooms(server: &mut Server, rooms: u8, subscribers: usize) -> Self {
        let mut load = Self::empty();
        load.publishers.clear();
        for room in 1..=rooms {
            for number in 0..=subscribers {
                let mut client = Client::new(load.epoch);
                let offer = client.offer(Shape::Single, number == 0);
                let id = load.people.count();
                if number == 0 {
                    load.publishers.push(id);
                }
                let ask = Ask::Join { room, id: id as u16 + 1, publishes: number == 0, offer };
                let Tell::Answer(answer) = server.ask(&ask) else { panic!("not ours") };
                client.accept(&answer);
                load.seat(client);
            }
        }
        load
    }

    fn seat(&mut self, mut client: Client) {
        let People::WebRtc(clients) = &mut self.people else { return };
        let id = clients.len();
        self.poll.registry().register(&mut client.socket, Token(id), Interest::READABLE).unwrap();
        clients.push(client);
        let deadline = Instant::now() + Duration::from_secs(10);
        while !self.is_connected(id) {
            assert!(Instant::now() < deadline, "client {id} did not connect");
            self.step(deadline);
        }
    }

    /// From now on the first so many talk without a pause, and everybody else's encoder rests.
    pub(crate) fn talk(&mut self, talkers: usize) {
        self.talk = Some(Talk { next: Instant::now(), talkers, ticks: 0 });
    }

    fn is_connected(&self, id: usize) -> bool {
        match &self.people {
            People::WebRtc(clients) => clients.get(id).is_some_and(|client| client.connected),
            People::Floor(_) => true,
        }
    }

    /// Lets everybody live for so long.
    pub(crate) fn run_for(&mut self, duration: Duration) {
        let end = Instant::now() + duration;
        while Instant::now() < end {
            self.step(end);
        }
    }

    /// Forgets what was counted.
    pub(crate) fn reset(&mut self) {
        self.sent = 0;
        match &mut self.people {
            People::WebRtc(clients) => clients.iter_mut().for_each(|client| {
                client.received = 0;
                client.delays.clear();
            }),
            People::Floor(floor) => {
                floor.received = 0;
                floor.delays.clear();
            }
        }
    }

    /// What was counted since.
    pub(crate) fn measured(&mut self) -> Measured {
        let (received, mut delays) = match &mut self.people {
            People::WebRtc(clients) => (
                clients.iter().map(|client| client.received).sum(),
                clients.iter().flat_map(|client| client.delays.iter().copied()).collect::<Vec<u32>>(),
            ),
            People::Floor(floor) => (floor.received, std::mem::take(&mut floor.delays)),
        };
        delays.sort_unstable();
        let at = |part: f64| {
            let index = (delays.len() as f64 * part) as usize;
            Duration::from_micros(delays.get(index).copied().unwrap_or(0).into())
        };
        Measured { sent: self.sent, received, p50: at(0.5), p99: at(0.99) }
    }

    fn step(&mut self, end: Instant) {
        let now = Instant::now();
        let wakes = match &self.people {
            People::WebRtc(clients) => clients.iter().map(|client| client.wake).min(),
            People::Floor(_) => None,
        };
        let talk = self.talk.as_ref().map_or(end, |talk| talk.next);
        let until = wakes.unwrap_or(end).min(end).min(self.next_frame.unwrap_or(end)).min(talk);
        let mut events = Events::with_capacity(64);
        self.poll.poll(&mut events, Some(until.saturating_duration_since(now))).unwrap();
        match &mut self.people {
            People::WebRtc(clients) => {
                for event in &events {
                    clients[event.token().0].read();
                }
                let now = Instant::now();
                clients.iter_mut().filter(|client| client.wake <= now).for_each(Client::wake);
            }
            People::Floor(floor) => events.iter().for_each(|event| floor.read(event.token().0)),
        }
        if let (Some(talk), People::WebRtc(clients)) = (&mut self.talk, &mut self.people)
            && Instant::now() >= talk.next
        {
            talk.next += VOICE;
            talk.ticks += 1;
            clients.iter_mut().take(talk.talkers).for_each(Client::speak);
            // Not all of them at once.
            let resting =
                (0..).zip(clients).skip(talk.talkers).filter(|(id, _)| (id + talk.ticks).is_multiple_of(REST));
            resting.for_each(|(_, client)| client.rest());
        }
        if let Some(due) = self.next_frame.filter(|due| Instant::now() >= *due) {
            self.next_frame = Some(due + FRAME);
            self.sent += match &mut self.people {
                People::WebRtc(clients) => self.publishers.iter().map(|id| clients[*id].send_frame()).sum::<u64>(),
                People::Floor(floor) => floor.send_frame(),
            };
        }
    }
}

impl FloorPeople {
    fn new(server: &mut Server, poll: &Poll, epoch: Instant, subscribers: usize) -> Self {
        let mut subscribers: Vec<UdpSocket> = (0..subscribers)
            .map(|_| UdpSocket::bind(SocketAddr::new(crate::net::ADDRESS.parse().unwrap(), 0)).unwrap())
            .collect();
        for (index, socket) in subscribers.iter_mut().enumerate() {
            let _ = socket2::SockRef::from(&*socket).set_recv_buffer_size(4 << 20);
            poll.registry().register(socket, Token(index), Interest::READABLE).unwrap();
        }
        let addresses = subscribers.iter().map(|socket| socket.local_addr().unwrap()).collect();
        let Tell::Listens(server) = server.ask(&Ask::SendTo(addresses)) else { panic!("not the floor") };
        Self {
            publisher: UdpSocket::bind(SocketAddr::new(crate::net::ADDRESS.parse().unwrap(), 0)).unwrap(),
            server,
            key: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &FLOOR_KEY).unwrap()),
            counter: 1 << 63,
            epoch,
            subscribers,
            received: 0,
            delays: Vec::new(),
        }
    }

    fn send_frame(&mut self) -> u64 {
        for _ in 0..PACKETS_PER_FRAME {
            self.counter += 1;
            let mut packet = vec![0x55; HEADER + PAYLOAD];
            packet[..8].copy_from_slice(&self.counter.to_be_bytes());
            packet[12..HEADER].copy_from_slice(&(self.epoch.elapsed().as_micros() as u64).to_be_bytes());
            let (header, body) = packet.split_at_mut(HEADER);
            let nonce = Nonce::assume_unique_for_key(floor::nonce(header));
            let tag = self.key.seal_in_place_separate_tag(nonce, Aad::from(&*header), body).unwrap();
            packet.extend_from_slice(tag.as_ref());
            let _ = self.publisher.send_to(&packet, self.server);
        }
        PACKETS_PER_FRAME as u64
    }

    fn read(&mut self, index: usize) {
        let mut buffer = [0; 2048];
        while let Ok(size) = self.subscribers[index].recv(&mut buffer) {
            if let Some(stamp) = buffer[..size].get(12..HEADER) {
                let sent = u64::from_be_bytes(stamp.try_into().unwrap());
                self.received += 1;
                self.delays.push((self.epoch.elapsed().as_micros() as u64).saturating_sub(sent) as u32);
            }
        }
    }
}
