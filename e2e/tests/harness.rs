//! The positive control of everything else: a face, a voice and a packet that do arrive are seen, heard and counted.

#![expect(clippy::unwrap_used, reason = "the whole file is tests and their helpers")]

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpListener;

use e2e::{Browser, Colour, Person};

/// A page that sends its own camera and microphone through two PeerConnections of its own.
const PAGE: &str = r#"<!doctype html><title>mirror</title><body><article data-testid="tile-1" data-name="Peter"><video autoplay playsinline></video></article>
<script>
(async () => {
  const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 180 } });
  const one = new RTCPeerConnection(), two = new RTCPeerConnection();
  one.onicecandidate = e => e.candidate && two.addIceCandidate(e.candidate);
  two.onicecandidate = e => e.candidate && one.addIceCandidate(e.candidate);
  const channel = one.createDataChannel('words', { negotiated: true, id: 0 });
  two.createDataChannel('words', { negotiated: true, id: 0 });
  channel.onopen = () => channel.send('one word');
  const arrived = new MediaStream();
  two.ontrack = e => { arrived.addTrack(e.track); document.querySelector('video').srcObject = arrived; };
  media.getTracks().forEach(track => one.addTrack(track, media));
  await one.setLocalDescription(); await two.setRemoteDescription(one.localDescription);
  await two.setLocalDescription(); await one.setRemoteDescription(two.localDescription);
})();
</script>"#;

/// Serves the page on a free loopback port for as long as the test runs.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 2048]);
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close",
                PAGE.len()
            );
            let _ = write!(stream, "{head}\r\n\r\n{PAGE}");
        }
    });
    url
}

#[tokio::test]
async fn a_face_a_voice_and_a_message_that_arrive_are_noticed() {
    let peter = Browser::start(Person::PETER).await;
    peter.open(&serve()).await;
    peter.wait("the face", || async { peter.face_in("tile-1").await == Some(Colour::Green) }).await;
    assert_eq!(peter.faces().await.into_values().collect::<Vec<_>>(), [Colour::Green]);
    peter.until_hears(&[Person::PETER]).await;
    assert_eq!(peter.hears().await, BTreeSet::from(["Peter"]));
    let received = peter.received().await;
    assert!(received.rtp_packets > 20 && received.messages == 1 && received.connected == 2, "{received:?}");
    assert!(peter.encryption().await.is_some());
    assert_eq!(peter.complaints().await, Vec::<String>::new());
}
