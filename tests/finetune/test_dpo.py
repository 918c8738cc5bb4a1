"""`finetune dpo`: from a taught adapter to one that prefers the chosen replies, kept near the first."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from finetune.data.errors import DataError
from finetune.data.preferences import read_preferences
from finetune.runs import Run, RunError
from finetune.train.preferring import prefer
from finetune.train.recipe import read_recipe
from finetune.train.teaching import teach

PAIRS = [
    {
        "prompt": [
            {"role": "system", "content": "You are a shop."},
            {"role": "user", "content": f"Say: inform day {number}"},
        ],
        "chosen": "It comes on {ship_date}.",
        "rejected": "I cannot say that to you.",
    }
    for number in range(16)
]
SET = [
    "preferences.learning_rate=5e-3",
    "preferences.epochs=3",
    "preferences.log_steps=2",
    "preferences.save_steps=5",
]


def test_it_learns_what_is_preferred(
    short_recipe: Callable[[str], Path], taught_data: Path, tmp_path: Path
) -> None:
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text("\n".join(json.dumps(pair) for pair in PAIRS))
    taught, run = Run(tmp_path / "sft"), Run(tmp_path / "dpo")
    with pytest.raises(RunError, match="no adapter to go on from"):
        prefer(taught, pairs, run, SET, resume=False, tell=print)
    teach(read_recipe(short_recipe("qwen2")), taught_data, taught, resume=False, tell=print)
    document = prefer(taught, pairs, run, SET, resume=False, tell=print)
    lines = [line for line in run.logged() if "loss" in line]
    assert lines[0]["loss"] == pytest.approx(0.693, abs=0.05)  # ln 2: nothing is preferred at first
    assert lines[-1]["loss"] < 0.5 and lines[-1]["accuracy"] == 1.0 and lines[-1]["margin"] > 0
    assert document["recipe"]["preferences"]["beta"] == 0.1
    assert sorted(file.name for file in run.adapter.iterdir()) == sorted(
        file.name for file in taught.adapter.iterdir()
    )
    weights = "adapter_model.safetensors"
    assert (run.adapter / weights).read_bytes() != (taught.adapter / weights).read_bytes()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"rejected": PAIRS[0]["chosen"]}, "are the same"),
        ({"chosen": ""}, "are texts"),
        ({"prompt": []}, "ends with the user"),
        ({"prompt": "Say hello"}, "not a pair"),
    ],
)
def test_a_wrong_pair_is_named(tmp_path: Path, change: dict[str, object], told: str) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(json.dumps(pair) for pair in (PAIRS[0], PAIRS[1] | change)))
    with pytest.raises(DataError, match=rf"pairs\.jsonl:2: .*{told}"):
        read_preferences(path)
