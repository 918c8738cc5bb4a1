"""The language model of a command that asks without a call, where the settings or the command want it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from agent.cli.console import fail

if TYPE_CHECKING:
    from agent.llm import AdapterEngines
    from agent.settings import Tree


@asynccontextmanager
async def language_model(tree: "Tree", *, wanted: bool = False) -> "AsyncIterator[AdapterEngines | None]":
    """The engines, closed at the end; None where answers are the templates'. Ends the program where the model
    is wanted and `llm.backend` is off."""
    from agent.llm import open_engines

    wanted = wanted or tree.dialogue.responder == "model"
    engines = open_engines(tree.llm, tree.models) if wanted else None
    if wanted and engines is None:
        fail("llm.backend is off: choose one with --set llm.backend=llama.", 2)
    try:
        yield engines
    finally:
        if engines is not None:
            await engines.close()
