//! Media nodes in processes of their own: one is lost or ends while people meet, and the meeting goes on by another.

#![expect(clippy::unwrap_used, reason = "the whole file is tests and their helpers")]

use std::time::Duration;

use e2e::{Browser, Deployment, MediaNodes, Meeting, Person, report, until};
use serde_json::json;
use shared::meeting::Role;

const BOTH: [(&str, Role); 2] = [("Maria", Role::Moderator), ("Peter", Role::Participant)];
/// How often a node is killed while two people see each other.
const KILLS: usize = 5;
/// How often one hangs instead, and is noticed by its silence alone.
const FREEZES: usize = 2;

/// Maria and Peter in one room, over this many media nodes.
async fn meet(count: usize) -> (MediaNodes, Deployment, Meeting, Browser, Browser) {
    let nodes = MediaNodes::start(count).await;
    let server = Deployment::start_with(nodes.options()).await;
    let meeting = server.console().await.meeting("Weekly", &BOTH).await;
    let maria = Browser::start(Person::MARIA).await;
    maria.moderate(&server, meeting.link("Maria")).await;
    let peter = Browser::start(Person::PETER).await;
    peter.come_in(meeting.link("Peter")).await.until_sees("lobby").await;
    maria.admit("Peter").await;
    peter.until_sees("room").await;
    until_they_see_each_other(&maria, &peter).await;
    for browser in [&maria, &peter] {
        watch(browser).await;
    }
    (nodes, server, meeting, maria, peter)
}

async fn until_they_see_each_other(maria: &Browser, peter: &Browser) {
    peter.until_faces(&[Person::MARIA]).await;
    maria.until_faces(&[Person::PETER]).await;
}

/// From now on the page knows who went and came, whether it was loaded anew, and how long the face of the other stood still
/// at the longest since [`gap`] was last asked.
async fn watch(browser: &Browser) {
    let body = r#"window.__tiles = [];
        new MutationObserver(changes => changes.forEach(change => {
            for (const [nodes, what] of [[change.addedNodes, '+'], [change.removedNodes, '-']])
                for (const node of nodes) if (node.dataset?.testid?.startsWith('tile-')) window.__tiles.push(what + node.dataset.name);
        })).observe(document.body, { childList: true, subtree: true });
        const still = window.__still = { since: performance.now(), longest: 0, frames: new Map() };
        setInterval(() => {
            for (const video of document.querySelectorAll(`[data-name="${arguments[0]}"] video`)) {
                const frames = video.getVideoPlaybackQuality().totalVideoFrames;
                if (frames > 0 && frames !== still.frames.get(video)) {
                    const now = performance.now();
                    still.longest = Math.max(still.longest, now - still.since);
                    still.since = now;
                    still.frames.set(video, frames);
                }
            }
        }, 10);"#;
    let other = if browser.person().name == "Maria" { "Peter" } else { "Maria" };
    browser.run(body, vec![json!(other)]).await;
}

/// The longest time without a new picture of the other, milliseconds; begins anew.
async fn gap(browser: &Browser) -> f64 {
    let body = "const longest = window.__still.longest; window.__still.longest = 0; return longest";
    browser.run(body, vec![]).await.as_f64().unwrap()
}

/// The port of the node that this page's newest connection leads to.
async fn port(browser: &Browser) -> Option<u16> {
    let body = r"return (async () => {
        const stats = await window.__probe.connections.at(-1).getStats();
        const transport = [...stats.values()].find(stat => stat.type === 'transport');
        const pair = stats.get(transport?.selectedCandidatePairId);
        return pair ? stats.get(pair.remoteCandidateId).port : null;
    })()";
    browser.run(body, vec![]).await.as_u64().map(|port| u16::try_from(port).unwrap())
}

/// Which node carries the meeting: both are on the same.
async fn node_of(nodes: &MediaNodes, maria: &Browser, peter: &Browser) -> usize {
    until("both on one node", || async { port(maria).await.is_some() && port(maria).await == port(peter).await }).await;
    nodes.with_port(port(maria).await.unwrap()).unwrap()
}

/// Both have pictures of the other by another node than this.
async fn until_moved(nodes: &MediaNodes, from: usize, maria: &Browser, peter: &Browser) {
    for browser in [maria, peter] {
        browser
            .wait("pictures by the other node", || async {
                let on = port(browser).await.and_then(|port| nodes.with_port(port));
                on.is_some_and(|on| on != from)
            })
            .await;
        browser.until_media_flows().await;
    }
    until_they_see_each_other(maria, peter).await;
}

/// Nobody went or came, no page was loaded anew, and none complained.
async fn assert_nobody_noticed(browsers: [&Browser; 2]) {
    for browser in browsers {
        assert_eq!(browser.run("return window.__tiles", vec![]).await, json!([]), "{}", browser.person().name);
        assert!(!browser.sees("reconnect-banner").await);
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}

fn print_gaps(name: &str, mut gaps: Vec<f64>) {
    gaps.sort_by(f64::total_cmp);
    let p95 = gaps[(gaps.len() * 95).div_ceil(100) - 1];
    let all: Vec<_> = gaps.iter().map(|gap| gap.round()).collect();
    report(&format!("{name}_ms_p95"), &format!("{} {all:?}", p95.round()));
}

/// A node is killed with the meeting on it, and then the next, and again: pictures are back by the other node, nobody goes
/// or comes, and who had something on the whiteboard reads that it is lost.
#[tokio::test]
async fn a_killed_node_s_meeting_goes_on_by_another() {
    let (mut nodes, _server, _meeting, maria, peter) = meet(2).await;
    peter.click("tool-pen").await;
    peter.draw("whiteboard", &[(0.2, 0.2), (0.5, 0.5), (0.8, 0.3)]).await;
    maria.wait("Peter's stroke", || async { maria.ink("whiteboard").await > 0 }).await;

    let (mut killed, mut frozen) = (Vec::new(), Vec::new());
    for round in 0..KILLS + FREEZES {
        let node = node_of(&nodes, &maria, &peter).await;
        for browser in [&maria, &peter] {
            browser.until_media_flows().await;
            gap(browser).await;
        }
        if round < KILLS {
            nodes.kill(node);
        } else {
            nodes.freeze(node);
        }
        until_moved(&nodes, node, &maria, &peter).await;
        let gaps = if round < KILLS { &mut killed } else { &mut frozen };
        gaps.extend([gap(&maria).await, gap(&peter).await]);
        if round == 0 {
            the_whiteboard_is_lost_and_says_so(&maria, &peter).await;
        }
        if round < KILLS {
            nodes.restart(node).await;
        } else {
            // It comes back with the meeting of before, and must not have half of it: the next round is back on it.
            nodes.thaw(node);
        }
    }
    assert_nobody_noticed([&maria, &peter]).await;
    print_gaps("media_node_killed_gap", killed);
    print_gaps("media_node_silent_gap", frozen);
}

async fn the_whiteboard_is_lost_and_says_so(maria: &Browser, peter: &Browser) {
    for browser in [maria, peter] {
        let said = browser.text("board-message").await;
        assert!(said.contains("whiteboard is lost"), "{said}");
        assert_eq!(browser.ink("whiteboard").await, 0);
        browser.shot("board-lost").await;
    }
    // It is a whiteboard again, and the sentence goes with the first stroke.
    peter.draw("whiteboard", &[(0.2, 0.8), (0.8, 0.8)]).await;
    maria.wait("Peter's next stroke", || async { maria.ink("whiteboard").await > 0 }).await;
    for browser in [maria, peter] {
        browser.until_gone("board-message").await;
    }
}

/// SIGTERM: the node takes its time, the meeting moves, and the process ends by itself and well.
#[tokio::test]
async fn a_node_that_is_asked_to_end_loses_nobody() {
    let (mut nodes, _server, _meeting, maria, peter) = meet(2).await;
    let node = node_of(&nodes, &maria, &peter).await;
    gap(&maria).await;
    nodes.terminate(node);
    until_moved(&nodes, node, &maria, &peter).await;
    print_gaps("media_node_drained_gap", vec![gap(&maria).await]);
    let mut code = None;
    for _ in 0..100 {
        code = code.or(nodes.ended(node));
        if code.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(code, Some(0), "{}", nodes.log(node));
    assert_nobody_noticed([&maria, &peter]).await;
    assert!(!maria.sees("board-message").await, "there was nothing on it");
    // The talkative log tells of its rooms and of nobody in them.
    let log = nodes.log(node);
    assert!(log.contains("asked to end"), "{log}");
    for word in ["Maria", "Peter", "ice-ufrag", "fingerprint"] {
        assert!(!log.contains(word), "{word} in {log}");
    }
}

/// The only node is gone for longer than anybody's place is kept in sight: pages stay, say so, and are back when it is.
#[tokio::test]
async fn without_any_node_pages_wait_for_one() {
    let (mut nodes, _server, _meeting, maria, peter) = meet(1).await;
    nodes.kill(0);
    for browser in [&maria, &peter] {
        browser
            .wait("the sentence", || async {
                browser.page_text().await.contains("no sound and picture just now") && browser.sees("mending").await
            })
            .await;
        assert!(browser.sees("room").await);
    }
    tokio::time::sleep(Duration::from_secs(8)).await;
    nodes.restart(0).await;
    until_they_see_each_other(&maria, &peter).await;
    for browser in [&maria, &peter] {
        browser.until_media_flows().await;
        browser.until_gone("mending").await;
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}
