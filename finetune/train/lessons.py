"""What a stage of a recipe learns from: rows of a prepared folder, as tokens."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from transformers import PreTrainedTokenizerBase

from finetune.data.errors import DataError
from finetune.data.forms import in_form
from finetune.data.rows import Row, read_rows
from finetune.train.encoding import Encoded, encode
from finetune.train.recipe import Recipe, Stage


@dataclass(frozen=True, slots=True)
class Lessons:
    train: tuple[Encoded, ...]
    validation: tuple[Encoded, ...]

    @property
    def longest(self) -> int:
        """Tokens of the longest row."""
        return max(len(row.input_ids) for row in self.train)

    @property
    def most_learned(self) -> int:
        """Learned tokens of the row that has most of them."""
        return max(row.learned for row in self.train)


def stage_folder(stage: Stage, data: Path) -> Path:
    """The prepared folder of `stage`: its own, or the run's. Raises `DataError` where it isn't one."""
    folder = Path(stage.data) if stage.data else data
    if not (folder / "train.jsonl").is_file():
        raise DataError(f"{folder} has no train.jsonl: make it with `finetune prepare`.")
    return folder


def lessons(recipe: Recipe, stage: Stage, data: Path, tokenizer: PreTrainedTokenizerBase) -> Lessons:
    """The rows of `stage`. Raises `DataError` for too few, too long, or categories that aren't there."""
    folder = stage_folder(stage, data)
    train = _chosen(read_rows(folder / "train.jsonl"), stage, folder)
    if len(train) < stage.batch:
        raise DataError(f"{folder} has {len(train)} rows for stage {stage.name}: fewer than a batch.")
    held = folder / "validation.jsonl"
    validation = _chosen(read_rows(held), stage, folder, some=False) if held.is_file() else []
    random.Random(recipe.seed).shuffle(validation)
    held_out = _encoded(validation[: recipe.validation_rows], recipe, tokenizer)
    return Lessons(
        _encoded(train, recipe, tokenizer),
        tuple(sorted(held_out, key=lambda row: row.input_ids[: row.opening])),  # a batch shares its opening
    )


def _chosen(rows: Sequence[Row], stage: Stage, folder: Path, *, some: bool = True) -> list[Row]:
    rows = [in_form(row, stage.form) for row in rows]
    if not stage.categories:
        return rows
    known = {row.category for row in rows}
    unknown = [category for category in stage.categories if category not in known]
    if some and unknown:
        raise DataError(
            f"{folder} has no rows of category {', '.join(unknown)}; it has {', '.join(sorted(known))}."
        )
    return [row for row in rows if row.category in stage.categories]


def _encoded(rows: Sequence[Row], recipe: Recipe, tokenizer: PreTrainedTokenizerBase) -> tuple[Encoded, ...]:
    return tuple(encode(tokenizer, row, recipe.max_tokens, truncate=recipe.truncate) for row in rows)
