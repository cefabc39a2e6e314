"""Pictures and sound for clients that have no codec of their own, by GStreamer: a picture of one colour and a steady tone as RTP,
and what RTP shows and plays. As a program of its own it does that for RTP in UDP datagrams on this machine: one line of JSON
says what is wanted, see `main`."""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

VIDEO = "application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000"
AUDIO = "application/x-rtp,media=audio,encoding-name=OPUS,payload=111,clock-rate=48000,encoding-params=(string)2"
LOUD = 1000

Gst.init(None)


def picture(colour):
    """RTP of a picture in this colour."""
    red, green, blue = map(int, colour)
    argb = 0xFF000000 | red << 16 | green << 8 | blue
    return f"""videotestsrc is-live=true pattern=solid-color foreground-color={argb}
      ! video/x-raw,width=320,height=180,framerate=15/1 ! vp8enc deadline=1 keyframe-max-dist=30
      ! rtpvp8pay picture-id-mode=2 ! {VIDEO}"""


def tone(pitch):
    """RTP of a tone of this pitch."""
    return f"audiotestsrc is-live=true freq={pitch} ! opusenc ! rtpopuspay ! {AUDIO}"


class Seen:
    """What was decoded: frames and the last one's colour, loud moments and the last one's pitch."""

    def __init__(self):
        self.told = {"frames": 0, "colour": None, "loud": 0, "pitch": None}

    def decode(self, pipeline, kind):
        """A bin that decodes RTP of this kind."""
        if kind == "video":
            text = "rtpvp8depay ! vp8dec ! videoconvert ! video/x-raw,format=RGB"
        else:
            text = "rtpopusdepay ! opusdec ! audioconvert ! audio/x-raw,format=S16LE,channels=1"
        text = f"queue ! {text} ! appsink name=sink emit-signals=true sync=false async=false max-buffers=50 drop=true"
        part = Gst.parse_bin_from_description(text, True)
        part.get_by_name("sink").connect("new-sample", self.look if kind == "video" else self.listen)
        pipeline.add(part)
        return part

    def look(self, sink):
        sample = sink.emit("pull-sample")
        caps, data = sample.get_caps().get_structure(0), read(sample)
        width, height = caps.get_value("width"), caps.get_value("height")
        row = (width * 3 + 3) // 4 * 4
        at = height // 2 * row + width // 4 * 3
        self.told["frames"] += 1
        self.told["colour"] = list(data[at : at + 3])
        return Gst.FlowReturn.OK

    def listen(self, sink):
        sample = sink.emit("pull-sample")
        rate = sample.get_caps().get_structure(0).get_value("rate")
        sound = memoryview(read(sample)).cast("h")
        if max(map(abs, sound), default=0) > LOUD:
            self.told["loud"] += 1
            ups = [i for i in range(1, len(sound)) if sound[i - 1] < 0 <= sound[i]]
            if len(ups) > 2:
                self.told["pitch"] = round((len(ups) - 1) * rate / (ups[-1] - ups[0]))
        return Gst.FlowReturn.OK


def read(sample):
    buffer = sample.get_buffer()
    return buffer.extract_dup(0, buffer.get_size())


def main():
    """`{"send": {"video": PORT, "audio": PORT}, "colour": …, "pitch": …}`: sends there; `{"receive": true}`: says first to which
    ports RTP may be sent, and every half second what was decoded. Ends with its input."""
    wish = json.loads(sys.stdin.readline())
    seen = Seen()
    if "send" in wish:
        to = {kind: f"udpsink host=127.0.0.1 port={port} sync=false" for kind, port in wish["send"].items()}
        pipeline = Gst.parse_launch(f"{picture(wish['colour'])} ! {to['video']} {tone(wish['pitch'])} ! {to['audio']}")
    else:
        pipeline = Gst.Pipeline.new(None)
        sources = {}
        for kind, caps in [("video", VIDEO), ("audio", AUDIO)]:
            source = Gst.parse_bin_from_description(f"udpsrc name=s address=127.0.0.1 port=0 caps=\"{caps}\"", True)
            pipeline.add(source)
            source.link(seen.decode(pipeline, kind))
            sources[kind] = source.get_by_name("s")
    pipeline.set_state(Gst.State.PLAYING)
    if "send" not in wish:
        print(json.dumps({kind: source.get_property("port") for kind, source in sources.items()}), flush=True)
        GLib.timeout_add(500, lambda: print(json.dumps(seen.told), flush=True) or True)
    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin, GLib.IO_HUP | GLib.IO_IN, lambda *_: loop.quit())
    loop.run()
    pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    main()
