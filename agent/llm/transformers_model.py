"""A model of transformers, loaded once, with any number of peft adapters over it; one step at a time."""

import itertools
import threading
import time
from pathlib import Path
from typing import Any

from loguru import logger

from agent.llm import chat
from agent.llm.adapters import peft_folder
from agent.llm.protocol import LlmError
from agent.models import require
from agent.models.manifest import read as read_manifest
from agent.settings.tree import Llm, Models, resolve

INSTALL = 'pip install -e ".[finetune]"'


class TransformersModel:
    """The base and its adapters. Its methods block, and may be called from several threads."""

    def __init__(self, settings: Llm, models: Models) -> None:
        """`llm.model` is a name of the manifest of weights (also a GGUF), a folder, or a name of the hub."""
        self._settings = settings
        self._models = models
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._base: Any = None
        self._model: Any = None
        """The base, or peft's model around it once an adapter is there."""
        self._active: str | None = None
        """The adapter that the layers use; None for none."""
        self._users = 0
        self.tokenizer: Any = None
        self._texts: dict[int, str] = {}

    def open(self, adapter: Path | None) -> str | None:
        """Loads the base if need be, and the adapter, under the name that is returned; None for no adapter.

        Raises `LlmError`, `MissingWeights`. Blocks for seconds.
        """
        with self._lock:
            if self._base is None:
                self._load()
            self._users += 1
            if adapter is None:
                return None
            try:
                return self._load_adapter(peft_folder(adapter))
            except BaseException:
                self._leave()
                raise

    def release(self, name: str | None) -> None:
        """Takes the adapter `name` out; the base goes with its last user."""
        with self._lock:
            if name is not None and self._model is not None:
                if others := [other for other in self._model.peft_config if other != name]:
                    self._activate(others[0])
                self._model.delete_adapter(name)
                self._active = ""
            self._leave()

    def step(self, name: str | None, ids: Any, cache: Any) -> Any:
        """The logits of the next token after `ids` (and what `cache` holds), on the CPU, with an adapter."""
        import torch

        with self._lock, torch.inference_mode():
            self._activate(name)
            given = torch.tensor([ids], device=self._base.device)
            answer = self._model(input_ids=given, past_key_values=cache, use_cache=True, logits_to_keep=1)
            return answer.logits[0, -1].float().cpu()

    def text_of(self, token: int) -> str:
        """A token's text by itself."""
        if token not in self._texts:
            self._texts[token] = str(self.tokenizer.decode([token]))
        return self._texts[token]

    @property
    def longest_tokens(self) -> int:
        """Prompt and reply together."""
        own = getattr(self._base.config, "max_position_embeddings", self._settings.context_tokens)
        return min(self._settings.context_tokens, int(own))

    def _leave(self) -> None:
        self._users -= 1
        if self._users == 0:
            self._base = self._model = self.tokenizer = None
            self._texts = {}
            self._active = None

    def _load(self) -> None:
        began = time.monotonic()
        try:
            import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer
        except ImportError as error:
            raise LlmError(f"The transformers backend needs {error.name}: {INSTALL}.") from error
        cuda = torch.cuda.is_available()
        if self._settings.device == "cuda" and not cuda:
            raise LlmError("llm.device is cuda, and PyTorch finds no GPU here: set llm.device to cpu.")
        gpu = cuda and self._settings.device != "cpu"
        torch.set_num_threads(self._settings.threads)
        source = self._source()
        dtype = torch.bfloat16 if gpu else torch.float32
        try:
            tokenizer = AutoTokenizer.from_pretrained(**source)
            model: Any = AutoModelForCausalLM.from_pretrained(**source, dtype=dtype)
        except (OSError, ValueError, ImportError) as error:
            raise LlmError(
                f"The model {self._settings.model} can't be loaded ({_first_line(error)}); "
                "set llm.model to a name of `agent models list`, a folder, or a name of the hub."
            ) from error
        if tokenizer.convert_tokens_to_ids(chat.END) in (None, tokenizer.unk_token_id):
            raise LlmError(f"The model {self._settings.model} doesn't read ChatML; choose another llm.model.")
        self._base = self._model = (model.to("cuda") if gpu else model).eval()
        self.tokenizer = tokenizer
        logger.info("Language model loaded in {:.0f} ms", (time.monotonic() - began) * 1000)

    def _source(self) -> dict[str, Any]:
        name = self._settings.model
        own = self._models.manifest
        if name in read_manifest(own and resolve(own)):
            folder = require(self._models, name)
            ggufs = sorted(folder.glob("*.gguf"))
            source: dict[str, Any] = {"pretrained_model_name_or_path": str(folder)}
            return source | ({"gguf_file": ggufs[0].name} if ggufs else {})
        folder = resolve(Path(name))
        if folder.is_dir():
            return {"pretrained_model_name_or_path": str(folder)}
        token = self._models.hf_token
        return {
            "pretrained_model_name_or_path": name,
            "token": token.get_secret_value() if token else None,
            "trust_remote_code": self._models.trust_remote_code,
        }

    def _load_adapter(self, folder: Path) -> str:
        try:
            from peft import PeftModel
        except ImportError as error:
            raise LlmError(f"An adapter over transformers needs {error.name}: {INSTALL}.") from error
        name = f"adapter-{next(self._numbers)}"
        try:
            self._check_shapes(folder)
            if self._model is self._base:
                self._model = PeftModel.from_pretrained(self._base, str(folder), adapter_name=name).eval()
            else:
                self._model.load_adapter(str(folder), name)
        except Exception as error:
            raise LlmError(
                f"The adapter {folder} can't be put over {self._settings.model} ({_first_line(error)}); "
                "set llm.model or the adapter so that they fit."
            ) from error
        self._active = ""  # whichever peft has made active
        return name

    def _check_shapes(self, folder: Path) -> None:
        """Before any layer is changed: peft finds a misfit when half of them are. Raises `ValueError`."""
        from safetensors import safe_open

        with safe_open(folder / "adapter_model.safetensors", "pt") as file:
            for key in file.keys():  # noqa: SIM118
                layer, _, half = key.removeprefix("base_model.model.").partition(".lora_")
                linear = self._base.get_submodule(layer)
                inputs, outputs = linear.in_features, linear.out_features
                shape = file.get_slice(key).get_shape()
                if shape[-1 if half.startswith("A") else 0] != (inputs if half.startswith("A") else outputs):
                    raise ValueError(f"{layer} is {inputs} x {outputs}, the adapter's is another")

    def _activate(self, name: str | None) -> None:
        """Switches to one adapter, or to none: the layers of peft hold which."""
        if self._model is self._base or name == self._active:
            return
        if name is None:
            self._model.base_model.disable_adapter_layers()
        else:
            self._model.base_model.enable_adapter_layers()
            self._model.set_adapter(name)
        self._active = name


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
