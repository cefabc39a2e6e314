// A device that nobody here wrote: werift, as a script would use it against /whip and /whep. What comes in and goes out is as in
// aiortc_device.py; it has no codecs, gstreamer_media.py encodes and decodes. With "page" for what it does it prints its offer
// and waits for the answer: a page's place is not to be had over HTTP.

import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const require = createRequire(`${process.env.CLIENTS}/`);
const { MediaStreamTrack, RTCPeerConnection, useOPUS, useVP8 } = require("werift");

const input = createInterface({ input: process.stdin });
const lines = input[Symbol.asyncIterator]();
const wish = JSON.parse((await lines.next()).value);
const [vp8, opus] = [useVP8({ payloadType: 96 }), useOPUS({ payloadType: 111 })];
const connection = new RTCPeerConnection({
  codecs: { audio: [opus], video: [vp8] },
  iceServers: [],
  iceAdditionalHostAddresses: ["127.0.0.1"],
});
let seen = {};
const say = (more = {}) => console.log(JSON.stringify({ state: connection.connectionState, ...seen, ...more }));

// GStreamer beside it; ends when its input does.
const media = (asked) => {
  const script = fileURLToPath(new URL("gstreamer_media.py", import.meta.url));
  const gstreamer = spawn("/usr/bin/python3", [script], { stdio: ["pipe", "pipe", "inherit"] });
  gstreamer.stdin.write(`${JSON.stringify(asked)}\n`);
  return { gstreamer, said: createInterface({ input: gstreamer.stdout })[Symbol.asyncIterator]() };
};
const bound = (socket) => new Promise((resolve) => socket.bind(0, "127.0.0.1", () => resolve(socket.address().port)));

const [kinds, sockets] = [["audio", "video"], {}];
let beside;
for (const kind of kinds) sockets[kind] = createSocket("udp4");
if (wish.does === "watch") {
  beside = media({ receive: true });
  const ports = JSON.parse((await beside.said.next()).value);
  const count = async () => {
    for await (const line of beside.said) seen = JSON.parse(line);
  };
  count();
  for (const kind of kinds) {
    const transceiver = connection.addTransceiver(kind, { direction: "recvonly" });
    transceiver.onTrack.subscribe((track) => {
      track.onReceiveRtp.subscribe((rtp) => sockets[kind].send(rtp.serialize(), ports[kind], "127.0.0.1"));
    });
  }
} else {
  const ports = {};
  for (const kind of kinds) {
    const track = new MediaStreamTrack({ kind });
    ports[kind] = await bound(sockets[kind]);
    sockets[kind].on("message", (rtp) => connection.connectionState === "connected" && track.writeRtp(rtp));
    connection.addTransceiver(track, { direction: "sendonly" });
  }
  if (wish.does === "publish") beside = media({ send: ports, colour: wish.colour, pitch: wish.pitch });
}
await connection.setLocalDescription(await connection.createOffer());
const offer = connection.localDescription.sdp;
const headers = { authorization: `Bearer ${wish.token}`, "content-type": "application/sdp" };
let [text, location] = [];
if (wish.does === "page") {
  say({ offer });
  text = JSON.parse((await lines.next()).value).answer;
} else {
  const answer = await fetch(wish.url, { method: "POST", headers, body: offer });
  text = await answer.text();
  location = answer.headers.get("location");
  say({ status: answer.status, answer: answer.ok ? null : text });
}
let ended = 0;
if (text.startsWith("v=0")) {
  // It waits for ever for a handshake that the server has refused.
  connection.setRemoteDescription({ type: "answer", sdp: text }).catch((error) => say({ error: String(error) }));
  const every = setInterval(say, 500);
  while (!(await lines.next()).done);
  clearInterval(every);
  if (location) ended = (await fetch(new URL(location, wish.url), { method: "DELETE", headers })).status;
}
beside?.gstreamer.kill();
say({ ended });
process.exit(0);
