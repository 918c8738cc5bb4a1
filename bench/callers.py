"""The callers: scripts played by `agent call`, and what became of each thing that they said."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from agent.settings import ROOT

SIX_TURNS = Path("tests/callers/six_turns.yaml")
FIVE_QUESTIONS = Path("bench/calls/five_questions.yaml")
ONE_QUESTION = Path("bench/calls/one_question.yaml")
CALLS = (SIX_TURNS, FIVE_QUESTIONS)
"""Twelve things said a round, by a woman's and a man's synthetic voice and a real person's digits."""
LONGEST_CALL_S = 300.0
LATE = re.compile(r"was (\d+) ms late")


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that the script says: its place from 0, and the recording's name."""

    place: int
    source: str


@dataclass(frozen=True, slots=True)
class Held:
    """A call's report as `agent call --json` prints it; None where there was none."""

    report: dict[str, Any] | None
    problem: str | None
    client_late_ms: int
    """How late the caller's own clock was at worst; 0 where it said nothing (60 ms and less)."""


def asked_by(script: Path) -> list[Asked]:
    """All that a script says, in order; `script` counts from the installation's folder."""
    steps = yaml.safe_load((ROOT / script).read_text(encoding="utf-8"))["steps"]
    plays = [Path(step["play"]).name for step in steps if "play" in step]
    return [Asked(place, source) for place, source in enumerate(plays)]


def call(url: str, script: Path) -> Held:
    """Plays one script at `url`, in real time, by the program that anyone would use."""
    command = [sys.executable, "-m", "agent", "call", "--script", str(script), "--url", url, "--json"]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST_CALL_S,
        )
    except subprocess.TimeoutExpired:
        return Held(None, "the call didn't end", 0)
    late = LATE.search(done.stderr)
    said = done.stderr.strip().splitlines()
    problem = (said[-1] if said else "no reason given") if done.returncode else None
    try:
        reported = json.loads(done.stdout)
    except json.JSONDecodeError:
        reported, problem = None, problem or "no report"
    return Held(reported, problem, int(late.group(1)) if late else 0)


def turn_rows(asked: Sequence[Asked], reported: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """One row for each thing asked: `outcome` is answered, cut_in, unanswered, or never_asked.

    never_asked: the call ended before. An answer belongs to the last thing said before it, so of two
    things that one reply follows the first is unanswered. Latencies in ms, of answered turns alone.
    """
    acts = [act for act in (reported or {}).get("caller", ()) if act["kind"] == "speech"]
    replies: dict[str, Mapping[str, Any]] = {}
    for turn in (reported or {}).get("turns", ()):
        if turn["kind"] == "reply" and turn["caller"]:
            replies.setdefault(turn["caller"][-1], turn)
    rows = []
    for said in asked:
        row: dict[str, Any] = {"place": said.place, "source": said.source}
        if said.place >= len(acts):
            rows.append(row | {"outcome": "never_asked", "latency_ms": None, "answer_latency_ms": None})
            continue
        turn = replies.get(acts[said.place]["id"])
        latency = turn["latency_ms"] if turn is not None else None
        outcome = "unanswered" if latency is None else "cut_in" if latency < 0 else "answered"
        answer = turn["answer_latency_ms"] if turn is not None and outcome == "answered" else None
        stages = (turn["stages_ms"] if turn is not None else None) or {}
        rows.append(
            row
            | {"outcome": outcome, "latency_ms": latency, "answer_latency_ms": answer, "stages_ms": stages}
        )
    return rows


def greeting_ms(reported: Mapping[str, Any] | None) -> int | None:
    """From the call's start to the agent's first sound; None where none came."""
    turns = (reported or {}).get("turns", ())
    return next((turn["latency_ms"] for turn in turns if turn["kind"] == "greeting"), None)
