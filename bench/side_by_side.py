"""Rounds of calls: each round every pipeline, one after another, each in a fresh process.

Noise of the machine hits all of them alike, and only one server runs at a time. Rounds take the calls
in turns as the first one, so each recording is said to a fresh process and to one that is warm.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.callers import CALLS, ONE_QUESTION, asked_by, call, greeting_ms, turn_rows
from bench.machine import load_average
from bench.pipelines import Pipeline
from bench.processor import Spent, spent_by
from bench.server import running

Progress = Callable[[str], None]


def measure(
    pipelines: Sequence[Pipeline], rounds: int, fresh: int, quick: bool, progress: Progress
) -> list[dict[str, Any]]:
    """A row a call. `fresh` more processes of each pipeline answer a single question.

    Raises:
        ServerFailed: a server didn't start.
    """
    rows = []
    total = (rounds + fresh) * len(pipelines)
    for number in range(rounds + fresh):
        scripts = scripts_of(number, quick) if number < rounds else (ONE_QUESTION,)
        for place, pipeline in enumerate(order(pipelines, number)):
            progress(f"{number * len(pipelines) + place + 1}/{total} {pipeline.title}: starting")
            rows += _round(pipeline, number, scripts, progress)
    return rows


def scripts_of(number: int, quick: bool) -> tuple[Path, ...]:
    """The calls of a round, in its order."""
    first = number % len(CALLS)
    scripts = CALLS[first:] + CALLS[:first]
    return scripts[:1] if quick else scripts


def order(pipelines: Sequence[Pipeline], number: int) -> list[Pipeline]:
    """Who goes first changes from round to round."""
    return list(pipelines if number % 2 == 0 else reversed(pipelines))


def _round(
    pipeline: Pipeline, number: int, scripts: Sequence[Path], progress: Progress
) -> list[dict[str, Any]]:
    rows = []
    with running(pipeline) as server:
        before = spent_by(server.pid)
        for place, script in enumerate(scripts):
            load = load_average()
            held = call(server.url, script)
            after = spent_by(server.pid)
            turns = turn_rows(asked_by(script), held.report)
            answered = sum(turn["outcome"] == "answered" for turn in turns)
            progress(f"  {script.stem}: {answered} of {len(turns)} answered")
            rows.append(
                {
                    "pipeline": pipeline.name,
                    "round": number,
                    "call": place,
                    "script": script.stem,
                    "ready_ms": server.ready_ms,
                    "load_average": load,
                    "client_late_ms": held.client_late_ms,
                    "problem": held.problem,
                    "ended_by": held.report["ended_by"] if held.report else None,
                    "duration_ms": held.report["duration_ms"] if held.report else None,
                    "greeting_ms": greeting_ms(held.report),
                    "line": _line(held.report),
                    "cpu": _cpu(after.since(before)),
                    "turns": turns,
                }
            )
            before = after
    return rows


def _line(report: dict[str, Any] | None) -> dict[str, Any]:
    line = (report or {}).get("line") or {}
    return {
        "underruns": len(line.get("underruns", ())),
        "max_gap_ms": line.get("max_gap_ms"),
        "max_arrival_gap_ms": line.get("max_arrival_gap_ms"),
    }


def _cpu(spent: Spent) -> dict[str, float]:
    return {"total_s": round(spent.total_s, 2), "voice_s": round(spent.voice_s, 2)}
