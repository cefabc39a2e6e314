//! Devices: clients that nobody here wrote publish into a meeting and watch it.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::sync::mpsc::{self, TryRecvError};
use std::time::Duration;

use e2e::media_socket::MediaSocket;
use e2e::{Browser, Caller, Client, Colour, Deployment, Meeting, Options, Person, meeting_now};
use serde_json::{Value, json};
use shared::api::NewMeeting;
use shared::control::KeyLength;
use shared::device::{DeviceState, DeviceUse};
use shared::meeting::{MeetingKind, Role};
use shared::secret::Secret;
use shared::signal::{ClientMsg, ServerMsg};

/// Quinn, who has a page of no browser's and connects devices with its tokens.
struct Quinn {
    caller: Caller,
    /// Their media goes on as long as this is there.
    _media: mpsc::Sender<()>,
}

impl Quinn {
    /// In the room, as its moderator.
    async fn moderates(server: &Deployment, meeting: &Meeting, cookie: &str) -> Self {
        let mut caller = Caller::connect(server.url(), Some(cookie)).await;
        caller.knock(meeting.link("Quinn")).await;
        let mut media = MediaSocket::on_loopback(1).unwrap();
        let answer = caller.enter(media.client.offer()).await;
        media.accept(&answer).unwrap();
        let (here, gone) = mpsc::channel();
        std::thread::spawn(move || {
            while gone.try_recv() == Err(TryRecvError::Empty) {
                media.run_for(Duration::from_millis(50));
            }
        });
        Self { caller, _media: here }
    }

    async fn token(&mut self, does: DeviceUse) -> Secret {
        self.caller.say(&ClientMsg::MakeDevice { does });
        let made = |message: &ServerMsg| match message {
            ServerMsg::DeviceMade { token, .. } => Some(token.clone()),
            _ => None,
        };
        self.caller.hear("a token", made).await
    }

    /// The keys of the device that comes into the room next.
    async fn sees_device_with(&mut self) -> KeyLength {
        let came = |message: &ServerMsg| match message {
            ServerMsg::ParticipantJoined { entry } => entry.device.map(|device| device.keys),
            _ => None,
        };
        self.caller.hear("that a device came", came).await
    }

    async fn hears_that_they_are(&mut self, state: DeviceState, count: usize) {
        let so = |message: &ServerMsg| match message {
            ServerMsg::DevicesChanged { devices } => {
                (devices.iter().filter(|device| device.state == state).count() == count).then_some(())
            }
            _ => None,
        };
        self.caller.hear(&format!("that {count} devices are {state:?}"), so).await;
    }
}

fn colour(said: &Value) -> Option<Colour> {
    let of = |index: usize| said["colour"].get(index)?.as_f64();
    Colour::nearest([of(0)?, of(1)?, of(2)?])
}

fn near(said: &Value, pitch: u32) -> bool {
    said["pitch"].as_f64().is_some_and(|heard| (heard - f64::from(pitch)).abs() < 60.0)
}

async fn watched_meeting(server: &Deployment, people: &[(&str, Role)]) -> (Meeting, Quinn) {
    let console = server.console().await;
    let people: Vec<_> = people.iter().map(|(name, role)| e2e::invitee(name, *role)).collect();
    let new = NewMeeting { kind: MeetingKind::MayBeRecorded, ..meeting_now("On stage") };
    let meeting = console.meeting_with(&new, &people).await;
    let quinn = Quinn::moderates(server, &meeting, console.cookie()).await;
    (meeting, quinn)
}

/// RFC 9725 and draft-ietf-wish-whep with aiortc on both ends: what one shows and plays, the other decodes. Then
/// libdatachannel with the token that aiortc has given up.
#[tokio::test]
async fn aiortc_publishes_and_watches() {
    let server = Deployment::start().await;
    let (_, mut quinn) = watched_meeting(&server, &[("Quinn", Role::Moderator)]).await;
    let token = quinn.token(DeviceUse::Publish).await;
    let mut encoder = Client::aiortc(&server, DeviceUse::Publish, &token, Person::PETER).await;
    encoder.until("a connection", |said| said["state"] == "connected").await;
    quinn.hears_that_they_are(DeviceState::Connected, 1).await;
    let token = quinn.token(DeviceUse::Watch).await;
    let mut player = Client::aiortc(&server, DeviceUse::Watch, &token, Person::QUINN).await;
    let decoded = |said: &Value| said["frames"].as_u64() >= Some(30) && said["loud"].as_u64() >= Some(50);
    let said = player.until("a second of picture and sound", decoded).await;
    assert!(sees(&said, Person::PETER), "{said}");
    assert_eq!(player.hang_up().await["ended"], 200);
    let mut player = Client::libdatachannel(&server, DeviceUse::Watch, &token, Person::QUINN).await;
    let arrived = |said: &Value| said["audio"].as_u64() >= Some(50) && said["video"].as_u64() >= Some(30);
    player.until("a second of packets", arrived).await;
    assert_eq!(player.hang_up().await["ended"], 200);
    assert_eq!(encoder.hang_up().await["ended"], 200);
    assert!(!server.log().contains(token.reveal()), "a token in the log");
}

/// What a player shows and plays is this person's.
fn sees(said: &Value, person: Person) -> bool {
    colour(said) == Some(person.face) && near(said, person.voice)
}

/// D31, where the operator lets devices have 128-bit keys: werift, with AES-128 in DTLS and in SRTP, sends to GStreamer, which
/// has it in SRTP. Then the other way round. What one shows and plays, the other decodes, and everybody reads how it is
/// encrypted.
#[tokio::test]
async fn werift_and_gstreamer_publish_and_watch_with_128_bit_keys() {
    let server = Deployment::start_with(short_keys()).await;
    let (_, mut quinn) = watched_meeting(&server, &[("Quinn", Role::Moderator)]).await;
    let publish = quinn.token(DeviceUse::Publish).await;
    let watch = quinn.token(DeviceUse::Watch).await;
    for (from, person) in [("werift", Person::PETER), ("GStreamer", Person::MARIA)] {
        let is_werift = from == "werift";
        let mut encoder = if is_werift {
            Client::werift(&server, DeviceUse::Publish, &publish, person).await
        } else {
            Client::gstreamer(&server, DeviceUse::Publish, &publish, person).await
        };
        assert_eq!(quinn.sees_device_with().await, KeyLength::Bits128, "{from}");
        let mut player = if is_werift {
            Client::gstreamer(&server, DeviceUse::Watch, &watch, Person::QUINN).await
        } else {
            Client::werift(&server, DeviceUse::Watch, &watch, Person::QUINN).await
        };
        let decoded = |said: &Value| said["frames"].as_u64() >= Some(30) && said["loud"].as_u64() >= Some(50);
        let said = player.until("two seconds of picture and sound", |said| decoded(said) && sees(said, person)).await;
        eprintln!("from {from}: {said}");
        assert_eq!(quinn.sees_device_with().await, KeyLength::Bits128, "watching {from}");
        encoder.until("its connection", |said| said["state"] == "connected").await;
        assert_eq!(player.hang_up().await["ended"], 200);
        assert_eq!(encoder.hang_up().await["ended"], 200);
    }
}

/// D31: what the operator allows devices is not for pages. And who has long keys uses them.
#[tokio::test]
async fn a_page_has_256_bit_keys_whatever_devices_may_have() {
    let server = Deployment::start_with(short_keys()).await;
    let (meeting, mut quinn) =
        watched_meeting(&server, &[("Quinn", Role::Moderator), ("Peter", Role::Participant)]).await;
    let mut page = Client::werift_as_page().await;
    let offer = page.until("its offer", |said| said["offer"].is_string()).await;
    let mut peter = Caller::connect(server.url(), None).await;
    peter.knock(meeting.link("Peter")).await;
    let answer = peter.enter(offer["offer"].as_str().unwrap()).await;
    page.accept(&answer).await;
    let lost = |message: &ServerMsg| matches!(message, ServerMsg::MediaLost { .. }).then_some(());
    peter.hear("that its media did not come up", lost).await;
    page.until("that it has no connection", |said| said["state"] != "connected").await;
    let token = quinn.token(DeviceUse::Publish).await;
    let encoder = Client::aiortc(&server, DeviceUse::Publish, &token, Person::PETER).await;
    assert_eq!(quinn.sees_device_with().await, KeyLength::Bits256, "aiortc has both");
    encoder.hang_up().await;
    page.hang_up().await;
}

fn short_keys() -> Options {
    Options { config: "[media]\ndevices_128_bit = true\n".into(), ..Options::default() }
}

/// D31: werift and GStreamer 1.22 offer 128 bits alone. They are not let in, and their owner is told why.
#[tokio::test]
async fn clients_without_256_bit_encryption_are_refused() {
    let server = Deployment::start().await;
    let (_, mut quinn) = watched_meeting(&server, &[("Quinn", Role::Moderator)]).await;
    let publish = quinn.token(DeviceUse::Publish).await;
    let werift = Client::werift(&server, DeviceUse::Publish, &publish, Person::PETER).await;
    let publish = quinn.token(DeviceUse::Publish).await;
    let gstreamer = Client::gstreamer(&server, DeviceUse::Publish, &publish, Person::PETER).await;
    let watch = quinn.token(DeviceUse::Watch).await;
    let player = Client::gstreamer(&server, DeviceUse::Watch, &watch, Person::PETER).await;
    let mut clients = [werift, gstreamer, player];
    for client in &mut clients {
        client.until("its offer to be taken", |said| said["status"] == 201).await;
    }
    quinn.hears_that_they_are(DeviceState::NoCommonEncryption, clients.len()).await;
    for client in clients {
        client.hang_up().await;
    }
}

/// A device's token and address, as the dialog shows them once.
async fn connect(browser: &Browser, does: DeviceUse) -> Secret {
    browser.click(if does == DeviceUse::Publish { "device-publish" } else { "device-watch" }).await;
    let address = browser.text("device-url").await;
    assert!(address.ends_with(does.path()), "{address}");
    Secret::new(browser.text("device-token").await)
}

/// The dialog and the room around it, in each size and both themes.
async fn shots(browser: &Browser, name: &str) {
    for scheme in ["light", "dark"] {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        browser.devtools("Emulation.setEmulatedMedia", features).await;
        for (size, width, height) in [("desktop", 1280, 900), ("phone", 360, 740)] {
            let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
            browser.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
            browser.shot(&format!("{name}-{size}-{scheme}")).await;
            let fits = "const dialog = document.querySelector('dialog[open]') ?? document.documentElement;
                const header = [...document.querySelectorAll('.room__header *')];
                return dialog.scrollWidth <= dialog.clientWidth && document.documentElement.scrollWidth <= innerWidth
                    && header.every(part => part.getBoundingClientRect().right <= innerWidth)";
            assert_eq!(browser.run(fits, vec![]).await, json!(true), "{name}, {size}: wider than its place");
        }
    }
    browser.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
}

/// What a device sends is seen and heard in Chromium, what Chromium sends by a device; who moderates sees each as what it
/// is and puts it out.
#[tokio::test]
async fn chromium_and_aiortc_see_and_hear_each_other() {
    let server = Deployment::start().await;
    let new = NewMeeting { kind: MeetingKind::MayBeRecorded, ..meeting_now("On stage") };
    let people = [e2e::invitee("Maria", Role::Moderator), e2e::invitee("Peter", Role::Participant)];
    let meeting = server.console().await.meeting_with(&new, &people).await;
    let maria = Browser::start(Person::MARIA).await;
    maria.log_in(&server).await;
    maria.knock(meeting.link("Maria")).await.until_sees("greenroom").await;
    assert!(maria.text("kind-notice").await.contains("may be watched or recorded"), "{}", maria.page_text().await);
    maria.until_preview().await;
    shots(&maria, "kind-greenroom").await;
    maria.click("enter").await.until_sees("may-be-watched").await;
    let peter = Browser::start(Person::PETER).await;
    peter.come_in(meeting.link("Peter")).await.until_sees("lobby").await;
    assert!(peter.text("kind-notice").await.contains("may be watched or recorded"));
    shots(&peter, "kind-lobby").await;
    peter.click("leave").await;
    shots(&maria, "kind-room").await;

    maria.click("connect-device").await;
    shots(&maria, "devices-choice").await;
    let token = connect(&maria, DeviceUse::Watch).await;
    let mut player = Client::aiortc(&server, DeviceUse::Watch, &token, Person::QUINN).await;
    let sees = |said: &Value, person: Person| sees(said, person) && said["frames"].as_u64() >= Some(20);
    player.until("Maria's picture and sound", |said| sees(said, Person::MARIA)).await;
    maria.until_sees("watched").await;
    shots(&maria, "devices-token").await;

    maria.click("device-another").await;
    let token = connect(&maria, DeviceUse::Publish).await;
    let mut encoder = Client::aiortc(&server, DeviceUse::Publish, &token, Person::PETER).await;
    encoder.until("a connection", |said| said["state"] == "connected").await;
    maria.click("devices-close").await;
    assert!(!maria.page_text().await.contains(token.reveal()), "it is shown once");
    maria.until_faces(&[Person { name: "Device of Maria", ..Person::PETER }]).await;
    maria.until_hears(&[Person::PETER]).await;
    player.until("the device that speaks", |said| sees(said, Person::PETER)).await;
    shots(&maria, "devices-room").await;

    let number = maria.number_of("tile-", "Device of Maria").await;
    maria.click(&format!("remove-{number}")).await.click("remove-confirm").await;
    maria.wait("no tile of the device", || async { !maria.has_tile("Device of Maria").await }).await;
    encoder.until("its end", |said| said["state"] == "closed" || said["state"] == "failed").await;
    assert_eq!(player.hang_up().await["ended"], 200);
    maria.until_sees("may-be-watched").await;
    assert_eq!(maria.complaints().await, Vec::<String>::new());
}
