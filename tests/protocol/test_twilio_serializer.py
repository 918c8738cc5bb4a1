"""What a caller's message becomes: nothing raises, everything wrong is counted, the clock stays true."""

import asyncio
import base64
import json

import pytest
from loguru import logger
from pipecat.frames.frames import InputAudioRawFrame, InputDTMFFrame
from pipecat.serializers.twilio import TwilioFrameSerializer

from telephony.twilio.faults import Faults
from telephony.twilio.sample_clock import SampleClock
from telephony.twilio.serializer import HardenedTwilioSerializer
from tests.protocol.doors import media


class Peer:
    """A serializer with its surroundings written down."""

    def __init__(self, limit: int = 200) -> None:
        self.faults = Faults("test", limit)
        self.marks: list[str] = []
        self.happened: list[str] = []
        self.now = 0.0
        self.serializer = HardenedTwilioSerializer(
            "MZ1",
            faults=self.faults,
            on_mark=self._mark,
            on_stop=lambda: self.happened.append("stop"),
            on_audio=lambda: self.happened.append("audio"),
            on_flood=lambda: self.happened.append("flood"),
            clock=lambda: self.now,
        )

    def _mark(self, name: str) -> bool:
        self.marks.append(name)
        return name == "e.0.0"

    async def send(self, message: object):
        data = message if isinstance(message, str | bytes) else json.dumps(message)
        return await self.serializer.deserialize(data)


BAD = {
    "malformed JSON": ['{"event": ', "", "nonsense", "[" * 60_000, "9" * 60_000, "\x00"],
    "message that is no object": ["[]", "1", "null", '"media"', '[{"event": "media"}]'],
    "binary message": [b"\x00\x01", b'{"event": "stop"}'],
    "wrong base64": [
        {"event": "media"},
        {"event": "media", "media": []},
        {"event": "media", "media": {"payload": "%%%"}},
        {"event": "media", "media": {"payload": "AAA"}},
        {"event": "media", "media": {"payload": 7}},
        {"event": "media", "media": {"payload": "é"}},
    ],
    "frame of a wrong size": [
        {"event": "media", "media": {"payload": ""}},
        media(b"\xff" * 8001),
    ],
    "sound of another track": [{"event": "media", "media": {"payload": "/w==", "track": "outbound"}}],
    "unknown event": [{}, {"event": None}, {"event": ["media"]}, {"event": {}}, {"event": "dance"}],
    "second start": [{"event": "start", "start": {}}],
    "key that is none": [
        {"event": "dtmf"},
        {"event": "dtmf", "dtmf": "5"},
        {"event": "dtmf", "dtmf": {"digit": "A"}},
        {"event": "dtmf", "dtmf": {"digit": "12"}},
        {"event": "dtmf", "dtmf": {"digit": 5}},
        {"event": "dtmf", "dtmf": {"digit": {}}},
    ],
    "mark without a name": [{"event": "mark"}, {"event": "mark", "mark": {"name": 1}}],
}


@pytest.mark.parametrize("kind", BAD)
async def test_what_is_wrong_is_counted_by_kind_and_the_call_goes_on(kind):
    peer = Peer()
    for message in BAD[kind]:
        assert await peer.send(message) is None
    assert peer.faults.counts == {kind: len(BAD[kind])}
    frame = await peer.send(media(b"\x00" * 160))
    assert isinstance(frame, InputAudioRawFrame) and len(frame.audio) == 320
    assert peer.happened == ["audio"]


@pytest.mark.parametrize("message", ["[]", '{"event": "media", "media": {"payload": "AAA"}}'])
async def test_pipecats_own_serializer_raises_where_ours_does_not(message):
    """What is mended: an exception here ends pipecat's receive loop, and with it the call."""
    stock = TwilioFrameSerializer("MZ1", params=TwilioFrameSerializer.InputParams(auto_hang_up=False))
    with pytest.raises((AttributeError, ValueError)):
        await stock.deserialize(message)
    assert await Peer().send(message) is None


@pytest.mark.parametrize("size", [1, 3, 79, 160, 161, 333, 8000])
async def test_frames_of_odd_sizes_are_played_whole(size):
    frame = await Peer().send(media(b"\x55" * size))
    assert isinstance(frame, InputAudioRawFrame)
    assert (len(frame.audio), frame.sample_rate, frame.num_channels) == (2 * size, 8000, 1)


async def test_mu_law_is_decoded_as_g711_says():
    frame = await Peer().send(media(bytes([0x00, 0x80, 0xFF, 0x7F, 0x0F, 0x8F])))
    samples = [
        int.from_bytes(frame.audio[i : i + 2], "little", signed=True) for i in range(0, len(frame.audio), 2)
    ]
    assert samples == [-32124, 32124, 0, 0, -16764, 16764]


async def test_keys_marks_and_the_end_reach_the_call():
    peer = Peer()
    keys = [await peer.send({"event": "dtmf", "dtmf": {"digit": digit}}) for digit in "0123456789*#"]
    assert all(isinstance(key, InputDTMFFrame) for key in keys)
    assert "".join(key.button.value for key in keys) == "0123456789*#"
    await peer.send({"event": "mark", "mark": {"name": "e.0.0"}})
    await peer.send({"event": "mark", "mark": {"name": "made up"}})
    assert peer.marks == ["e.0.0", "made up"]
    assert peer.faults.counts == {"mark that isn't waiting": 1} and peer.faults.bad == 0
    assert await peer.send({"event": "stop"}) is None
    assert await peer.send(media(b"\x00" * 160)) is None, "nothing is heard after the caller hung up"
    assert peer.happened == ["stop"]


async def test_pipecats_own_serializer_ignores_stop():
    """What is mended: the stock one gives no sign of it."""
    stock = TwilioFrameSerializer("MZ1", params=TwilioFrameSerializer.InputParams(auto_hang_up=False))
    assert await stock.deserialize('{"event": "stop"}') is None


async def test_a_flood_of_bad_messages_ends_the_call_once():
    peer = Peer(limit=200)
    for _ in range(199):
        await peer.send("[]")
    assert peer.happened == []
    for _ in range(100):
        await peer.send("[]")
    assert peer.happened == ["flood"] and peer.faults.counts.total() == 200


async def test_what_a_caller_sends_never_stands_in_the_log():
    lines: list[str] = []
    sink = logger.add(lines.append, level=0)
    try:
        peer = Peer()
        for _ in range(30):
            await peer.send("my card is 4111 1111")
            await peer.send({"event": "mark", "mark": {"name": "4111"}})
            await peer.send({"event": "dtmf", "dtmf": {"digit": "4111"}})
            await peer.send({"event": "4111"})
    finally:
        logger.remove(sink)
    assert lines and not [line for line in lines if "4111" in line]
    assert len(lines) == 8, "the first and the tenth of each of four kinds"


async def test_sound_far_ahead_of_time_is_not_queued_without_end():
    peer = Peer()
    taken = 0
    for _ in range(100):
        taken += await peer.send(media(b"\x00" * 8000)) is not None
    assert taken == 30
    peer.now = 600
    assert await peer.send(media(b"\x00" * 8000)) is not None


async def test_a_long_call_in_real_time_is_never_too_fast():
    peer = Peer()
    for number in range(15_000):
        peer.now = number * 0.02
        assert await peer.send(media(b"\x00" * 160)) is not None
        if number % 10 == 0:
            await peer.send({"event": "mark", "mark": {"name": "e.0.0"}})
    assert not peer.faults.counts


async def test_losses_become_silence_so_that_samples_tell_the_time():
    peer = Peer()
    heard = 0
    for chunk in range(1, 101):
        if chunk in (10, 11, 12, 50):
            continue
        frame = await peer.send(media(b"\x10" * 160, chunk, 20 * chunk))
        heard += len(frame.audio) // 2
        if chunk == 13:
            assert frame.audio[:960] == bytes(960) and frame.audio[960:] != bytes(320)
    assert heard == 100 * 160
    assert peer.faults.counts == {"gap": 2} and peer.faults.bad == 0


async def test_duplicates_and_late_frames_are_dropped():
    peer = Peer()
    sizes = []
    for chunk in (1, 2, 2, 3, 5, 4, 6):
        frame = await peer.send(media(b"\x10" * 160, chunk, 20 * chunk))
        sizes.append(len(frame.audio) // 2 if frame else 0)
    assert sizes == [160, 160, 0, 160, 320, 0, 160]
    assert peer.faults.counts == {"duplicate": 2, "gap": 1}


def test_a_pause_of_the_line_is_filled_by_no_more_than_200_ms():
    clock = SampleClock()
    clock.place(1, 0, 160)
    assert clock.place(2, 5_020, 160).fill_samples == 1600
    assert clock.place(3, 5_040, 160).fill_samples == 0


def test_timestamps_that_are_rounded_make_no_silence():
    clock = SampleClock()
    fills = [clock.place(n, round(n * 20 + (n % 3) * 4), 160).fill_samples for n in range(1, 500)]
    assert sum(fills) == 0


def test_a_peer_whose_numbers_never_rise_is_heard_nevertheless():
    clock = SampleClock()
    places = [clock.place(1, 0, 160) for _ in range(100)]
    assert sum(not place.drop for place in places) > 85


def test_frames_without_numbers_are_just_played():
    clock = SampleClock()
    assert all(clock.place(None, None, 160).fill_samples == 0 for _ in range(10))


@pytest.mark.parametrize("number", ["x", "-5", "1e9", "9" * 40, "٣", True, 1.5, None, [], {}, 2**80])
async def test_numbers_that_are_none_do_no_harm(number):
    payload = base64.b64encode(b"\x10" * 160).decode()
    body = {"event": "media", "media": {"payload": payload, "chunk": number, "timestamp": number}}
    peer = Peer()
    for _ in range(3):
        frame = await peer.send(body)
        assert frame is not None and len(frame.audio) == 320


async def test_two_calls_share_nothing():
    one, two = Peer(), Peer()
    await asyncio.gather(*(peer.send("[]") for peer in (one, one, two)))
    assert (one.faults.bad, two.faults.bad) == (2, 1)
