"""How surprised a model is: by the reference replies, and by plain English that it was not taught."""

from collections.abc import Sequence
from typing import Any

import torch

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
        found = []
        with self._sides.model(adapter=adapter) as model:
            for row in tracked(rows, told):
                encoded = encode(self._sides.base.tokenizer, row, self._max_tokens)
                counted = [at for at, label in enumerate(encoded.labels) if label != IGNORED and at > 0]
                found.append(_surprise(model, encoded.input_ids, counted))
        return found

    def of_text(self, text: str, *, windows: int, adapter: bool, told: str) -> list[Surprise]:
        """Of the first windows of `text`, each from its second token on."""
        ids = self._sides.base.tokenizer.encode(text, add_special_tokens=False)
        parts = [ids[at : at + WINDOW_TOKENS] for at in range(0, len(ids), WINDOW_TOKENS)][:windows]
        with self._sides.model(adapter=adapter) as model:
            return [
                _surprise(model, part, range(1, len(part))) for part in tracked(parts, told) if len(part) > 1
            ]


@torch.inference_mode()
def _surprise(model: Any, ids: Sequence[int], counted: Sequence[int]) -> Surprise:
    """Logits are made at the counted places alone: a vocabulary is most of a small model's work."""
    places = torch.tensor(list(counted), device=model.device)
    batch = torch.tensor([list(ids)], device=model.device)
    logits = model(input_ids=batch, logits_to_keep=places - 1, use_cache=False).logits[0].float()
    nats = torch.nn.functional.cross_entropy(logits, batch[0, places], reduction="sum")
    return Surprise(float(nats), len(counted))
