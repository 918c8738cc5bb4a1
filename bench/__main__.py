"""`python -m bench`: the stock pipeline and ours in one run, over the line, with the same callers.

Results go to a JSON file, a chart beside it and docs/latency.md; progress and a table to stderr.
"""

import argparse
import datetime
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from agent.settings import ROOT, UserError
from bench.machine import commit, load_average, machine, versions
from bench.pipelines import ALL, DEFAULT, Pipeline
from bench.report import table, verdicts
from bench.side_by_side import measure
from bench.summary import RESULTS, summarise, write

SCHEMA = 1
ROUNDS = 2
FRESH = 1
TRY = Path("data/bench-quick.json")
"""Where a quick run goes: it replaces no figures."""


class StagesFailed(UserError):
    """The stages could not be measured."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def options_of(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"of two calls each; {ROUNDS} by default")
    parser.add_argument(
        "--fresh", type=int, default=FRESH, help=f"more fresh processes for one question each; {FRESH}"
    )
    parser.add_argument("--quick", action="store_true", help="one round of one call each: a try, no figures")
    parser.add_argument(
        "--pipelines", default=",".join(p.name for p in DEFAULT), help=f"some of {', '.join(ALL)}"
    )
    parser.add_argument("--out", type=Path, help=f"the data; {RESULTS}, or {TRY} when quick")
    options = parser.parse_args(arguments)
    names = options.pipelines.split(",")
    unknown = [name for name in names if name not in ALL]
    if unknown:
        parser.error(f"there is no pipeline {unknown[0]!r}: choose from {', '.join(ALL)}")
    if options.rounds < 1 or options.fresh < 0:
        parser.error("--rounds must be at least 1 and --fresh at least 0")
    options.out = options.out or (TRY if options.quick else RESULTS)
    if not (ROOT / options.out).parent.is_dir():
        parser.error(f"the folder of {options.out} isn't there: make it, or choose another --out")
    options.pipelines = [ALL[name] for name in names]
    if options.quick:
        options.rounds, options.fresh = 1, 0
    return options


def stages_of(pipelines: list[Pipeline]) -> dict[str, Any]:
    """Processor by stage, of ours, each in a process of its own. Raises `StagesFailed`."""
    found = {}
    for pipeline in pipelines:
        if pipeline.stock:
            continue
        say(f"processor by stage: {pipeline.title}")
        sets = pipeline.arguments[3:]
        command = [sys.executable, "-m", "bench.stages", *sets]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            said = (done.stderr.strip() or "no reason given").splitlines()[-1]
            raise StagesFailed(f"The stages of `{pipeline.title}` can't be measured: {said}")
        found[pipeline.name] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def run(options: argparse.Namespace, command: str) -> dict[str, Any]:
    """The whole measurement as the object that is kept."""
    before = load_average()
    if before > 0.5 * (os.cpu_count() or 1):
        say(f"This machine is busy (load average {before}): close other programs to measure.")
    began = datetime.datetime.now(datetime.UTC)
    stages = stages_of(options.pipelines)  # first: what fails should fail before the long part
    calls = measure(options.pipelines, options.rounds, options.fresh, options.quick, say)
    took = datetime.datetime.now(datetime.UTC) - began
    return {
        "schema": SCHEMA,
        "command": command,
        "date": began.strftime("%Y-%m-%d %H:%M UTC"),
        "took_s": round(took.total_seconds()),
        "quick": options.quick,
        "rounds": options.rounds,
        "fresh": options.fresh,
        "machine": machine(),
        "load_average": {"before": before, "worst": max(row["load_average"] for row in calls)},
        "client_late_ms": max(row["client_late_ms"] for row in calls),
        "versions": versions(),
        "commit": commit(),
        "summary": summarise(calls, stages),
        "stages": stages,
        "calls": calls,
    }


def main(arguments: list[str] | None = None) -> int:
    words = sys.argv[1:] if arguments is None else arguments
    options = options_of(words)
    try:
        results = run(options, shlex.join(["python", "-m", "bench", *words]))
    except UserError as error:
        say(str(error))
        return error.exit_code
    out = ROOT / options.out
    out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    write(out, results)
    console = Console(stderr=True)
    console.print(table(results))
    for line, held in [] if options.quick else verdicts(results["summary"]):
        say(f"{'?' if held is None else 'yes' if held else 'NO'}  {line}")
    say(f"{out.relative_to(ROOT) if out.is_relative_to(ROOT) else out} has the data, the chart beside it.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
