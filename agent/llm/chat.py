"""The one place where a chat becomes a prompt: ChatML, as SmolLM2 and Qwen2.5 were trained on.

Their own templates put a default system text in ("You are a helpful AI assistant named SmolLM ..."): this
one doesn't, and serving and training both use it, so the model reads live what it was trained on.
"""

import re
from collections.abc import Sequence

from agent.llm.protocol import Message

BEGIN = "<|im_start|>"
END = "<|im_end|>"
_SPECIAL = re.compile(r"<\|[^|<>]*\|>")


def plain(text: str) -> str:
    """`text` without anything that a tokenizer takes for a token of its own."""
    while True:
        cut = _SPECIAL.sub("", text)
        if cut == text:
            return cut
        text = cut


def prompt(messages: Sequence[Message], *, answer: bool = True) -> str:
    """The prompt's text; with `answer` it ends where the assistant begins to write."""
    turns = "".join(f"{BEGIN}{message.role}\n{plain(message.content)}{END}\n" for message in messages)
    return f"{turns}{BEGIN}assistant\n" if answer else turns


def fits(template: str | None) -> bool:
    """Whether a model with this chat template (of its GGUF) was trained on ChatML."""
    return template is None or BEGIN in template
