"""What the truth check catches, what it refuses wrongly, and how long it takes.

    python -m bench.claims [--calls FILE] [--out bench/results/claims.json]

The statements stand in tests/truth/statements.yaml: `dev` ones to tune the check on, `held_out` ones of other
businesses to report. Beside the check stands similarity alone: the cosine of MiniLM between a sentence and
the facts, its threshold the best on `dev`. `--calls` are rated calls of ServiceNow's EVA (MIT, not in this
repository), one JSON a line: what the check finds in the agent's sentences, against people's ratings.
"""

import argparse
import json
import os
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from agent.dialogue.claims import check
from agent.dialogue.door import load_embedder
from agent.dialogue.protocol import Fact
from agent.settings import ROOT, Tree, prepare_process
from bench.machine import command, machine

STATEMENTS = ROOT / "tests" / "truth" / "statements.yaml"
OUT = ROOT / "bench" / "results" / "claims.json"
EXACT = frozenset({"number", "amount", "date", "time", "name", "identifier"})
"""Kinds of which no false one may pass."""
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of the table, with the facts of its turn."""

    split: str
    scenario: str
    kind: str
    true: bool
    text: str
    facts: tuple[Fact, ...]


def statements(path: Path = STATEMENTS) -> tuple[date, list[Statement]]:
    """The day of the table, and its sentences."""
    table = yaml.safe_load(path.read_text("utf-8"))
    rows = []
    for scenario in table["scenarios"]:
        facts = tuple(Fact(*row) for row in scenario["facts"])
        for true, key in ((True, "right"), (False, "wrong")):
            for kind, text in scenario[key]:
                rows.append(Statement(scenario["split"], scenario["name"], kind, true, text, facts))
    return table["today"], rows


def quality(today: date, rows: Sequence[Statement]) -> dict[str, Any]:
    """Falsehoods caught and true sentences refused, in all and by kind."""
    result: dict[str, Any] = {}
    for split in ("dev", "held_out"):
        wrong, right = Counter[str](), Counter[str]()
        passed, refused = Counter[str](), Counter[str]()
        for row in rows:
            if row.split != split:
                continue
            (right if row.true else wrong)[row.kind] += 1
            ok = check(row.text, row.facts, today=today).ok
            if ok != row.true:
                (refused if row.true else passed)[row.kind] += 1
        exact = sum(count for kind, count in passed.items() if kind in EXACT)
        result[split] = {
            "false": wrong.total(),
            "caught": round(1 - passed.total() / wrong.total(), 4),
            "passed_by_kind": dict(sorted(passed.items())),
            "passed_of_exact_kinds": exact,
            "true": right.total(),
            "refused": round(refused.total() / right.total(), 4),
            "refused_by_kind": dict(sorted(refused.items())),
        }
    return result


def speed(today: date, rows: Sequence[Statement]) -> dict[str, Any]:
    """Processor time of a check on one core, in ms; the first round isn't counted."""
    took: list[float] = []
    for turn in range(ROUNDS + 1):
        for row in rows:
            began = time.thread_time()
            check(row.text, row.facts, today=today)
            if turn:
                took.append((time.thread_time() - began) * 1000)
    cold: list[float] = []
    for row in rows:
        fresh = tuple(Fact(fact.name, fact.value, f"{fact.source} ") for fact in row.facts)
        began = time.thread_time()
        check(f"{row.text} ", fresh, today=today)
        cold.append((time.thread_time() - began) * 1000)
    return {"sentences": len(rows), "ms": _spread(took), "ms_with_facts_never_seen": _spread(cold)}


def similarity(rows: Sequence[Statement]) -> dict[str, Any]:
    """How well the nearest fact's cosine alone tells true from false."""
    embedder = load_embedder(Tree())
    values: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for row in rows:
        if not row.facts:
            continue
        texts = [f"{fact.name.replace('_', ' ')}: {fact.value}" for fact in row.facts]
        texts += [part for fact in row.facts for part in re.split(r"(?<=[.!?])\s+", fact.value)]
        mine = embedder.embed(row.text)
        near = max(float(mine @ embedder.embed(text)) for text in texts)
        values[row.split].append((near, row.true))
    threshold = max((near for near, _ in values["dev"]), key=lambda t: _balanced(values["dev"], t))
    held = values["held_out"]
    return {
        "threshold": round(threshold, 3),
        "caught": round(float(np.mean([near < threshold for near, true in held if not true])), 4),
        "refused": round(float(np.mean([near < threshold for near, true in held if true])), 4),
    }


def _balanced(values: Sequence[tuple[float, bool]], threshold: float) -> float:
    right = [near >= threshold for near, true in values if true]
    wrong = [near < threshold for near, true in values if not true]
    return float(np.mean(right) + np.mean(wrong)) / 2


# ------------------------------------------------------------ rated calls
def calls(path: Path) -> dict[str, Any]:
    """What the check refuses in calls that people rated: 1 made something up or broke policy, 3 faithful."""
    shares: dict[int, list[float]] = defaultdict(list)
    kinds: dict[int, Counter[str]] = defaultdict(Counter)
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for line in path.read_text("utf-8").splitlines():
        call = json.loads(line)
        rating = call["expected_rating"]
        refused, said = 0, 0
        for text, facts, caller in _spoken(call["trace"]):
            verdict = check(text, facts, caller)
            said += 1
            refused += not verdict.ok
            kinds[rating].update({claim.kind for claim in verdict.refused})
        counts[rating][0] += said
        counts[rating][1] += refused
        shares[rating].append(refused / max(said, 1))
    worst, best = shares[1], shares[3]
    pairs = [(a > b) + (a == b) / 2 for a in worst for b in best]
    return {
        "calls": {str(rating): len(found) for rating, found in sorted(shares.items())},
        "sentences": {str(rating): found[0] for rating, found in sorted(counts.items())},
        "refused": {str(rating): round(found[1] / found[0], 3) for rating, found in sorted(counts.items())},
        "refused_by_kind": {
            str(rating): dict(found.most_common()) for rating, found in sorted(kinds.items())
        },
        "auc_of_1_against_3": round(float(np.mean(pairs)), 3),
    }


def _spoken(trace: Sequence[dict[str, Any]]) -> Iterator[tuple[str, list[Fact], str]]:
    """Each sentence of the agent with what was known when it was said."""
    facts: list[Fact] = []
    caller = ""
    for place, event in enumerate(trace):
        match event["event_type"]:
            case "user_utterance":
                caller = f"{caller} {event['utterance']}"
            case "tool_call":
                facts += _flat(event.get("params") or {}, f"{event['tool_name']}[{place}]", "")
            case "tool_response":
                facts += _flat(event.get("response") or {}, f"{event['tool_name']}[{place}]", "")
                if event.get("status") == "success":
                    facts.append(Fact("done", event["tool_name"].replace("_", " "), f"write:{place}"))
            case "agent_utterance":
                text = re.sub(r"\s+", " ", event["utterance"])
                for sentence in re.split(r"(?<=[.?!])\s+", text):
                    if sentence.strip():
                        yield sentence, facts, caller


def _flat(value: Any, source: str, name: str) -> Iterator[Fact]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _flat(one, source, str(key))
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from _flat(one, f"{source.split('[')[0]}_{name}[{place}]", name)
    elif value is not None:
        text = {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
        yield Fact(name, text, f"{source}.{name}")


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {f"p{p}": round(float(np.percentile(values, p)), 2) for p in (50, 95, 100)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=Path, help="rated calls, one JSON a line")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    prepare_process()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    today, rows = statements()
    result: dict[str, Any] = {
        "command": command("bench.claims", sys.argv[1:]),
        "date": date.today().isoformat(),
        "machine": machine(),
        "statements": quality(today, rows),
        "similarity_alone": similarity(rows),
        "speed_on_one_core": speed(today, rows) | {"load_average": round(os.getloadavg()[0], 1)},
    }
    if given.calls is not None:
        result["eva_calls"] = calls(given.calls)
    given.out.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
