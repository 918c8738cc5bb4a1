"""`agent eval`: asks a business the questions of its owner, and judges what it says."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.console import Assignments, ConfigFiles, load_settings, say
from agent.cli.language_model import language_model

if TYPE_CHECKING:
    from agent.dialogue.embeddings import Embedder
    from agent.dialogue.evaluation import Judged
    from agent.llm import AdapterEngines
    from agent.settings import Tree


def run(
    business: Annotated[str, typer.Argument(metavar="DIR", help="A business: its name or folder.")],
    questions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Questions and what may be said; else questions.yaml in DIR."),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Show every question, not only those that went wrong.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    config: ConfigFiles = None,
    set_: Assignments = None,
) -> None:
    """Ask a business its questions over a copy of its database. Exit 1 where something false was said."""
    tree = load_settings(config, set_, quiet=True)
    judged = asyncio.run(_evaluated(tree, business, questions))
    if as_json:
        print(json.dumps(summary(judged), ensure_ascii=False, indent=2))
    else:
        _show(judged, every)
    if any(one.false for one in judged):
        raise typer.Exit(1)


async def _evaluated(tree: "Tree", business: str, questions: Path | None) -> "list[Judged]":
    async with language_model(tree) as engines:
        return await evaluate(tree, business, questions, engines=engines)


async def evaluate(
    tree: "Tree",
    business: str,
    questions: Path | None,
    embedder: "Embedder | None" = None,
    *,
    engines: "AdapterEngines | None" = None,
    every: int = 1,
) -> "list[Judged]":
    """Every question (or each `every`th), each asked of a business that no other question has changed."""
    from agent.dialogue.door import find_business, load_embedder
    from agent.dialogue.evaluation import ask, moment, seeded
    from agent.dialogue.evaluation_questions import FILE, read_questions
    from agent.dialogue.loader import load_profile

    folder = find_business(tree, business)
    asked = read_questions(questions or folder / FILE)
    embedder = embedder or load_embedder(tree)
    at = moment(asked, load_profile(folder).timezone)
    chosen = asked.questions[::every]
    judged = []
    with seeded(tree, str(folder), asked.day, at, embedder, engines) as stage:
        for one in chosen:
            if not one.agree:
                judged.append(await ask(stage, asked, one))
    for one in chosen:
        if one.agree:  # it changes something
            with seeded(tree, str(folder), asked.day, at, embedder, engines) as stage:
                judged.append(await ask(stage, asked, one))
    order = {one.id: place for place, one in enumerate(asked.questions)}
    return sorted(judged, key=lambda each: order[each.question.id])


def summary(judged: "list[Judged]") -> dict[str, Any]:
    """The figures, and each question that went wrong."""
    answerable = [one for one in judged if one.question.answerable]
    return {
        "questions": len(judged),
        "answerable": len(answerable),
        "answered_right": sum(one.right for one in answerable),
        "unanswerable": len(judged) - len(answerable),
        "false_statements": sum(len(one.false) for one in judged),
        "wrong": [
            {
                "id": one.question.id,
                "false": list(one.false),
                "missing": list(one.missing),
                "turns": [
                    [turn.caller, " ".join(each.text for each in turn.sentences)] for turn in one.turns
                ],
            }
            for one in judged
            if not one.right
        ],
    }


def _show(judged: "list[Judged]", every: bool) -> None:
    for one in judged:
        if one.right and not every:
            continue
        say(f"{one.question.id}:")
        for turn in one.turns:
            say(f"  caller  {turn.caller}")
            say(f"  agent   {turn.said}")
        for text in one.false:
            say(f"  false   {text}")
        for text in one.missing:
            say(f"  missing {text}")
    figures = summary(judged)
    print(
        f"{figures['questions']} questions: {figures['answered_right']} of {figures['answerable']} that have "
        f"an answer were answered right, {figures['false_statements']} false statements."
    )
