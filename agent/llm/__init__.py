"""The language model: a small protocol, and the engines behind it."""

from agent.llm.protocol import LlmEngine, LlmError, Message
from agent.settings.tree import Llm, Models


def open_engine(section: Llm, models_section: Models) -> LlmEngine | None:
    """The engine that `section` names; only that one is imported. None for `off`: templates alone answer.

    It loads at `warm` or first use. Raises `LlmError`, or `MissingWeights` of `agent.models`.
    """
    if section.backend == "off":
        return None
    if section.backend == "fake":
        from agent.llm.fake import FakeLlm

        return FakeLlm()
    if section.backend == "openai":
        from agent.llm.openai import OpenAIEngine

        return OpenAIEngine(section)
    from agent.llm.llama import LlamaEngine
    from agent.models import require

    return LlamaEngine(require(models_section, section.model), section)


__all__ = ["LlmEngine", "LlmError", "Message", "open_engine"]
