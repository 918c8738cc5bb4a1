"""`agent call`: the caller's side. It dials a server as a telephone would, and measures what comes back."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.console import Assignments, ConfigFiles, fail, load_settings, say

if TYPE_CHECKING:
    from agent.cli.call_live import CaptionLine, Devices
    from agent.cli.call_server import CallServer
    from agent.cli.call_view import TranscriptView
    from agent.settings import Tree
    from telephony.softphone.client import PhoneCall
    from telephony.softphone.handset import Handset
    from telephony.softphone.measurement import Measurement
    from telephony.softphone.script import Script

LOOK_EVERY_S = 0.3
TERMINATED = 143
"""The exit code after SIGTERM or the end of the terminal, in the middle of a call."""

InputName = Annotated[
    str | None, typer.Option("--input", metavar="NAME", help="Your microphone; else the system's.")
]
OutputName = Annotated[
    str | None, typer.Option("--output", metavar="NAME", help="Your headset; else the system's.")
]
HalfDuplex = Annotated[
    bool,
    typer.Option(
        "--half-duplex",
        help="For loudspeakers: the microphone is closed while the agent speaks; you can't interrupt.",
    ),
]
ListDevices = Annotated[bool, typer.Option("--devices", help="List the sound devices, and end.")]


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for on the command line."""

    script: "Script"
    devices: "Devices | None"
    """Microphone and loudspeaker of a person who calls; None where a script does."""
    url: str | None
    token: str | None
    parameters: dict[str, str]
    server_arguments: list[str]
    out: Path | None
    as_json: bool


def run(
    wavs: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[WAV]...",
            help="What the caller says, one WAV a turn. Without one or a script you speak: use a headset.",
        ),
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
    input_: InputName = None,
    output: OutputName = None,
    half_duplex: HalfDuplex = False,
    devices: ListDevices = False,
    config: ConfigFiles = None,
    set_: Assignments = None,
) -> None:
    """Call a server as a telephone would, in real time, and measure what comes back.

    Without WAVs and without a script you speak yourself, into a microphone; use a headset, or the agent hears
    itself.
    """
    if devices:
        from agent.cli.call_live import list_devices

        list_devices()
        return
    if via != "line":
        fail("--via can only be `line`: leave it out.", 2)
    settings = load_settings(config, set_, quiet=True)
    if out is not None and (not out.absolute().parent.is_dir() or out.is_dir()):
        fail(f"{out} can't be written: its folder isn't there; make it, or choose another --out.", 2)
    spoken = _script(wavs or [], script)
    wish = Wish(
        spoken,
        _devices(input_, output, half_duplex, live=not spoken.steps),
        url,
        token,
        {"business": Path(business).name} if business else {},
        _server_arguments(config, set_, business, own=url is None),
        out,
        as_json,
    )
    try:
        raise SystemExit(asyncio.run(_call(wish, settings)))
    except asyncio.CancelledError:
        raise SystemExit(TERMINATED) from None


def _script(wavs: list[Path], script: Path | None) -> "Script":
    from telephony.softphone.script import Script, read_script, script_of

    if script is not None and wavs:
        fail("Give WAV files or a --script, not both: a script plays them itself.", 2)
    if script is None and not wavs:
        return Script(())
    return read_script(script) if script is not None else script_of(wavs)


def _devices(input_: str | None, output: str | None, half_duplex: bool, *, live: bool) -> "Devices | None":
    from agent.cli.call_live import Devices

    if not live and (input_ is not None or output is not None or half_duplex):
        fail("--input, --output and --half-duplex are for a call without WAVs and without a script.", 2)
    return Devices(input_, output, half_duplex) if live else None


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

    from agent.cli.call_live import CaptionLine, open_handset
    from agent.cli.call_report import problem, tell
    from agent.cli.call_view import TranscriptView

    console = Console(stderr=wish.as_json, soft_wrap=True, highlight=False)
    shown = console.is_terminal or not wish.as_json
    handset = open_handset(wish.devices) if wish.devices is not None else None
    line = CaptionLine(console) if handset is not None and console.is_terminal else None
    view = TranscriptView(console, line.clear if line is not None else None) if shown else None
    _end_in_order()
    async with _server(wish, settings) as (url, token, server):
        call = _phone(wish, url, token, handset, line)
        with _spoken(handset, line):
            measured, record = await _hold(call, view)
        died = server is not None and server.died
    await tell(measured, record, view, console, out=wish.out, as_json=wish.as_json)
    why = problem(measured, died, handset)
    if why is not None:
        if server is not None and died:
            for text in server.last_lines:
                say(text)
        say(why)
        return 1
    return 0


def _phone(
    wish: Wish, url: str, token: str | None, handset: "Handset | None", line: "CaptionLine | None"
) -> "PhoneCall":
    from telephony.softphone.client import PhoneCall

    parameters = {**wish.parameters, **({"captions": "on"} if line is not None else {})}
    return PhoneCall(
        wish.script,
        url=url,
        token=token,
        parameters=parameters,
        handset=handset,
        on_caption=line.show if line is not None else None,
    )


@contextlib.contextmanager
def _spoken(handset: "Handset | None", line: "CaptionLine | None") -> Iterator[None]:
    """Devices, keys and the line of words for as long as a person calls."""
    from agent.cli.call_live import HINT, keys_of_terminal

    if handset is None:
        yield
        return
    say(HINT)
    with handset, line or contextlib.nullcontext(), keys_of_terminal(handset, line):
        yield


def _end_in_order() -> None:
    """SIGTERM and the end of the terminal cancel the call, so that a server of its own is ended too."""
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)


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
