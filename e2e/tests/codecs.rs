//! Pictures that are not VP8, in real browsers.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use e2e::{Browser, Client, Colour, Decoded, Deployment, Options, Person, invitee, meeting_now};
use serde_json::{Value, json};
use shared::api::NewMeeting;
use shared::device::DeviceUse;
use shared::meeting::{MeetingKind, Role};
use shared::secret::Secret;

async fn resize(browser: &Browser, width: u32) {
    let size = json!({ "width": width, "height": width * 3 / 4, "deviceScaleFactor": 1, "mobile": false });
    browser.devtools("Emulation.setDeviceMetricsOverride", size).await;
}

async fn token(browser: &Browser, button: &str) -> Secret {
    browser.click("connect-device").await.click(button).await;
    let token = Secret::new(browser.text("device-token").await);
    browser.click("devices-close").await;
    token
}

/// Waits until so many pictures of that codec are decoded.
async fn until_decodes(browser: &Browser, codec: &str, frames: u64) -> Decoded {
    let found = || async { browser.decoded().await.into_iter().find(|stream| stream.codec == codec) };
    let so = |stream: &Decoded| stream.frames >= frames;
    browser.wait(&format!("{frames} pictures of {codec}"), || async { found().await.is_some_and(|s| so(&s)) }).await;
    found().await.unwrap()
}

/// An encoder that offers H.264 alone, as OBS Studio does, among people whose browsers send VP8. Chromium shows it without a new
/// offer, a player decodes it, and who has no H.264 (Firefox, where its plugin cannot be had) hears the device and reads why there is
/// no picture.
#[tokio::test]
async fn an_encoder_with_h264_alone_is_shown_where_it_can_be_and_explained_where_not() {
    let server = Deployment::start().await;
    let people = [invitee("Maria", Role::Moderator), invitee("Peter", Role::Participant)];
    let new = NewMeeting { kind: MeetingKind::MayBeRecorded, ..meeting_now("On stage") };
    let meeting = server.console().await.meeting_with(&new, &people).await;
    let (maria, peter) = tokio::join!(Browser::start(Person::MARIA), Browser::start_firefox(Person::PETER));
    maria.moderate(&server, meeting.link("Maria")).await;
    peter.come_in(meeting.link("Peter")).await.until_sees("lobby").await;
    maria.admit("Peter").await;
    peter.until_faces(&[Person::MARIA]).await;
    let publish = token(&maria, "device-publish").await;
    let encoder = Client::aiortc_with_h264(&server, &publish, Person::QUINN).await;
    let device = Person { name: "Device of Maria", ..Person::QUINN };
    maria.until_faces(&[Person::PETER, device]).await;
    let before = until_decodes(&maria, "video/H264", 30).await;
    let after = until_decodes(&maria, "video/H264", before.frames + 60).await;
    println!("Chromium: {before:?}, then {after:?}");
    for browser in [&maria, &peter] {
        browser.click("mic-toggle").await; // a player's picture follows who speaks
    }
    maria.until_hears(&[Person::QUINN]).await;

    peter.wait("the reason", || async { peter.sees("undecodable").await }).await;
    let reason = peter.text("undecodable").await;
    assert_eq!(reason, "Device of Maria sends H.264, which this browser cannot show.");
    peter.until_media_flows().await;
    let decoded = peter.decoded().await;
    println!("Firefox: {decoded:?}");
    assert!(decoded.iter().all(|stream| stream.codec == "video/VP8"), "{decoded:?}");
    peter.shot("undecodable").await;

    let watch = token(&maria, "device-watch").await;
    let mut player = Client::aiortc(&server, DeviceUse::Watch, &watch, Person::PETER).await;
    let colour =
        |said: &Value| Colour::nearest([0, 1, 2].map(|part| said["colour"][part].as_f64().unwrap_or_default()));
    let decodes = |said: &Value| said["frames"].as_u64() >= Some(30) && colour(said) == Some(Person::QUINN.face);
    player.until("the encoder's pictures", decodes).await;
    assert_eq!(player.hang_up().await["ended"], 200);
    let mut player = Client::libdatachannel_with_h264(&server, &watch).await;
    player.until("pictures as H.264 alone", |said| said["video"].as_u64() >= Some(30)).await;
    assert_eq!(player.hang_up().await["ended"], 200);
    assert_eq!(encoder.hang_up().await["ended"], 200);
    peter.until_gone("undecodable").await;
    for browser in [&maria, &peter] {
        assert_eq!(browser.complaints().await, Vec::<String>::new(), "{}", browser.person().name);
    }
}

async fn deployment(codec: &str) -> Deployment {
    Deployment::start_with(Options { config: format!("[media]\nvideo_codec = \"{codec}\"\n"), ..Options::default() })
        .await
}

/// What the camera's encoders make: the streams' shapes, where the browser tells, and how many there are.
async fn sent(browser: &Browser) -> Value {
    let body = "return (async () => [...(await window.__probe.connections.at(-1).getStats()).values()]
        .filter(s => s.type === 'outbound-rtp' && s.kind === 'video' && s.framesEncoded > 0)
        .map(s => s.scalabilityMode ?? ''))()";
    browser.run(body, vec![]).await
}

/// The window is made so wide, pictures of so many lines come in that codec, and go on.
async fn shows_in(browser: &Browser, width: u32, codec: &str, lines: u64) -> Decoded {
    resize(browser, width).await;
    let is_so = || async { browser.decoded().await.iter().any(|s| s.codec == codec && s.height == lines) };
    browser.wait(&format!("{lines} lines of {codec}"), is_so).await;
    let before = until_decodes(browser, codec, 1).await;
    let after = until_decodes(browser, codec, before.frames + 30).await;
    assert_eq!(after.height, lines, "it stays");
    after
}

/// One stream of VP9 with three sizes in it: each watcher gets the one that fits their tile, and another when the tile changes.
/// Firefox, which makes no such stream, sends VP8 and shows both.
#[tokio::test]
async fn each_gets_the_size_that_fits_out_of_one_stream_of_vp9() {
    let server = deployment("vp9").await;
    let people = [("Maria", Role::Moderator), ("Peter", Role::Participant), ("Quinn", Role::Participant)];
    let meeting = server.console().await.meeting("Layers", &people).await;
    let maria = Browser::start_with_large_camera(Person::MARIA).await;
    let (peter, quinn) = tokio::join!(Browser::start(Person::PETER), Browser::start_firefox(Person::QUINN));
    maria.moderate(&server, meeting.link("Maria")).await;
    for other in [&peter, &quinn] {
        other.come_in(meeting.link(other.person().name)).await.until_sees("lobby").await;
        maria.admit(other.person().name).await;
    }
    quinn.until_faces(&[Person::MARIA, Person::PETER]).await;
    let [small, middle, large] = [(500, 180, "L1T3"), (2_600, 360, "L2T3_KEY"), (6_000, 720, "L3T3_KEY")];
    for (width, lines, mode) in [small, large, small, middle, large] {
        println!("{:?}", shows_in(&peter, width, "video/VP9", lines).await);
        let is_so = || async { sent(&maria).await == json!([mode]) };
        maria.wait(&format!("one stream, with what is watched in it: {mode}"), is_so).await;
    }
    assert_eq!(peter.faces().await.get("Maria"), Some(&Person::MARIA.face));
    let shows = |decoded: Vec<Decoded>, codec: &str| decoded.iter().any(|stream| stream.codec == codec);
    assert!(shows(peter.decoded().await, "video/VP8"), "Firefox's own: {:?}", peter.decoded().await);
    assert!(shows(quinn.decoded().await, "video/VP9"), "{:?}", quinn.decoded().await);
    for browser in [&maria, &peter, &quinn] {
        assert_eq!(browser.complaints().await, Vec::<String>::new(), "{}", browser.person().name);
    }
}

/// Cameras as H.264, where a deployment wants it: three streams of three sizes, as of VP8.
#[tokio::test]
async fn each_gets_the_size_that_fits_of_three_streams_of_h264() {
    let server = deployment("h264").await;
    let people = [("Maria", Role::Moderator), ("Peter", Role::Participant)];
    let meeting = server.console().await.meeting("Sizes", &people).await;
    let maria = Browser::start_with_large_camera(Person::MARIA).await;
    let peter = Browser::start(Person::PETER).await;
    maria.moderate(&server, meeting.link("Maria")).await;
    peter.come_in(meeting.link("Peter")).await.until_sees("lobby").await;
    maria.admit("Peter").await;
    for (width, lines) in [(500, 180), (2_600, 360), (500, 180), (6_000, 720)] {
        println!("{:?}", shows_in(&peter, width, "video/H264", lines).await);
    }
    assert_eq!(sent(&maria).await.as_array().map(Vec::len), Some(3), "{}", sent(&maria).await);
    peter.until_faces(&[Person::MARIA]).await;
    for browser in [&maria, &peter] {
        assert_eq!(browser.complaints().await, Vec::<String>::new(), "{}", browser.person().name);
    }
}
