"""The browser's way beside the terminal's: the same recorded caller, in turns, at the same server.

    python -m bench.browser [--calls N] [--set key=value]... [--out FILE]

Both ways end in a stereo recording (caller left, agent right) on the caller's own clock, and both recordings
are measured alike: from the end of what the caller says to the agent's first audible sound. In the browser
that clock stands in the AudioWorklet, so the delays of microphone and loudspeaker are in neither figure.
"""

import argparse
import datetime
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import soundfile
import yaml
from playwright.sync_api import Browser, sync_playwright

from agent.settings import ROOT, UserError
from bench.callers import LONGEST_CALL_S
from bench.chromium import FIRST_SOUND, browser, executable, in_phase, save
from bench.figures import median, percentiles
from bench.machine import commit, load_average, machine, versions
from bench.pipelines import OURS
from bench.server import running
from telephony.line.audibility import Samples, Stretch, audible_frames, spans, speech_stretch

CALLERS = ROOT / "config" / "business" / "shop" / "callers"
CALLER = "where_is_my_order"
RESULT = ROOT / "bench" / "results" / "browser.json"
WAYS = ("browser", "terminal")
TARGET_MS = 60
"""How much longer than the terminal's the browser's way may take."""
FIRST_SOUND_MS = 1_000


def acts(caller: Samples, agent: Samples) -> list[Stretch]:
    """What the caller said, in ms of the recording: spans between which the agent said nothing are one."""
    heard = [(span, False) for span in spans(audible_frames(agent))]
    groups: list[list[Stretch]] = []
    between = True
    for span, is_caller in sorted(
        [*heard, *((span, True) for span in spans(audible_frames(caller)))],
        key=lambda found: found[0].start_ms,
    ):
        if not is_caller:
            between = True
        elif between:
            groups.append([span])
            between = False
        else:
            groups[-1].append(span)
    return [_speech(caller, group[0].start_ms, group[-1].end_ms) for group in groups]


def _speech(pcm: Samples, start_ms: int, end_ms: int) -> Stretch:
    """The speech inside: it ends with the last frame within 35 dB of its loudest."""
    found = speech_stretch(pcm[start_ms * 8 : end_ms * 8])
    assert found is not None, "a span is audible"
    return Stretch(start_ms + found.start_ms, start_ms + found.end_ms)


def latencies(caller: Samples, agent: Samples) -> list[int]:
    """From the end of each thing said to the agent's next sound, in ms; the unanswered are left out."""
    starts = [span.start_ms for span in spans(audible_frames(agent))]
    found = []
    for act in acts(caller, agent):
        first = next((start for start in starts if start > act.start_ms), None)
        if first is not None:
            found.append(first - act.end_ms)
    return found


def measured(recording: Path) -> list[int]:
    pcm, _ = soundfile.read(recording, dtype="int16")
    return latencies(pcm[:, 0].copy(), pcm[:, 1].copy())


def by_browser(opened: Browser, url: str, folder: Path) -> dict[str, Any]:
    page = opened.new_context().new_page()
    page.goto(url)
    page.click(f"[data-caller={CALLER}]")
    in_phase(page, "live")
    in_phase(page, "ended", LONGEST_CALL_S)
    row = {
        "latencies_ms": measured(save(page, folder / "browser.wav")),
        "call_to_first_sound_ms": round(page.evaluate(FIRST_SOUND)),
    }
    page.context.close()
    return row


def by_terminal(url: str, script: Path, folder: Path) -> dict[str, Any]:
    wav = folder / "terminal.wav"
    command = ("-m", "agent", "call", "--script", str(script), "--url", url, "--out", str(wav), "--json")
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_CALL_S
    )
    if done.returncode != 0:
        raise UserError(f"The terminal's call failed: {done.stderr.strip()}")
    greeting = next(turn for turn in json.loads(done.stdout)["turns"] if turn["kind"] == "greeting")
    return {"latencies_ms": measured(wav), "start_to_first_sound_ms": greeting["latency_ms"]}


def script_of(folder: Path) -> Path:
    """The recorded caller of the page as a script of the terminal's."""
    steps = tomllib.loads((CALLERS / "callers.toml").read_text(encoding="utf-8"))[CALLER]["steps"]
    played = [
        {"play": str(CALLERS / step["play"])} if "play" in step else {"dtmf": step["dtmf"]} for step in steps
    ]
    path = folder / "caller.yaml"
    path.write_text(yaml.safe_dump({"steps": played}), encoding="utf-8")
    return path


def measure(calls: int, settings: Sequence[str]) -> list[dict[str, Any]]:
    """A row a call; each way first in every other round."""
    rows = []
    words = tuple(word for line in settings for word in ("--set", line))
    pipeline = replace(OURS, arguments=(*OURS.arguments, *words))
    with tempfile.TemporaryDirectory(prefix="bench-") as name, running(pipeline) as server:
        folder = Path(name)
        script = script_of(folder)
        page = server.url.replace("ws://", "http://").removesuffix("/softphone") + "/"
        with sync_playwright() as playwright, browser(playwright) as opened:
            for number in range(calls):
                for way in WAYS if number % 2 == 0 else WAYS[::-1]:
                    load = load_average()
                    row = (
                        by_browser(opened, page, folder)
                        if way == "browser"
                        else by_terminal(server.url, script, folder)
                    )
                    print(f"{number + 1}/{calls} {way}: {row['latencies_ms']}", file=sys.stderr)
                    rows.append({"way": way, "call": number, "load_average": load, **row})
    return rows


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Latencies of both ways, their difference, and the greeting's first sound after the click."""
    by_way = {way: [ms for row in rows if row["way"] == way for ms in row["latencies_ms"]] for way in WAYS}
    middle = {way: median(values) for way, values in by_way.items()}
    mine, other = middle["browser"], middle["terminal"]
    difference = None if mine is None or other is None else round(mine - other)
    first = [row["call_to_first_sound_ms"] for row in rows if row["way"] == "browser"]
    return {
        **{way: percentiles(values) for way, values in by_way.items()},
        "difference_of_medians_ms": difference,
        "difference_within_target": None if difference is None else difference <= TARGET_MS,
        "call_to_first_sound_ms": percentiles(first),
        "first_sound_within_target": max(first) < FIRST_SOUND_MS if first else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bench.browser", description="The browser's way beside the terminal's."
    )
    parser.add_argument("--calls", type=int, default=6, help="of each way")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    if executable() is None:
        sys.exit("No Chromium was found: install one (Debian: apt-get install chromium).")
    before = load_average()
    began = datetime.datetime.now(datetime.UTC)
    try:
        rows = measure(options.calls, options.set)
    except UserError as error:
        sys.exit(str(error))
    result = {
        "schema": 1,
        "measured_at": began.isoformat(timespec="minutes"),
        "commit": commit(),
        "machine": machine(),
        "versions": versions(),
        "load_average_before": before,
        "caller": CALLER,
        "summary": summary(rows),
        "calls": rows,
    }
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result["summary"], indent=1))


if __name__ == "__main__":
    main()
