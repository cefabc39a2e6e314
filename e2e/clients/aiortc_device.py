"""A device that nobody here wrote: aiortc, as a script would use it against /whip and /whep.

Standard input has one line of JSON: {"does": "publish"|"watch", "url": …, "token": …, "colour": [r, g, b], "pitch": Hz}, and perhaps
"codec": "H264" for an offer of pictures as OBS Studio makes it, of H.264 alone. Every half second a line of JSON says what was seen so far. When standard input ends, the device ends its connection and says goodbye.
"""

import asyncio
import collections
import fractions
import json
import statistics
import sys
import urllib.error
import urllib.request

import aioice.ice
import numpy
from aiortc import AudioStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription, VideoStreamTrack
from av import AudioFrame, VideoFrame

# Tests stay on this machine; by itself aioice leaves loopback out.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]

pitches = collections.deque(maxlen=25)
seen = {"state": "new", "frames": 0, "colour": None, "loud": 0, "pitch": 0}


def say(**more):
    print(json.dumps({**seen, **more}), flush=True)


class Picture(VideoStreamTrack):
    def __init__(self, colour):
        super().__init__()
        self.image = numpy.full((180, 320, 3), colour, dtype=numpy.uint8)

    async def recv(self):
        pts, time_base = await self.next_timestamp()
        # A mark that moves: no two frames are equal.
        image = self.image.copy()
        x = (pts // 3000 * 4) % 300
        image[:16, x : x + 16] = 255
        frame = VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


class Beep(AudioStreamTrack):
    def __init__(self, pitch):
        super().__init__()
        self.pitch, self.sent = pitch, 0

    async def recv(self):
        silence = await super().recv()  # paced
        rate, samples = 48000, 960
        at = self.sent * samples + numpy.arange(samples)
        self.sent += 1
        wave = (12000 * numpy.sin(2 * numpy.pi * self.pitch * at / rate)).astype(numpy.int16)
        frame = AudioFrame.from_ndarray(wave.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts = rate, self.sent * samples
        frame.time_base = fractions.Fraction(1, rate)
        del silence
        return frame


async def look(track):
    while True:
        frame = await track.recv()
        image = frame.to_ndarray(format="rgb24")
        height, width = image.shape[:2]
        seen["frames"] += 1
        seen["colour"] = [int(c) for c in image[height // 2, width // 4]]


async def listen(track):
    while True:
        frame = await track.recv()
        sound = frame.to_ndarray().reshape(-1).astype(float)[:: len(frame.layout.channels)]
        if numpy.abs(sound).max() > 1000:
            seen["loud"] += 1
            spectrum = numpy.abs(numpy.fft.rfft(sound * numpy.hanning(len(sound))))
            # Of the last half second that was loud, most: the first and last moments of a beep have another pitch.
            pitches.append(int(spectrum.argmax() * frame.sample_rate / len(sound)))
            seen["pitch"] = statistics.mode(pitches)


def alone(codec):
    offered = RTCRtpSender.getCapabilities("video").codecs
    return [c for c in offered if c.name == codec and c.parameters.get("profile-level-id") == "42e01f" or c.name == "rtx"]


def ask(method, url, token, body=None):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
    request = urllib.request.Request(url, data=body and body.encode(), headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


async def main():
    reader = asyncio.StreamReader()
    await asyncio.get_event_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    wish = json.loads(await reader.readline())
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    tasks = []

    @connection.on("connectionstatechange")
    def changed():
        seen["state"] = connection.connectionState

    @connection.on("track")
    def came(track):
        tasks.append(asyncio.ensure_future(look(track) if track.kind == "video" else listen(track)))

    if wish["does"] == "publish":
        connection.addTransceiver(Beep(wish["pitch"]), direction="sendonly")
        video = connection.addTransceiver(Picture(wish["colour"]), direction="sendonly")
        if wish.get("codec"):
            video.setCodecPreferences(alone(wish["codec"]))
    else:
        connection.addTransceiver("audio", direction="recvonly")
        connection.addTransceiver("video", direction="recvonly")
    await connection.setLocalDescription(await connection.createOffer())
    url, token = wish["url"], wish["token"]
    status, headers, answer = await asyncio.to_thread(ask, "POST", url, token, connection.localDescription.sdp)
    say(status=status, location=headers.get("Location"), answer=answer if status >= 400 else None)
    if status != 201:
        return
    await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    ended = asyncio.ensure_future(reader.read())
    while not ended.done():
        await asyncio.wait([ended], timeout=0.5)
        say()
    base = "/".join(url.split("/")[:3])
    status, _, _ = await asyncio.to_thread(ask, "DELETE", base + headers["Location"], token)
    await connection.close()
    for task in tasks:
        task.cancel()
    say(ended=status)


asyncio.run(main())
