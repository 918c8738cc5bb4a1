"""The caller's side over a real socket, in real time, against a scripted agent."""

import asyncio
import base64
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from telephony.line.audibility import Stretch
from telephony.line.network import Quality
from telephony.line.sound import Sound
from telephony.softphone.address import AddressError, CallError
from telephony.softphone.client import place_call
from telephony.softphone.record import RecordReader
from telephony.softphone.report import report
from telephony.softphone.script import HangUp, Keys, Play, Script, Wait
from tests.protocol.client_agent import TOKEN, Line, agent, tone

ROOT = Path(__file__).parents[2]


def said(ms: int = 300, source: str = "said.wav") -> Sound:
    pcm = (9_000 * np.sin(np.arange(ms * 8) * 0.4)).astype(np.int16)
    return Sound(source, pcm, Stretch(0, ms))


def record(*turns: dict[str, Any]) -> dict[str, Any]:
    return {"schema": 1, "call_id": "call-1", "ended_by": "caller", "turns": list(turns)}


async def greets_and_replies(line: Line) -> None:
    await line.say(400)
    await line.caller_ends()
    await line.say(600)


async def test_a_call_is_spoken_as_the_protocol_says_and_timed_from_outside() -> None:
    script = Script((Play(said()),))
    turn = {"n": 1, "kind": "reply", "transcript": "words", "sentences": [{"kind": "answer"}], "caller": []}
    async with agent(greets_and_replies, record({"n": 0, "kind": "greeting"}, turn)) as server:
        measured = await place_call(script, url=server.url, parameters={"business": "shop"})
        async with RecordReader(server.url, str(measured.call_id), str(measured.token)) as reader:
            found = report(measured, await reader.settled())
        async with RecordReader(server.url, "call-1", "wrong") as reader:
            assert await reader.now() is None
    line = server.lines[0]
    assert [message["event"] for _, message in line.came[:2]] == ["connected", "start"]
    assert line.came[-1][1]["event"] == "stop"
    assert line.events("start")[0]["start"]["customParameters"] == {"business": "shop"}
    assert {len(base64.b64decode(message["media"]["payload"])) for message in line.events("media")} == {160}
    assert [mark["mark"]["name"] for mark in line.events("mark")] == ["b.0.0.0", "e.0.0", "b.0.1.0", "e.0.1"]
    assert measured.ended_by == "caller" and found["server_record"] is True
    greeting, reply = found["turns"]
    assert greeting["kind"] == "greeting" and 0 <= greeting["latency_ms"] < 400
    assert reply["caller"] == ["c1"] and reply["transcript"] == "words"
    assert 150 <= reply["latency_ms"] <= 700  # the agent waits for ten silent frames
    assert reply["answer_latency_ms"] == reply["latency_ms"]
    played = found["caller"][0]["start_ms"] - found["agent"][0]["end_ms"]
    assert 580 <= played <= 680
    assert found["line"]["underruns"] == []


async def test_frames_leave_in_real_time_without_drift() -> None:
    async def listens(line: Line) -> None:
        await line.until(lambda message: message["event"] == "stop")

    async with agent(listens) as server:
        measured = await place_call(Script((Wait(2_000), HangUp())), url=server.url)
    frames = [(at, message) for at, message in server.lines[0].came if message["event"] == "media"]
    assert [int(message["media"]["timestamp"]) for _, message in frames] == list(
        range(20, 20 * len(frames) + 20, 20)
    )
    assert 98 <= len(frames) <= 101 and measured.duration_ms == pytest.approx(2_020, abs=40)
    spread = [at - int(message["media"]["timestamp"]) / 1000 for at, message in frames]
    assert abs(np.median(spread[-20:]) - np.median(spread[:20])) < 0.06


async def test_clear_stops_the_agent_and_returns_the_marks_at_once() -> None:
    async def is_talked_over(line: Line) -> None:
        await line.say(5_000)
        await line.caller_starts()
        await line.send("clear")
        await line.until(lambda message: message["event"] == "mark")
        await line.caller_ends()
        await line.say(300, epoch=1)

    script = Script((Play(said(600), after_agent_starts_ms=500),))
    async with agent(is_talked_over) as server:
        measured = await place_call(script, url=server.url)
    found = report(measured, None)
    barge_in = found["turns"][0]["barge_in"]
    assert 0 < barge_in["silent_after_ms"] < 500 and barge_in["resumed_after_ms"] is None
    assert found["agent"][0]["cleared"] is True and found["agent"][1]["cleared"] is False
    assert found["turns"][1]["caller"] == ["c1"]
    assert [m["mark"]["name"] for m in server.lines[0].events("mark")] == [
        "b.0.0.0",
        "e.0.0",
        "b.1.1.0",
        "e.1.1",
    ]


async def test_keys_are_pressed_one_each_200_ms_after_the_reply() -> None:
    async with agent(lambda line: line.say(200)) as server:
        measured = await place_call(Script((Keys("12#"), HangUp())), url=server.url)
    pressed = [(at, m["dtmf"]["digit"]) for at, m in server.lines[0].came if m["event"] == "dtmf"]
    assert [key for _, key in pressed] == ["1", "2", "#"]
    assert 0.25 < pressed[-1][0] - pressed[0][0] < 0.65
    assert measured.acts[0].kind == "keys" and measured.acts[0].end_ms - measured.acts[0].start_ms == 400


@pytest.mark.parametrize(
    ("code", "reason", "who"),
    [
        (1000, "agent", "agent"),
        (1000, "transfer", "transfer"),
        (1000, "timeout", "timeout"),
        (1013, "busy", "busy"),
        (1008, "no start", "error"),
        (1011, "error", "error"),
    ],
)
async def test_who_ended_the_call_is_read_from_the_close(code: int, reason: str, who: str) -> None:
    async def closes(line: Line) -> None:
        await line.socket.close(code, reason)

    async with agent(closes) as server:
        measured = await place_call(Script((Play(said()),)), url=server.url)
    assert (measured.ended_by, measured.close_code, measured.close_reason) == (who, code, reason)


async def test_a_server_that_drops_the_connection_has_ended_in_error() -> None:
    async def drops(line: Line) -> None:
        await line.say(200)
        line.socket.transport.abort()

    async with agent(drops) as server:
        measured = await asyncio.wait_for(place_call(Script((Play(said()),)), url=server.url), 5)
    assert measured.ended_by == "error" and measured.close_code == 1006


async def test_a_foreign_server_without_marks_or_record_is_measured_by_its_sound() -> None:
    async def foreign(line: Line) -> None:
        await line.media(tone(400))
        await line.caller_ends()
        await line.media(tone(400))
        await line.mark("utterance-7")

    async with agent(foreign) as server:
        measured = await place_call(Script((Play(said()),)), url=server.url)
    found = report(measured, None)
    assert found["server_record"] is False and found["call_id"] is None
    assert [turn["kind"] for turn in found["turns"]] == ["greeting", "reply"]
    assert 150 <= found["turns"][1]["latency_ms"] <= 700 and found["turns"][1]["sentences"] is None
    silence_ms = found["caller"][0]["start_ms"] - found["agent"][0]["end_ms"]
    assert 1_480 <= silence_ms <= 1_560
    assert [mark["mark"]["name"] for mark in server.lines[0].events("mark")] == ["utterance-7"]


async def test_the_callers_sound_is_taken_before_the_network_loses_it() -> None:
    async with agent(lambda line: line.say(200)) as server:
        script = Script((Play(said()), HangUp()), line=Quality(loss=0.5, jitter_ms=60, seed=4))
        measured = await place_call(script, url=server.url)
    frames = server.lines[0].events("media")
    sent = measured.duration_ms // 20
    assert 0.3 * sent < len(frames) < 0.7 * sent
    stamps = [int(frame["media"]["timestamp"]) for frame in frames]
    assert stamps == sorted(stamps)
    start = measured.acts[0].start_ms * 8
    assert np.array_equal(measured.caller_pcm[start : start + 2_400], said().pcm)


async def test_a_gap_that_the_server_made_inside_a_sentence_is_an_underrun() -> None:
    async def stutters(line: Line) -> None:
        await line.mark("b.0.0.0")
        await line.media(tone(100))
        await asyncio.sleep(0.3)
        await line.media(tone(100))
        await line.mark("e.0.0")

    async with agent(stutters) as server:
        measured = await place_call(Script((Wait(800), HangUp())), url=server.url)
    line = report(measured, None)["line"]
    assert len(line["underruns"]) == 1 and 140 <= line["max_gap_ms"] <= 600
    assert 280 <= line["max_arrival_gap_ms"] <= 700


async def test_what_a_telephone_could_not_read_is_left_out_and_the_call_goes_on() -> None:
    async def babbles(line: Line) -> None:
        for message in (
            "{",
            "[]",
            "7",
            '{"event": "media"}',
            '{"event": "media", "media": {"payload": "*"}}',
        ):
            await line.socket.send(message)
        for message in (
            '{"event": ["x"]}',
            '{"event": "mark", "mark": {}}',
            '{"event": "clear", "clear": 1}',
        ):
            await line.socket.send(message)
        await line.socket.send(b"\x00\xff")
        await line.say(200)

    async with agent(babbles) as server:
        measured = await place_call(Script((Wait(600), HangUp())), url=server.url)
    assert measured.ended_by == "caller"
    assert [m["mark"]["name"] for m in server.lines[0].events("mark")] == ["b.0.0.0", "e.0.0"]


async def test_hanging_up_on_a_server_that_does_not_read_is_bounded() -> None:
    hung_up = asyncio.Event()

    async def is_deaf(_: Line) -> None:
        await hung_up.wait()

    async with agent(is_deaf) as server:
        script = Script((Wait(800), HangUp()))
        measured = await asyncio.wait_for(place_call(script, url=server.url), 8)
        hung_up.set()
    assert measured.ended_by == "caller"


async def test_two_calls_at_once_share_nothing() -> None:
    async with agent(greets_and_replies) as server:
        both = await asyncio.gather(
            *(place_call(Script((Play(said(ms, f"{ms}.wav")),)), url=server.url) for ms in (300, 500))
        )
    assert [one.acts[0].source for one in both] == ["300.wav", "500.wav"]
    streams = {line.events("start")[0]["streamSid"] for line in server.lines}
    assert len(streams) == 2
    for line in server.lines:
        assert {message["streamSid"] for message in line.events("media")} <= streams
        assert len({message["streamSid"] for message in line.events("media")}) == 1


async def test_a_cancelled_call_leaves_no_task_behind() -> None:
    async with agent(greets_and_replies) as server:
        before = asyncio.all_tasks()
        call = asyncio.create_task(place_call(Script((Play(said()),)), url=server.url))
        await asyncio.sleep(0.5)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    assert {task for task in asyncio.all_tasks() - before if not task.done()} == set()


async def test_refusals_say_what_to_do(unused_tcp_port: int) -> None:
    with pytest.raises(CallError, match="agent serve"):
        await place_call(Script((HangUp(),)), url=f"ws://127.0.0.1:{unused_tcp_port}/softphone")
    with pytest.raises(AddressError, match="ws://HOST:PORT"):
        await place_call(Script((HangUp(),)), url="http://127.0.0.1/")
    async with agent(greets_and_replies) as server:
        with pytest.raises(CallError, match="HTTP 404"):
            await place_call(Script((HangUp(),)), url=server.url.replace("softphone", "calls/x"))


async def agent_call(*words: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "agent", "call", *words),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 40)
    return process.returncode, out.decode(), err.decode()


async def test_the_command_prints_one_object_and_writes_both_sides(tmp_path: Path) -> None:
    wav = tmp_path / "both.wav"
    turn = {"n": 1, "kind": "reply", "transcript": "yes", "sentences": [], "caller": []}
    async with agent(greets_and_replies, record({"n": 0, "kind": "greeting"}, turn)) as server:
        code, out, err = await agent_call(
            str(ROOT / "tests/callers/yes.wav"), "--url", server.url, "--json", "--out", str(wav)
        )
    assert code == 0, err
    found = json.loads(out)
    assert found["schema"] == 1 and found["call_id"] == "call-1" and found["audio"]["wav"] == str(wav)
    assert TOKEN not in out + err
    both, rate_hz = soundfile.read(wav)
    assert rate_hz == 8_000 and both.shape[1] == 2
    assert len(both) == pytest.approx(found["duration_ms"] * 8, abs=8)
    caller, spoken = found["caller"][0], found["agent"][0]
    assert np.abs(both[caller["start_ms"] * 8 : caller["end_ms"] * 8, 0]).max() > 0.3
    assert np.abs(both[spoken["start_ms"] * 8 : spoken["end_ms"] * 8, 1]).max() > 0.2


async def test_a_busy_server_is_a_failure_told_in_a_sentence() -> None:
    async def is_busy(line: Line) -> None:
        await line.say(200)
        await line.until(lambda message: message["event"] == "mark")
        await line.socket.close(1013, "busy")

    async with agent(is_busy) as server:
        code, out, err = await agent_call(str(ROOT / "tests/callers/yes.wav"), "--url", server.url, "--json")
    assert code == 1 and json.loads(out)["ended_by"] == "busy"
    assert "busy" in err and "Traceback" not in err
