"""What a machine can train is arithmetic: told for this one, and for ones that aren't here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from agent.settings import ROOT
from finetune.train.memory import GIB, Machine, floor_bytes, misfit, multiplies_bf16
from finetune.train.recipe import read_recipe

FOLDER = ROOT / "config" / "finetune"
HERE = Machine(2, 24 * GIB)
CARD = Machine(16, 64 * GIB, (("a card", 16 * GIB),))


def why(name: str, machine: Machine) -> str | None:
    return misfit(read_recipe(FOLDER / f"{name}.toml"), machine)


def test_a_small_machine_trains_the_small_recipe_alone() -> None:
    assert why("smollm2-135m", HERE) is None
    assert "GPU" in str(why("seed-qwen2.5-1.5b", HERE))
    assert "GPU" in str(why("qwen2.5-7b-4bit", HERE))


def test_a_card_of_16_gib_trains_up_to_14_billion_in_4_bits() -> None:
    assert why("seed-qwen2.5-1.5b", CARD) is None
    assert why("qwen2.5-7b-8bit", CARD) is None
    assert why("qwen2.5-14b-4bit", CARD) is None
    assert "14" in str(why("qwen2.5-14b-8bit", CARD)) or "GiB" in str(why("qwen2.5-14b-8bit", CARD))


def test_the_floor_counts_weights_and_the_adapters_states() -> None:
    recipe = read_recipe(FOLDER / "seed-qwen2.5-1.5b.toml")
    assert floor_bytes(recipe) == 1_543_714_304 * 2 + 2_179_072 * 16


def test_a_quantised_base_keeps_its_embeddings() -> None:
    recipe = read_recipe(FOLDER / "qwen2.5-7b-4bit.toml")
    embeddings = 2 * 152_064 * 3584
    rest = 7_615_616_512 - embeddings
    assert floor_bytes(recipe) == pytest.approx(rest / 2 + embeddings * 2 + 5_046_272 * 16, rel=1e-3)


def test_the_command_tells_this_machine_and_each_recipe() -> None:
    command = [sys.executable, "-m", "finetune", "doctor", "--json"]
    told = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    document = json.loads(told.stdout)
    recipes = {one["recipe"]: one for one in document["recipes"]}
    assert document["bf16"] == multiplies_bf16()
    assert document["cores"] >= 1 and document["memory_bytes"] > GIB
    assert recipes["seed-qwen2.5-1.5b"]["trainable_parameters"] == 2_179_072
    assert set(recipes) == {path.stem for path in FOLDER.glob("*.toml")} - {"bases"}


def test_a_recipe_that_is_not_there_is_told(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "finetune", "doctor", str(tmp_path / "none.toml")]
    told = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert told.returncode == 2 and "can't be read" in told.stderr and "Traceback" not in told.stderr
