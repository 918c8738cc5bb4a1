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
from transformers import AutoModelForCausalLM

from agent.dialogue.prompts import act, asked
from agent.llm.protocol import Message
from agent.settings import ROOT
from finetune.data.rows import Row, write_rows
from finetune.runs import Run, RunError
from finetune.train.base import load_base
from finetune.train.recipe import read_recipe
from finetune.train.teaching import teach

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


def rows(count: int) -> list[Row]:
    return [
        Row(
            id=f"shop-{number}",
            messages=(
                *asked(
                    f"You are shop {number % 3}.", [act("ship_date", "{ship_date}")], f"Where is {number}?"
                ),
                Message("assistant", f"Parcel {number % 5} was shipped on {{ship_date}}."),
            ),
            source="shop",
            business="shop",
            scenario=f"status-{number}",
            category="orders" if number % 2 else "other",
        )
        for number in range(count)
    ]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    write_rows(folder / "train.jsonl", rows(40))
    write_rows(folder / "validation.jsonl", rows(6))
    return folder


@pytest.fixture
def recipe(tiny: Callable[[str], Path], tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE.format(base=tiny("qwen2")))
    return path


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


def test_it_learns_and_no_base_weight_changes(recipe: Path, data: Path, tmp_path: Path) -> None:
    read = read_recipe(recipe)
    told: list[str] = []
    run = Run(tmp_path / "run")
    document = teach(read, data, run, resume=False, tell=told.append)
    figures = document["figures"]
    assert figures["trainable_parameters"] == read.trainable_parameters
    assert f"{read.trainable_parameters:,} of" in told[0]
    assert [stage["steps"] for stage in figures["stages"]] == [10, 3]
    losses = [line["loss"] for line in curve(run.folder) if line["stage"] == 1 and "loss" in line]
    assert losses[-1] < losses[0] - 0.5
    taught = AutoModelForCausalLM.from_pretrained(read.base)
    taught.load_adapter(str(run.adapter))
    before = load_base(read.base).model.state_dict()
    after = {name.replace(".base_layer", ""): weight for name, weight in taught.state_dict().items()}
    assert all(torch.equal(after[name], weight) for name, weight in before.items())
    changed = [weight for name, weight in after.items() if "lora_B" in name]
    assert changed and all(weight.abs().max() > 0 for weight in changed)


def test_a_killed_run_goes_on_as_if_nothing_had_been(recipe: Path, data: Path, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    first = start(recipe, data, killed)
    while not (killed / "checkpoints" / "1" / "checkpoint-6").exists() and first.poll() is None:
        time.sleep(0.005)
    first.kill()
    told = first.communicate()[1]
    assert "step 2 of 10" in told, told
    assert Run(killed).document()["state"] == "running"
    read = read_recipe(recipe)
    teach(read, data, Run(killed), resume=True, tell=lambda _: None)
    teach(read, data, Run(whole), resume=False, tell=lambda _: None)
    assert curve(killed) == curve(whole)
    adapters = [(folder / "adapter" / "adapter_model.safetensors").read_bytes() for folder in (killed, whole)]
    assert adapters[0] == adapters[1]
    with pytest.raises(RunError, match="is done"):
        teach(read, data, Run(whole), resume=True, tell=lambda _: None)
