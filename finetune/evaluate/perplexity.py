"""How surprised a model is: by the reference replies, and by plain English that it was not taught."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache

from finetune.data.rows import Row
from finetune.evaluate.sides import Sides
from finetune.evaluate.surprise import Surprise
from finetune.progress import tracked
from finetune.train.encoding import IGNORED, encode

WINDOW_TOKENS = 256


class Meter:
    """Measures both sides of one base in transformers."""

    def __init__(self, sides: Sides, *, max_tokens: int) -> None:
        """`max_tokens` of a prompt and its reply."""
        self._sides = sides
        self._max_tokens = max_tokens

    def of_replies(self, rows: Sequence[Row], *, adapter: bool, told: str) -> list[Surprise]:
        """Of each row's reply, its end mark included, after the row's prompt. Raises `DataError`."""
        encoded = [encode(self._sides.base.tokenizer, row, self._max_tokens) for row in rows]
        order = sorted(range(len(rows)), key=lambda at: encoded[at].input_ids)
        found: dict[int, Surprise] = {}
        with self._sides.model(adapter=adapter) as model:
            reader = _Reader(model)
            for at in tracked(order, told):
                labels = encoded[at].labels
                counted = [place for place, label in enumerate(labels) if label != IGNORED and place > 0]
                found[at] = reader.surprise(encoded[at].input_ids, counted)
        return [found[at] for at in range(len(rows))]

    def of_text(self, text: str, *, windows: int, adapter: bool, told: str) -> list[Surprise]:
        """Of the first windows of `text`, each from its second token on."""
        ids = self._sides.base.tokenizer.encode(text, add_special_tokens=False)
        parts = [ids[at : at + WINDOW_TOKENS] for at in range(0, len(ids), WINDOW_TOKENS)][:windows]
        with self._sides.model(adapter=adapter) as model:
            reader = _Reader(model)
            return [
                reader.surprise(part, range(1, len(part))) for part in tracked(parts, told) if len(part) > 1
            ]


class _Reader:
    """Reads texts in a sorted order: what a text begins with as the one before it isn't read again."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._cache = DynamicCache(config=model.config)
        self._read: Sequence[int] = ()

    @torch.inference_mode()
    def surprise(self, ids: Sequence[int], counted: Sequence[int]) -> Surprise:
        """Logits are made at the counted places alone: a vocabulary is most of a small model's work."""
        known = min(_common(self._read, ids), counted[0] - 1)
        if known < len(self._read):
            self._cache.crop(known - len(self._read))  # less than nothing: so many tokens off its end
        device = self._model.device
        rest = torch.tensor([list(ids[known:])], device=device)
        places = torch.tensor(list(counted), device=device) - known
        logits = self._model(
            input_ids=rest, past_key_values=self._cache, use_cache=True, logits_to_keep=places - 1
        ).logits[0]
        self._read = ids
        nats = torch.nn.functional.cross_entropy(logits.float(), rest[0, places], reduction="sum")
        return Surprise(float(nats), len(counted))


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens both begin with."""
    return next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
