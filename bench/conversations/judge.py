"""Whether a conversation ended with the right thing done: by the report, and by the database.

Right means: the whole script was said, each thing was answered, the call ended as it should, the rows are
those of the goal and no others changed, the facts of the goal were heard, and nothing heard was untrue. A
value counts as untrue where its source holds another one, read here from the database and from
business.toml, and not by the agent's own check; a number where no fact of its sentence has it.
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.conversations.database import Truth, answers, changes, same
from bench.conversations.talk import Goal, Heard

SPOKEN = ("all", "part")
VERDICTS = ("proven", "approved", "template")
DIGITS = re.compile(r"\d+")

Turn = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class World:
    """The business around one call."""

    folder: Path
    """That of business.toml."""
    before: Path
    """A copy of the database from before the call."""
    after: Path


@dataclass(slots=True)
class Verdict:
    faults: list[str] = field(default_factory=list)
    facts_compared: int = 0
    facts_unknown: int = 0
    """Whose source this judge can't read: sums, the caller's own words, a value that is only asked about."""

    @property
    def right(self) -> bool:
        return not self.faults


def judge(goal: Goal, acts: Sequence[str], report: Mapping[str, Any], world: World) -> Verdict:
    """`acts` is what the script plays and presses; `report` is that of `agent call --json`."""
    verdict = Verdict()
    if not report.get("server_record"):
        verdict.faults.append("the server kept no record")
        return verdict
    if report["ended_by"] != goal.ended_by:
        verdict.faults.append(f"the call was ended by {report['ended_by']}, not {goal.ended_by}")
    verdict.faults += _unanswered(goal, acts, report)
    named = {turn["intent"] for turn in report["turns"]}
    verdict.faults += [f"never understood: {intent}" for intent in goal.intents if intent not in named]
    _truth(verdict, report, Truth(world.folder, world.before, world.after))
    verdict.faults += [fault for heard in goal.heard for fault in _missing(heard, report, world)]
    verdict.faults += _wrong_rows(goal, world)
    return verdict


def heard_sentences(report: Mapping[str, Any]) -> Iterator[tuple[Turn, Mapping[str, Any]]]:
    """Sentences that the caller heard, in whole or part, each with its turn."""
    for turn in report["turns"]:
        for sentence in turn["sentences"] or ():
            if sentence["heard"] in SPOKEN:
                yield turn, sentence


def _unanswered(goal: Goal, acts: Sequence[str], report: Mapping[str, Any]) -> Iterator[str]:
    """What was never said, and what no reply followed. Things that one reply follows are answered by it
    where the agent took them as one turn."""
    said = report["caller"]
    yield from (f"never said: {name}" for name in acts[len(said) :])
    answered = {
        act
        for turn in report["turns"]
        if turn["latency_ms"] is not None and turn["kind"] in ("reply", "resume")
        for act in turn["caller"]
    }
    for act, name in zip(said, acts, strict=False):
        if act["id"] not in answered and name not in goal.silent:
            yield f"unanswered: {name}"


def _truth(verdict: Verdict, report: Mapping[str, Any], truth: Truth) -> None:
    for _, sentence in heard_sentences(report):
        text = sentence["text"]
        if sentence["verdict"] not in VERDICTS:
            verdict.faults.append(f"heard without a verdict: {text}")
        for fact in sentence["facts"]:
            held = truth.holds(fact["source"])
            if held is None or (not held and sentence["kind"] == "question"):
                verdict.facts_unknown += 1
                continue
            verdict.facts_compared += 1
            if not any(same(fact["value"], value) for value in held):
                verdict.faults.append(f"untrue: {fact['name']} is said to be {fact['value']}, held is {held}")
        known = {part for fact in sentence["facts"] for part in DIGITS.findall(str(fact["value"]))}
        verdict.faults += [f"no fact has {n}: {text}" for n in DIGITS.findall(text) if n not in known]


def _missing(wanted: Heard, report: Mapping[str, Any], world: World) -> Iterator[str]:
    value = wanted.value
    if wanted.sql is not None:
        rows = answers(world.before, wanted.sql)
        if not rows:
            yield f"the goal's query has no row: {wanted.sql}"
            return
        value = str(rows[0][0])
    times = sum(_tells(turn, sentence, wanted, value) for turn, sentence in heard_sentences(report))
    if times < wanted.times:
        what = value if value is not None else repr(wanted.words)
        yield f"heard {times} of {wanted.times} times: {wanted.fact or 'words'} {what}"


def _tells(turn: Turn, sentence: Mapping[str, Any], wanted: Heard, value: str | None) -> bool:
    """Whether the caller heard it in this sentence: of one that was cut off, what stands in `heard_text`."""
    words = str(wanted.words).casefold()
    heard = sentence["text"] if sentence["heard"] == "all" else turn["heard_text"] or ""
    if wanted.fact is None:
        return words in heard.casefold()
    for fact in sentence["facts"]:
        if fact["name"] == wanted.fact and (sentence["heard"] == "all" or str(fact["value"]) in heard):
            if same(fact["value"], value) if value is not None else words in str(fact["value"]).casefold():
                return True
    return False


def _wrong_rows(goal: Goal, world: World) -> Iterator[str]:
    changed = changes(world.before, world.after)
    for table in sorted({*changed, *goal.changed}):
        found, wanted = changed.get(table, 0), goal.changed.get(table, 0)
        if found != wanted:
            yield f"{found} rows of {table} changed, not {wanted}"
    for rows in goal.rows:
        try:
            found_rows = answers(world.after, rows.sql)
        except sqlite3.Error as error:
            yield f"{error}: {rows.sql}"
            continue
        if found_rows != [tuple(row) for row in rows.are]:
            yield f"{found_rows} and not {[list(row) for row in rows.are]}: {rows.sql}"
