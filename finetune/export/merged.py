"""The base with the adapter's change added to its weights: for engines that load no adapter."""

from pathlib import Path

from agent.models import require
from agent.settings import load
from finetune.export.adapter import PeftAdapter
from finetune.export.model_gguf import write_model


def write_merged(folder: Path, gguf_path: Path | None, adapter: PeftAdapter, base_name: str) -> None:
    """Writes safetensors, config and tokenizer into `folder`, and a GGUF in f16 where the base has one.

    Loads the base in fp32. Raises `BaseError`.
    """
    from finetune.train.base import load_base
    from finetune.train.writing import load_adapter

    base = load_base(base_name)
    # merging computes W + scale x B A in fp32
    merged = load_adapter(base, adapter.folder).merge_and_unload()
    merged.config.quantization_config = None
    merged.save_pretrained(folder)
    base.tokenizer.save_pretrained(folder)
    weights = base.architecture.weights
    if gguf_path is not None and weights is not None:
        tokens_of = next(require(load().models, weights).glob("*.gguf"))
        write_model(gguf_path, merged, base.architecture, tokens_of)
