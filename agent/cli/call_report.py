"""What `agent call` leaves behind: the transcript's end, the JSON object, the WAV, and what went wrong."""

import asyncio
import json
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from rich.console import Console

from agent.cli.call_view import TranscriptView, summary
from agent.cli.console import say
from telephony.softphone.handset import Handset
from telephony.softphone.measurement import Measurement
from telephony.softphone.report import latencies_ms, report, unanswered

LATE_MS = 60
"""A client that was later than this on its own machine says so: its figures are in doubt."""


async def tell(
    measured: Measurement,
    record: dict[str, Any] | None,
    view: TranscriptView | None,
    console: Console,
    *,
    out: Path | None,
    as_json: bool,
) -> None:
    """The report: on the terminal, as JSON, as a WAV."""
    reported = report(measured, record, str(out) if out is not None else None)
    if out is not None:
        await asyncio.to_thread(_write, out, measured)
    if view is not None:
        view.update(reported, final=True)
        console.print(summary(reported, latencies_ms(reported), unanswered(reported)))
    if as_json:
        print(json.dumps(reported, ensure_ascii=False))
    if measured.worst_late_ms > LATE_MS:
        say(f"This machine was {measured.worst_late_ms} ms late at worst: close other programs to measure.")


def _write(path: Path, measured: Measurement) -> None:
    """The stereo WAV: 8 kHz, 16 bits, caller left, agent right."""
    soundfile.write(
        path, np.stack([measured.caller_pcm, measured.agent_pcm], axis=1), 8000, "PCM_16", format="WAV"
    )


def problem(measured: Measurement, died: bool, handset: Handset | None) -> str | None:
    """Why the call does not count as held; None where it does."""
    if handset is not None and handset.lost is not None:
        return f"The {handset.lost} went away in the middle of the call: plug it in again and call anew."
    if measured.ended_by == "busy":
        return "The server was busy: try again when a call has ended, or raise server.max_calls."
    if died:
        return "The server died in the middle of the call: its last lines stand above."
    if measured.ended_by == "error":
        reason = f" ({measured.close_reason})" if measured.close_reason else ""
        return f"The server broke the call off{reason}, close code {measured.close_code}: look at its log."
    return None
