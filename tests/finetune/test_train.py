"""`finetune train` on a tiny model: what it learns, what it leaves alone, and that a killed run goes on."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from transformers import AutoModelForCausalLM, Qwen2Config

from agent.settings import ROOT, UserError
from finetune.runs import Run, RunError
from finetune.train import teaching
from finetune.train.base import load_base, load_tokenizer
from finetune.train.lessons import lessons
from finetune.train.recipe import FOLDER, read_recipe
from finetune.train.teaching import teach, with_adapter

RECIPE = """
base = "{base}"
[lora]
rank = 4
alpha = 8
dropout = 0.1
targets = ["q_proj", "v_proj", "down_proj"]
[[stages]]
name = "first"
epochs = 2
batch = 4
together = 2
accumulation = 2
learning_rate = 5e-3
warmup_steps = 1
log_steps = 2
save_steps = 3
[[stages]]
name = "second"
epochs = 1
max_steps = 3
batch = 2
learning_rate = 1e-3
gradient_checkpointing = true
log_steps = 1
save_steps = 2
categories = ["orders"]
"""


@pytest.fixture(scope="module")
def recipe(tiny: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "recipe.toml"
    path.write_text(RECIPE.format(base=tiny("qwen2")))
    return path


@pytest.fixture(scope="module")
def whole(recipe: Path, taught_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, list[str]]:
    """A run that nobody killed, and what it told."""
    run, told = Run(tmp_path_factory.mktemp("whole") / "run"), list[str]()
    teach(read_recipe(recipe), taught_data, run, resume=False, tell=told.append)
    return run, told


def curve(run: Path) -> list[dict[str, Any]]:
    """The log without what a clock or the machine says."""
    machine = ("tokens_per_s", "seconds", "memory_peak_bytes")
    return [{key: line[key] for key in line if key not in machine} for line in Run(run).logged()]


def start(recipe: Path, data: Path, out: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "finetune", "train", recipe, "--data", data, "--out", out],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_learns_and_no_base_weight_changes(recipe: Path, whole: tuple[Run, list[str]]) -> None:
    read = read_recipe(recipe)
    run, told = whole
    figures = run.document()["figures"]
    assert figures["trainable_parameters"] == read.trainable_parameters
    assert f"{read.trainable_parameters:,} of" in told[0]
    assert [stage["steps"] for stage in figures["stages"]] == [10, 3]
    losses = [line["loss"] for line in curve(run.folder) if line["stage"] == 1 and "loss" in line]
    assert losses[-1] < losses[0] - 0.5
    board = EventAccumulator(str(run.tensorboard / "1"))
    board.Reload()
    assert [event.value for event in board.Scalars("train/loss")] == pytest.approx(losses)
    assert {"train/memory_peak_bytes", "train/tokens_per_s", "validation/loss"} <= set(
        board.Tags()["scalars"]
    )
    files = {"adapter_config.json", "adapter_model.safetensors"}
    assert {file.name for file in run.adapter.iterdir()} == files
    taught = AutoModelForCausalLM.from_pretrained(read.base)
    taught.load_adapter(str(run.adapter))
    before = load_base(read.base).model.state_dict()
    after = {name.replace(".base_layer", ""): weight for name, weight in taught.state_dict().items()}
    assert all(torch.equal(after[name], weight) for name, weight in before.items())
    changed = [weight for name, weight in after.items() if "lora_B" in name]
    assert changed and all(weight.abs().max() > 0 for weight in changed)


def test_the_reference_trains_what_the_arithmetic_says() -> None:
    """A Qwen2 of the reference's shape, without memory for its weights."""
    recipe = read_recipe(FOLDER / "seed-qwen2.5-1.5b.toml")
    sizes = recipe.architecture
    configuration = Qwen2Config(
        vocab_size=sizes.vocabulary,
        hidden_size=sizes.hidden,
        intermediate_size=sizes.intermediate,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        num_key_value_heads=sizes.key_value_heads,
        tie_word_embeddings=sizes.tied,
    )
    with torch.device("meta"):
        model = with_adapter(AutoModelForCausalLM.from_config(configuration), recipe)
    trained, total = model.get_nb_trainable_parameters()
    assert trained == recipe.trainable_parameters == 2_179_072
    assert total - trained == sizes.parameters == 1_543_714_304


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (['stages.categories=["phrases"]'], "no rows of category phrases; it has orders, other"),
        (["stages.data=nowhere"], "nowhere has no train.jsonl"),
        (["max_tokens=32"], r"Row shop-\d+ has \d+ tokens, 32 are allowed"),
        (["stages.batch=64"], "fewer than a batch"),
        (["stages.warmup_steps=11", "stages.max_steps=12"], "10 steps on 40 rows, and 11 of warm-up"),
        (["bits=4", "precision=bf16"], "needs a GPU"),
    ],
)
def test_what_cannot_be_trained_is_told_first(
    recipe: Path,
    taught_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changes: list[str],
    told: str,
) -> None:
    monkeypatch.setattr(teaching, "load_base", None)  # no weight is loaded
    run = Run(tmp_path / "run")
    with pytest.raises(UserError, match=told) as caught:
        teach(read_recipe(recipe, changes), taught_data, run, resume=False, tell=print)
    assert getattr(caught.value, "exit_code", 1) == 2 and not run.folder.exists()


def test_values_are_learned_where_a_stage_asks_for_them(recipe: Path, taught_data: Path) -> None:
    read = read_recipe(recipe, ["stages.form=free"])
    tokenizer = load_tokenizer(read.base)
    (row, *_) = lessons(read, read.stages[0], taught_data, tokenizer).train
    assert "{" not in str(tokenizer.decode(row.input_ids))


def test_the_reference_recipe_runs_on_a_tiny_qwen2(
    tiny: Callable[[str], Path], taught_data: Path, tmp_path: Path
) -> None:
    """Both stages of the shipped file; only its base, its precision and its length are other ones."""
    changes = [f"base={tiny('qwen2')}", "precision=fp32", "stages.max_steps=2", "stages.warmup_steps=1"]
    recipe = read_recipe(FOLDER / "seed-qwen2.5-1.5b.toml", [*changes, 'stages.categories=["orders"]'])
    assert all(stage.gradient_checkpointing and stage.accumulation == 16 for stage in recipe.stages)
    run = Run(tmp_path / "run")
    document = teach(recipe, taught_data, run, resume=False, tell=print)
    assert document["figures"]["trainable_parameters"] == recipe.trainable_parameters
    assert [stage["steps"] for stage in document["figures"]["stages"]] == [2, 2]
    assert [line["loss"] for line in run.logged() if "loss" in line] == pytest.approx([10.8] * 2, abs=1.5)


def test_a_killed_run_goes_on_as_if_nothing_had_been(
    recipe: Path, taught_data: Path, tmp_path: Path, whole: tuple[Run, list[str]]
) -> None:
    killed, other = tmp_path / "killed", whole[0]
    first = start(recipe, taught_data, killed)
    while not (killed / "checkpoints" / "1" / "checkpoint-6").exists() and first.poll() is None:
        time.sleep(0.005)
    first.kill()
    told = first.communicate()[1]
    assert "step 2 of 10" in told, told
    assert Run(killed).document()["state"] == "running"
    read = read_recipe(recipe)
    teach(read, taught_data, Run(killed), resume=True, tell=lambda _: None)
    assert curve(killed) == curve(other.folder)
    weights = "adapter_model.safetensors"
    assert (Run(killed).adapter / weights).read_bytes() == (other.adapter / weights).read_bytes()
    with pytest.raises(RunError, match="is done"):
        teach(read, taught_data, other, resume=True, tell=lambda _: None)
