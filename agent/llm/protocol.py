"""What a language model does: streams text for a chat, and stops when told."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


class LlmEngine(Protocol):
    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        stop: Sequence[str] = (),
        grammar: str | None = None,
    ) -> AsyncIterator[str]:
        """Pieces of text as they are made. Closing the iterator (or cancelling its task) frees the slot.

        `grammar` is GBNF. Raises `LlmError` when the engine can't answer.
        """
        ...

    async def warm(self, prefix: Sequence[Message] = ()) -> None:
        """Loads what is lazy and caches a prompt prefix."""
        ...

    async def close(self) -> None: ...


class LlmError(RuntimeError):
    """The model can't answer; the text says what to do."""
