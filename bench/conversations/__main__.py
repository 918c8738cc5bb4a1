"""`python -m bench.conversations [NAME...]`: ten-turn conversations, and whether the right thing was done.

Results go to bench/results/conversations.json and docs/conversations.md, of named ones to
data/conversations/results.json alone; each call's report and sound to data/conversations.
"""

import argparse
import datetime
import json
import shlex
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from agent.settings import ROOT, UserError
from bench.conversations.held import Held, hold
from bench.conversations.results import WANTED, document, row_of
from bench.conversations.talk import Talk, names, read
from bench.machine import commit, load_average, machine, versions

RESULTS = Path("bench/results/conversations.json")
DOCUMENT = Path("docs/conversations.md")
KEPT = Path("data/conversations")
SCHEMA = 1


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def options_of(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.conversations", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="conversations; all by default")
    parser.add_argument("--at-once", type=int, default=1, help="calls held at the same time; 1")
    parser.add_argument("--set", action="append", default=[], dest="sets", help="a setting, key=value")
    parser.add_argument(
        "--out", type=Path, help=f"the data; {RESULTS}, or {KEPT}/results.json for named ones"
    )
    options = parser.parse_args(arguments)
    known = names()
    unknown = [name for name in options.names if name not in known]
    if unknown:
        parser.error(f"there is no conversation {unknown[0]!r}: choose from {', '.join(known)}")
    if options.at_once < 1:
        parser.error("--at-once must be at least 1")
    options.whole = not options.names
    options.names = options.names or known
    return options


def run(options: argparse.Namespace, command: str) -> dict[str, Any]:
    """All conversations as the object that is kept."""
    talks = [read(name) for name in options.names]
    before = load_average()
    began = datetime.datetime.now(datetime.UTC)
    with ThreadPoolExecutor(max_workers=options.at_once) as pool:
        held = list(pool.map(lambda talk: _held(talk, options.sets), talks))
    took = datetime.datetime.now(datetime.UTC) - began
    return {
        "schema": SCHEMA,
        "command": command,
        "date": began.strftime("%Y-%m-%d %H:%M UTC"),
        "took_s": round(took.total_seconds()),
        "at_once": options.at_once,
        "machine": machine(),
        "load_average": {"before": before, "after": load_average()},
        "versions": versions(),
        "commit": commit(),
        "wanted": WANTED,
        "held": len(held),
        "right": sum(one.verdict.right for one in held),
        "conversations": [row_of(one) for one in held],
    }


def _held(talk: Talk, sets: Sequence[str]) -> Held:
    held = hold(talk, ROOT / KEPT, sets)
    say(f"{'right' if held.verdict.right else 'WRONG'}  {talk.name}")
    for fault in held.verdict.faults:
        say(f"       {fault}")
    return held


def main(arguments: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = options_of(words)
    try:
        results = run(options, shlex.join(["python", "-m", "bench.conversations", *words]))
    except UserError as error:
        say(str(error))
        return error.exit_code
    out = ROOT / (options.out or (RESULTS if options.whole else KEPT / "results.json"))
    out.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if options.whole and options.out is None:
        (ROOT / DOCUMENT).write_text(document(results), encoding="utf-8")
    say(f"{results['right']} of {results['held']} right; {out} has the data.")
    return 0 if results["right"] * 12 >= results["held"] * WANTED else 1


if __name__ == "__main__":
    raise SystemExit(main())
