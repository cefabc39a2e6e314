//! Pictures that are not VP8, in real browsers.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use e2e::{Browser, Client, Colour, Decoded, Deployment, Person, invitee, meeting_now};
use serde_json::Value;
use shared::api::NewMeeting;
use shared::device::DeviceUse;
use shared::meeting::{MeetingKind, Role};
use shared::secret::Secret;

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
    assert_eq!(encoder.hang_up().await["ended"], 200);
    peter.until_gone("undecodable").await;
    for browser in [&maria, &peter] {
        assert_eq!(browser.complaints().await, Vec::<String>::new(), "{}", browser.person().name);
    }
}
