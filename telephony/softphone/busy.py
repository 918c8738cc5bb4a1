"""What a softphone hears when the house is full: a spoken sentence at once, then the end."""

import asyncio
import base64
import json

from starlette.websockets import WebSocket

from telephony.phone_socket import PhoneSocket
from telephony.twilio.faults import Faults
from telephony.twilio.message import parse, section

FRAME_BYTES = 160
"""20 ms of mu-law."""
BYTES_PER_S = 8000
LEAD_S = 0.2
"""Sent ahead of the telephone's playout."""
GRACE_S = 2.0
"""For the last mark to come back."""
END_MARK = "e.0.0"


async def turn_away(socket: PhoneSocket, stream_sid: str, sound: bytes, faults: Faults) -> None:
    """Plays `sound` (mu-law, 8 kHz) at the pace of a telephone, then closes with 1013 `busy`."""
    try:
        async with asyncio.timeout(len(sound) / BYTES_PER_S + GRACE_S):
            speak = asyncio.create_task(_speak(socket, stream_sid, sound))
            listen = asyncio.create_task(_listen(socket, faults))
            try:
                await asyncio.wait({speak, listen}, return_when=asyncio.FIRST_COMPLETED)
                if speak.done() and speak.result():
                    await listen
            finally:
                speak.cancel()
                listen.cancel()
                await asyncio.wait({speak, listen})
    except TimeoutError:
        pass
    finally:
        await socket.finish(1013, "busy")


async def _speak(socket: PhoneSocket, stream_sid: str, sound: bytes) -> bool:
    """Whether all was sent, so that the mark behind it is worth waiting for."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for offset in range(0, len(sound), FRAME_BYTES):
        await asyncio.sleep(began + offset / BYTES_PER_S - LEAD_S - loop.time())
        payload = base64.b64encode(sound[offset : offset + FRAME_BYTES]).decode()
        media = {"event": "media", "streamSid": stream_sid, "media": {"payload": payload}}
        if not await socket.say(json.dumps(media)):
            return False
    mark = {"event": "mark", "streamSid": stream_sid, "mark": {"name": END_MARK}}
    return bool(sound) and await socket.say(json.dumps(mark))


async def _listen(socket: WebSocket, faults: Faults) -> None:
    """Until the caller hangs up or has heard all."""
    while not faults.exceeded:
        received = await socket.receive()
        if received["type"] == "websocket.disconnect":
            return
        message = parse(received.get("text") or "", faults)
        if message is None:
            continue
        if message.get("event") == "stop" or section(message, "mark").get("name") == END_MARK:
            return
