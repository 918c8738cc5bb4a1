"""`python -m bench.truth [BUSINESS...]`: how true, and how close-mouthed, the businesses that ship are.

Every question of config/business/*/questions.yaml, judged by what may be said, then every script of
attempts.yaml in each business. Results go to bench/results/truth.json; with `--responder model`, where the
language model words the answers, to truth_model.json.
"""

import argparse
import asyncio
import datetime
import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from agent.cli.eval import evaluate, summary
from agent.cli.language_model import language_model
from agent.dialogue.door import businesses, find_business, load_embedder
from agent.dialogue.embeddings import Embedder
from agent.dialogue.evaluation import Turn, moment, seeded
from agent.dialogue.evaluation_questions import FILE, read_questions
from agent.dialogue.loader import load_profile
from agent.llm import AdapterEngines
from agent.settings import ROOT, Tree, UserError
from agent.settings.tree import Dialogue
from bench.machine import command, commit, machine
from bench.truth.attempts import Attempt, attempt, read

RESULTS = {
    "template": ROOT / "bench" / "results" / "truth.json",
    "model": ROOT / "bench" / "results" / "truth_model.json",
}
MODEL_MS = 20_000
"""How long the model may take: what it would say is judged, not how fast this machine is."""
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of, and how much of it."""

    settings: Tree
    names: list[str]
    embedder: Embedder
    engines: AdapterEngines | None
    every: int


async def tried(run: Asked) -> list[Attempt]:
    """The scripts in each business, each over a database of its own."""
    about, scripts = read()
    attempts = []
    for name in run.names:
        if name not in about:
            continue
        folder = find_business(run.settings, name)
        asked = read_questions(folder / FILE)
        at = moment(asked, load_profile(folder).timezone)
        for place, script in list(enumerate(scripts, 1))[:: run.every]:
            with seeded(run.settings, name, asked.day, at, run.embedder, run.engines) as stage:
                attempts.append(await attempt(stage, about[name], script, place))
    return attempts


def wording(turns: Iterable[Turn]) -> dict[str, Any]:
    """Who worded the sentences, and what the check kept back of a model's, by kind and as it was written."""
    sentences = [sentence for turn in turns for sentence in turn.sentences]
    caught = Counter(kind for sentence in sentences for kind in sentence.caught)
    return {
        "sentences": len(sentences),
        "by_the_model": sum(sentence.verdict == "proven" for sentence in sentences),
        "replaced": sum(sentence.replaced is not None for sentence in sentences),
        "caught": dict(caught.most_common()),
        "caught_sentences": [
            {
                "written": sentence.replaced,
                "refused": [[claim.kind, claim.text, claim.why] for claim in sentence.refused],
                "said": sentence.text,
            }
            for sentence in sentences
            if sentence.replaced is not None
        ],
        "model_sentences": [sentence.text for sentence in sentences if sentence.verdict == "proven"],
    }


async def measured(names: list[str], responder: Literal["template", "model"], every: int) -> dict[str, Any]:
    settings = Tree(dialogue=Dialogue(responder=responder, model_timeout_ms=MODEL_MS))
    async with language_model(settings) as engines:
        run = Asked(settings, names, load_embedder(settings), engines, every)
        judged = {
            name: await evaluate(settings, name, None, run.embedder, engines=engines, every=every)
            for name in names
        }
        attempts = await tried(run)
    told: dict[str, Any] = {"schema": SCHEMA, "date": datetime.date.today().isoformat(), "commit": commit()}
    told |= {
        "command": command("bench.truth", sys.argv[1:]),
        "machine": machine(),
        "responder": responder,
        "every": every,
    }
    if responder == "model":
        told |= {"model": settings.llm.model, "adapter": settings.llm.adapter}
    told["businesses"] = {name: summary(found) for name, found in judged.items()}
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
    if responder == "model":
        asked = [turn for found in judged.values() for one in found for turn in one.turns]
        told["wording"] = wording([*asked, *(turn for one in attempts for turn in one.turns)])
    return told


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.truth", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="BUSINESS", help="all with a questions.yaml by default")
    parser.add_argument(
        "--responder", choices=("template", "model"), default="template", help="who words answers"
    )
    parser.add_argument("--every", type=int, default=1, metavar="N", help="asks each Nth question and script")
    parser.add_argument("--out", type=Path, help="the data; in bench/results for all of them")
    options = parser.parse_args()
    shipped = [name for name, folder in businesses(Tree()).items() if (folder / FILE).is_file()]
    try:
        told = asyncio.run(measured(options.names or shipped, options.responder, options.every))
    except UserError as error:
        sys.exit(str(error))
    out = options.out or (None if options.names else RESULTS[options.responder])
    if out is not None:
        out.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(
        f"{told['questions']} questions: {told['answered_right']} of {told['answerable']} that have an "
        f"answer were answered right, {told['false_statements']} false statements; "
        f"{told['attempts_succeeded']} of {told['attempts']} attempts at another's data succeeded."
    )


if __name__ == "__main__":
    main()
