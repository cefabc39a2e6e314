//! Numbers, not assertions: `make bench` and `make sizes` run these, `make test` does not.

#![expect(clippy::unwrap_used, reason = "the whole file is measurements and their helpers")]

use std::time::{Duration, Instant};

use e2e::{Browser, Deployment, Person};
use shared::meeting::Role;

/// How long from a mouse move in one browser to its paint in another.
#[tokio::test]
#[ignore = "a measurement: make bench"]
async fn bench_pointer() {
    let server = Deployment::start().await;
    let people = [("Maria", Role::Moderator), ("Peter", Role::Participant)];
    let meeting = server.console().await.meeting("Bench", &people).await;
    let joined = Instant::now();
    let maria = Browser::start(Person::MARIA).await;
    maria.moderate(&server, meeting.link("Maria")).await;
    let peter = Browser::start(Person::PETER).await;
    peter.come_in(meeting.link("Peter")).await.until_sees("lobby").await;
    let admitted = Instant::now();
    maria.admit("Peter").await;
    peter.until_faces(&[Person::MARIA]).await;
    println!("bench: admit_to_first_face_ms {}", admitted.elapsed().as_millis());
    println!("bench: two_browsers_in_a_room_ms {}", joined.elapsed().as_millis());

    let number = maria.number_of("tile-", "Peter").await;
    let mut delays = Vec::new();
    for round in 0..40 {
        let x = 0.2 + 0.015 * f64::from(round);
        delays.push(peter.pointer_delay_ms(&maria, number, x).await);
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    delays.sort_by(f64::total_cmp);
    println!("bench: pointer_paint_ms_median {:.1}", delays[delays.len() / 2]);
    println!("bench: pointer_paint_ms_p90 {:.1}", delays[delays.len() * 9 / 10]);
}

/// What a first join loads, as the server sends it to a browser that takes brotli; the binary; resident memory.
#[tokio::test]
#[ignore = "a measurement: make sizes"]
async fn sizes_of_pages_binary_and_memory() {
    let server = Deployment::start().await;
    let client = reqwest::Client::new();
    let mut total = 0;
    let paths = first_join(&client, server.url()).await;
    // A server packs its pages in the first seconds, one after the other; the memory for that is gone afterwards.
    for path in paths.iter().filter(|path| path.ends_with(".wasm")) {
        e2e::until("the packed pages", || async {
            let request = client.get(format!("{}{path}", server.url())).header("accept-encoding", "br");
            request.send().await.unwrap().headers().contains_key("content-encoding")
        })
        .await;
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    for path in paths {
        let answer =
            client.get(format!("{}{path}", server.url())).header("accept-encoding", "br").send().await.unwrap();
        let bytes = answer.bytes().await.unwrap().len();
        total += bytes;
        println!("size: {path} {bytes} bytes");
    }
    println!("size: first_join_brotli_kb {:.1}", total as f64 / 1000.0);
    println!("size: server_binary_mb {:.1}", std::fs::metadata(server.binary()).unwrap().len() as f64 / 1e6);
    println!("size: server_rss_empty_mb {:.1}", server.resident_bytes() as f64 / 1e6);

    let people = [("Maria", Role::Moderator), ("Peter", Role::Participant), ("Quinn", Role::Participant)];
    let meeting = server.console().await.meeting("Sizes", &people).await;
    let maria = Browser::start(Person::MARIA).await;
    maria.moderate(&server, meeting.link("Maria")).await;
    let mut others = Vec::new();
    for person in [Person::PETER, Person::QUINN] {
        let browser = Browser::start(person).await;
        browser.come_in(meeting.link(person.name)).await.until_sees("lobby").await;
        maria.admit(person.name).await;
        browser.until_sees("room").await;
        others.push(browser);
    }
    maria.until_faces(&[Person::PETER, Person::QUINN]).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    println!("size: server_rss_three_people_mb {:.1}", server.resident_bytes() as f64 / 1e6);
}

/// The page and everything its tags name.
async fn first_join(client: &reqwest::Client, url: &str) -> Vec<String> {
    let page = client.get(format!("{url}/join")).send().await.unwrap().text().await.unwrap();
    let mut paths = vec!["/join".to_owned()];
    for part in page.split(['"', '\'']) {
        let local = part.starts_with('/')
            && !part.starts_with("//")
            && part.rsplit('/').next().is_some_and(|name| name.contains('.'));
        if local && !paths.contains(&part.to_owned()) {
            paths.push(part.to_owned());
        }
    }
    paths
}
