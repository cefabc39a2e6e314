// A device that nobody here wrote: werift, as a script would use it against /whip and /whep. What comes in and goes out is as in
// aiortc_device.py; it sends empty pictures, since it is only asked whether it gets in.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.env.CLIENTS}/`);
const { RTCPeerConnection, useOPUS, useVP8 } = require("werift");

const input = createInterface({ input: process.stdin });
const wish = JSON.parse(await new Promise((resolve) => input.once("line", resolve)));
const closed = new Promise((resolve) => input.once("close", resolve));
const connection = new RTCPeerConnection({
  codecs: { audio: [useOPUS()], video: [useVP8()] },
  iceServers: [],
  iceAdditionalHostAddresses: ["127.0.0.1"],
});
const say = (more = {}) => console.log(JSON.stringify({ state: connection.connectionState, ...more }));
const direction = wish.does === "publish" ? "sendonly" : "recvonly";
connection.addTransceiver("audio", { direction });
connection.addTransceiver("video", { direction });
await connection.setLocalDescription(await connection.createOffer());
const headers = { authorization: `Bearer ${wish.token}`, "content-type": "application/sdp" };
const answer = await fetch(wish.url, { method: "POST", headers, body: connection.localDescription.sdp });
const text = await answer.text();
say({ status: answer.status, answer: answer.ok ? null : text });
if (answer.ok) {
  // It waits for ever for a handshake that the server has refused.
  connection.setRemoteDescription({ type: "answer", sdp: text }).catch((error) => say({ error: String(error) }));
  const every = setInterval(say, 500);
  await closed;
  clearInterval(every);
}
say({ ended: 0 });
process.exit(0);
