//! Half an hour of coming and going, in real time: what a server still holds when everybody has gone. `make soak` runs it,
//! `make test` does not.

#![expect(clippy::unwrap_used, reason = "the whole file is a measurement and its helpers")]

use std::path::Path;
use std::time::{Duration, Instant};

use e2e::media_socket::MediaSocket;
use e2e::{Caller, Console, Deployment, Link, Meeting, Options};
use shared::meeting::Role;
use shared::signal::{ClientMsg, ServerMsg};

/// People besides the moderator, who comes and stays.
const SEATS: u16 = 8;
/// An audio packet every so often, and a picture with every other one.
const TICK: Duration = Duration::from_millis(20);
/// So many ticks after one seat was left or taken, the next one is.
const CHURN: u64 = 40;
/// So often another meeting begins, with two people, and is ended from the console.
const SHORT_MEETING: u64 = 1_500;
/// What is only warming up is not counted as growth.
const WARM_UP: Duration = Duration::from_secs(180);
const SAMPLE: Duration = Duration::from_secs(20);
/// A person's bytes per picture, about 120 kbit/s.
const PICTURE: usize = 600;

/// Somebody in a meeting.
struct Person {
    caller: Caller,
    media: MediaSocket,
    frames: u64,
}

impl Person {
    async fn come(server: &Deployment, number: u16, link: &Link, cookie: Option<&str>) -> Self {
        let mut media = MediaSocket::on_loopback(number).unwrap();
        let mut caller = Caller::connect(server.url(), cookie).await;
        caller.knock(link).await;
        let answer = caller.enter(media.client.offer()).await;
        media.accept(&answer).unwrap();
        Self { caller, media, frames: 0 }
    }

    /// One tick of talking and showing one's face.
    fn live(&mut self, tick: u64) {
        self.media.client.send_audio(Instant::now(), Some(-30));
        if tick.is_multiple_of(2) {
            self.frames += 1;
            self.media.client.send_frame(Instant::now(), 0, self.frames % 50 == 1, PICTURE);
        }
        self.media.flush();
        self.media.poll();
        // What was received is not looked at, and must not grow here.
        self.media.client.received.clear();
        self.media.arrivals.clear();
    }
}

/// The moderator, and who is there just now.
struct Room {
    moderator: Person,
    seats: Vec<Option<Person>>,
    meeting: Meeting,
}

impl Room {
    /// The moderator comes, everybody else has a seat to take.
    async fn open(server: &Deployment, console: &Console) -> Self {
        let names: Vec<String> = (0..SEATS).map(|seat| format!("Guest {seat}")).collect();
        let guests = names.iter().map(|name| (name.as_str(), Role::Participant));
        let people: Vec<_> = std::iter::once(("Maria", Role::Moderator)).chain(guests).collect();
        let meeting = console.meeting("Soak", &people).await;
        let moderator = Person::come(server, 1, meeting.link("Maria"), Some(console.cookie())).await;
        Self { moderator, seats: (0..SEATS).map(|_| None).collect(), meeting }
    }

    /// Whoever is in this seat goes, or somebody comes and is let in.
    async fn change(&mut self, server: &Deployment, seat: usize) {
        if let Some(person) = self.seats[seat].take() {
            return person.caller.say(&ClientMsg::Leave);
        }
        let link = self.meeting.link(&format!("Guest {seat}")).clone();
        let number = u16::try_from(seat).unwrap() + 2;
        let mut person = Person::come(server, number, &link, None).await;
        let card = |message: &ServerMsg| match message {
            ServerMsg::LobbyChanged { card } => Some(card.participant),
            _ => None,
        };
        let participant = self.moderator.caller.hear("a card", card).await;
        self.moderator.caller.say(&ClientMsg::Admit { participant });
        person.caller.hear("admission", |message| matches!(message, ServerMsg::Admitted { .. }).then_some(())).await;
        self.seats[seat] = Some(person);
    }

    fn live(&mut self, tick: u64) {
        self.moderator.live(tick);
        self.seats.iter_mut().flatten().for_each(|person| person.live(tick));
    }
}

/// A meeting of two that is ended from the console while they talk.
async fn short_meeting(server: &Deployment, console: &Console) {
    let people = [("Ann", Role::Moderator), ("Ben", Role::Participant)];
    let meeting = console.meeting("Short", &people).await;
    let mut ann = Person::come(server, 1, meeting.link("Ann"), Some(console.cookie())).await;
    let mut ben = Person::come(server, 2, meeting.link("Ben"), None).await;
    for tick in 0..20 {
        ann.live(tick);
        ben.live(tick);
    }
    console.end(&meeting).await;
}

/// What the process holds.
#[derive(Clone, Copy)]
struct Held {
    at: Duration,
    resident_kib: f64,
    files: usize,
    threads: usize,
}

impl Held {
    fn by(server: &Deployment, begun: Instant) -> Self {
        let process = Path::new("/proc").join(server.process_id().to_string());
        let count = |folder: &str| std::fs::read_dir(process.join(folder)).unwrap().count();
        let resident_kib = server.resident_bytes() as f64 / 1024.0;
        Self { at: begun.elapsed(), resident_kib, files: count("fd"), threads: count("task") }
    }
}

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { at, resident_kib, files, threads } = self;
        write!(f, "{:5.0} s: {resident_kib:.0} KiB resident, {files} files, {threads} threads", at.as_secs_f64())
    }
}

/// Kibibytes a minute, by least squares.
fn slope(samples: &[Held]) -> f64 {
    let count = samples.len() as f64;
    let minutes = |held: &Held| held.at.as_secs_f64() / 60.0;
    let mean = |of: &dyn Fn(&Held) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (at, size) = (mean(&minutes), mean(&|held| held.resident_kib));
    let rise: f64 = samples.iter().map(|held| (minutes(held) - at) * (held.resident_kib - size)).sum();
    rise / samples.iter().map(|held| (minutes(held) - at).powi(2)).sum::<f64>()
}

/// Gauges of the server's own: sessions, rooms, timers, addresses, seats.
async fn gauges(address: &str) -> Vec<(String, String)> {
    let text = reqwest::get(format!("http://{address}/metrics")).await.unwrap().text().await.unwrap();
    let names =
        ["conclave_media_rooms", "conclave_media_sessions", "conclave_media_addresses", "conclave_media_timers"];
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    let of_interest = lines.filter(|(name, _)| names.contains(name) || name.starts_with("conclave_people"));
    of_interest.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "a measurement of half an hour: make soak"]
async fn soak() {
    let minutes: u64 = std::env::var("MINUTES").ok().and_then(|text| text.parse().ok()).unwrap_or(30);
    let metrics =
        format!("127.0.0.1:{}", std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port());
    let config = format!("[metrics]\nlisten = \"{metrics}\"\n");
    let server = Deployment::start_with(Options { config, ..Options::default() }).await;
    let console = server.console().await;
    let begun = Instant::now();
    let start = Held::by(&server, begun);
    let mut room = Room::open(&server, &console).await;
    let (mut samples, mut joins, mut meetings) = (Vec::new(), 0_u32, 0_u32);
    let (mut tick, mut next, mut sample_at) = (0_u64, Instant::now(), Instant::now() + WARM_UP);
    while begun.elapsed() < Duration::from_secs(60 * minutes) {
        tick += 1;
        next = (next + TICK).max(Instant::now());
        room.live(tick);
        if tick.is_multiple_of(CHURN) {
            // 3 and 8 have no common factor: all seats in turn, and never the same two one after the other.
            let seat = usize::try_from(tick / CHURN * 3).unwrap() % usize::from(SEATS);
            Box::pin(room.change(&server, seat)).await;
            joins += 1;
        }
        if tick.is_multiple_of(SHORT_MEETING) {
            Box::pin(short_meeting(&server, &console)).await;
            meetings += 1;
        }
        if Instant::now() >= sample_at {
            sample_at += SAMPLE;
            samples.push(Held::by(&server, begun));
            println!("soak: {}", samples[samples.len() - 1]);
        }
        tokio::time::sleep(next.saturating_duration_since(Instant::now())).await;
    }
    let while_busy = gauges(&metrics).await;
    console.end(&room.meeting).await;
    drop(room);
    tokio::time::sleep(Duration::from_secs(30)).await;
    let end = Held::by(&server, begun);
    println!("soak: {joins} seats taken or left, {meetings} short meetings, in {minutes} minutes");
    println!("soak: while busy {while_busy:?}");
    println!("soak: afterwards {:?}", gauges(&metrics).await);
    println!("soak: at the start {start}");
    println!("soak: at the end   {end}");
    println!("bench: soak_resident_kib_per_minute {:.1}", slope(&samples));
}
