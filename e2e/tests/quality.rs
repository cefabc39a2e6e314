//! Call quality: what the page says of its connection, in both engines, and what it says when the network is bad.

use e2e::{Browser, Deployment, Person};
use serde_json::json;
use shared::meeting::Role;

/// Presses a letter where the focus is.
async fn press(browser: &Browser, letter: &str) {
    let body = "(document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown',
        { key: arguments[0], bubbles: true, cancelable: true }))";
    browser.run(body, vec![json!(letter)]).await;
}

/// Pictures of the panel at a desktop's and a phone's size, light and dark; at each it lies within the window.
async fn look(browser: &Browser) {
    for scheme in ["light", "dark"] {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        browser.devtools("Emulation.setEmulatedMedia", features).await;
        for (size, width, height) in [("desktop", 1280, 900), ("phone", 360, 740), ("narrow", 320, 640)] {
            let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
            browser.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
            browser.shot(&format!("quality-{size}-{scheme}")).await;
            let fits = "return document.documentElement.scrollWidth <= innerWidth
                && ['quality', 'quality-toggle'].every(name => {
                    const box = document.querySelector(`[data-testid=${name}]`).getBoundingClientRect();
                    return box.left >= 0 && box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight })";
            assert_eq!(browser.run(fits, vec![]).await, json!(true), "{size}");
        }
    }
    browser.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
}

/// Each page shows what it sends and receives, from whom, and how; the figures move, and what may be copied names nobody.
#[tokio::test]
async fn both_engines_say_how_the_call_is() {
    let server = Deployment::start().await;
    let people = [("Maria", Role::Moderator), ("Peter", Role::Participant)];
    let meeting = server.console().await.meeting("Weekly", &people).await;
    let (maria, peter) = tokio::join!(Browser::start(Person::MARIA), Browser::start_firefox(Person::PETER));
    maria.moderate(&server, meeting.link("Maria")).await;
    peter.come_in(meeting.link("Peter")).await.until_sees("lobby").await;
    maria.admit("Peter").await;
    peter.until_sees("room").await;
    tokio::join!(peter.until_media_flows(), maria.until_media_flows());

    for (browser, other) in [(&maria, "Peter"), (&peter, "Maria")] {
        press(browser, "a").await;
        browser.until_sees("quality").await;
        browser
            .wait("what is sent and received", || async {
                let text = browser.text("quality").await;
                let streams = ["Microphone", "Camera", other, "Voice", "Picture", "fps"];
                streams.iter().all(|name| text.contains(name)) && !text.contains(" 0 kbit/s, ")
            })
            .await;
        let facts = browser.text("quality-facts").await;
        println!("{}: {}", browser.person().name, facts.replace('\n', " "));
        assert!(facts.contains("UDP") && facts.contains(" ms"), "{facts}");
        let label = browser.attribute("quality-toggle", "aria-label").await.unwrap();
        assert!(label.starts_with("Call quality: ") && !label.ends_with("not connected"), "{label}");
    }
    assert!(maria.text("quality-facts").await.contains("AES-256-GCM"));
    look(&maria).await;

    // The letter can be switched off, in this tab for good; Escape closes, and the button opens.
    maria.click("quality-letter").await;
    press(&maria, "Escape").await;
    maria.until_gone("quality").await;
    press(&maria, "a").await;
    maria.click("hand-toggle").await;
    assert!(!maria.sees("quality").await, "the letter is off");
    maria.click("quality-toggle").await.until_sees("quality").await;
    maria.click("quality-toggle").await.until_gone("quality").await;
    maria.reload().await;
    maria.until_sees("room").await;
    press(&maria, "a").await;
    maria.until_faces(&[Person::PETER]).await;
    assert!(!maria.sees("quality").await, "the letter is off after a reload too");
    for browser in [&maria, &peter] {
        assert_eq!(browser.complaints().await, Vec::<String>::new(), "{}", browser.person().name);
    }
}
