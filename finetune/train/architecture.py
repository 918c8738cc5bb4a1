"""A base model's sizes, and the arithmetic of its parameters: all, and those that an adapter trains."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from agent.settings import ROOT

BASES = ROOT / "config" / "finetune" / "bases.toml"
Target = Literal["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


class Architecture(BaseModel):
    """A decoder of the Llama or Qwen2 kind: grouped-query attention and a gated MLP."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    family: Literal["llama", "qwen2"]
    layers: int = Field(gt=0)
    hidden: int = Field(gt=0)
    heads: int = Field(gt=0)
    key_value_heads: int = Field(gt=0)
    head_size: int = Field(gt=0)
    intermediate: int = Field(gt=0)
    vocabulary: int = Field(gt=0)
    tied: bool
    """Whether the output layer is the embedding."""
    licence: str
    weights: str | None = None
    """Name in the manifest of weights; else the hub's."""

    def shape(self, target: Target) -> tuple[int, int]:
        """(inputs, outputs) of a linear layer."""
        queries, keys = self.heads * self.head_size, self.key_value_heads * self.head_size
        return {
            "q_proj": (self.hidden, queries),
            "k_proj": (self.hidden, keys),
            "v_proj": (self.hidden, keys),
            "o_proj": (queries, self.hidden),
            "gate_proj": (self.hidden, self.intermediate),
            "up_proj": (self.hidden, self.intermediate),
            "down_proj": (self.intermediate, self.hidden),
        }[target]

    @property
    def parameters(self) -> int:
        """Of the whole model."""
        layer = 2 * self.hidden
        if self.family == "qwen2":  # biases of q, k and v
            layer += (self.heads + 2 * self.key_value_heads) * self.head_size
        embeddings = self.vocabulary * self.hidden * (1 if self.tied else 2)
        return self.linear_parameters + self.layers * layer + embeddings + self.hidden

    @property
    def linear_parameters(self) -> int:
        """Of the matrices in all layers, without embeddings and the output layer."""
        return self.layers * sum(inputs * outputs for inputs, outputs in map(self.shape, get_args(Target)))

    def lora_parameters(self, rank: int, targets: Sequence[Target]) -> int:
        """That LoRA of `rank` on `targets` trains: rank x (inputs + outputs) for each layer."""
        return self.layers * sum(rank * sum(self.shape(target)) for target in targets)


@cache
def known_bases() -> Mapping[str, Architecture]:
    """Name on the hub -> sizes, of the bases that recipes may name."""
    with BASES.open("rb") as file:
        read = tomllib.load(file)
    return MappingProxyType({name: Architecture(**sizes) for name, sizes in read.items()})


def base_sizes(name: str) -> Architecture | None:
    """Sizes of a base that recipes may name: one of `known_bases`, or a folder with a `config.json`.

    None where it is neither. Raises `ValueError` where the folder's model is of another kind.
    """
    if (known := known_bases().get(name)) is not None:
        return known
    config = Path(name) / "config.json"
    return _folder_sizes(config) if config.is_file() else None


def _folder_sizes(config: Path) -> Architecture:
    try:
        read = json.loads(config.read_text("utf-8"))
        if read["model_type"] not in ("llama", "qwen2"):
            raise ValueError(
                f"{config}: model_type {read['model_type']} can't be taught; llama and qwen2 can"
            )
        heads = read["num_attention_heads"]
        return Architecture(
            family=read["model_type"],
            layers=read["num_hidden_layers"],
            hidden=read["hidden_size"],
            heads=heads,
            key_value_heads=read.get("num_key_value_heads") or heads,
            head_size=read.get("head_dim") or read["hidden_size"] // heads,
            intermediate=read["intermediate_size"],
            vocabulary=read["vocab_size"],
            tied=read.get("tie_word_embeddings", False),
            licence="its owner's",
        )
    except (OSError, json.JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"{config}: not a model's configuration ({error})") from None
