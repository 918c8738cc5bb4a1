"""What a softphone is told while a call goes on: when it asks, in order, never at the cost of the sound."""

import asyncio
import json
import time
from typing import Any

from loguru import logger

from telephony.live_events import MOST_WAITING, LiveEvents
from tests.protocol.doors import Echo, events, first, house, media, softphone, start, stream, until, webhook


def caption(*words: str, final: bool = False) -> dict[str, Any]:
    return {"start_ms": 0, "words": [{"text": word, "stable": final} for word in words], "final": final}


async def test_a_softphone_that_asks_is_told_captions_and_turns_in_order():
    answer = Echo()
    async with house(answer) as at, softphone(at, captions="on") as socket:
        await until(lambda: answer.calls)
        tell = answer.calls[0].tell
        assert tell is not None
        tell("caption", caption("where"))
        await asyncio.sleep(0.05)
        tell("caption", caption("where", "is", final=True))
        tell("turn", {"turn": {"n": 1, "transcript": "Where is it?"}})
        answer.hang_up.set()
        told = [message async for message in events(socket) if message["event"] in ("caption", "turn")]
    assert [message["event"] for message in told] == ["caption", "caption", "turn"]
    assert told[0]["words"] == [{"text": "where", "stable": False}] and not told[0]["final"]
    assert told[1]["final"] and told[1]["words"][1] == {"text": "is", "stable": True}
    assert told[2] == {"event": "turn", "turn": {"n": 1, "transcript": "Where is it?"}}


async def test_nobody_else_is_told_anything():
    answer = Echo()
    async with house(answer) as at:
        async with softphone(at), softphone(at, captions="off"):
            await until(lambda: len(answer.calls) == 2)
        token = (await webhook(at)).text.split('value="')[1].split('"')[0]
        async with stream(at) as socket:
            await socket.send(start(callSid="CA1", token=token, captions="on"))
            await until(lambda: len(answer.calls) == 3)
    assert answer.calls[2].provider == "twilio"
    assert [call.tell for call in answer.calls] == [None, None, None]


class Slow:
    """A program that reads nothing until it is let."""

    def __init__(self) -> None:
        self.reads = asyncio.Event()
        self.got: list[dict[str, Any]] = []

    async def say(self, message: str) -> bool:
        await self.reads.wait()
        self.got.append(json.loads(message))
        return True


async def test_a_newer_version_takes_the_place_of_one_that_waits():
    slow = Slow()
    async with LiveEvents(slow.say) as live:
        for words in (["a"], ["a", "b"], ["a", "b", "c"]):
            live.tell("caption", caption(*words))
        live.tell("turn", {"turn": {"n": 0, "text": "old"}})
        live.tell("caption", caption("a", "b", "c", "d", final=True))
        live.tell("caption", caption("next"))
        live.tell("turn", {"turn": {"n": 0, "text": "new"}})
        live.tell("turn", {"turn": {"n": 1, "text": "other"}})
        slow.reads.set()
    assert [len(event["words"]) for event in slow.got if event["event"] == "caption"] == [4, 1]
    assert [event["turn"]["text"] for event in slow.got if event["event"] == "turn"] == ["new", "other"]


async def test_a_program_that_reads_nothing_holds_up_nobody_and_costs_a_bounded_store():
    slow = Slow()
    began = time.monotonic()
    async with LiveEvents(slow.say) as live:
        for number in range(10 * MOST_WAITING):
            live.tell("turn", {"turn": {"n": number}})
        assert time.monotonic() - began < 0.2
        slow.reads.set()
        await asyncio.sleep(0.05)
    numbers = [event["turn"]["n"] for event in slow.got]
    assert len(numbers) <= MOST_WAITING + 1 and numbers[-1] == 10 * MOST_WAITING - 1
    stuck = Slow()
    began = time.monotonic()
    async with LiveEvents(stuck.say) as live:
        live.tell("turn", {"turn": {"n": 0}})
    assert time.monotonic() - began < 1.5, "the call ends without it"


async def test_what_is_no_json_is_left_out_and_the_rest_goes_on():
    slow = Slow()
    slow.reads.set()
    async with LiveEvents(slow.say) as live:
        live.tell("turn", {"turn": {"n": 0, "slots": {"x": object()}}})
        live.tell("turn", {"turn": {"n": 1}})
    assert [event["turn"]["n"] for event in slow.got] == [1]


async def test_sound_goes_on_while_many_events_are_told():
    answer = Echo()
    async with house(answer) as at, softphone(at, captions="on") as socket:
        await until(lambda: answer.calls)
        tell = answer.calls[0].tell
        heard = 0

        async def listen() -> None:
            nonlocal heard
            async for message in events(socket):
                heard += message["event"] == "media"

        listening = asyncio.create_task(listen())
        for number in range(1, 41):
            await socket.send(media(b"\x21" * 160, number, 20 * number))
            for turn in range(20):
                tell("turn", {"turn": {"n": turn, "text": "x" * 2000}})
            await asyncio.sleep(0.02)
        await until(lambda: heard >= 19)
        listening.cancel()


async def test_what_is_told_never_stands_in_the_log():
    logged: list[str] = []
    sink = logger.add(logged.append, level="TRACE")
    answer = Echo()
    try:
        async with house(answer) as at, softphone(at, captions="on") as socket:
            await until(lambda: answer.calls)
            tell = answer.calls[0].tell
            tell("caption", caption("rutabaga", final=True))
            tell("turn", {"turn": {"n": 1, "transcript": "rutabaga", "slots": {"x": object()}}})
            tell("turn", {"turn": {"n": 2, "transcript": "rutabaga 4711"}})
            assert await first(socket, "turn")
    finally:
        logger.remove(sink)
    assert logged and not [line for line in logged if "rutabaga" in line or "4711" in line]
