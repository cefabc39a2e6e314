//! Two people who talk while somebody attacks, and what the one hears of the other.

use std::time::{Duration, Instant};

use e2e::media_socket::MediaSocket;
use e2e::{Caller, Deployment, Link};
use shared::meeting::Role;

/// A packet of sound holds so much.
const PACKET: Duration = Duration::from_millis(20);
/// What comes later than this is no use to anybody.
const LATE: Duration = Duration::from_millis(400);

/// Somebody in the room, without a page.
pub(crate) struct Inside {
    pub(crate) caller: Caller,
    pub(crate) media: MediaSocket,
}

impl Inside {
    /// A moderator with an account goes straight in.
    pub(crate) async fn come(server: &Deployment, cookie: &str, link: &Link, number: u16) -> Self {
        let (caller, mut media) = Self::enter(server, cookie, link, number).await;
        let connected = tokio::task::block_in_place(|| {
            media.run_until(Duration::from_secs(20), |client| client.connected && client.channels_open())
        });
        assert!(connected, "no media");
        Self { caller, media }
    }

    /// As far as the server's answer: media are not connected yet.
    pub(crate) async fn enter(server: &Deployment, cookie: &str, link: &Link, number: u16) -> (Caller, MediaSocket) {
        let mut caller = Caller::connect(server.url(), Some(cookie)).await;
        caller.knock(link).await;
        let mut media = MediaSocket::on_loopback(number).unwrap();
        let answer = caller.enter(media.client.offer()).await;
        media.accept(&answer).unwrap();
        (caller, media)
    }
}

/// A speaker and a listener.
pub(crate) struct Talk {
    pub(crate) speaker: Inside,
    pub(crate) listener: Inside,
    /// When each packet was said.
    said: Vec<Instant>,
}

/// What came of what was said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heard {
    said: usize,
    lost: usize,
    /// 95 of 100 packets took no longer.
    p95: Duration,
    /// The longest time without a packet.
    silence: Duration,
}

impl Heard {
    /// Less than one packet in a hundred lost, and no silence that anybody notices (SECURITY.md section 2: "keeps service").
    pub(crate) fn is_good(&self) -> bool {
        self.lost * 100 < self.said && self.silence < Duration::from_millis(200)
    }
}

impl std::fmt::Display for Heard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { said, lost, p95, silence } = self;
        let (p95, silence) = (p95.as_millis(), silence.as_millis());
        write!(f, "{lost} of {said} packets of sound lost, p95 {p95} ms, longest silence {silence} ms")
    }
}

impl Talk {
    /// Two moderators come in, and one has been talking for a moment.
    pub(crate) async fn begin(server: &Deployment) -> Self {
        let console = server.console().await;
        let people = [("Maria", Role::Moderator), ("Olga", Role::Moderator)];
        let meeting = console.meeting("Board", &people).await;
        let speaker = Inside::come(server, console.cookie(), meeting.link("Maria"), 1).await;
        let listener = Inside::come(server, console.cookie(), meeting.link("Olga"), 2).await;
        let mut talk = Self { speaker, listener, said: Vec::new() };
        talk.go_on(Duration::from_secs(2));
        talk
    }

    /// They go on for so long.
    pub(crate) fn go_on(&mut self, time: Duration) -> Heard {
        self.go_on_with(time, |_, _| {})
    }

    /// They go on until nothing disturbs them, so that what disturbs them afterwards is the attack.
    pub(crate) fn until_quiet(&mut self) {
        for _ in 0..15 {
            let quiet = self.go_on(Duration::from_secs(4));
            if quiet.is_good() {
                return;
            }
        }
        panic!("this machine is too busy with other things to tell what an attack does");
    }

    /// They go on, and every few milliseconds somebody does something.
    pub(crate) fn go_on_with(
        &mut self,
        time: Duration,
        mut meanwhile: impl FnMut(&mut MediaSocket, &mut MediaSocket) + Send,
    ) -> Heard {
        let first = self.said.len();
        tokio::task::block_in_place(|| {
            std::thread::scope(|scope| {
                let talking = scope.spawn(|| {
                    // They sit at other machines: this one's load must not keep them from talking and listening. Only root may.
                    let _ = rustix::process::nice(-10);
                    self.talk(time, &mut meanwhile);
                });
                talking.join().unwrap();
            });
        });
        self.heard_since(first)
    }

    fn talk(&mut self, time: Duration, meanwhile: &mut impl FnMut(&mut MediaSocket, &mut MediaSocket)) {
        let begun = Instant::now();
        let mut next = begun;
        while begun.elapsed() < time + LATE {
            let now = Instant::now();
            if now >= next && begun.elapsed() < time {
                self.speaker.media.client.send_audio(now, Some(-20));
                self.speaker.media.flush();
                self.said.push(now);
                next += PACKET;
            }
            self.speaker.media.poll();
            self.listener.media.poll();
            meanwhile(&mut self.speaker.media, &mut self.listener.media);
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn heard_since(&self, first: usize) -> Heard {
        let media = &self.listener.media;
        let mut came: Vec<Option<Instant>> = vec![None; self.said.len()];
        for (packet, at) in media.client.received.iter().zip(&media.arrivals) {
            let counter = packet.mark.counter as usize;
            if packet.mark.sender == 1 && counter < came.len() {
                came[counter].get_or_insert(*at);
            }
        }
        let said = self.said.len() - first;
        let mut delays: Vec<Duration> = (first..self.said.len())
            .filter_map(|n| came[n].map(|at| at.saturating_duration_since(self.said[n])))
            .collect();
        delays.sort();
        // A silence may also be at the beginning or at the end.
        let (begun, ended) = (self.said[first], self.said[self.said.len() - 1]);
        let mut moments: Vec<Instant> = came[first..].iter().flatten().copied().chain([begun, ended]).collect();
        moments.sort();
        let silence = moments.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default();
        let p95 = delays.get((delays.len() * 95).div_ceil(100).saturating_sub(1)).copied().unwrap_or(silence);
        Heard { said, lost: said - delays.len(), p95, silence }
    }
}
