"""The base model that an adapter is taught on: from our own GGUF, a folder or the hub."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from warnings import filterwarnings

import torch
from tokenizers.pre_tokenizers import Digits, Sequence
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils.logging import disable_progress_bar

from agent.llm.chat import END
from agent.models.verify import require
from agent.settings import UserError, load
from finetune.train.architecture import Architecture, base_sizes
from finetune.train.recipe import Bits, Precision

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class BaseError(UserError):
    """A base model can't be loaded; the text says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Base:
    name: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    architecture: Architecture

    @property
    def end_id(self) -> int:
        """The token that ends a reply."""
        end = self.tokenizer.convert_tokens_to_ids(END)
        assert isinstance(end, int)
        return end


def load_base(
    name: str,
    *,
    precision: Precision = "fp32",
    bits: Bits = 16,
    tokenizer: PreTrainedTokenizerBase | None = None,
) -> Base:
    """The base `name` of `known_bases`, or a folder's; on the GPU where there is one, and in `eval` mode.

    Our own weights are a GGUF, dequantised to `precision`. `bits` 4 and 8 quantise by bitsandbytes. A
    `tokenizer` that is read already isn't read again. Raises `BaseError`, and `MissingWeights` where ours
    were not pulled.
    """
    filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)  # peft reads it
    tokenizer = tokenizer or load_tokenizer(name)
    sizes = base_sizes(name)
    assert sizes is not None
    model = _from(name, partial(_load_model, _source(name), precision, bits))
    model.name_or_path = name  # what an adapter's own settings name, wherever the files are
    if sizes.weights is not None:
        model.config.quantization_config = None  # it is dequantised, and is saved as what it is
        model.hf_quantizer = None
        model.is_quantized = False
    return Base(name, model.eval(), tokenizer, sizes)


def load_tokenizer(name: str) -> PreTrainedTokenizerBase:
    """Of a base, without its weights; pads on the left. Raises as `load_base` does."""
    disable_progress_bar()
    tokenizer = _from(name, partial(AutoTokenizer.from_pretrained, **_source(name)))
    if _ours(name):
        _split_digits(tokenizer)
    tokenizer.padding_side = "left"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if tokenizer.convert_tokens_to_ids(END) in (None, tokenizer.unk_token_id):
        raise BaseError(f"{name}: its vocabulary has no {END}; choose a base that was trained on ChatML.")
    return tokenizer


def _ours(name: str) -> bool:
    sizes = base_sizes(name)
    return sizes is not None and sizes.weights is not None


def _split_digits(tokenizer: PreTrainedTokenizerBase) -> None:
    """SmolLM2 reads every digit, of any script, apart (llama.cpp's `smollm`); transformers loses that from a
    GGUF, and " \u0663" became another token than the live agent sends."""
    backend: Any = tokenizer
    inner = backend.backend_tokenizer
    inner.pre_tokenizer = Sequence([Digits(individual_digits=True), inner.pre_tokenizer])


def _source(name: str) -> dict[str, Any]:
    """What `from_pretrained` reads."""
    sizes = base_sizes(name)
    if sizes is None:
        raise BaseError(f"No base is named {name}; `finetune doctor` tells the ones that recipes may name.")
    if sizes.weights is not None:
        file = next(require(load().models, sizes.weights).glob("*.gguf"))
        return {"pretrained_model_name_or_path": str(file.parent), "gguf_file": file.name}
    if Path(name).is_dir():
        return {"pretrained_model_name_or_path": name}
    token = load().models.hf_token
    return {"pretrained_model_name_or_path": name, "token": token.get_secret_value() if token else None}


def _load_model(source: dict[str, Any], precision: Precision, bits: Bits) -> PreTrainedModel:
    dtype = DTYPES[precision]
    if bits < 16:
        from accelerate import PartialState
        from transformers import BitsAndBytesConfig

        quantised = BitsAndBytesConfig(
            load_in_4bit=bits == 4,
            load_in_8bit=bits == 8,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=dtype,
        )
        place = {"": PartialState().local_process_index}
        return AutoModelForCausalLM.from_pretrained(
            **source, dtype=dtype, quantization_config=quantised, device_map=place
        )
    model: Any = AutoModelForCausalLM.from_pretrained(**source, dtype=dtype)
    return model.to("cuda") if torch.cuda.is_available() else model


def _from(name: str, read: Any) -> Any:
    try:
        return read()
    except (OSError, ValueError, ImportError) as error:
        told = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BaseError(
            f"{name} can't be loaded ({told}): put its files into the hub's cache, or give its folder."
        ) from error
