//! Sharing a screen: everybody sees it large, one at a time, until it ends.

use std::time::Duration;

use e2e::{Browser, Deployment, Person, Sound};
use serde_json::json;
use shared::meeting::Role;

/// Chromium chooses a screen by itself; without a display it draws one of its own.
const SHARING: [&str; 2] = ["--use-fake-ui-for-media-stream", "--auto-select-desktop-capture-source=Entire screen"];

/// What the stage shows: width of the picture, and how many frames were presented so far.
async fn shown(browser: &Browser) -> Option<(u64, u64)> {
    let body = r#"const video = document.querySelector('[data-testid="screen"] video');
        return video && video.videoWidth ? [video.videoWidth, video.getVideoPlaybackQuality().totalVideoFrames] : null"#;
    let found = browser.run(body, vec![]).await;
    Some((found.get(0)?.as_u64()?, found.get(1)?.as_u64()?))
}

async fn until_shown(browser: &Browser) {
    browser.until_sees("screen").await;
    browser.wait("frames of the screen", || async { shown(browser).await.is_some_and(|(_, frames)| frames > 2) }).await;
}

/// The tracks that a page sends as video and that are alive.
async fn live_screens(browser: &Browser) -> u64 {
    let body = "return window.__probe.connections.at(-1).getSenders()
        .filter(sender => sender.track?.kind === 'video' && sender.track.readyState === 'live').length";
    browser.run(body, vec![]).await.as_u64().unwrap_or_default()
}

/// D20: what somebody shares is on everybody's screen, whole, until the sharer or their browser ends it; a second person
/// is told whose turn it is.
#[tokio::test]
async fn a_shared_screen_is_seen_by_all_until_it_ends() {
    let server = Deployment::start().await;
    let console = server.console().await;
    let people = [("Maria", Role::Moderator), ("Peter", Role::Participant)];
    let meeting = console.meeting("Figures", &people).await;
    let maria = Browser::start(Person::MARIA).await;
    maria.moderate(&server, meeting.link("Maria")).await;
    let peter = Browser::start_with(Person::PETER, Sound::Allowed, &SHARING).await;
    peter.come_in(meeting.link("Peter")).await.until_sees("lobby").await;
    assert!(!peter.sees("screen-toggle").await, "nothing is shared from the lobby");
    maria.admit("Peter").await;
    peter.until_sees("room").await;
    maria.until_faces(&[Person::PETER]).await;
    assert!(maria.sees("whiteboard").await);

    peter.click("screen-toggle").await.until_sees("sharing").await;
    until_shown(&maria).await;
    assert!(!maria.sees("whiteboard").await, "the screen has the whiteboard's place");
    assert!(peter.sees("whiteboard").await && !peter.sees("screen").await, "no hall of mirrors");
    maria.until_faces(&[Person::PETER]).await;
    for browser in [&maria, &peter] {
        browser.click("people-toggle").await; // on a phone it lies over the screen
    }
    for (theme, scheme) in [("light", "light"), ("dark", "dark")] {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        for (size, width, height) in [("desktop", 1280, 900), ("phone", 360, 740), ("narrow", 320, 640)] {
            let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
            for browser in [&maria, &peter] {
                browser.devtools("Emulation.setEmulatedMedia", features.clone()).await;
                browser.devtools("Emulation.setDeviceMetricsOverride", metrics.clone()).await;
                browser.shot(&format!("screen-{size}-{theme}")).await;
            }
            let fits = "return document.documentElement.scrollWidth <= innerWidth
                && [...document.querySelectorAll('.toolbar button')].every(button => {
                    const box = button.getBoundingClientRect(); return box.left >= 0 && box.right <= innerWidth })";
            assert_eq!(maria.run(fits, vec![]).await, json!(true), "{size}");
        }
    }
    for browser in [&maria, &peter] {
        browser.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
    }

    maria.click("screen-toggle").await;
    maria.wait("whose turn it is", || async { maria.page_text().await.contains("one at a time") }).await;

    // Who looks at the whiteboard meanwhile costs the sharer nothing, and gets the screen back.
    maria.click("board-toggle").await.until_gone("screen").await.until_sees("whiteboard").await;
    maria.click("board-toggle").await;
    until_shown(&maria).await;

    peter.click("stop-sharing").await.until_gone("sharing").await;
    maria.until_gone("screen").await.until_sees("whiteboard").await;
    assert_eq!(live_screens(&peter).await, 1, "the camera alone");

    // Again, and this time a reload ends it.
    peter.click("screen-toggle").await;
    until_shown(&maria).await;
    peter.reload().await;
    maria.wait_within(Duration::from_secs(20), "the screen to go", || async { !maria.sees("screen").await }).await;
    peter.until_sees("room").await;
    for browser in [&maria, &peter] {
        assert_eq!(browser.complaints().await, Vec::<String>::new(), "{}", browser.person().name);
    }
}
