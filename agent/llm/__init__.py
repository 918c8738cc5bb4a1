"""The language model: a small protocol, and the engines behind it."""

from pathlib import Path

from agent.llm.adapter_engines import AdapterEngine, AdapterEngines, Opener, PinnedEngine
from agent.llm.adapters import BACKENDS, check_base, default_adapter
from agent.llm.protocol import LlmEngine, LlmError, Message
from agent.settings.tree import Llm, Models


def open_engine(section: Llm, models_section: Models) -> LlmEngine | None:
    """The engine that `section` names, with its adapter; only that one is imported. None for `off`.

    It loads at `warm` or first use. Raises `LlmError`, or `MissingWeights` of `agent.models`.
    """
    if section.backend == "off":
        return None
    return _opener(section, models_section)(_default(section))


def open_engines(section: Llm, models_section: Models) -> AdapterEngines | None:
    """An engine an adapter, for a machine whose businesses may have their own. None for `off`: templates
    alone answer. Raises as `open_engine`."""
    if section.backend == "off":
        return None
    return AdapterEngines(_opener(section, models_section), _default(section))


def _default(section: Llm) -> Path | None:
    if section.backend in BACKENDS:
        return default_adapter(section)
    # another server's adapter is a model of its own name there
    return section.adapter if isinstance(section.adapter, Path) else None


def _opener(section: Llm, models_section: Models) -> Opener:
    if section.backend == "fake":
        from agent.llm.fake import FakeLlm

        return lambda _: FakeLlm()
    if section.backend == "openai":
        from agent.llm.openai import OpenAIEngine

        return lambda adapter: OpenAIEngine(section.model_copy(update={"adapter": adapter}))
    if section.backend == "transformers":
        return _transformers(section, models_section)
    from agent.llm.llama import LlamaEngine
    from agent.models import require

    folder = require(models_section, section.model)

    def llama(adapter: Path | None) -> LlmEngine:
        if adapter is not None:
            check_base(adapter, section.model)
        return LlamaEngine(folder, section.model_copy(update={"adapter": adapter}))

    return llama


def _transformers(section: Llm, models_section: Models) -> Opener:
    """One base for all adapters."""
    from agent.llm.transformers import TransformersEngine
    from agent.llm.transformers_model import TransformersModel

    shared = TransformersModel(section, models_section)

    def over(adapter: Path | None) -> LlmEngine:
        if adapter is not None:
            check_base(adapter, section.model)
        return TransformersEngine(shared, section, adapter)

    return over


__all__ = [
    "AdapterEngine",
    "AdapterEngines",
    "LlmEngine",
    "LlmError",
    "Message",
    "PinnedEngine",
    "open_engine",
    "open_engines",
]
