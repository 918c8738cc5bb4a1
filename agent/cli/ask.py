"""`agent ask`: the same dialogue without sound; several texts are one conversation."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.console import Assignments, ConfigFiles, fail, load_settings, say
from agent.cli.language_model import language_model

if TYPE_CHECKING:
    from agent.dialogue import BusinessDialogue, Sentence
    from agent.dialogue.responder import Measured
    from agent.llm import AdapterEngines
    from agent.settings import Tree

COLOURS = {"proven": "green", "approved": "cyan", "template": "blue"}


def run(
    texts: Annotated[
        list[str], typer.Argument(metavar="TEXT...", help="What the caller says, turn by turn.")
    ],
    business: Annotated[
        str | None, typer.Option(metavar="DIR", help="A business: its name or folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    measure_model: Annotated[
        bool, typer.Option("--measure-model", help="Also run the model beside the templates, and report it.")
    ] = False,
    write: Annotated[
        bool,
        typer.Option("--write", help="Keep changes (a cancellation, a booking) in the business's database."),
    ] = False,
    config: ConfigFiles = None,
    set_: Assignments = None,
) -> None:
    """Ask the agent in text. Changes are made in a copy of the database, unless --write is given."""
    if not any(text.strip() for text in texts):
        fail('Give what the caller says, for example: agent ask "Where is my order?"', 2)
    tree = load_settings(config, set_, quiet=True)
    answers = asyncio.run(ask(tree, business or tree.dialogue.default_business, texts, measure_model, write))
    if as_json:
        print(json.dumps(answers, ensure_ascii=False, indent=2))
        return
    for answer in answers:
        _show(answer)


async def ask(
    tree: "Tree", business: str, texts: list[str], measure_model: bool, write: bool
) -> list[dict[str, Any]]:
    """One conversation; an object a text, as `--json` prints it. Texts of digits and `#` are keys.

    Without `write` it's held over a copy of the database, which is removed; a database that isn't SQLite
    can't be copied, and each change in it is taken back at once.
    """
    async with language_model(tree, wanted=measure_model) as engines:
        with _opened(tree, business, engines, write) as dialogue:
            if dialogue.llm is not None:
                say("loading the language model ...")
                await dialogue.warm()
            conversation = dialogue.open()
            answers = []
            for text in texts:
                reply = await (conversation.keys(text[:-1]) if _keys(text) else conversation.respond(text))
                sentences = [sentence async for sentence in reply.sentences]
                answer = {
                    "question": text,
                    "intent": reply.intent,
                    "slots": dict(reply.slots),
                    "text": " ".join(sentence.text for sentence in sentences),
                    "sentences": [_document(sentence) for sentence in sentences],
                }
                if measure_model and dialogue.llm is not None:
                    answer["model"] = _measured(
                        await dialogue.measure(conversation, text, dialogue.llm, tree)
                    )
                answers.append(answer)
                if reply.ends_call:
                    conversation = dialogue.open()  # who speaks on has called again
            return answers


@contextmanager
def _opened(
    tree: "Tree", business: str, engines: "AdapterEngines | None", write: bool
) -> "Iterator[BusinessDialogue]":
    """The business over its database, or over a copy that is removed at the end."""
    from agent.dialogue import open_dialogue
    from agent.dialogue.database import copy_database
    from agent.dialogue.door import find_business
    from agent.dialogue.loader import load_profile

    with TemporaryDirectory(prefix="ringdown-ask-") as folder:
        copy = None
        if not write:
            found = find_business(tree, business)
            copy = copy_database(load_profile(found).database, found.name, Path(folder))
        dialogue = open_dialogue(tree, business, engines, database_url=copy, keeps_changes=write)
        try:
            yield dialogue
        finally:
            dialogue.close()


def _keys(text: str) -> bool:
    return text.endswith("#") and all(sign in "0123456789*#" for sign in text)


def _document(sentence: "Sentence") -> dict[str, Any]:
    return {
        "text": sentence.text,
        "kind": sentence.kind,
        "verdict": sentence.verdict,
        "heard": "all",
        "replaced": sentence.replaced is not None,
        "facts": [{"name": f.name, "value": f.value, "source": f.source} for f in sentence.facts],
        "phrase": sentence.phrase,
        "claims": [asdict(claim) for claim in sentence.claims],
        "caught": list(sentence.caught),
    }


def _measured(measured: "Measured | None") -> dict[str, Any] | None:
    if measured is None:
        return None
    return {
        "text": measured.text,
        "refused": list(measured.refused),
        "caught": [asdict(claim) for claim in measured.caught],
        "missing": list(measured.missing),
        "took_ms": measured.took_ms,
        "failed": measured.failed,
    }


def _show(answer: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    slots = ", ".join(f"{name} {value}" for name, value in answer["slots"].items())
    about = f"  [{answer['intent'] or 'none of these'}{': ' + slots if slots else ''}]"
    console.print(Text("caller  ", style="bold").append(answer["question"]).append(about, style="dim"))
    for sentence in answer["sentences"]:
        line = Text("agent   ", style="bold").append(sentence["text"], style=COLOURS[sentence["verdict"]])
        line.append(f"  {sentence['verdict']}", style="dim")
        if sentence["replaced"]:
            line.append(", in place of the model's", style="yellow")
        console.print(line)
        for fact in sentence["facts"]:
            console.print(
                Text(f"          {fact['name']} = {fact['value']}  ({fact['source']})", style="dim")
            )
    if model := answer.get("model"):
        console.print(Text(f"model   {model['text']}  {model['took_ms']} ms", style="magenta"))
        for refused in model["refused"]:
            console.print(Text(f"          refused: {refused}", style="red"))
        for claim in model["caught"]:
            console.print(Text(f"          {claim['kind']}: {claim['text']}: {claim['why']}", style="red"))
