"""The front desk, shared by all doors: lets a caller in, hands the call over, and shows it out."""

import asyncio
import json
import secrets
import time
import traceback
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from loguru import logger
from pipecat.transports.base_transport import BaseTransport

from agent.call.incoming import AnswerCall, EndedBy, IncomingCall
from agent.call.playback import PlaybackClock
from agent.settings.tree import Tree
from telephony.admission import Admission, Slot
from telephony.caller_line import CallerLine
from telephony.drain import CANCEL_MS, Drain
from telephony.live_events import LiveEvents
from telephony.metrics import LineMetrics
from telephony.phone_socket import PhoneSocket
from telephony.transport import LateAudio, PhoneTransport
from telephony.twilio.faults import Faults
from telephony.twilio.handshake import Start
from telephony.twilio.serializer import HardenedTwilioSerializer

Carried = tuple[BaseTransport, LateAudio]
"""What carries one call's sound, and what it counts of gaps."""
LINGER_S = 10.0
"""For a call to end by itself after its caller has gone (pipecat #728: the call that stays)."""
CLOSES: dict[EndedBy, tuple[int, str]] = {
    "agent": (1000, "agent"),
    "transfer": (1000, "transfer"),
    "timeout": (1000, "timeout"),
    "caller": (1000, ""),
    "busy": (1013, "busy"),
    "error": (1011, "error"),
}


@dataclass(frozen=True, slots=True)
class Party:
    """Who calls whom, as far as a door knows."""

    provider: str
    caller: str
    called: str
    business: str
    announced: bool = False
    """Whether the caller's program is told the call's id and token (`call` message)."""
    live: bool = False
    """Whether it is told what is heard and said as well, while it happens."""
    record_token: str = ""
    """The call's token where the caller's program has it already; else the call gets one."""
    tags: dict[str, str] = field(default_factory=dict)


def call_id() -> str:
    """A new call's id: no number or name of the caller in it."""
    return secrets.token_hex(8)


def _incoming(party: Party, name: str, transport: BaseTransport, playback: PlaybackClock) -> IncomingCall:
    return IncomingCall(
        call_id=name,
        provider=party.provider,
        caller=party.caller,
        called=party.called,
        transport=transport,
        playback=playback,
        business=party.business,
        record_token=party.record_token or secrets.token_urlsafe(24),
        tags=dict(party.tags),
    )


class Reception:
    """One server's. Knows who may come in and which calls go on."""

    def __init__(
        self,
        settings: Tree,
        *,
        answer: AnswerCall,
        business_for: Callable[[str], str | None],
        businesses: Collection[str],
        ready: Callable[[], str | None],
        drain: Drain,
        metrics: LineMetrics,
    ) -> None:
        self.settings = settings
        self.admission = Admission(settings.server.max_calls, settings.server.hold_ms)
        self.drain = drain
        self.metrics = metrics
        self._answer = answer
        self._business_for = business_for
        self._businesses = businesses
        self._ready = ready
        self._lines: dict[str, CallerLine] = {}
        metrics.watch(lambda: self.admission.numbers, settings.server.max_calls, self.why_closed)

    def why_closed(self) -> str | None:
        """Why no new call is taken, or None when one is."""
        if self.drain.closing.is_set():
            return "The server is stopping."
        return self._ready()

    def business(self, called: str, asked: str = "") -> str | None:
        """The business of a call: the one asked for, the number's, or the default. None if unknown."""
        if asked:
            return asked if asked in self._businesses else None
        return self._business_for(called) or self.settings.dialogue.default_business

    def hang_up(self, provider_call_id: str) -> None:
        """Ends the call that a provider says is over, where its socket doesn't say so."""
        line = self._lines.get(provider_call_id)
        if line is not None:
            line.end()

    async def converse(
        self, socket: PhoneSocket, start: Start, faults: Faults, slot: Slot, party: Party, name: str
    ) -> None:
        """Runs the call `name` over an accepted socket to its end. The slot is free afterwards, always."""

        def transport(playback: PlaybackClock) -> Carried:
            serializer = HardenedTwilioSerializer(
                start.stream_sid,
                faults=faults,
                on_mark=lambda mark: playback.returned(mark, time.monotonic() * 1000),
                on_stop=socket.end,
                on_audio=socket.heard,
                on_flood=lambda: socket.end(1008, "too many bad messages"),
            )
            made = PhoneTransport(
                socket, serializer, playback, self.settings.call, stream_sid=start.stream_sid
            )
            return made, made.late

        await self.carry(socket, start.call_sid, transport, faults, slot, party, name)

    async def carry(
        self,
        line: CallerLine,
        provider_call_id: str,
        make: Callable[[PlaybackClock], Carried],
        faults: Faults,
        slot: Slot,
        party: Party,
        name: str,
    ) -> None:
        """Runs the call `name` over whatever `line` is, with the transport that `make` gives."""
        with logger.contextualize(call_id=name):
            ended_by: EndedBy = "error"
            began = time.monotonic()
            late: LateAudio | None = None
            try:
                with slot:
                    line.heard()
                    playback = PlaybackClock(self.settings.call.mark_every_ms)
                    transport, late = make(playback)
                    call = _incoming(party, name, transport, playback)
                    if party.announced:
                        note = {"event": "call", "call_id": name, "token": call.record_token}
                        await line.say(json.dumps(note))
                    self._lines[provider_call_id] = line
                    logger.info(
                        "call {} begins, provider {}, business {}", name, party.provider, party.business
                    )
                    ended_by = await self._run(call, line, live=party.live)
            finally:
                if self._lines.get(provider_call_id) is line:
                    del self._lines[provider_call_id]
                logger.info(
                    "call {} ended by {}, faults on the wire: {}", name, ended_by, dict(faults.counts)
                )
                self.metrics.ended(party.business, party.provider, ended_by, time.monotonic() - began)
                self.metrics.faults(faults.counts)
                if late is not None:
                    self.metrics.late_audio(late.times, late.seconds)
                await line.finish(*self._close(ended_by))

    async def _run(self, call: IncomingCall, line: CallerLine, *, live: bool) -> EndedBy:
        """Runs the call; `live` also tells the caller's program what goes on."""
        if not live:
            return await self._run_to_end(call, line)
        async with LiveEvents(line.say) as events:
            call.tell = events.tell
            return await self._run_to_end(call, line)

    async def _run_to_end(self, call: IncomingCall, line: CallerLine) -> EndedBy:
        """The call's handler, in a task of its own that ends soon after the caller has gone."""
        task = asyncio.create_task(self._handle(call), name=f"call {call.call_id}")
        self.drain.add(task)
        gone = asyncio.create_task(line.ended.wait(), name=f"end of call {call.call_id}")
        try:
            await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                await asyncio.wait({task}, timeout=LINGER_S)
            if not task.done():
                logger.error("call {} went on after its caller had gone: cancelled", call.call_id)
        finally:
            gone.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=CANCEL_MS / 1000)
        if not task.done() or task.cancelled():
            return "caller" if line.ended.is_set() else "error"
        return task.result()

    async def _handle(self, call: IncomingCall) -> EndedBy:
        try:
            return await self._answer(call)
        except Exception as error:
            # The text of an exception may quote the caller: only its kind and place are logged.
            place = "".join(traceback.format_tb(error.__traceback__))
            logger.error("call {} broke with {}\n{}", call.call_id, type(error).__name__, place)
            return "error"

    def _close(self, ended_by: EndedBy) -> tuple[int, str]:
        if ended_by == "error" and self.drain.farewell.is_set():
            return 1012, "the server stops"
        return CLOSES[ended_by]
