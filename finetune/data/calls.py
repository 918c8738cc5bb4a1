"""Exported calls as rows: sentences that were proven, with names where the values of their facts stood."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, get_args

from agent.dialogue.prompts import act, asked
from agent.dialogue.protocol import Verdict
from agent.dialogue.responder import NAME
from agent.dialogue.state import Exchange
from agent.llm.protocol import Message
from finetune.data.errors import DataError
from finetune.data.rows import NamedFact, Row

CATEGORY = "call"
LEARNED: tuple[str, ...] = get_args(Verdict)
"""Verdicts under which a sentence was spoken as true: a template is an approved phrase with its facts in.
What a model had written and the check refused isn't in an exported call."""


def read_calls(path: Path, persona: Callable[[str], str], left_out: Counter[str]) -> Iterator[Row]:
    """Rows of a call, of a list of calls, of a .jsonl of calls, or of a folder of such files, as
    `agent calls show ID --json` and `GET /calls/ID` give them. `persona` gives a business's; `left_out`
    counts sentences that aren't learned, by why. Raises `DataError`."""
    paths = sorted(path.glob("*.json*")) if path.is_dir() else [path]
    if not paths:
        raise DataError(f"{path} holds no .json: write calls into it with `agent calls show ID --json`.")
    for file in paths:
        for call in _calls(file):
            yield from _of_call(call, persona, left_out)


def _calls(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        text = path.read_text("utf-8")
        lines = text.split("\n") if path.suffix == ".jsonl" else [text]
        documents = [json.loads(line) for line in lines if line.strip()]
    except FileNotFoundError:
        raise DataError(f"{path} isn't there: export a call with `agent calls show ID --json`.") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path} can't be read as JSON ({error}): export the call again.") from None
    for document in documents:
        for call in document if isinstance(document, list) else [document]:
            if not isinstance(call, dict) or call.get("schema") != 1 or "business" not in call:
                raise DataError(f"{path} is no exported call: write it with `agent calls show ID --json`.")
            yield call


def _of_call(call: Mapping[str, Any], persona: Callable[[str], str], left_out: Counter[str]) -> Iterator[Row]:
    """The rows of one call. What is repeated in it isn't learned: the live agent repeats it word for word."""
    history: list[Exchange] = []
    told: set[str] = set()
    scenario = f"calls/{call['call_id']}"
    for turn in call["turns"]:
        new = [sentence for sentence in turn["sentences"] if sentence["text"] not in told]
        told |= {sentence["text"] for sentence in new}
        runs = groupby(new, lambda sentence: _usable(sentence, left_out))
        for place, said in enumerate([list(run) for usable, run in runs if usable]):
            facts, acts, reply = _named(said)
            messages = asked(persona(call["business"]), acts, turn["transcript"], history)
            yield Row(
                id=f"{scenario}:{turn['n']}.{place}",
                messages=(*messages, Message("assistant", reply)),
                source="calls",
                business=call["business"],
                scenario=scenario,
                category=turn["intent"] or CATEGORY,
                facts=facts,
                needed=tuple(dict.fromkeys(NAME.findall(reply))),
            )
        history.append(Exchange(turn["transcript"], turn["heard_text"] or turn["text"]))


def _usable(sentence: Mapping[str, Any], left_out: Counter[str]) -> bool:
    """Whether the live agent has such a sentence worded by the model, and every number in it is a fact."""
    if sentence["kind"] != "answer":
        return False
    if sentence["verdict"] not in LEARNED:
        left_out["not proven"] += 1
        return False
    _, _, reply = _named([sentence])
    if not NAME.search(reply):
        left_out["no fact by name"] += 1
        return False
    if re.search(r"\d", NAME.sub("", reply)):
        left_out["a number that is no fact"] += 1
        return False
    return True


def _named(sentences: Sequence[Mapping[str, Any]]) -> tuple[dict[str, NamedFact], list[str], str]:
    """The facts that stand in the sentences, the acts that tell them, and the sentences with names in."""
    facts: dict[str, NamedFact] = {}
    acts: dict[str, None] = {}
    parts = []
    for sentence in sentences:
        text = sentence["text"]
        for fact in sorted(sentence["facts"], key=lambda fact: -len(fact["value"])):
            if fact["value"] != sentence["text"] and _named_live(fact):
                text = _put(text, fact["value"], fact["name"])
        parts.append(text)
    reply = " ".join(parts)
    for fact in _facts(sentences):
        named = f"{{{fact['name']}}}" in reply
        acts[act(fact["name"], f"{{{fact['name']}}}" if named else fact["value"])] = None
        if named:
            facts[fact["name"]] = NamedFact(fact["value"])
    return facts, list(acts), reply


def _named_live(fact: Mapping[str, Any]) -> bool:
    """Whether a fact is said by name; a plain word such as a status is told and said as it is."""
    return bool(NAME.fullmatch(f"{{{fact['name']}}}") and re.search(r"[\dA-Z@]", fact["value"]))


def _facts(sentences: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for sentence in sentences:
        yield from sentence["facts"]


def _put(text: str, value: str, name: str) -> str:
    """`text` with `{name}` in the place of `value`, where that stands as a word of its own."""
    if not value.strip():
        return text
    return re.sub(rf"(?<![\w{{]){re.escape(value)}(?![\w}}])", f"{{{name}}}", text, flags=re.I)
