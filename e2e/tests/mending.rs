//! A connection that loses a half, in a real browser: the socket without the media, and the network under the media.

#![expect(clippy::unwrap_used, reason = "the whole file is tests and their helpers")]

use std::time::Duration;

use e2e::{Browser, Deployment, Meeting, Person, Proxy};
use serde_json::{Value, json};
use shared::meeting::Role;

const BOTH: [(&str, Role); 2] = [("Maria", Role::Moderator), ("Peter", Role::Participant)];

/// Maria in the room and Peter, who came by a proxy.
async fn meet() -> (Deployment, Meeting, Proxy, Browser, Browser) {
    let server = Deployment::start().await;
    let meeting = server.console().await.meeting("Weekly", &BOTH).await;
    let proxy = Proxy::start(&server, "X-Passed-On: 1").await;
    let maria = Browser::start(Person::MARIA).await;
    maria.moderate(&server, meeting.link("Maria")).await;
    let peter = Browser::start(Person::PETER).await;
    peter.come_in(&proxy.link(meeting.link("Peter"))).await.until_sees("lobby").await;
    maria.admit("Peter").await;
    peter.until_sees("room").await;
    peter.until_faces(&[Person::MARIA]).await;
    maria.until_faces(&[Person::PETER]).await;
    (server, meeting, proxy, maria, peter)
}

/// What the newest PeerConnection is: how many there were, frames decoded, state, its ICE name, whose certificate, which keys.
async fn connection(browser: &Browser) -> Value {
    let body = r"return (async () => {
        const all = window.__probe.connections;
        const connection = all.at(-1);
        const stats = [...(await connection.getStats()).values()];
        const frames = stats.filter(stat => stat.type === 'inbound-rtp').reduce((sum, stat) => sum + (stat.framesDecoded || 0), 0);
        const transport = stats.find(stat => stat.type === 'transport');
        return {
            connections: all.length, frames, state: connection.iceConnectionState, signaling: connection.signalingState,
            name: connection.localDescription.sdp.match(/^a=ice-ufrag:(.*)$/m)[1].trim(),
            certificate: connection.localDescription.sdp.match(/^a=fingerprint:(.*)$/m)[1].trim(),
            dtls: [transport.dtlsState, transport.dtlsCipher, transport.remoteCertificateId],
        };
    })()";
    browser.run(body, vec![]).await
}

/// Keeps a list of everybody who was in the roster at any time, as tiles that went and came.
async fn watch_tiles(browser: &Browser) {
    let body = "window.__tiles = [];
        new MutationObserver(changes => changes.forEach(change => {
            for (const [nodes, what] of [[change.addedNodes, '+'], [change.removedNodes, '-']])
                for (const node of nodes) if (node.dataset?.testid?.startsWith('tile-')) window.__tiles.push(what + node.dataset.name);
        })).observe(document.body, { childList: true, subtree: true })";
    browser.run(body, vec![]).await;
}

async fn until_more_frames(browser: &Browser, than: &Value) {
    let before = than["frames"].as_u64().unwrap();
    browser
        .wait("frames of the same connection", || async {
            let now = connection(browser).await;
            now["connections"] == than["connections"] && now["frames"].as_u64().unwrap() > before + 25
        })
        .await;
}

/// The proxy in between is restarted: the socket is another, the PeerConnection the same, and what was missed is known.
#[tokio::test]
async fn a_lost_socket_leaves_the_media_alone() {
    let (_server, meeting, proxy, maria, peter) = meet().await;
    watch_tiles(&maria).await;
    watch_tiles(&peter).await;
    let before = connection(&peter).await;
    proxy.lose_connections();
    // At once, so that it happens while Peter's page has no socket, or just after.
    maria.click("hand-toggle").await;
    until_more_frames(&peter, &before).await;
    let after = connection(&peter).await;
    assert_eq!(
        (&after["connections"], &after["name"], &after["dtls"]),
        (&before["connections"], &before["name"], &before["dtls"])
    );

    peter.until_gone("mending").await;
    assert!(!peter.sees("reconnect-banner").await);
    // The socket of now carries both ways: what Peter says is seen, and who comes is seen by him.
    peter.click("cam-toggle").await;
    let tile = format!("tile-{}", maria.number_of("tile-", "Peter").await);
    maria
        .wait("Peter's camera marked off", || async {
            maria.attribute(&tile, "data-camera").await.as_deref() == Some("off")
        })
        .await;
    for browser in [&maria, &peter] {
        let moved = browser.run("return window.__tiles", vec![]).await;
        assert_eq!(moved, json!([]), "{} saw somebody go or come", browser.person().name);
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
    drop(meeting);
}

/// The network under Peter's page is another one: ICE begins anew, everything else goes on.
#[tokio::test]
async fn another_network_is_taken_without_another_connection() {
    let (_server, _meeting, _proxy, maria, peter) = meet().await;
    watch_tiles(&maria).await;
    let before = connection(&peter).await;
    peter.run("window.dispatchEvent(new Event('online'))", vec![]).await;
    peter
        .wait("another ICE name, answered and up", || async {
            let now = connection(&peter).await;
            let up = now["state"] == "connected" || now["state"] == "completed";
            now["name"] != before["name"] && now["signaling"] == "stable" && up
        })
        .await;
    let renamed = connection(&peter).await;
    until_more_frames(&peter, &renamed).await;
    let after = connection(&peter).await;
    for what in ["connections", "certificate", "dtls"] {
        assert_eq!(after[what], before[what], "{what}");
    }
    peter.until_gone("mending").await;
    // Longer than the server waits for somebody to come by the new path.
    tokio::time::sleep(Duration::from_secs(12)).await;
    until_more_frames(&peter, &after).await;
    maria.until_faces(&[Person::PETER]).await;
    maria.until_hears(&[Person::PETER]).await;
    assert_eq!(maria.run("return window.__tiles", vec![]).await, json!([]));
    assert_eq!(peter.complaints().await, Vec::<String>::new());
}

/// There is a network again, and nothing comes by the connection of before: another is made in a document of its own, which knows
/// the interfaces of now. It carries everything, in Firefox too.
#[tokio::test]
async fn a_connection_that_does_not_know_the_network_is_replaced_by_one_that_does() {
    let server = Deployment::start().await;
    let meeting = server.console().await.meeting("Weekly", &BOTH).await;
    let (maria, peter) = tokio::join!(Browser::start(Person::MARIA), Browser::start_firefox(Person::PETER));
    maria.moderate(&server, meeting.link("Maria")).await;
    peter.come_in(meeting.link("Peter")).await.until_sees("lobby").await;
    maria.admit("Peter").await;
    peter.until_sees("room").await;
    maria.until_faces(&[Person::PETER]).await;
    for (browser, other) in [(&maria, &peter), (&peter, &maria)] {
        let lost = "window.__probe.connections.at(-1).close(); window.dispatchEvent(new Event('online'))";
        browser.run(lost, vec![]).await;
        let made = "const all = window.__probe.connections;
            return all.length === 2 && document.querySelectorAll('iframe').length === 1 && all.at(-1).connectionState";
        browser.wait("another", || async { browser.run(made, vec![]).await == json!("connected") }).await;
        browser.until_faces(&[other.person()]).await;
        other.until_faces(&[browser.person()]).await;
        browser.until_gone("mending").await;
    }
    maria.until_hears(&[Person::PETER]).await;
    let before = peter.received().await.audio_packets;
    peter.wait("Maria's voice", || async { peter.received().await.audio_packets > before + 50 }).await;
    for browser in [&maria, &peter] {
        assert_eq!(browser.complaints().await, Vec::<String>::new(), "{}", browser.person().name);
    }
}

/// The PeerConnection dies and the socket lives: the page makes another on the same socket, and nobody goes or comes.
#[tokio::test]
async fn lost_media_is_replaced_and_nobody_goes_or_comes() {
    let (_server, _meeting, _proxy, maria, peter) = meet().await;
    watch_tiles(&maria).await;
    let before = connection(&peter).await["connections"].as_u64().unwrap();
    peter.run("window.__probe.connections.at(-1).close()", vec![]).await;
    peter
        .wait("another PeerConnection", || async {
            let now = connection(&peter).await;
            now["connections"].as_u64() == Some(before + 1) && now["frames"].as_u64().unwrap() > 25
        })
        .await;
    peter.until_faces(&[Person::MARIA]).await;
    maria.until_faces(&[Person::PETER]).await;
    assert_eq!(maria.run("return window.__tiles", vec![]).await, json!([]));
    assert!(!peter.sees("reconnect-banner").await);
}
