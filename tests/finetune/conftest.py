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

from finetune.train.base import Base, load_base, load_tokenizer

torch.set_num_threads(1)  # tiny models gain nothing by more, and wait for each other
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
