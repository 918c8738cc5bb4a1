"""Models to teach: SmolLM2's own tokenizer, read once, and tiny random ones of both families that have it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    PreTrainedTokenizerBase,
    Qwen2Config,
    set_seed,
)

from agent.dialogue.prompts import act, asked
from agent.llm.protocol import Message
from finetune.data.rows import NamedFact, Row, write_rows
from finetune.train.base import Base, load_base, load_tokenizer

torch.set_num_threads(1)  # tiny models gain nothing by more, and wait for each other
SHORT_RECIPE = """
base = "{base}"
[lora]
rank = 2
alpha = 8
targets = ["q_proj", "down_proj"]
[[stages]]
name = "only"
epochs = 1
max_steps = 4
batch = 8
learning_rate = 1e-2
log_steps = 1
save_steps = 10
"""
SMOLLM2 = "HuggingFaceTB/SmolLM2-135M-Instruct"


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerBase:
    """SmolLM2's, from the GGUF."""
    return load_tokenizer(SMOLLM2)


@pytest.fixture(scope="session")
def smollm2() -> Base:
    """The whole base, from the GGUF: about 10 s, so for tests that need real weights. Leave it as it is."""
    return load_base(SMOLLM2)


@pytest.fixture(scope="session")
def tiny(
    tokenizer: PreTrainedTokenizerBase, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """The folder of a tiny random model, by its family: hidden 64, 2 layers, SmolLM2's vocabulary."""
    made: dict[str, Path] = {}

    def folder(family: str) -> Path:
        if family not in made:
            path = tmp_path_factory.mktemp(f"tiny-{family}")
            configuration = {"llama": LlamaConfig, "qwen2": Qwen2Config}[family](
                vocab_size=len(tokenizer),
                hidden_size=64,
                intermediate_size=96,
                num_hidden_layers=2,
                num_attention_heads=4,
                num_key_value_heads=2,
                max_position_embeddings=2048,
                tie_word_embeddings=family == "qwen2",
                initializer_range=0.1,
                bos_token_id=tokenizer.bos_token_id,
                eos_token_id=tokenizer.eos_token_id,
                pad_token_id=tokenizer.pad_token_id,
            )
            set_seed(7)
            AutoModelForCausalLM.from_config(configuration).save_pretrained(path)
            tokenizer.save_pretrained(path)
            made[family] = path
        return made[family]

    return folder


def rows(count: int) -> list[Row]:
    """Of three shops, each with a system message of its own."""
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
            facts={"ship_date": NamedFact("2026-11-20", "date")},
            category="orders" if number % 2 else "other",
        )
        for number in range(count)
    ]


@pytest.fixture(scope="session")
def taught_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared folder: 40 rows to train on, 6 to validate."""
    folder = tmp_path_factory.mktemp("taught")
    write_rows(folder / "train.jsonl", rows(40))
    write_rows(folder / "validation.jsonl", rows(6))
    return folder


@pytest.fixture
def short_recipe(tiny: Callable[[str], Path], tmp_path: Path) -> Callable[[str], Path]:
    """The file of a recipe of four steps, by the family of its tiny base."""

    def write(family: str) -> Path:
        path = tmp_path / "short.toml"
        path.write_text(SHORT_RECIPE.format(base=tiny(family)))
        return path

    return write
