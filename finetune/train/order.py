"""The order of the rows in an epoch: drawn by the seed, rows of one business beside each other if wanted."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

from torch.utils.data import Sampler
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from finetune.train.encoding import Encoded


class Order(Sampler[int], TrainerCallback):
    """Hears from the trainer which epoch begins, one that is resumed in its middle too."""

    def __init__(self, rows: Sequence[Encoded], together: int, seed: int) -> None:
        """`together` rows with the same opening follow each other, as far as there are so many."""
        self._count = len(rows)
        self._together = together
        self._seed = seed
        self._members: dict[tuple[int, ...], list[int]] = {}
        for at, row in enumerate(rows):
            self._members.setdefault(row.input_ids[: row.opening], []).append(at)
        self.epoch = 0

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.epoch = int(float(state.epoch or 0) + 1e-6)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        drawn = random.Random(f"{self._seed} {self.epoch}")
        parts: list[list[int]] = []
        for members in self._members.values():
            mixed = drawn.sample(members, len(members))
            parts += (mixed[start : start + self._together] for start in range(0, len(mixed), self._together))
        drawn.shuffle(parts)
        return iter([at for part in parts for at in part])
