"""A device that nobody here wrote: GStreamer's webrtcbin, driven as whipsink drives it. What comes in and goes out is as in
aiortc_device.py; it shows GStreamer's own test picture."""

import json
import sys
import threading
import urllib.error
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

PUBLISH = """webrtcbin name=w bundle-policy=max-bundle
  videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=15/1 ! vp8enc deadline=1 keyframe-max-dist=30
    ! rtpvp8pay picture-id-mode=2 ! application/x-rtp,media=video,encoding-name=VP8,payload=96 ! w.
  audiotestsrc is-live=true ! opusenc ! rtpopuspay ! application/x-rtp,media=audio,encoding-name=OPUS,payload=111 ! w."""

Gst.init(None)
wish = json.loads(sys.stdin.readline())
WATCH = "webrtcbin name=w bundle-policy=max-bundle fakesrc num-buffers=0 ! fakesink"
pipeline = Gst.parse_launch(PUBLISH if wish["does"] == "publish" else WATCH)
webrtc = pipeline.get_by_name("w")
# Tests stay on this machine; by itself libnice leaves loopback out.
agent = webrtc.get_property("ice-agent")  # kept: without this name it would be freed
agent.emit("add-local-ip-address", "127.0.0.1")
loop = GLib.MainLoop()


def say(**more):
    print(json.dumps({"state": webrtc.get_property("connection-state").value_nick, **more}), flush=True)
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
    request = urllib.request.Request(wish["url"], data=offer.encode(), headers=headers)
    try:
        answer = urllib.request.urlopen(request, timeout=20)
    except urllib.error.HTTPError as error:
        say(status=error.code, answer=error.read().decode())
        return
    say(status=answer.status)
    _, sdp = GstSdp.SDPMessage.new_from_text(answer.read().decode())
    description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
    webrtc.emit("set-remote-description", description, Gst.Promise.new())


def wait_for_end():
    sys.stdin.read()
    GLib.idle_add(loop.quit)


def negotiate(_):
    webrtc.emit("create-offer", None, Gst.Promise.new_with_change_func(lambda promise, *_: offered(promise)))


webrtc.connect("on-negotiation-needed", negotiate)
webrtc.connect("notify::ice-gathering-state", gathered)
if wish["does"] == "watch":
    for caps in [
        "media=video,encoding-name=VP8,payload=96,clock-rate=90000",
        "media=audio,encoding-name=OPUS,payload=111,clock-rate=48000,encoding-params=(string)2",
    ]:
        caps = "application/x-rtp," + caps
        webrtc.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY, Gst.Caps.from_string(caps))
pipeline.set_state(Gst.State.PLAYING)
threading.Thread(target=wait_for_end, daemon=True).start()
GLib.timeout_add(500, say)
loop.run()
pipeline.set_state(Gst.State.NULL)
say(ended=0)
