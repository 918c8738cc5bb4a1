"""A caller over WebRTC talks over the greeting, asks, and is answered: real speech, models, and peer."""

import asyncio
import sys

import httpx
import numpy as np
import pytest
from program import CALLERS, ROOT, Server

pytest.importorskip("aiortc", reason="the extra `webrtc`")

sys.path.insert(0, str(ROOT / "tests" / "protocol"))

from peer import Peer, called

from telephony.line.audibility import audible_frames, spans
from telephony.line.sound import read_samples

REPLY_S = 15


def say(peer: Peer, name: str) -> None:
    peer.mouth.say(read_samples(CALLERS / name))


async def heard(peer: Peer, more_ms: int, from_sample: int = 0) -> None:
    """Waits until the agent has been heard for so long since a sample."""
    async with asyncio.timeout(REPLY_S):
        while 10 * np.count_nonzero(audible_frames(peer.heard[from_sample:])) < more_ms:
            await asyncio.sleep(0.02)


async def quiet(peer: Peer, ms: int = 700) -> None:
    """Waits until the agent has been silent for so long."""
    async with asyncio.timeout(REPLY_S):
        while audible_frames(peer.heard[-8 * ms :]).any():
            await asyncio.sleep(0.02)


async def test_a_peer_talks_over_the_greeting_asks_and_is_answered(server: Server):
    url = f"http://127.0.0.1:{server.port}"
    async with called(url, business="shop", captions="on") as peer:
        await heard(peer, 1_000)
        say(peer, "opening_hours.wav")
        async with asyncio.timeout(REPLY_S):
            while not [t for t in peer.events("turn") if t["turn"]["intent"] == "opening_hours"]:
                await asyncio.sleep(0.05)
        await heard(peer, 1_500, len(peer.heard))
        await quiet(peer, 1_000)
        peer.tell("stop")
        end = await peer.until("end")
        address = f"{url}/calls/{peer.answer['call_id']}"
        bearer = {"Authorization": f"Bearer {peer.answer['token']}"}
        async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(5):
            while not (record := (await client.get(address, headers=bearer)).json())["ended_by"]:
                await asyncio.sleep(0.1)

    assert end["code"] == 1000 and record["ended_by"] == "caller" and record["provider"] == "webrtc"
    greeting, answered = (turn for turn in record["turns"] if turn["kind"] != "resume")
    assert greeting["interrupted"] and greeting["text"].startswith(greeting["heard_text"])
    assert 0 < len(greeting["heard_text"]) < len(greeting["text"]), "the rest was taken back unheard"
    assert answered["transcript"] == "What are your opening hours?"
    assert answered["heard_text"] == answered["text"]
    assert any(sentence["facts"] for sentence in answered["sentences"])

    captioned = " ".join(word["text"] for word in peer.events("caption")[-1]["words"])
    assert captioned, "what the caller said came as it was heard"
    passed = [message["mark"]["name"] for message in peer.events("mark")]
    assert "b.0.0.0" in passed and any(name.startswith("e.1.") for name in passed)
    assert peer.events("clear"), "the interruption emptied the track"
    longest = max(span.end_ms - span.start_ms for span in spans(audible_frames(peer.heard)))
    assert longest > 1_000
