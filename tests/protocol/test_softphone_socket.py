"""The softphones' door over real sockets: who may call, what is said first, how each call ends."""

import asyncio
import base64
import json
import time

import pytest
from websockets.exceptions import InvalidStatus

from agent.settings.load import SettingsError
from tests.protocol.doors import (
    BUSY,
    STREAM,
    Echo,
    closed,
    events,
    first,
    house,
    media,
    softphone,
    start,
    until,
)


async def refused(at, **how) -> int:
    try:
        async with softphone(at, **how):
            return 101
    except InvalidStatus as error:
        return error.response.status_code


async def test_a_call_is_named_first_and_then_both_sides_hear_each_other():
    answer = Echo()
    async with house(answer) as at:
        async with softphone(at, **{"from": "+15550100", "to": "+15550188"}) as socket:
            note = await first(socket, "call")
            await socket.send(media(b"\x21" * 160, 1, 20))
            await socket.send(media(b"\x21" * 160, 2, 40))
            back = await first(socket, "media")
            assert back["streamSid"] == STREAM
            assert set(base64.b64decode(back["media"]["payload"])) == {0x21}
            call = answer.calls[0]
            assert (note["call_id"], note["token"]) == (call.call_id, call.record_token)
            assert (call.provider, call.caller, call.called) == ("softphone", "+15550100", "+15550188")
            assert call.business == "bakery"
            await socket.send('{"event": "stop"}')
            assert (await closed(socket))[0] == 1000
        assert answer.ended == ["caller"] and at.numbers == (0, 0, 0)


async def test_the_business_asked_for_comes_before_the_number_and_an_unknown_one_is_refused():
    answer = Echo()
    async with house(answer) as at:
        async with softphone(at, business="shop", to="+15550188"):
            await until(lambda: answer.calls)
        async with softphone(at):
            await until(lambda: len(answer.calls) == 2)
        assert [call.business for call in answer.calls] == ["shop", "shop"]
        async with softphone(at, business="../etc") as socket:
            assert await closed(socket) == (1008, "unknown business")


@pytest.mark.parametrize(
    ("verdict", "code", "reason"),
    [
        ("agent", 1000, "agent"),
        ("transfer", 1000, "transfer"),
        ("timeout", 1000, "timeout"),
        ("error", 1011, "error"),
        ("busy", 1013, "busy"),
    ],
)
async def test_who_ended_the_call_stands_in_the_close(verdict, code, reason):
    answer = Echo(verdict=verdict)
    async with house(answer) as at, softphone(at) as socket:
        await until(lambda: answer.calls)
        answer.hang_up.set()
        assert await closed(socket) == (code, reason)


async def test_a_call_whose_handler_breaks_ends_with_an_error_and_frees_its_slot():
    async def broken(call):
        raise RuntimeError("my card is 4111")

    async with house(broken) as at, softphone(at) as socket:
        assert await closed(socket) == (1011, "error")
        await until(lambda: at.numbers == (0, 0, 0))


async def test_one_caller_too_many_hears_the_whole_busy_sentence_at_the_pace_of_speech():
    answer = Echo()
    async with house(answer, max_calls=1) as at, softphone(at):
        await until(lambda: answer.calls)
        async with softphone(at) as second:
            began = time.monotonic()
            heard = b""
            async for message in events(second):
                if message["event"] == "media":
                    if not heard:
                        assert time.monotonic() - began < 0.2, "at once"
                    heard += base64.b64decode(message["media"]["payload"])
                elif message["event"] == "mark":
                    await asyncio.sleep(0.2)
                    await second.send(json.dumps(message))
            assert heard == BUSY
            assert time.monotonic() - began > 0.35, "400 ms of sound, 200 ms of it ahead, then the mark"
            assert (second.close_code, second.close_reason) == (1013, "busy")
        assert at.numbers == (1, 0, 1) and len(answer.calls) == 1


async def test_a_busy_caller_who_hangs_up_or_returns_no_mark_is_let_go():
    answer = Echo()
    async with house(answer, max_calls=1) as at, softphone(at):
        await until(lambda: answer.calls)
        async with softphone(at) as silent, softphone(at) as leaving:
            await leaving.send('{"event": "stop"}')
            assert await closed(leaving, 1) == (1013, "busy")
            assert await closed(silent, 4) == (1013, "busy")


async def test_many_callers_at_once_never_share_a_slot():
    answer = Echo()
    async with house(answer, max_calls=3) as at:

        async def dial() -> int | None:
            async with softphone(at) as socket:
                async for message in events(socket):
                    if message["event"] == "call":
                        await asyncio.sleep(0.3)
                        await socket.send('{"event": "stop"}')
                    elif message["event"] == "mark":
                        await socket.send('{"event": "mark", "mark": {"name": "e.0.0"}}')
                return socket.close_code

        codes = await asyncio.gather(*(dial() for _ in range(10)))
        assert sorted(codes) == [1000] * 3 + [1013] * 7
        assert answer.most_at_once == 3
        assert at.numbers == (0, 0, 7)


async def test_two_calls_at_once_hear_only_their_own_sound():
    answer = Echo()
    async with house(answer) as at, softphone(at) as one, softphone(at) as two:
        for number in range(1, 30):
            await one.send(media(b"\x11" * 160, number, 20 * number))
            await two.send(media(b"\x99" * 160, number, 20 * number))
        for socket, value in ((one, 0x11), (two, 0x99)):
            heard = b""
            while len(heard) < 20 * 160:
                heard += base64.b64decode((await first(socket, "media"))["media"]["payload"])
            assert set(heard) == {value}


async def test_a_token_is_asked_of_every_softphone_when_one_is_set():
    async with house(Echo(), softphone_token="open sesame") as at:
        assert await refused(at) == 401
        assert await refused(at, headers={"Authorization": "Bearer wrong"}) == 401
        assert await refused(at, headers={"Authorization": "Basic open sesame"}) == 401
        assert await refused(at, query="?token=é") == 401
        assert await refused(at, headers={"Authorization": "Bearer open sesame"}) == 101
        assert await refused(at, query="?token=open%20sesame") == 101


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.7"},
        {"Forwarded": "for=203.0.113.7"},
        {"CF-Connecting-IP": "203.0.113.7"},
        {"Host": "phone.example.test"},
        {"Host": "attacker.test:8765"},
    ],
)
async def test_a_caller_through_a_tunnel_or_a_rebound_name_is_not_on_this_machine(headers):
    async with house(Echo()) as at:
        assert await refused(at, headers=headers) == 403
    async with house(Echo(), softphone_remote=True, softphone_token="t") as at:
        assert await refused(at, headers=headers) == 401
        assert await refused(at, headers={**headers, "Authorization": "Bearer t"}) == 101


async def test_a_web_page_of_another_host_may_not_call_unless_set():
    async with house(Echo(), softphone_origins=("https://desk.example.test",)) as at:
        own = at.url
        assert await refused(at, headers={"Origin": own}) == 101
        assert await refused(at, headers={"Origin": "https://desk.example.test"}) == 101
        assert await refused(at, headers={"Origin": "https://evil.test"}) == 403
        assert await refused(at, headers={"Origin": "null"}) == 403
        assert await refused(at, headers={"Origin": "http://127.0.0.1:1"}) == 403


async def test_open_to_the_network_without_a_token_is_told_at_the_start():
    with pytest.raises(SettingsError, match=r"server\.softphone_remote needs server\.softphone_token"):
        async with house(Echo(), softphone_remote=True):
            raise AssertionError("it must not start")


@pytest.mark.parametrize(
    ("form", "accepted"),
    [
        ({"encoding": "audio/x-mulaw", "sampleRate": 16000}, False),
        ({"encoding": "audio/opus", "sampleRate": 8000}, False),
        ({"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 2}, False),
        ({}, True),
    ],
)
async def test_a_format_that_we_do_not_speak_is_refused_with_what_we_do(form, accepted):
    answer = Echo()
    message = json.loads(start())
    message["start"]["mediaFormat"] = form
    async with house(answer) as at, softphone_before_start(at) as socket:
        await socket.send(json.dumps(message))
        if accepted:
            await until(lambda: answer.calls)
        else:
            assert await closed(socket) == (1008, "audio must be audio/x-mulaw, 8000 Hz, 1 channel")


async def test_a_start_without_a_stream_or_with_a_strange_body_is_refused():
    async with house(Echo()) as at:
        for message in ('{"event": "start"}', '{"event": "start", "start": [1], "streamSid": 5}'):
            async with softphone_before_start(at) as socket:
                await socket.send(message)
                assert await closed(socket) == (1008, "start without streamSid")


async def test_names_that_no_database_takes_are_cleaned():
    answer = Echo()
    message = start(**{"from": "+1555\ud800\x00\n0100", "to": "x" * 10_000})
    async with house(answer) as at, softphone_before_start(at) as socket:
        await socket.send(message)
        await until(lambda: answer.calls)
        call = answer.calls[0]
        assert call.caller == "+1555?0100" and len(call.called) == 500


async def test_callers_are_sent_away_while_the_engines_are_not_warm():
    async with house(Echo()) as at:
        at.reason[0] = "The engines are being loaded."
        async with softphone(at) as socket:
            await socket.send(json.dumps(await first(socket, "mark")))
            assert await closed(socket, 1) == (1013, "busy")
        assert at.numbers == (0, 0, 1)


def softphone_before_start(at):
    from websockets.asyncio.client import connect

    return connect(at.ws + "/softphone", compression=None, close_timeout=1)
