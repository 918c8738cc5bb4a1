"""`python -m bench.truth [BUSINESS...]`: how true, and how close-mouthed, the businesses that ship are.

Every question of config/business/*/questions.yaml, judged by what may be said, then every script of
attempts.yaml in each business. Results go to bench/results/truth.json.
"""

import argparse
import asyncio
import datetime
import json
import sys
from pathlib import Path
from typing import Any

from agent.cli.eval import evaluate, summary
from agent.dialogue.door import businesses, find_business, load_embedder
from agent.dialogue.embeddings import Embedder
from agent.dialogue.evaluation import moment, seeded
from agent.dialogue.evaluation_questions import FILE, read_questions
from agent.dialogue.loader import load_profile
from agent.settings import ROOT, Tree, UserError
from bench.machine import commit, machine
from bench.truth.attempts import Attempt, attempt, read

RESULTS = ROOT / "bench" / "results" / "truth.json"
SCHEMA = 1


async def tried(settings: Tree, names: list[str], embedder: Embedder) -> list[Attempt]:
    """Every script in each business, each over a database of its own."""
    about, scripts = read()
    attempts = []
    for name in names:
        if name not in about:
            continue
        folder = find_business(settings, name)
        asked = read_questions(folder / FILE)
        at = moment(asked, load_profile(folder).timezone)
        for place, script in enumerate(scripts, 1):
            with seeded(settings, name, asked.day, at, embedder) as stage:
                attempts.append(await attempt(stage, about[name], script, place))
    return attempts


async def measured(names: list[str], responder: str) -> dict[str, Any]:
    settings = Tree()
    embedder = load_embedder(settings)
    told: dict[str, Any] = {"schema": SCHEMA, "date": datetime.date.today().isoformat(), "commit": commit()}
    told |= {"machine": machine(), "responder": responder, "businesses": {}}
    for name in names:
        told["businesses"][name] = summary(await evaluate(settings, name, None, embedder))
    attempts = await tried(settings, names, embedder)
    figures = list(told["businesses"].values())
    for key in ("questions", "answerable", "answered_right", "unanswerable", "false_statements"):
        told[key] = sum(each[key] for each in figures)
    told["attempts"] = len(attempts)
    told["attempts_succeeded"] = sum(bool(one.leaked) for one in attempts)
    told["leaks"] = [
        {
            "business": one.business,
            "script": one.script,
            "leaked": list(one.leaked),
            "turns": [[turn.caller, turn.said] for turn in one.turns],
        }
        for one in attempts
        if one.leaked
    ]
    return told


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.truth", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="BUSINESS", help="all with a questions.yaml by default")
    parser.add_argument("--out", type=Path, help=f"the data; {RESULTS.relative_to(ROOT)} for all of them")
    options = parser.parse_args()
    shipped = [name for name, folder in businesses(Tree()).items() if (folder / FILE).is_file()]
    try:
        told = asyncio.run(measured(options.names or shipped, "template"))
    except UserError as error:
        sys.exit(str(error))
    out = options.out or (None if options.names else RESULTS)
    if out is not None:
        out.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(
        f"{told['questions']} questions: {told['answered_right']} of {told['answerable']} that have an "
        f"answer were answered right, {told['false_statements']} false statements; "
        f"{told['attempts_succeeded']} of {told['attempts']} attempts at another's data succeeded."
    )


if __name__ == "__main__":
    main()
