"""`agent call`: the caller's side. It dials a server as a telephone would, and measures what comes back."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.console import Assignments, ConfigFiles, fail, load_settings, say

if TYPE_CHECKING:
    from agent.cli.call_server import CallServer
    from agent.cli.call_view import TranscriptView
    from agent.settings import Tree
    from telephony.softphone.client import PhoneCall
    from telephony.softphone.measurement import Measurement
    from telephony.softphone.script import Script

LOOK_EVERY_S = 0.3
LATE_MS = 60
"""A client that was later than this on its own machine says so: its figures are in doubt."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for on the command line."""

    script: "Script"
    url: str | None
    token: str | None
    parameters: dict[str, str]
    server_arguments: list[str]
    out: Path | None
    as_json: bool


def run(
    wavs: Annotated[
        list[Path] | None, typer.Argument(metavar="[WAV]...", help="What the caller says, one WAV a turn.")
    ] = None,
    script: Annotated[
        Path | None, typer.Option(metavar="F.yaml", help="A script: plays, keys, pauses, noise, the line.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(metavar="ws://...", help="The server to dial; without it, one is started.")
    ] = None,
    token: Annotated[str | None, typer.Option(help="The server's softphone token.")] = None,
    via: Annotated[str, typer.Option(metavar="line", help="How the call travels.")] = "line",
    business: Annotated[
        str | None, typer.Option(metavar="DIR", help="The business to call: its name, or its folder.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="F.wav", help="Both sides as a stereo WAV: caller left, agent right."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    config: ConfigFiles = None,
    set_: Assignments = None,
) -> None:
    """Call a server as a telephone would, in real time, and measure what comes back."""
    if via != "line":
        fail("--via can only be `line`: leave it out.", 2)
    settings = load_settings(config, set_, quiet=True)
    if out is not None and (not out.absolute().parent.is_dir() or out.is_dir()):
        fail(f"{out} can't be written: its folder isn't there; make it, or choose another --out.", 2)
    wish = Wish(
        _script(wavs or [], script),
        url,
        token,
        {"business": Path(business).name} if business else {},
        _server_arguments(config, set_, business, own=url is None),
        out,
        as_json,
    )
    raise SystemExit(asyncio.run(_call(wish, settings)))


def _script(wavs: list[Path], script: Path | None) -> "Script":
    from telephony.softphone.script import read_script, script_of

    if script is not None and wavs:
        fail("Give WAV files or a --script, not both: a script plays them itself.", 2)
    return read_script(script) if script is not None else script_of(wavs)


def _server_arguments(
    config: list[Path] | None, assignments: list[str] | None, business: str | None, *, own: bool
) -> list[str]:
    """What an own server gets: the same settings, and the folder of a business given by its path."""
    arguments = [word for file in config or () for word in ("--config", str(file))]
    arguments += [word for line in assignments or () for word in ("--set", line)]
    if business is None or not own:
        return arguments
    folder = Path(business)
    if folder.is_dir():
        where = folder.resolve()
        arguments += ["--set", f"dialogue.business_dir={where.parent}"]
        arguments += ["--set", f"dialogue.default_business={where.name}"]
    elif len(folder.parts) > 1:
        fail(f"There is no business in {business}: make one with `agent business new NAME`.", 2)
    return arguments


async def _call(wish: Wish, settings: "Tree") -> int:
    """Holds the call and shows it; the exit code."""
    from rich.console import Console

    from agent.cli.call_view import TranscriptView, summary
    from telephony.softphone.client import PhoneCall
    from telephony.softphone.report import latencies_ms, report, unanswered

    console = Console(stderr=wish.as_json, soft_wrap=True, highlight=False)
    view = TranscriptView(console) if console.is_terminal or not wish.as_json else None
    async with _server(wish, settings) as (url, token, server):
        call = PhoneCall(wish.script, url=url, token=token, parameters=wish.parameters)
        measured, record = await _hold(call, view)
        died = server is not None and server.died
    reported = report(measured, record, str(wish.out) if wish.out is not None else None)
    if wish.out is not None:
        await asyncio.to_thread(_write, wish.out, measured)
    if view is not None:
        view.update(reported, final=True)
        console.print(summary(reported, latencies_ms(reported), unanswered(reported)))
    if wish.as_json:
        print(json.dumps(reported, ensure_ascii=False))
    if measured.worst_late_ms > LATE_MS:
        say(f"This machine was {measured.worst_late_ms} ms late at worst: close other programs to measure.")
    problem = _problem(measured, died)
    if problem is not None:
        if server is not None and died:
            for line in server.last_lines:
                say(line)
        say(problem)
        return 1
    return 0


@contextlib.asynccontextmanager
async def _server(wish: Wish, settings: "Tree") -> "AsyncIterator[tuple[str, str | None, CallServer | None]]":
    """The address and token to dial with: those given, or those of a server started for this call."""
    if wish.url is not None:
        yield wish.url, wish.token, None
        return
    from agent.cli.call_server import CallServer

    own = settings.server.softphone_token
    token = wish.token or (own.get_secret_value() if own is not None else None)
    host = settings.server.host
    host = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host
    async with CallServer(wish.server_arguments) as server:
        yield f"ws://{host}:{server.port}/softphone", token, server


async def _hold(
    call: "PhoneCall", view: "TranscriptView | None"
) -> "tuple[Measurement, dict[str, Any] | None]":
    """The call to its end, shown as it goes, and the server's record of it."""
    from telephony.softphone.record import RecordReader

    watching = asyncio.create_task(_watch(call, view), name="view") if view is not None else None
    try:
        measured = await call.run()
    finally:
        if watching is not None:
            watching.cancel()
            await asyncio.wait({watching})
    if measured.call_id is None or measured.token is None:
        return measured, None
    async with RecordReader(call.url, measured.call_id, measured.token) as reader:
        return measured, await reader.settled()


async def _watch(call: "PhoneCall", view: "TranscriptView") -> None:
    """Shows the turns of a call that goes on."""
    from telephony.softphone.record import RecordReader
    from telephony.softphone.report import report

    measured = call.measured()
    while measured.call_id is None or measured.token is None:
        await asyncio.sleep(LOOK_EVERY_S)
        measured = call.measured()
    async with RecordReader(call.url, measured.call_id, measured.token) as reader:
        while True:
            record = await reader.now()
            if record is not None:
                view.update(await asyncio.to_thread(report, call.measured(), record))
            await asyncio.sleep(LOOK_EVERY_S)


def _write(path: Path, measured: "Measurement") -> None:
    """The stereo WAV: 8 kHz, 16 bits, caller left, agent right."""
    import numpy as np
    import soundfile

    soundfile.write(
        path, np.stack([measured.caller_pcm, measured.agent_pcm], axis=1), 8000, "PCM_16", format="WAV"
    )


def _problem(measured: "Measurement", died: bool) -> str | None:
    """Why the call does not count as held; None where it does."""
    if measured.ended_by == "busy":
        return "The server was busy: try again when a call has ended, or raise server.max_calls."
    if died:
        return "The server died in the middle of the call: its last lines stand above."
    if measured.ended_by == "error":
        reason = f" ({measured.close_reason})" if measured.close_reason else ""
        return f"The server broke the call off{reason}, close code {measured.close_code}: look at its log."
    return None
