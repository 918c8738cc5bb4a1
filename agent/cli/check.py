"""`agent check`: settings, weights, businesses and the database; every problem, not the first alone."""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.console import Assignments, ConfigFiles, explain, load_settings, say

if TYPE_CHECKING:
    from agent.settings import Tree

LLM_PACKAGES = ("torch", "transformers", "peft")
Check = Callable[["Tree"], Iterator[str]]


def run(
    business: Annotated[
        str | None, typer.Option(metavar="DIR", help="Check this business alone: its name or its folder.")
    ] = None,
    config: ConfigFiles = None,
    set_: Assignments = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check settings, weights, businesses and the database; exit 1 when something is wrong, 2 when it's
    in the business given by --business."""
    tree = load_settings(config, set_, quiet=True)
    checks: dict[str, Check] = (
        {"business": lambda tree: _one_business(tree, business)}
        if business is not None
        else {"settings": _settings, "weights": _weights, "businesses": _businesses, "database": _database}
    )
    found = {name: list(_problems(check, tree)) for name, check in checks.items()}
    to_confirm = list(_to_confirm(tree, business))
    if as_json:
        print(json.dumps(found | {"to_confirm": to_confirm}, indent=2))
    for name, problems in found.items():
        for problem in problems:
            say(problem)
        if not problems and not as_json:
            print(f"{name}: good")
    for promise in to_confirm if not as_json else ():
        say(promise)
    if any(found.values()):
        raise SystemExit(1 if business is None else 2)


def _problems(check: Check, tree: "Tree") -> Iterator[str]:
    """What the check says; an error that a user can mend counts as one more problem."""
    try:
        yield from check(tree)
    except Exception as error:
        sentence = explain(error)
        if sentence is None:
            raise
        yield sentence


def _settings(tree: "Tree") -> Iterator[str]:
    """Settings that are right each alone, but not together."""
    from agent.llm import adapters

    if tree.server.softphone_remote and tree.server.softphone_token is None:
        yield "server.softphone_remote is true without server.softphone_token: set a token."
    if tree.twilio.auth_token is not None and not tree.server.public_url:
        yield "twilio.auth_token is set without server.public_url: set the address Twilio calls."
    if tree.llm.backend == "openai" and not tree.llm.base_url:
        yield "llm.backend is openai without llm.base_url: set the address of the server."
    turns = tree.turns
    if not turns.min_silence_ms <= turns.unsure_silence_ms <= turns.max_silence_ms:
        yield "turns.min_silence_ms, unsure_silence_ms and max_silence_ms must rise in this order."
    if tree.llm.backend in adapters.BACKENDS and (found := adapters.default_adapter(tree.llm)) is not None:
        adapters.check(found, tree.llm)


def _weights(tree: "Tree") -> Iterator[str]:
    """The weights that these settings load, and what the engines need beside them."""
    from agent.models import require
    from agent.settings import UserError

    yield from _engines(tree)
    needed = ["minilm", "smart-turn"]
    needed += ["silero-vad"] if tree.vad.backend == "silero" else []
    needed += [tree.tts.model] if tree.tts.backend == "piper" else []
    needed += [tree.llm.model] if tree.llm.backend == "llama" else []
    for name in needed:
        try:
            require(tree.models, name)
        except UserError as error:
            yield str(error)


def _engines(tree: "Tree") -> Iterator[str]:
    """What keeps a chosen engine from opening, without opening it."""
    from importlib.util import find_spec

    from agent.asr import device, folder_of
    from agent.settings import UserError

    if tree.vad.backend == "webrtcvad" and find_spec("webrtcvad") is None:
        yield "vad.backend is webrtcvad, whose package isn't here: run `make install`."
    if tree.llm.backend == "transformers" and (lacks := [p for p in LLM_PACKAGES if find_spec(p) is None]):
        yield f'llm.backend is transformers without {", ".join(lacks)}: pip install -e ".[finetune]".'
    looks: list[Callable[[], object]] = []
    if tree.asr.backend == "whisper":
        looks += [lambda: device.check(tree.asr), lambda: folder_of(tree.asr, tree.models)]
    if tree.tts.backend == "coqui":
        from agent.tts import coqui

        looks += [lambda: coqui.folder_of(tree.tts, tree.models), lambda: coqui.check(tree.tts)]
    for look in looks:
        try:
            look()
        except UserError as error:
            yield str(error)


def _businesses(tree: "Tree") -> Iterator[str]:
    """All of `dialogue.business_dir`, and the default one among them."""
    from agent.dialogue import businesses

    folders = businesses(tree)
    if tree.dialogue.default_business not in folders:
        listed = ", ".join(folders) or "none is there"
        yield f"dialogue.default_business is {tree.dialogue.default_business}: choose of {listed}."
    for folder in folders.values():
        yield from _problems(lambda tree, folder=folder: _business(folder, tree), tree)  # type: ignore[misc]


def _one_business(tree: "Tree", name: str | None) -> Iterator[str]:
    from agent.dialogue.door import find_business

    yield from _business(find_business(tree, name or ""), tree)


def _business(folder: Path, tree: "Tree") -> Iterator[str]:
    """The mistakes of a business's folder, of its recorded callers and documents, and queries that don't fit
    its database. What is wrong in one place doesn't hide the rest."""
    from agent.dialogue.business_adapter import adapter_mistakes
    from agent.dialogue.door import tool_secrets
    from agent.dialogue.knowledge_opening import document_mistakes
    from agent.dialogue.loader import checked
    from agent.dialogue.loader_database import database_mistakes
    from agent.dialogue.phrasing import Phrasebook
    from agent.dialogue.remote_tools import RemoteTools
    from telephony.softphone.recorded_callers import CallersError, show_business

    found, business = checked(folder)
    unfit = list(database_mistakes(folder, business)) if business is not None else []
    broken = {error.keys[1] for error in unfit if error.keys[2:] == ("sql",)}
    # what a query that doesn't fit would give isn't known
    alone = [
        error
        for error in found
        if not (error.keys[1:2] and error.keys[1] in broken and "answers" in error.keys)
    ]
    yield from sorted(map(str, (*alone, *unfit)), key=_place)
    try:
        show_business(folder.name, folder.name, folder)
    except CallersError as error:
        yield str(error)
    if business is None:
        return
    yield from map(str, adapter_mistakes(folder, business, tree.llm))
    if not found:
        yield from map(str, document_mistakes(folder, Phrasebook(business)))
        RemoteTools(business, tool_secrets(tree))  # an error where a secret isn't set


def _to_confirm(tree: "Tree", name: str | None) -> Iterator[str]:
    """What phrases promise in their own words and no owner has vouched for: told, and no mistake."""
    from agent.dialogue import businesses
    from agent.dialogue.door import find_business
    from agent.dialogue.loader import checked
    from agent.dialogue.loader_references import References
    from agent.settings import UserError

    try:
        folders = [find_business(tree, name)] if name is not None else list(businesses(tree).values())
    except UserError:
        return  # told among the mistakes
    for folder in folders:
        found, business = checked(folder)
        if business is not None and not found:
            yield from map(str, References(folder, business, frozenset()).to_confirm())


def _place(said: str) -> tuple[str, int]:
    """File and line of a mistake; one without a line goes first."""
    found = re.match(r"(.+?):(\d+): ", said)
    return (found[1], int(found[2])) if found else ("", 0)


def _database(tree: "Tree") -> Iterator[str]:
    """The record of calls: opened where it is there, and whether it could be made where it isn't."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    from agent.call.database import Database, file_of

    try:
        path = file_of(make_url(tree.records.url))
    except ArgumentError:
        path = None  # Database.open says what is wrong with the address
    if path is None or path.exists():
        Database.open(tree.records.url, create=False).dispose()
        return
    folder = next(folder for folder in path.parents if folder.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        yield f"The database {path} can't be made: make {folder} writable, or set records.url."
