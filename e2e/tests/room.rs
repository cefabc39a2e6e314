//! Being in the room: seeing, hearing, switching off, leaving, coming back.

use std::time::Duration;

use e2e::{Browser, Console, Deployment, Meeting, Person, Sound, until};
use shared::meeting::Role;

const ALL_THREE: [(&str, Role); 3] =
    [("Maria", Role::Moderator), ("Peter", Role::Participant), ("Quinn", Role::Participant)];

/// A server with a meeting that runs.
async fn meeting() -> (Deployment, Console, Meeting) {
    let server = Deployment::start().await;
    let console = server.console().await;
    let meeting = console.meeting("Weekly", &ALL_THREE).await;
    (server, console, meeting)
}

/// Maria in the room, and the others let in by her.
async fn gather(server: &Deployment, meeting: &Meeting, others: &[Person]) -> (Browser, Vec<Browser>) {
    let maria = Browser::start(Person::MARIA).await;
    maria.moderate(server, meeting.link("Maria")).await;
    let mut browsers = Vec::new();
    for person in others {
        let browser = Browser::start(*person).await;
        browser.come_in(meeting.link(person.name)).await.until_sees("lobby").await;
        maria.admit(person.name).await;
        browser.until_sees("room").await;
        browsers.push(browser);
    }
    (maria, browsers)
}

/// D20: video streams of participants are shared in the meeting. D31: SRTP AEAD_AES_256_GCM and a 256-bit DTLS suite on
/// every leg; the offer lists only codecs that are forwarded and stays under 48 KiB.
#[tokio::test]
async fn three_people_see_and_hear_each_other() {
    let (server, _, meeting) = meeting().await;
    let (maria, others) = gather(&server, &meeting, &[Person::PETER, Person::QUINN]).await;
    let [peter, quinn] = &others[..] else { panic!("two others") };

    maria.until_faces(&[Person::PETER, Person::QUINN]).await;
    peter.until_faces(&[Person::MARIA, Person::QUINN]).await;
    quinn.until_faces(&[Person::MARIA, Person::PETER]).await;
    maria.until_hears(&[Person::PETER, Person::QUINN]).await;
    peter.until_hears(&[Person::MARIA, Person::QUINN]).await;
    quinn.until_hears(&[Person::MARIA, Person::PETER]).await;
    maria.shot("room").await;

    for browser in [&maria, peter, quinn] {
        let encryption = browser.encryption().await.expect("connected");
        assert!(encryption.srtp.ends_with("AEAD_AES_256_GCM"), "SRTP profile {}", encryption.srtp);
        let strong = encryption.dtls.contains("CHACHA20_POLY1305") || encryption.dtls.contains("AES_256");
        assert!(strong, "DTLS suite {}", encryption.dtls);
        assert!(encryption.offer_bytes < 48 * 1024, "the offer has {} bytes", encryption.offer_bytes);
        let forwarded: Vec<_> = encryption.codecs.iter().map(String::as_str).collect();
        assert_eq!(forwarded, ["H264", "OPUS", "RTX", "VP8", "VP9"]);
        assert_eq!(browser.complaints().await, Vec::<String>::new(), "{}", browser.person().name);
    }
}

/// Who switches the camera off disappears for the others; who mutes is not heard; a raised hand is seen.
#[tokio::test]
async fn a_camera_switched_off_disappears_and_a_muted_voice_too() {
    let (server, _, meeting) = meeting().await;
    let (maria, others) = gather(&server, &meeting, &[Person::PETER]).await;
    let peter = &others[0];
    maria.until_faces(&[Person::PETER]).await;
    maria.until_hears(&[Person::PETER]).await;
    let tile = format!("tile-{}", maria.number_of("tile-", "Peter").await);

    peter.click("cam-toggle").await;
    maria
        .wait("the camera marked off", || async {
            maria.attribute(&tile, "data-camera").await.as_deref() == Some("off")
        })
        .await;
    maria.wait("Peter's face to disappear", || async { maria.face_in(&tile).await.is_none() }).await;
    peter.click("cam-toggle").await;
    maria.until_faces(&[Person::PETER]).await;

    peter.click("mic-toggle").await;
    maria
        .wait("the microphone marked off", || async {
            maria.attribute(&tile, "data-microphone").await.as_deref() == Some("off")
        })
        .await;
    maria.until_hears(&[]).await;
    peter.click("mic-toggle").await;
    maria.until_hears(&[Person::PETER]).await;
}

/// Closing the tab is noticed, and leaving too.
#[tokio::test]
async fn who_closes_the_tab_or_leaves_is_gone_for_the_others() {
    let (server, _, meeting) = meeting().await;
    let (maria, others) = gather(&server, &meeting, &[Person::PETER, Person::QUINN]).await;
    let [peter, quinn] = &others[..] else { panic!("two others") };
    maria.until_faces(&[Person::PETER, Person::QUINN]).await;

    quinn.open_tab("about:blank").await;
    let windows_closed = std::time::Instant::now();
    quinn.close_first_tab().await;
    maria.wait_within(Duration::from_secs(20), "Quinn's tile to go", || async { !maria.has_tile("Quinn").await }).await;
    println!("bench: closed_tab_noticed_ms {}", windows_closed.elapsed().as_millis());

    peter.click("leave").await;
    maria.wait("Peter's tile to go", || async { !maria.has_tile("Peter").await }).await;
    assert!(!peter.sees("room").await);
}

/// A reload of an admitted person returns to the room without PIN and lobby, and leaves no ghost behind.
#[tokio::test]
async fn a_reload_returns_to_the_room_without_typing_anything() {
    let (server, _, meeting) = meeting().await;
    let (maria, others) = gather(&server, &meeting, &[Person::PETER]).await;
    let peter = &others[0];
    maria.until_faces(&[Person::PETER]).await;

    peter.reload().await;
    peter.until_sees("room").await;
    peter.until_faces(&[Person::MARIA]).await;
    maria.until_faces(&[Person::PETER]).await;
    maria.until_hears(&[Person::PETER]).await;
    let tiles = maria.numbered("tile-").await;
    assert_eq!(tiles.values().filter(|name| *name == "Peter").count(), 1, "{tiles:?}");

    // The moderator's own reload keeps the role.
    maria.reload().await;
    maria.until_sees("end-meeting").await;
    peter.until_faces(&[Person::MARIA]).await;
}

/// D9: a second window with the same PIN puts nobody out. The first is told, the card says it, and once a moderator has let
/// the second in the first says why it stopped.
#[tokio::test]
async fn the_same_person_in_a_second_window_is_the_moderator_s_to_decide() {
    let (server, _, meeting) = meeting().await;
    let (maria, others) = gather(&server, &meeting, &[Person::PETER]).await;
    let peter = &others[0];
    let again = Browser::start(Person::PETER).await;
    again.come_in(meeting.link("Peter")).await.until_sees("lobby").await;
    let card = maria.number_of("lobby-card-", "Peter").await;
    assert!(maria.text_in(&format!("lobby-card-{card}"), "pin-in-use").await.contains("same PIN"));
    assert!(peter.sees("room").await && peter.page_text().await.contains("at the door with your PIN"));
    maria.admit("Peter").await;
    again.until_sees("room").await;
    peter.until_sees("ended").await;
    assert_eq!(peter.attribute("ended", "data-reason").await.as_deref(), Some("replaced_by_newer"));
    maria.until_faces(&[Person::PETER]).await;
}

/// Where the browser blocks sound until somebody clicks, one bar says so, and one click brings the sound.
#[tokio::test]
async fn one_click_brings_the_sound_where_the_browser_blocks_it() {
    let (server, _, meeting) = meeting().await;
    let (maria, others) = gather(&server, &meeting, &[]).await;
    assert!(others.is_empty());
    let peter = Browser::start_with(Person::PETER, e2e::Sound::NeedsClick, &["--use-fake-ui-for-media-stream"]).await;
    peter.come_in(meeting.link("Peter")).await.until_sees("lobby").await;
    maria.admit("Peter").await;
    peter.until_sees("room").await;
    // A reload takes the clicks away that the browser counted so far.
    peter.reload().await;
    peter.until_sees("room").await;
    peter.until_faces(&[Person::MARIA]).await;
    until("either sound or the bar that asks for a click", || async {
        peter.sees("sound-bar").await || peter.is_playing_sound().await
    })
    .await;
    if peter.sees("sound-bar").await {
        peter.click("sound-bar").await.until_gone("sound-bar").await;
    }
    peter.wait("the sound to play", || peter.is_playing_sound()).await;
}

/// A browser that may not use UDP, as behind the firewalls of banks: its media goes over the port of the pages.
#[tokio::test]
async fn where_udp_is_blocked_media_goes_over_tcp() {
    let (server, _, meeting) = meeting().await;
    let (maria, _) = gather(&server, &meeting, &[]).await;
    let blocked = [
        "--use-fake-ui-for-media-stream",
        "--force-webrtc-ip-handling-policy",
        "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    ];
    let peter = Browser::start_with(Person::PETER, Sound::Allowed, &blocked).await;
    peter.come_in(meeting.link("Peter")).await.until_sees("lobby").await;
    maria.admit("Peter").await;
    peter.until_sees("room").await;
    maria.until_faces(&[Person::PETER]).await;
    peter.until_faces(&[Person::MARIA]).await;
    assert_eq!(peter.transport().await.as_deref(), Some("tcp"));
    assert_eq!(maria.transport().await.as_deref(), Some("udp"));
}
