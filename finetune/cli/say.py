"""`finetune say`: what the base and the adapter answer to one caller, side by side."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from finetune.cli.console import fail, hush

if TYPE_CHECKING:
    from finetune.data.rows import NamedFact


def run(
    text: Annotated[str, typer.Argument(help="What the caller says.")],
    trained: Annotated[
        Path | None, typer.Option("--run", metavar="RUN", help="A run of `finetune train`.")
    ] = None,
    adapter: Annotated[
        Path | None, typer.Option(metavar="DIR", help="An export or a folder of peft, instead of a run.")
    ] = None,
    base: Annotated[
        str | None, typer.Option(metavar="NAME", help="The base, where the adapter doesn't name it.")
    ] = None,
    fact: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="What the turn knows; NAME:date=2026-11-27 with its type."),
    ] = None,
    act: Annotated[
        list[str] | None, typer.Option(metavar="ACT", help="What else is to be said, as the data has it.")
    ] = None,
    business: Annotated[str, typer.Option(metavar="NAME|DIR", help="Whose agent speaks.")] = "shop",
    temperature: Annotated[float, typer.Option(min=0.0, help="0 takes the likeliest word.")] = 0.7,
    top_p: Annotated[float, typer.Option(min=0.01, max=1.0, help="Share of the likeliest words.")] = 0.9,
    seed: Annotated[int, typer.Option(help="Of the draws.")] = 1,
    max_tokens: Annotated[int, typer.Option(min=1, help="Of a reply.")] = 64,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Answer TEXT by the base and by the adapter; without a fact or an act, that there is nothing to tell."""
    from agent.dialogue import prompts
    from agent.dialogue.door import find_business
    from agent.dialogue.loader import load_profile
    from agent.settings import load, prepare_process
    from finetune.data.acts import DECLINE
    from finetune.data.forms import filled
    from finetune.evaluate.saying import say_both
    from finetune.evaluate.taught import find

    if trained is not None and adapter is not None:
        fail("Give --run or --adapter, not both.", 2)
    facts = _facts(fact or [])
    wanted = [prompts.act(name, f"{{{name}}}") for name in facts] + (act or [])
    persona = load_profile(find_business(load(), business)).persona
    messages = prompts.asked(persona, wanted or [DECLINE], text)
    chosen = trained or adapter
    taught = find(chosen, base) if chosen is not None else None
    name = base or (taught.base if taught is not None else None)
    if name is None:
        fail("Name who answers: --run RUN, --adapter DIR, or --base NAME alone.", 2)
    if taught is not None and taught.peft is None:
        fail(f"{chosen} has no files of peft, which this command answers with; give the run.", 2)
    prepare_process()
    hush()
    from finetune.evaluate.sides import Sides

    said = say_both(
        Sides.load(name, taught.peft if taught is not None else None),
        messages,
        max_tokens=max_tokens,
        temperature=temperature,
        top_p=top_p,
        seed=seed,
        adapted=taught is not None,
    )
    replies = {"base": said.base} | ({} if said.adapter is None else {"adapter": said.adapter})
    if as_json:
        document = {who: {"written": one, "text": filled(one, facts)} for who, one in replies.items()}
        print(json.dumps(document, indent=1, ensure_ascii=False))
        return
    for who, one in replies.items():
        print(f"{who:8} {one}")
        if (text_of := filled(one, facts)) != one:
            print(f"{'':8} {text_of}")


def _facts(given: list[str]) -> "dict[str, NamedFact]":
    from agent.dialogue.business import ValueKind
    from finetune.data.rows import NamedFact

    kinds: tuple[ValueKind, ...] = get_args(ValueKind)
    facts = {}
    for one in given:
        match = re.fullmatch(r"([a-z][a-z0-9_]*)(?::([a-z_]+))?=(.+)", one)
        if match is None:
            fail(f"--fact {one}: write NAME=VALUE, the name in small letters and underscores.", 2)
        kind = next((kind for kind in kinds if kind == (match[2] or "text")), None)
        if kind is None:
            fail(f"--fact {one}: {match[2]} is no type of a value; {', '.join(kinds)} are.", 2)
        facts[match[1]] = NamedFact(match[3], kind)
    return facts
