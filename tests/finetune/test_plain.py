"""Packed training is plain training: at every step the loss of transformers' Trainer on padded rows."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.finetune_speed import packed, plain
from finetune.train.base import load_base
from finetune.train.lessons import lessons
from finetune.train.recipe import read_recipe


def test_the_losses_are_those_of_plain_training(
    short_recipe: Callable[[str], Path], taught_data: Path, tmp_path: Path
) -> None:
    recipe = read_recipe(short_recipe("llama"), ["stages.batch=2", "stages.accumulation=4"])
    base = load_base(recipe.base)
    rows = lessons(recipe, recipe.stages[0], taught_data, base.tokenizer).train
    wanted = plain(base, recipe, rows, tmp_path)
    found = packed(base, recipe, rows, tmp_path)
    assert len(wanted["losses"]) == 5
    assert found["losses"] == pytest.approx(wanted["losses"], abs=1e-5)
    assert wanted["losses"][-1] < wanted["losses"][0] - 0.1
