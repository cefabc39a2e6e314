//! Bad networks, each made for the test in namespaces of its own: loss, a narrow cable, a NAT that forgets, no UDP.
//!
//! Figures are printed as `network: STORY: FIGURE` and asserted only as far as a slow machine cannot change them.

#![expect(clippy::unwrap_used, reason = "the whole file is tests and their helpers")]

use std::collections::HashSet;
use std::time::{Duration, Instant};

use e2e::media_client::Received;
use e2e::media_socket::MediaSocket;
use e2e::{Browser, Caller, Deployment, Link, Network, Options, Person, SERVER, Sound, invitee, meeting_now, report};
use serde_json::{Value, json};
use shared::api::{ConsoleAccount, IssuedPin, NewInvitee};
use shared::ids::ParticipantId;
use shared::limits::CAMERA_LAYERS;
use shared::meeting::Role;
use shared::signal::{ClientMsg, Picture, ServerMsg, Tile};
use str0m::media::MediaKind;

const SECOND: Duration = Duration::from_secs(1);
/// An audio packet every so often, and a picture with every other one.
const TICK: Duration = Duration::from_millis(20);
const MARIA: u16 = 1;
const PETER: u16 = 2;
/// How often the NAT forgets.
const REBINDINGS: usize = 4;
/// Longer than any NAT's forgetting may interrupt.
const REBINDING_PATIENCE: Duration = Duration::from_secs(20);

/// Maria beside the server and Peter behind the router, in a room.
struct Call {
    maria: MediaSocket,
    peter: MediaSocket,
    peters: Caller,
    number_of_maria: ParticipantId,
    ticks: u32,
    asked: [u32; CAMERA_LAYERS.len()],
    _marias: Caller,
    _server: Deployment,
}

impl Call {
    async fn start(network: &Network) -> Self {
        let server = Deployment::start().await;
        let console = server.console().await;
        let people = [("Maria", Role::Moderator), ("Peter", Role::Participant)];
        let meeting = console.meeting("Weekly", &people).await;
        let mut maria = MediaSocket::on_loopback(MARIA).unwrap();
        let mut peter = MediaSocket::on(network.client_socket(), PETER).unwrap();
        let mut marias = Caller::connect(server.url(), Some(console.cookie())).await;
        let number_of_maria = enter(&mut marias, &mut maria, meeting.link("Maria"), None).await;
        let mut peters = Caller::connect(server.url(), None).await;
        enter(&mut peters, &mut peter, meeting.link("Peter"), Some(&mut marias)).await;
        for person in [&mut maria, &mut peter] {
            assert!(person.run_until(20 * SECOND, |client| client.connected), "{person:?} has no media");
        }
        let asked = [0; CAMERA_LAYERS.len()];
        Self { maria, peter, peters, number_of_maria, ticks: 0, asked, _marias: marias, _server: server }
    }

    /// Peter's page shows Maria so wide.
    fn look(&self, width: u16) {
        self.peters.say(&ClientMsg::Look { tiles: vec![Tile { picture: Picture::face(self.number_of_maria), width }] });
    }

    /// Both talk, and Maria shows her face, for so long.
    fn talk(&mut self, duration: Duration) {
        let begun = Instant::now();
        let mut next = begun;
        while begun.elapsed() < duration {
            next += TICK;
            self.ticks += 1;
            for person in [&mut self.maria, &mut self.peter] {
                person.client.send_audio(Instant::now(), Some(-20));
            }
            if self.ticks.is_multiple_of(2) {
                self.film();
            }
            self.maria.flush();
            self.peter.flush();
            while Instant::now() < next {
                self.maria.poll();
                self.peter.poll();
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }

    /// One picture in every layer, at the layer's full rate.
    fn film(&mut self) {
        for (index, layer) in CAMERA_LAYERS.iter().enumerate() {
            let wanted = self.maria.client.keyframe_requests_of[index];
            let keyframe = self.ticks <= 2 || wanted > self.asked[index];
            self.asked[index] = wanted;
            let bytes = layer.max_kbps as usize * 1000 / 8 / 25;
            self.maria.client.send_frame(Instant::now(), index as u8, keyframe, bytes);
        }
    }

    /// What Peter received of this kind since the last time, with the moment of each.
    fn received(&mut self, kind: MediaKind) -> Vec<(Received, Instant)> {
        let all = self.peter.client.received.iter().copied().zip(self.peter.arrivals.iter().copied());
        all.filter(|(received, _)| received.kind == kind).collect()
    }

    /// Begins to count afresh.
    fn forget(&mut self) {
        for person in [&mut self.maria, &mut self.peter] {
            person.client.received.clear();
            person.arrivals.clear();
        }
    }
}

/// Comes in, let in by `moderator` where that is needed; the number in the room.
async fn enter(
    caller: &mut Caller,
    socket: &mut MediaSocket,
    link: &Link,
    moderator: Option<&mut Caller>,
) -> ParticipantId {
    caller.knock(link).await;
    let answer = caller.enter(socket.client.offer()).await;
    socket.accept(&answer).unwrap();
    if let Some(moderator) = moderator {
        let card = |message: &ServerMsg| match message {
            ServerMsg::LobbyChanged { card } => Some(card.participant),
            _ => None,
        };
        let participant = moderator.hear("a card", card).await;
        moderator.say(&ClientMsg::Admit { participant });
    }
    let admitted = |message: &ServerMsg| match message {
        ServerMsg::Admitted { room } => Some(room.me),
        _ => None,
    };
    caller.hear("admission", admitted).await
}

/// How many percent of a slot's stream arrived, repeated packets included. What was sent in the last second may still be
/// on its way, and does not count.
fn delivered(packets: &[(Received, Instant)]) -> f64 {
    let Some((_, end)) = packets.last() else { return 0.0 };
    let settled = packets.iter().filter(|(_, at)| *at + SECOND < *end).map(|(packet, _)| packet.seq);
    let (Some(first), Some(last)) = (settled.clone().min(), settled.max()) else { return 0.0 };
    let numbers: HashSet<u64> = packets.iter().map(|(packet, _)| packet.seq).filter(|seq| *seq <= last).collect();
    numbers.len() as f64 * 100.0 / (last - first + 1) as f64
}

/// The longest silence between two packets.
fn longest_gap(packets: &[(Received, Instant)]) -> Duration {
    packets.windows(2).map(|pair| pair[1].1.saturating_duration_since(pair[0].1)).max().unwrap_or(Duration::MAX)
}

/// Every fifth datagram is lost both ways. Pictures are repaired by repetition; sound goes on.
#[test]
fn a_fifth_of_all_datagrams_is_lost() {
    let story = "20 % loss";
    Network::story(story, async |network| {
        let mut call = Box::pin(Call::start(network)).await;
        call.look(360);
        call.talk(SECOND);
        network.lose(20);
        call.talk(SECOND);
        call.forget();
        call.talk(8 * SECOND);
        let (video, audio) = (call.received(MediaKind::Video), call.received(MediaKind::Audio));
        let (pictures, sound) = (delivered(&video), delivered(&audio));
        report(story, &format!("{pictures:.1} % of {} video packets, {sound:.1} % of audio", video.len()));
        report(story, &format!("longest gap in the audio {} ms", longest_gap(&audio).as_millis()));
        // The goal is 98, which a busy machine may miss; without any repair it would be 80.
        assert!(video.len() > 100 && pictures >= 90.0, "{pictures} % of {} packets", video.len());
        assert!(sound > 60.0, "{sound} %");
    });
}

/// A cable of 300 kb/s: the largest picture that is asked for cannot pass, the smallest does, and the sound with it.
#[test]
fn a_narrow_cable_keeps_the_smallest_picture_and_the_sound() {
    let story = "300 kb/s down";
    Network::story(story, async |network| {
        let mut call = Box::pin(Call::start(network)).await;
        network.narrow(300);
        call.look(1280);
        call.talk(6 * SECOND);
        call.forget();
        call.talk(6 * SECOND);
        let (video, audio) = (call.received(MediaKind::Video), call.received(MediaKind::Audio));
        let of_layer = |layer| video.iter().filter(|(packet, _)| packet.mark.layer == layer).count();
        let (layers, sound) = ([0, 1, 2].map(of_layer), delivered(&audio));
        report(story, &format!("packets of each layer {layers:?}, {:.1} % of them", delivered(&video)));
        report(story, &format!("{sound:.1} % of audio, longest gap {} ms", longest_gap(&audio).as_millis()));
        // The goal is that no sound is lost, and nothing but the smallest picture sent; trying a larger one costs some.
        assert!(layers[0] > 30 && layers[0] > layers[1] + layers[2], "{layers:?}");
        assert!(sound > 90.0, "{sound} %");
    });
}

/// A NAT that forgets gives the next datagram another port. Voices come back without anybody doing anything.
#[test]
fn a_nat_that_forgets_interrupts_for_a_moment() {
    let story = "NAT rebinding";
    Network::story(story, async |network| {
        network.translate();
        let mut call = Box::pin(Call::start(network)).await;
        call.look(360);
        call.talk(SECOND);
        let mut gaps = Vec::new();
        for _ in 0..REBINDINGS {
            call.talk(SECOND / 4);
            call.forget();
            let before = network.mappings();
            network.rebind();
            let begun = Instant::now();
            // What was on its way arrives still.
            call.talk(SECOND / 10);
            call.forget();
            while call.received(MediaKind::Audio).is_empty() && begun.elapsed() < REBINDING_PATIENCE {
                call.talk(SECOND / 10);
            }
            let back = call.received(MediaKind::Audio).first().map_or(Instant::now(), |(_, at)| *at);
            gaps.push(back - begun);
            assert_ne!(network.mappings(), before, "the NAT gave out the same port again");
        }
        gaps.sort();
        let (milliseconds, worst) = (gaps.iter().map(Duration::as_millis).collect::<Vec<_>>(), gaps[gaps.len() - 1]);
        report(story, &format!("sound is back after {milliseconds:?} ms, p95 {} ms", worst.as_millis()));
        // The goal is 1 s; a browser's next check comes after up to 2.7 s.
        assert!(worst < 2 * SECOND, "{gaps:?}");
    });
}

/// A browser whose network lets no UDP through: its media goes over the TCP port of the pages.
#[test]
fn a_browser_without_udp_falls_back_to_tcp() {
    let story = "UDP blocked";
    Network::story(story, async |network| {
        network.block_udp();
        let config = format!("listen = [\"{SERVER}:{{port}}\"]\n[tls]\nself_signed = true\n");
        let server = Deployment::start_with(Options { config, ..Options::default() }).await;
        network.enter_clients();
        let maria = Browser::start_with(Person::MARIA, Sound::Allowed, &["--use-fake-ui-for-media-stream"]).await;
        maria.log_in(&server).await;
        let links = invite(&maria, &[("Maria", Role::Moderator)]).await;
        maria.knock(&links[0]).await.until_sees("greenroom").await.until_preview().await;
        let begun = Instant::now();
        maria.click("enter").await.until_sees("room").await;
        maria.wait("a connection", || async { maria.transport().await.is_some() }).await;
        report(
            story,
            &format!("connected over {:?} after {} ms", maria.transport().await, begun.elapsed().as_millis()),
        );
        assert_eq!(maria.transport().await.as_deref(), Some("tcp"));
        let before = maria.received().await.sent_packets;
        maria.wait("media to flow", || async { maria.received().await.sent_packets > before + 50 }).await;
    });
}

/// How a computer changes over from one network to another.
#[derive(Clone, Copy, PartialEq)]
enum Change {
    /// The cable is pulled, and radio was there beside it.
    CablePulled,
    /// The radio of home goes, that of the telephone comes.
    AnotherComes,
}

/// The goal is 1.5 s. Half a second of it is the silence until the page asks whether the path is dead: Chromium stays with one that
/// is, whatever other it knows, until the page replaces the connection.
#[test]
fn a_browser_whose_cable_is_pulled_goes_on_by_radio() {
    Network::story("cable pulled", async |network| change_over(network, "cable pulled", Change::CablePulled).await);
}

/// Chromium's connections hear of the new interface 1.5 to 3.5 s after the old one went, new ones among them, unless they are made
/// in a new document.
#[test]
fn a_browser_that_goes_elsewhere_goes_on_there() {
    Network::story("another network", async |network| {
        change_over(network, "another network", Change::AnotherComes).await;
    });
}

/// Peter's computer changes over, and Maria's stays where it is: they see each other again without doing anything.
async fn change_over(network: &Network, story: &str, change: Change) {
    let config = format!("listen = [\"{SERVER}:{{port}}\"]\n[tls]\nself_signed = true\n");
    let server = Deployment::start_with(Options { config, ..Options::default() }).await;
    let flags = ["--use-fake-ui-for-media-stream"];
    let maria = Browser::start_with(Person::MARIA, Sound::Allowed, &flags).await;
    maria.log_in(&server).await;
    let links = invite(&maria, &[("Maria", Role::Moderator), ("Peter", Role::Participant)]).await;
    maria.knock(&links[0]).await.until_sees("greenroom").await.until_preview().await;
    maria.click("enter").await.until_sees("room").await;
    if change == Change::CablePulled {
        network.join_other_network();
    }
    network.enter_clients();
    let peter = Browser::start_with(Person::PETER, Sound::Allowed, &flags).await;
    peter.open(server.url()).await;
    peter.come_in(&links[1]).await.until_sees("lobby").await;
    network.enter_server();
    maria.admit("Peter").await;
    network.enter_clients();
    peter.until_sees("room").await.until_faces(&[Person::MARIA]).await;
    watch_frames(&peter).await;
    peter.wait("pictures", || async { frames_since(&peter, "0").await > 50 }).await;
    peter.run("window.__switched = performance.now()", vec![]).await;
    network.leave_network();
    if change == Change::AnotherComes {
        network.join_other_network();
    }
    peter.wait("pictures by the other network", || async { frames_since(&peter, "__switched + 400").await > 20 }).await;
    let connections = peter.run("return window.__probe.connections.length", vec![]).await;
    report(story, &format!("pictures are back after {} ms, connections made: {connections}", gap(&peter).await));
    peter.until_faces(&[Person::MARIA]).await;
    network.enter_server();
    maria.until_faces(&[Person::PETER]).await;
}

/// Keeps the moment of every picture that is shown of somebody else.
async fn watch_frames(browser: &Browser) {
    let body = "window.__frames = [];
        let before = 0;
        setInterval(() => {
            const video = document.querySelector('[data-testid^=tile-]:not([data-testid=tile-self]) video');
            const now = video?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
            // Another connection counts from zero.
            if (now > 0 && now !== before) window.__frames.push(performance.now());
            before = now;
        }, 20)";
    browser.run(body, vec![]).await;
}

/// How many of them were after a moment of the page's clock.
async fn frames_since(browser: &Browser, moment: &str) -> u64 {
    let body = format!("return window.__frames.filter(at => at > {moment}).length");
    browser.run(&body, vec![]).await.as_u64().unwrap()
}

/// The longest time without a picture since the change, milliseconds.
async fn gap(browser: &Browser) -> u64 {
    let body = "const all = window.__frames.filter(at => at > window.__switched - 200);
        return Math.round(Math.max(...all.slice(1).map((at, index) => at - all[index])))";
    browser.run(body, vec![]).await.as_u64().unwrap()
}

/// A meeting of these people, made from the page of somebody who is logged in: nobody else here speaks the server's TLS.
async fn invite(browser: &Browser, people: &[(&str, Role)]) -> Vec<Link> {
    let post = async |path: String, body: Value| {
        let call =
            "return fetch('/api/v1' + arguments[0], { method: 'POST', headers: { 'content-type': 'application/json' },
            body: JSON.stringify(arguments[1]) }).then(answer => answer.json())";
        browser.run(call, vec![json!(path), body]).await
    };
    let meeting = post("/meetings".into(), json!(meeting_now("Bank"))).await;
    let path = format!("/meetings/{}/invitees", meeting["info"]["id"].as_str().unwrap());
    let accounts = browser.run("return fetch('/api/v1/accounts').then(answer => answer.json())", vec![]).await;
    let accounts: Vec<ConsoleAccount> = serde_json::from_value(accounts).unwrap();
    let mut links = Vec::new();
    for (name, role) in people {
        let account = accounts.first().map(|account| account.id).filter(|_| *role == Role::Moderator);
        let issued = post(path.clone(), json!(NewInvitee { account, ..invitee(name, *role) })).await;
        let issued: IssuedPin = serde_json::from_value(issued).unwrap();
        links.push(Link { invitee: issued.invitee, pin: issued.pin.reveal().to_owned() });
    }
    links
}
