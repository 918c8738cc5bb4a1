"""Calls over WebRTC: a real aiortc peer, a real server, and what a peer may not do."""

import ast
import asyncio
from pathlib import Path

import httpx
import numpy as np
import pytest
from doors import Echo, house, until

pytest.importorskip("aiortc", reason="the extra `webrtc`")

from peer import Peer, called, post

from telephony.softphone import webrtc


def tone(ms: int, hz: float = 440.0) -> np.ndarray:
    return (9_000 * np.sin(2 * np.pi * hz * np.arange(ms * 8) / 8_000)).astype(np.int16)


def loud_ms(pcm: np.ndarray) -> int:
    frames = pcm[: len(pcm) // 80 * 80].reshape(-1, 80).astype(float)
    return 10 * int(np.count_nonzero(np.sqrt(np.mean(frames**2, axis=1)) > 1_500))


async def test_sound_goes_both_ways_keys_arrive_and_a_stop_ends_the_call():
    echo = Echo()
    async with house(echo) as at, called(at.url, business="bakery", **{"from": "+15550100"}) as peer:
        note = await peer.until("call")
        assert (note["call_id"], note["token"]) == (peer.answer["call_id"], peer.answer["token"])
        await until(lambda: echo.calls)
        call = echo.calls[0]
        assert (call.provider, call.business, call.caller) == ("webrtc", "bakery", "+15550100")
        assert call.record_token == peer.answer["token"] and at.numbers == (1, 0, 0)
        peer.mouth.say(tone(1_000))
        peer.tell("dtmf", dtmf={"digit": "5"})
        peer.tell("dtmf", dtmf={"digit": "#"})
        await until(lambda: loud_ms(peer.heard) >= 950, 10)
        ear = echo.ears[call.call_id]
        assert ear.keys == "5#"
        spectrum = np.abs(np.fft.rfft(np.frombuffer(bytes(ear.sound), np.int16).astype(float)))
        found_hz = np.argmax(spectrum) * 8_000 / (len(ear.sound) // 2)
        assert abs(found_hz - 440) < 5
        peer.tell("stop")
        await until(lambda: echo.ended == ["caller"])
        await until(lambda: at.numbers == (0, 0, 0))
    assert loud_ms(peer.heard) < 1_600


async def test_the_agents_end_is_said_with_its_reason_and_closes_the_connection():
    echo = Echo()
    async with house(echo) as at, called(at.url) as peer:
        await until(lambda: echo.calls)
        echo.hang_up.set()
        end = await peer.until("end")
        assert (end["code"], end["reason"]) == (1000, "agent")
        await until(lambda: peer.connection.connectionState == "closed" or at.numbers[0] == 0)


async def test_a_peer_without_a_data_channel_can_talk_too():
    echo = Echo()
    async with house(echo) as at, called(at.url, channel=False) as peer:
        peer.mouth.say(tone(600))
        await until(lambda: loud_ms(peer.heard) >= 500, 10)
        await peer.connection.close()
        await until(lambda: echo.ended == ["caller"], 10)


async def test_bad_messages_end_no_call_and_a_flood_of_them_does():
    echo = Echo()
    async with house(echo) as at, called(at.url) as peer:
        await peer.until("call")
        await until(lambda: echo.calls)
        for message in ("no json", "[1]", '{"event": "dtmf", "dtmf": {"digit": "555"}}', '{"event": 7}'):
            peer.channel.send(message)
        peer.channel.send(b"\x00\x01")
        peer.tell("dtmf", dtmf={"digit": "1"})
        ear = echo.ears[echo.calls[0].call_id]
        await until(lambda: ear.keys == "1")
        for _ in range(250):
            peer.channel.send("{")
        end = await peer.until("end")
        assert (end["code"], end["reason"]) == (1008, "too many bad messages")
        await until(lambda: echo.ended == ["caller"])


async def test_a_peer_that_answers_but_never_connects_gives_its_slot_back():
    echo = Echo()
    async with house(echo, hold_ms=300) as at:
        peer = Peer()
        assert (await post(at.url, await peer.offer())).status_code == 200
        assert at.numbers == (0, 1, 0)
        await until(lambda: at.numbers == (0, 0, 0), 5)
        await peer.close()
        assert echo.calls == []


async def test_a_full_house_says_the_busy_sentence_and_a_closed_one_its_reason():
    echo = Echo()
    async with house(echo, max_calls=1) as at, called(at.url) as _:
        peer = Peer()
        offer = await peer.offer(business="shop")
        busy = await post(at.url, offer)
        assert (busy.status_code, busy.json()["error"]) == (503, "All lines of the shop are busy.")
        at.reason[0] = "The engines are being loaded."
        assert (await post(at.url, offer)).json()["error"] == "The engines are being loaded."
        await peer.close()


async def test_who_may_not_call_and_what_is_no_offer_is_refused_and_holds_no_slot():
    async with house(Echo(), softphone_token="sesame") as at:
        peer = Peer()
        offer = await peer.offer()
        own = {"Authorization": "Bearer sesame"}
        assert (await post(at.url, offer)).status_code == 401
        assert (await post(at.url, offer, Origin="https://evil.example", **own)).status_code == 403
        tunnel = {"X-Forwarded-For": "203.0.113.9"}
        assert (await post(at.url, offer, **tunnel, **own)).status_code == 403
        for body in (
            b"",
            b"{",
            b"[]",
            {"type": "answer", "sdp": "v=0"},
            {"type": "offer", "sdp": "nonsense"},
        ):
            refused = await post(at.url, body, **own)
            assert refused.status_code == 400 and "offer" in refused.json()["error"]
        unknown = {**offer, "request_data": {"business": "nobody"}}
        assert (await post(at.url, unknown, **own)).status_code == 400
        assert (await post(at.url, b"x" * 70_000, **own)).status_code == 413
        seen = Peer()
        seen.connection.addTransceiver("video")
        assert (await post(at.url, await seen.offer(), **own)).status_code == 400
        await asyncio.gather(peer.close(), seen.close())
        assert at.numbers == (0, 0, 0)


async def test_without_the_extra_the_route_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(webrtc, "find_spec", lambda name: None)
    async with house(Echo()) as at:
        answered = await post(at.url, {"type": "offer", "sdp": "v=0"})
        assert answered.status_code == 501
        assert 'pip install -e ".[webrtc]"' in answered.json()["error"]


async def test_a_caller_who_falls_silent_on_the_wire_vanishes():
    echo = Echo()
    async with house(echo, vanish_ms=800) as at, called(at.url) as peer:
        await until(lambda: echo.calls)
        for sender in peer.connection.getSenders():
            await sender.stop()
        end = await peer.until("end")
        assert (end["code"], end["reason"]) == (1008, "no audio")
        await until(lambda: at.numbers == (0, 0, 0))


def test_the_door_is_loaded_without_the_extra():
    tree = ast.parse(Path(webrtc.__file__).read_text("utf-8"))
    loaded = [node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert "telephony.reception" in loaded
    assert not [name for name in loaded if "aiortc" in name or "webrtc" in name]


async def test_the_route_takes_offers_alone():
    async with house(Echo()) as at, httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{at.url}/softphone/offer")).status_code == 405
