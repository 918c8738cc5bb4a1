"""The adapter that a business names: what it means, and what is wrong with it."""

from collections.abc import Iterator
from pathlib import Path

from agent.dialogue.business import Business, BusinessError
from agent.dialogue.loader_lines import Lines
from agent.llm import LlmError, adapters
from agent.settings.tree import Llm


def business_adapter(folder: Path, named: str, backend: str) -> Path | None:
    """What `adapter` in a business.toml means; None is the model as it is. Raises `LlmError`."""
    if named == adapters.NONE:
        return None
    # another server's adapter is a model of its own name there
    return Path(named) if backend == "openai" else adapters.find_adapter(named, [folder])


def adapter_mistakes(folder: Path, business: Business, section: Llm) -> Iterator[BusinessError]:
    """Why the adapter that the business names can't be loaded over `llm.model`, with its line."""
    named = business.profile.adapter
    if named is None or section.backend not in adapters.BACKENDS:
        return
    try:
        found = business_adapter(folder, named, section.backend)
        if found is not None:
            adapters.check(found, section)
    except LlmError as error:
        path = folder / "business.toml"
        line = Lines(path.read_text("utf-8")).of(("adapter",))
        yield BusinessError(f"{path}:{line}: adapter: {error}")
