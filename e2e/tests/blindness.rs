//! The SFU reads nothing of what is said and shown: pages that seal every frame before it is sent are forwarded as well
//! as others.

use std::time::Duration;

use e2e::{Browser, Deployment, Options, Person};
use serde_json::json;
use shared::meeting::Role;

/// Seals what every sender sends, and opens it again at every receiver unless told otherwise. Of a frame stays clear
/// what packetisers and decoders need to find their way: VP8's header (10 bytes of a keyframe, 3 of another), nothing of
/// VP9, Opus' table of contents (1 byte). The rest is XORed with a stream that differs from frame to frame.
const SEAL: &str = r"
(() => {
  const worker = () => {
    onrtctransform = ({ transformer: { readable, writable, options } }) => {
      const xor = (bytes, from, to, nonce) => {
        let state = (nonce ^ 0x5eed1e55) | 1;
        for (let i = from; i < to; i += 1) {
          state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
          bytes[i] ^= state;
        }
      };
      const transform = (frame, controller) => {
        const clear = options.kind === 'audio' ? 1 : CLEAR;
        const given = new Uint8Array(frame.data);
        if (options.seals) {
          const sealed = new Uint8Array(given.length + 4);
          const nonce = crypto.getRandomValues(new Uint32Array(1))[0];
          sealed.set(given);
          xor(sealed, clear, given.length, nonce);
          new DataView(sealed.buffer).setUint32(given.length, nonce);
          frame.data = sealed.buffer;
        } else if (given.length >= clear + 4) {
          const length = given.length - 4;
          const nonce = new DataView(frame.data).getUint32(length);
          const opened = given.slice(0, length);
          xor(opened, clear, length, nonce);
          frame.data = opened.buffer;
        }
        controller.enqueue(frame);
      };
      readable.pipeThrough(new TransformStream({ transform })).pipeTo(writable);
    };
  };
  let seal;
  const add = RTCPeerConnection.prototype.addTransceiver;
  RTCPeerConnection.prototype.addTransceiver = function (kind, init) {
    seal ??= new Worker(URL.createObjectURL(new Blob([`(${worker})()`])));
    const transceiver = add.call(this, kind, init);
    const sends = init.direction === 'sendonly';
    if (sends) transceiver.sender.transform = new RTCRtpScriptTransform(seal, { kind, seals: true });
    else if (OPENS) transceiver.receiver.transform = new RTCRtpScriptTransform(seal, { kind, seals: false });
    return transceiver;
  };
})();";

/// A browser whose pages seal.
async fn sealing(person: Person, clear: &str, opens: bool) -> Browser {
    let browser = Browser::start_with_large_camera(person).await;
    // The pages' policy forbids a worker from elsewhere, and rightly.
    browser.devtools("Page.setBypassCSP", json!({ "enabled": true })).await;
    let source = SEAL.replace("CLEAR", clear).replace("OPENS", &opens.to_string());
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source })).await;
    browser
}

/// The height of the picture that arrives in that tile, pixels.
async fn height(browser: &Browser, tile: u16) -> u64 {
    let body = "return document.querySelector(`[data-testid=\"tile-${arguments[0]}\"] video`)?.videoHeight ?? 0";
    browser.run(body, vec![json!(tile)]).await.as_u64().unwrap_or(0)
}

async fn resize(browser: &Browser, width: u32, height: u32) {
    let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    browser.devtools("Emulation.setDeviceMetricsOverride", size).await;
}

/// Two people whose frames are sealed see and hear each other, in every size; a third who does not open them sees
/// nothing, though everything reaches them.
async fn sealed_frames_go_round(server: &Deployment, codec: &str, clear: &str) {
    let people = [("Maria", Role::Moderator), ("Peter", Role::Participant), ("Quinn", Role::Participant)];
    let meeting = server.console().await.meeting("Sealed", &people).await;
    let maria = sealing(Person::MARIA, clear, true).await;
    maria.moderate(server, meeting.link("Maria")).await;
    let peter = sealing(Person::PETER, clear, true).await;
    peter.come_in(meeting.link("Peter")).await.until_sees("lobby").await;
    maria.admit("Peter").await;
    peter.until_sees("room").await;
    maria.until_faces(&[Person::PETER]).await;
    peter.until_faces(&[Person::MARIA]).await;
    maria.until_hears(&[Person::PETER]).await;
    peter.until_hears(&[Person::MARIA]).await;

    // Layers: the smallest in a small tile, the middle one in a larger, the smallest again.
    let tile = maria.number_of("tile-", "Peter").await;
    for (width, expected) in [(480, 180), (2400, 360), (480, 180)] {
        resize(&maria, width, width * 3 / 4).await;
        maria
            .wait(&format!("a picture of {expected} lines"), || async { height(&maria, tile).await == expected })
            .await;
        maria.until_media_flows().await;
    }
    maria.until_faces(&[Person::PETER]).await;
    let decoded = maria.decoded().await;
    assert!(decoded.iter().all(|stream| stream.codec == codec), "{decoded:?}");

    // Who speaks is told from the levels beside the frames.
    let speaking = "return !!document.querySelector(`[data-testid=\"tile-${arguments[0]}\"].tile--speaking`)";
    maria.wait("Peter to be marked", || async { maria.run(speaking, vec![json!(tile)]).await == json!(true) }).await;
    peter.click("mic-toggle").await;
    maria.wait("nobody to be marked", || async { maria.run(speaking, vec![json!(tile)]).await == json!(false) }).await;

    let quinn = sealing(Person::QUINN, clear, false).await;
    quinn.come_in(meeting.link("Quinn")).await.until_sees("lobby").await;
    maria.admit("Quinn").await;
    quinn.until_sees("room").await;
    quinn.wait_within(Duration::from_secs(20), "packets", || async { quinn.received().await.rtp_packets > 200 }).await;
    let received = quinn.received().await;
    assert_eq!(received.frames, 0, "who does not open frames decodes them: {received:?}");
}

#[tokio::test]
async fn sealed_frames_are_forwarded_in_every_size() {
    sealed_frames_go_round(&Deployment::start().await, "video/VP8", "(frame.type === 'key' ? 10 : 3)").await;
}

/// All sizes in one stream, which the server takes apart by what stands in front of the frames.
#[tokio::test]
async fn sealed_layers_of_one_stream_are_told_apart() {
    let options = Options { config: "[media]\nvideo_codec = \"vp9\"\n".into(), ..Options::default() };
    sealed_frames_go_round(&Deployment::start_with(options).await, "video/VP9", "0").await;
}
