"""One conversation as it is written down: a script to play, its words, and its goal.

`talks/NAME/script.yaml` is what `agent call --script` plays; `talk.toml` beside it says the rest:

    title = "..."
    voice = "kokoro jf_alpha"        # engine and voice, for make.py
    speed = 1.0
    prepare = ["DELETE ..."]         # SQL on the freshly seeded database, before the call
    [says]
    "1.flac" = "..."                 # a recording and its words
    [goal]
    ended_by = "agent"
    intents = ["order_status"]       # each must be in the record
    changed = { orders = 1 }         # rows that differ after the call; any other table must be as it was
    rows = [{ sql = "SELECT ...", are = [["cancelled"]] }]      # on the database after the call
    heard = [{ fact = "carrier", sql = "SELECT ..." }]          # on the database before it
    silent = ["7.flac"]              # what needs no answer

`heard` names a fact that must stand in a sentence that the caller heard, with its value: `is`, the first
column of `sql`, or `words` in it; `times` sentences, 1 by default. `words` without a fact looks at the text.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from agent.settings import UserError

TALKS = Path(__file__).parent / "talks"


class TalkError(UserError, ValueError):
    """A conversation that can't be used; the text names the file and what to write."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Heard:
    """A fact, or words, that the caller must have heard."""

    fact: str | None
    value: str | None
    sql: str | None
    words: str | None
    times: int


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query must give after the call."""

    sql: str
    are: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Goal:
    ended_by: str
    intents: tuple[str, ...]
    changed: Mapping[str, int]
    rows: tuple[Rows, ...]
    heard: tuple[Heard, ...]
    silent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Talk:
    name: str
    title: str
    voice: str
    script: Path
    acts: tuple[str, ...]
    """What the script plays and presses, in order: a recording's name, or `keys`."""
    says: Mapping[str, str]
    prepare: tuple[str, ...]
    goal: Goal


def names(talks: Path = TALKS) -> list[str]:
    """Those of all conversations, in order."""
    return sorted(path.parent.name for path in talks.glob("*/talk.toml"))


def read(name: str, talks: Path = TALKS) -> Talk:
    """Raises `TalkError`."""
    folder = talks / name
    try:
        told = tomllib.loads((folder / "talk.toml").read_text(encoding="utf-8"))
        steps = yaml.safe_load((folder / "script.yaml").read_text(encoding="utf-8"))["steps"]
    except FileNotFoundError as error:
        raise TalkError(f"There is no conversation {name}: {error.filename} isn't there.") from error
    except (tomllib.TOMLDecodeError, yaml.YAMLError, KeyError, TypeError) as error:
        raise TalkError(f"The conversation {name} can't be read: {error}.") from error
    where = f"talks/{name}/talk.toml"
    _only(told, ("title", "voice", "speed", "prepare", "says", "goal"), where)
    acts = tuple(
        Path(str(step.get("play", "keys"))).name for step in steps if "play" in step or "dtmf" in step
    )
    return Talk(
        name=name,
        title=str(told["title"]),
        voice=str(told["voice"]),
        script=folder / "script.yaml",
        acts=acts,
        says=dict(told["says"]),
        prepare=tuple(told.get("prepare", ())),
        goal=goal_of(told["goal"], where),
    )


def goal_of(told: Mapping[str, Any], where: str = "[goal]") -> Goal:
    """Raises `TalkError` where a key is unknown or says too little."""
    _only(told, ("ended_by", "intents", "changed", "rows", "heard", "silent"), where)
    for row in told.get("rows", ()):
        _only(row, ("sql", "are"), where)
    return Goal(
        ended_by=str(told["ended_by"]),
        intents=tuple(told.get("intents", ())),
        changed=dict(told.get("changed", {})),
        rows=tuple(
            Rows(row["sql"], tuple(tuple(line) for line in row["are"])) for row in told.get("rows", ())
        ),
        heard=tuple(_heard(line, where) for line in told.get("heard", ())),
        silent=tuple(told.get("silent", ())),
    )


def _heard(line: Mapping[str, Any], where: str) -> Heard:
    _only(line, ("fact", "is", "sql", "words", "times"), where)
    ways = sum(key in line for key in ("is", "sql", "words"))
    if ways != 1 or ("fact" not in line and "words" not in line):
        raise TalkError(
            f"{where}: `heard` needs a fact with one of is, sql and words, or words alone: {line}."
        )
    return Heard(
        line.get("fact"), line.get("is"), line.get("sql"), line.get("words"), int(line.get("times", 1))
    )


def _only(found: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    unknown = [key for key in found if key not in known]
    if unknown:
        raise TalkError(f"{where} has an unknown key {unknown[0]!r}: it may have {', '.join(known)}.")
