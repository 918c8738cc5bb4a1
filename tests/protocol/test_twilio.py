"""Twilio's doors: signatures made by Twilio's own package, tokens, TwiML, over real sockets."""

import asyncio
import xml.etree.ElementTree as xml

import httpx
import pytest
from twilio.request_validator import RequestValidator
from websockets.exceptions import InvalidStatus

from agent.settings.load import SettingsError
from telephony.twilio.rest import TwilioRest
from telephony.twilio.signature import Signature
from tests.protocol.doors import (
    PUBLIC,
    SECRET,
    STREAM_URL,
    Echo,
    closed,
    first,
    house,
    media,
    signed,
    start,
    stream,
    until,
    webhook,
)


def token_of(twiml: str) -> str:
    parameter = xml.fromstring(twiml).find("Connect/Stream/Parameter")
    assert parameter is not None and parameter.get("name") == "token"
    return parameter.get("value", "")


async def status_of(at, headers) -> int:
    try:
        async with stream(at, headers):
            return 101
    except InvalidStatus as error:
        return error.response.status_code


async def test_a_call_goes_from_the_webhook_through_the_socket_to_the_agent_and_back():
    answer = Echo()
    async with house(answer) as at:
        response = await webhook(at, From="+15550111")
        assert response.status_code == 200
        root = xml.fromstring(response.text)
        assert root.find("Connect/Stream").get("url") == STREAM_URL
        assert [child.tag for child in root] == ["Connect", "Hangup"]
        assert at.numbers == (0, 1, 0)
        async with stream(at) as socket:
            await socket.send(start(token=token_of(response.text), business="bakery"))
            await socket.send(media(b"\x12" * 160))
            await socket.send(media(b"\x12" * 160))
            assert (await first(socket, "media"))["streamSid"].startswith("MZ")
            assert at.numbers == (1, 0, 0)
            call = answer.calls[0]
            assert (call.provider, call.caller, call.called) == ("twilio", "+15550111", "+15550199")
            assert call.business == "shop", "the number called decides, not the socket"
            answer.hang_up.set()
            assert await closed(socket) == (1000, "agent")
        assert at.numbers == (0, 0, 0)


async def test_a_webhook_with_a_wrong_signature_is_refused_whatever_host_it_names():
    async with house(Echo()) as at, httpx.AsyncClient(trust_env=False) as client:
        form = {"CallSid": "CA1", "To": "+15550199"}
        path = "/twilio/voice"
        forged = [
            {},
            {"X-Twilio-Signature": ""},
            {"X-Twilio-Signature": "nonsense"},
            signed(PUBLIC + path, form, secret="another"),
            signed(PUBLIC + path, {**form, "To": "+15550188"}),
            {**signed("https://evil.test" + path, form), "Host": "evil.test"},
            {**signed("https://evil.test" + path, form), "X-Forwarded-Host": "evil.test"},
            {**signed(at.url + path, form), "X-Forwarded-Proto": "http"},
        ]
        for headers in forged:
            response = await client.post(at.url + path, data=form, headers=headers)
            assert response.status_code == 403, headers
        assert at.numbers == (0, 0, 0)


async def test_a_signature_covers_repeated_empty_and_foreign_fields():
    form = {"CallSid": "CA1", "To": "+15550199", "From": "", "Tag": ["b", "a", "b"], "Name": "Zoë & Co"}
    async with house(Echo()) as at:
        assert (await webhook(at, **form)).status_code == 200


async def test_a_webhook_address_with_a_query_is_checked_with_it():
    form = {"CallSid": "CA1", "To": "+15550199"}
    path = "/twilio/voice?tag=a%20b&x="
    async with house(Echo()) as at, httpx.AsyncClient(trust_env=False) as client:
        right = await client.post(at.url + path, data=form, headers=signed(PUBLIC + path, form))
        wrong = await client.post(at.url + path + "1", data=form, headers=signed(PUBLIC + path, form))
    assert (right.status_code, wrong.status_code) == (200, 403)


async def test_the_socket_is_signed_over_the_wss_address_with_or_without_its_port():
    port = STREAM_URL.replace(".test", ".test:443")
    async with house(Echo()) as at:
        assert await status_of(at, signed(STREAM_URL)) == 101
        assert await status_of(at, signed(port)) == 101
        refused = [
            {},
            signed(STREAM_URL.replace("wss", "https")),
            signed(STREAM_URL.replace(".test", ".test:80")),
            signed(STREAM_URL, secret="another"),
            signed("wss://evil.test/twilio/stream") | {"X-Forwarded-Host": "evil.test"},
        ]
        for headers in refused:
            assert await status_of(at, headers) == 403, headers


def test_twilios_own_validator_alone_takes_the_wrong_port_for_wss():
    """What `Signature.stream` mends: without the port named, the true signature of :443 is refused."""
    headers = signed(STREAM_URL.replace(".test", ".test:443"))
    signature = headers["X-Twilio-Signature"]
    assert not RequestValidator(SECRET).validate(STREAM_URL, {}, signature)
    assert Signature(PUBLIC, SECRET).stream(headers)


async def test_the_newer_signature_with_sha256_is_checked_too():
    form = {"CallSid": "CA1", "To": "+15550199"}
    url = PUBLIC + "/twilio/voice"
    made = RequestValidator(SECRET).compute_signature(url, form, "HMAC_SHA256")
    headers = {
        "X-Twilio-Signature": made,
        "X-Twilio-Webhooks-Signature-Settings": "key=k,algorithm=HMAC_SHA256",
    }
    async with house(Echo()) as at, httpx.AsyncClient(trust_env=False) as client:
        right = await client.post(at.url + "/twilio/voice", data=form, headers=headers)
        del headers["X-Twilio-Webhooks-Signature-Settings"]
        wrong = await client.post(at.url + "/twilio/voice", data=form, headers=headers)
    assert (right.status_code, wrong.status_code) == (200, 403)


async def test_without_a_configured_token_every_twilio_address_answers_503():
    async with house(Echo(), twilio=False) as at:
        assert (await webhook(at)).status_code == 503
        assert (await webhook(at, "/twilio/status")).status_code == 503
        assert await status_of(at, None) == 503
        assert await status_of(at, {}) == 503


@pytest.mark.parametrize(
    "url", ["http://phone.example.test", "phone.example.test", "https://", "https://a/?b"]
)
def test_a_public_address_that_twilio_cannot_call_is_told_in_a_sentence(url):
    with pytest.raises(SettingsError, match=r"server\.public_url must be"):
        Signature(url, "secret")


async def test_a_socket_without_a_valid_token_is_closed_with_the_reason():
    async with house(Echo()) as at:
        token = token_of((await webhook(at)).text)
        for parameters in ({}, {"token": "wrong"}, {"token": token, "callSid": "CA2"}):
            async with stream(at) as socket:
                await socket.send(start(**parameters))
                assert await closed(socket) == (1008, "wrong or used token")
        assert at.numbers == (0, 1, 0), "the true caller's slot is still held"


async def test_a_token_is_used_once():
    answer = Echo()
    async with house(answer) as at:
        token = token_of((await webhook(at)).text)
        async with stream(at) as socket, stream(at) as second:
            await socket.send(start(token=token))
            await until(lambda: answer.calls)
            await second.send(start(token=token))
            assert await closed(second) == (1008, "wrong or used token")
            assert at.numbers == (1, 0, 0)


async def test_a_socket_that_never_starts_is_closed_in_time():
    async with house(Echo(), start_deadline_ms=150) as at, stream(at) as socket:
        await socket.send('{"event": "connected"}')
        assert await closed(socket, 2) == (1008, "no start in time")


async def test_a_call_whose_socket_never_comes_gives_its_slot_back():
    async with house(Echo(), max_calls=1, hold_ms=150) as at:
        token = token_of((await webhook(at)).text)
        assert "<Say>" in (await webhook(at, CallSid="CA2")).text
        await until(lambda: at.numbers[1] == 0)
        async with stream(at) as socket:
            await socket.send(start(token=token))
            assert (await closed(socket))[0] == 1008
        assert "<Connect>" in (await webhook(at, CallSid="CA3")).text


async def test_twilio_says_that_a_call_is_over_before_its_socket_came():
    async with house(Echo(), max_calls=1) as at:
        await webhook(at)
        assert (await webhook(at, "/twilio/status", CallStatus="ringing")).status_code == 204
        assert at.numbers == (0, 1, 0)
        assert (await webhook(at, "/twilio/status", CallStatus="completed")).status_code == 204
        assert at.numbers == (0, 0, 0)


async def test_twilio_says_that_a_call_is_over_whose_socket_stays_open():
    answer = Echo()
    async with house(answer) as at:
        token = token_of((await webhook(at)).text)
        async with stream(at) as socket:
            await socket.send(start(token=token))
            await until(lambda: answer.calls)
            await webhook(at, "/twilio/status", CallStatus="completed")
            assert (await closed(socket))[0] == 1000
        assert answer.ended == ["caller"] and at.numbers == (0, 0, 0)


async def test_one_call_too_many_hears_a_spoken_sentence_of_its_business_at_once():
    async with house(Echo(), max_calls=1) as at:
        await webhook(at)
        response = await webhook(at, CallSid="CA2", To="+15550188")
        root = xml.fromstring(response.text)
        assert root.findtext("Say") == "All lines of the bakery are busy."
        assert [child.tag for child in root] == ["Say", "Hangup"]
        assert at.numbers == (0, 1, 1)


async def test_callers_hear_a_sentence_while_the_engines_are_not_warm():
    async with house(Echo()) as at:
        at.reason[0] = "The engines are being loaded."
        assert "<Say>" in (await webhook(at)).text
        assert at.numbers == (0, 0, 1)


async def test_a_body_without_a_call_or_too_long_is_refused():
    async with house(Echo()) as at, httpx.AsyncClient(trust_env=False) as client:
        assert (await webhook(at, CallSid="")).status_code == 400
        long = await client.post(at.url + "/twilio/voice", content=b"a=" + b"b" * 100_000)
        assert long.status_code == 413
        junk = await client.post(at.url + "/twilio/voice", content=b"\xff\xfe=%%%")
        assert junk.status_code == 403


async def test_a_call_is_ended_through_the_rest_address():
    """Against a real HTTP server that keeps what it was sent."""
    seen: list[bytes] = []

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        seen.append(head + await reader.readexactly(length))
        code = b"404 Not Found" if b"CAgone" in head else b"500 No" if b"CAbad" in head else b"200 OK"
        writer.write(b"HTTP/1.1 " + code + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve_one, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        rest = TwilioRest("AC1", "secret", url)
        assert await rest.hang_up("CA1")
        assert await rest.hang_up("CAgone"), "it was over already"
        assert not await rest.hang_up("CAbad")
        await rest.close()
    assert seen[0].startswith(b"POST /2010-04-01/Accounts/AC1/Calls/CA1.json")
    assert b"Status=completed" in seen[0] and b"authorization: basic" in seen[0].lower()
    rest = TwilioRest("AC1", "secret", url)
    assert not await rest.hang_up("CA1"), "nobody listens any more"
    await rest.close()
