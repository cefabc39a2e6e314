"""A device that nobody here wrote: GStreamer's webrtcbin, driven as whipsink drives it. What comes in and goes out is as in
aiortc_device.py. It uses the certificate in "pem"; its own is an RSA one, which nobody takes who has ECDSA alone."""

import base64
import hashlib
import json
import re
import sys
import threading
import urllib.error
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

from gstreamer_media import AUDIO, VIDEO, Seen, picture, tone  # noqa: E402

Gst.init(None)
wish = json.loads(sys.stdin.readline())
seen = Seen()
if wish["does"] == "publish":
    sent = f"{picture(wish['colour'])} ! w. {tone(wish['pitch'])} ! w."
else:
    sent = "fakesrc num-buffers=0 ! fakesink"
pipeline = Gst.parse_launch(f"webrtcbin name=w bundle-policy=max-bundle {sent}")
webrtc = pipeline.get_by_name("w")


def certify(_, __, part):
    """Connections that begin in `part` use the certificate. webrtcbin has no property for it."""
    if part.find_property("pem"):
        part.set_property("pem", wish["pem"])


def certified(offer):
    """The offer with that certificate's fingerprint: webrtcbin noted its own before it could be told."""
    body = wish["pem"].split("-----")[2]
    digest = hashlib.sha256(base64.b64decode("".join(body.split()))).hexdigest().upper()
    shown = ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))
    return re.sub(r"a=fingerprint:.*", f"a=fingerprint:sha-256 {shown}\r", offer)


pipeline.connect("deep-element-added", certify)
# Tests stay on this machine; by itself libnice leaves loopback out.
agent = webrtc.get_property("ice-agent")  # kept: without this name it would be freed
agent.emit("add-local-ip-address", "127.0.0.1")
loop = GLib.MainLoop()
location = []


def say(**more):
    print(json.dumps({"state": webrtc.get_property("connection-state").value_nick, **seen.told, **more}), flush=True)
    return True


def offered(promise):
    promise.wait()
    reply = promise.get_reply()
    webrtc.emit("set-local-description", reply.get_value("offer"), Gst.Promise.new())


def gathered(_, __):
    if webrtc.get_property("ice-gathering-state") != GstWebRTC.WebRTCICEGatheringState.COMPLETE:
        return
    offer = webrtc.get_property("local-description").sdp.as_text()
    headers = {"Authorization": "Bearer " + wish["token"], "Content-Type": "application/sdp"}
    request = urllib.request.Request(wish["url"], data=certified(offer).encode(), headers=headers)
    try:
        answer = urllib.request.urlopen(request, timeout=20)
    except urllib.error.HTTPError as error:
        say(status=error.code, answer=error.read().decode())
        return
    say(status=answer.status)
    location.append(answer.headers["Location"])
    _, sdp = GstSdp.SDPMessage.new_from_text(answer.read().decode())
    description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
    webrtc.emit("set-remote-description", description, Gst.Promise.new())


def wait_for_end():
    sys.stdin.read()
    GLib.idle_add(loop.quit)


def came(_, pad):
    if pad.get_direction() == Gst.PadDirection.SRC:
        part = seen.decode(pipeline, pad.get_current_caps().get_structure(0).get_value("media"))
        part.sync_state_with_parent()
        pad.link(part.get_static_pad("sink"))


def negotiate(_):
    webrtc.emit("create-offer", None, Gst.Promise.new_with_change_func(lambda promise, *_: offered(promise)))


webrtc.connect("on-negotiation-needed", negotiate)
webrtc.connect("pad-added", came)
webrtc.connect("notify::ice-gathering-state", gathered)
if wish["does"] == "watch":
    for caps in [VIDEO, AUDIO]:
        webrtc.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY, Gst.Caps.from_string(caps))
pipeline.set_state(Gst.State.PLAYING)
threading.Thread(target=wait_for_end, daemon=True).start()
GLib.timeout_add(500, say)
loop.run()
pipeline.set_state(Gst.State.NULL)
ended = 0
if location:
    base = "/".join(wish["url"].split("/")[:3])
    headers = {"Authorization": "Bearer " + wish["token"]}
    request = urllib.request.Request(base + location[0], headers=headers, method="DELETE")
    try:
        ended = urllib.request.urlopen(request, timeout=20).status
    except urllib.error.HTTPError as error:
        ended = error.code
say(ended=ended)
