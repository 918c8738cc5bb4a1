"""Pairs of replies to one prompt, of which one is preferred: what `finetune dpo` learns from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.llm.protocol import Message
from finetune.data.errors import DataError
from finetune.data.rows import ROLES


@dataclass(frozen=True, slots=True)
class Preference:
    prompt: tuple[Message, ...]
    """Ends with what the user says."""
    chosen: str
    rejected: str


def read_preferences(path: Path) -> tuple[Preference, ...]:
    """All pairs of a JSONL file of `{"prompt": [{"role", "content"}], "chosen", "rejected"}`.

    Raises `DataError` that names the file, the line and what is wrong.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: can't be read; give a JSONL file of preferred replies.") from error
    pairs = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            pairs.append(_preference(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{path}:{number}: not a pair ({error}); write prompt, chosen and rejected."
            ) from error
    if not pairs:
        raise DataError(f"{path} holds no pair of replies.")
    return tuple(pairs)


def _preference(document: Mapping[str, Any]) -> Preference:
    prompt = tuple(Message(part["role"], part["content"]) for part in document["prompt"])
    chosen, rejected = document["chosen"], document["rejected"]
    if not prompt or prompt[-1].role != "user" or any(message.role not in ROLES for message in prompt):
        raise ValueError("the prompt is system, user and assistant in turns, and ends with the user")
    if not (isinstance(chosen, str) and isinstance(rejected, str) and chosen.strip() and rejected.strip()):
        raise ValueError("chosen and rejected are texts")
    if chosen.strip() == rejected.strip():
        raise ValueError("chosen and rejected are the same")
    return Preference(prompt, chosen.strip(), rejected.strip())
