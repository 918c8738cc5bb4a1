"""Segments of different lengths as one batch: padded to the longest, with masks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

IGNORED = -100
"""A label that no loss counts."""


@dataclass(frozen=True, slots=True)
class Example:
    """Either samples (samples,) or features (bands, frames), float32, and what was said."""

    sound: NDArray[np.float32]
    text: str = ""


class SpeechCollator:
    """Makes batches of `Example`s.

    `tokenize` turns a text into token ids; without it there are no labels. `multiple` rounds the padded
    length up, as tensor cores like it.
    """

    def __init__(self, tokenize: Callable[[str], Sequence[int]] | None = None, multiple: int = 1) -> None:
        if multiple < 1:
            raise ValueError("multiple is 1 or more")
        self._tokenize = tokenize
        self._multiple = multiple

    def __call__(self, examples: Sequence[Example]) -> "dict[str, Tensor]":
        """`input_values` (batch, samples) or `input_features` (batch, bands, frames), float32, padded with 0;
        `attention_mask` (batch, samples or frames), int64, 1 where there is sound;
        `labels` (batch, tokens), int64, `IGNORED` where padded.

        Raises `ValueError` for an empty batch, or for samples and features in one batch.
        """
        import torch

        if not examples:
            raise ValueError("a batch has one example or more")
        shapes = {example.sound.shape[:-1] for example in examples}
        if len(shapes) > 1:
            raise ValueError(f"a batch is of one kind, samples or features of one height, not {shapes}")
        lengths = [example.sound.shape[-1] for example in examples]
        longest = -(-max(lengths) // self._multiple) * self._multiple
        sounds = np.zeros((len(examples), *shapes.pop(), longest), dtype=np.float32)
        mask = np.zeros((len(examples), longest), dtype=np.int64)
        for place, (example, length) in enumerate(zip(examples, lengths, strict=True)):
            sounds[place, ..., :length] = example.sound
            mask[place, :length] = 1
        name = "input_values" if sounds.ndim == 2 else "input_features"
        batch = {name: torch.from_numpy(sounds), "attention_mask": torch.from_numpy(mask)}
        if self._tokenize is not None:
            batch["labels"] = self._labels([self._tokenize(example.text) for example in examples])
        return batch

    @staticmethod
    def _labels(ids: Sequence[Sequence[int]]) -> "Tensor":
        import torch

        labels = np.full((len(ids), max(map(len, ids))), IGNORED, dtype=np.int64)
        for place, own in enumerate(ids):
            labels[place, : len(own)] = own
        return torch.from_numpy(labels)
