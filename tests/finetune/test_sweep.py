"""`finetune sweep`: every combination, what is done is not trained again, the best by validation."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from finetune.cli.sweep import run as run_sweep
from finetune.train import sweep as module
from finetune.train.recipe import RecipeError
from finetune.train.sweep import Trial, best, combinations, sweep, table


def test_values_combine() -> None:
    assert combinations(["lora.rank=4,8", "stages.schedule=linear,cosine"])[1] == (
        ("lora.rank", 4),
        ("stages.schedule", "cosine"),
    )
    assert [value for ((_, value),) in combinations([])] == [4, 8, 16, 32]
    assert combinations(['lora.targets=["q_proj"],["q_proj","v_proj"]'])[1] == (
        ("lora.targets", ["q_proj", "v_proj"]),
    )
    with pytest.raises(RecipeError, match="write key=value"):
        combinations(["lora.rank"])


def test_the_best_is_the_lowest_on_validation() -> None:
    def trial(name: str, loss: float, held: float | None) -> Trial:
        return Trial(name, {}, 1, loss, held, 1.0, ((1, loss),), ())

    trials = [trial("a", 0.1, 0.9), trial("b", 0.5, 0.4), trial("c", 0.01, None)]
    assert best(trials).name == "b" and "b (best)" in table(trials)


def test_what_is_done_is_not_trained_again(
    short_recipe: Callable[[str], Path],
    taught_data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path, out = short_recipe("llama"), tmp_path / "out"
    with pytest.raises(RecipeError, match="did you mean rank"):
        sweep(path, taught_data, out, ["lora.rnk=1,2"], tell=print)
    assert not out.exists()
    told: list[str] = []
    trials = sweep(path, taught_data, out, ["lora.rank=1,2"], tell=told.append)
    assert [trial.name for trial in trials] == ["rank-1", "rank-2"]
    assert trials[1].trainable_parameters == 2 * trials[0].trainable_parameters
    assert len(trials[0].curve) == 4 and trials[0].validation_loss is not None
    monkeypatch.setattr(module, "teach", None)  # whatever trains now, fails
    run_sweep(path, taught_data, out, ["lora.rank=1,2"])
    printed = capsys.readouterr().out
    assert "(best)" in printed and "rank-2" in printed
    assert (out / "sweep.png").read_bytes().startswith(b"\x89PNG")
    document = json.loads((out / "sweep.json").read_text())
    assert document["best"] == best(trials).name
