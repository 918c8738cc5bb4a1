"""Too little memory is told before a weight is loaded, with settings that would fit; and when it ends."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from finetune.runs import Run
from finetune.train import teaching, trainer
from finetune.train.forecast import OutOfMemory, check_memory, forecast_bytes
from finetune.train.memory import GIB, Machine
from finetune.train.recipe import FOLDER, read_recipe

SMALL = read_recipe(FOLDER / "smollm2-135m.toml")


def test_a_forecast_is_near_what_was_measured() -> None:
    """4.8 GB at most, in 8 rows of up to 300 tokens each."""
    assert 3.5e9 < forecast_bytes(SMALL, 1, 300, 60) < 5.5e9


def test_what_would_fit_is_told() -> None:
    check_memory(SMALL, 1, 300, 60, Machine(2, 24 * GIB))
    with pytest.raises(OutOfMemory) as told:
        check_memory(SMALL, 1, 300, 60, Machine(2, 7 * GIB // 2))
    assert str(told.value).endswith(
        "what would fit is --set stages.batch=4 --set stages.accumulation=2, or --set "
        "stages.gradient_checkpointing=true, or --set max_tokens=150 --set truncate=true."
    )
    for setting in ("stages.batch=4", "stages.gradient_checkpointing=true", "max_tokens=150"):
        lighter = read_recipe(FOLDER / "smollm2-135m.toml", [setting])
        assert forecast_bytes(lighter, 1, 300, 60) < 0.9 * 3.5 * GIB


def test_a_card_may_quantise() -> None:
    recipe = read_recipe(FOLDER / "seed-qwen2.5-1.5b.toml", ["max_tokens=16384"])
    with pytest.raises(OutOfMemory, match="what would fit is"):
        check_memory(recipe, 1, 16384, 8000, Machine(8, 64 * GIB, (("a card", 16 * GIB),)))
    with pytest.raises(OutOfMemory, match="take a smaller base"):
        check_memory(recipe, 1, 16384, 8000, Machine(8, 64 * GIB, (("a card", GIB),)))


def test_memory_that_ends_is_told(
    tiny: Callable[[str], Path],
    taught_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A pebibyte is asked of PyTorch's own allocator."""
    path = tmp_path / "recipe.toml"
    text = (FOLDER / "smollm2-135m.toml").read_text().replace(SMALL.base, str(tiny("llama")))
    path.write_text(text.replace("warmup_steps = 20", "warmup_steps = 1"))
    monkeypatch.setattr(trainer, "loss_sum", lambda model, pack: torch.empty(1 << 50).sum())
    with pytest.raises(
        OutOfMemory, match=r"Memory ended in stage facts by name: what would fit is --set stages\.batch=4"
    ):
        teaching.teach(read_recipe(path), taught_data, Run(tmp_path / "run"), resume=False, tell=print)
