// A device that nobody here wrote: libdatachannel, which OBS Studio speaks WHIP with, through its bindings for Node. What comes in
// and goes out is as in aiortc_device.py; it decodes nothing and counts the packets of each kind.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.env.CLIENTS}/`);
const { Audio, PeerConnection, RtcpReceivingSession, Video } = require("node-datachannel");

const input = createInterface({ input: process.stdin });
const wish = JSON.parse(await new Promise((resolve) => input.once("line", resolve)));
const closed = new Promise((resolve) => input.once("close", resolve));
const connection = new PeerConnection("device", { iceServers: [], bindAddress: "127.0.0.1" });
const seen = { state: "new", audio: 0, video: 0 };
const say = (more = {}) => console.log(JSON.stringify({ ...seen, ...more }));
const gathered = new Promise((resolve) => {
  connection.onGatheringStateChange((state) => state === "complete" && resolve());
});
connection.onStateChange((state) => (seen.state = state));
const direction = wish.does === "publish" ? "SendOnly" : "RecvOnly";
const [audio, video] = [new Audio("0", direction), new Video("1", direction)];
audio.addOpusCodec(111);
if (wish.codec === "H264") video.addH264Codec(96);
else video.addVP8Codec(96);
const tracks = [["audio", audio], ["video", video]].map(([kind, media]) => {
  const track = connection.addTrack(media);
  track.setMediaHandler(new RtcpReceivingSession());
  track.onMessage(() => (seen[kind] += 1));
  return track;
});
connection.setLocalDescription();
await gathered;
const headers = { authorization: `Bearer ${wish.token}`, "content-type": "application/sdp" };
const answer = await fetch(wish.url, { method: "POST", headers, body: connection.localDescription().sdp });
const text = await answer.text();
say({ status: answer.status, answer: answer.ok ? null : text });
let ended = 0;
if (answer.ok) {
  connection.setRemoteDescription(text, "answer");
  const every = setInterval(say, 500);
  await closed;
  clearInterval(every);
  ended = (await fetch(new URL(answer.headers.get("location"), wish.url), { method: "DELETE", headers })).status;
}
tracks.length = 0;
connection.close();
say({ ended });
process.exit(0);
