"""Opens llama.cpp's server over one model and at most one adapter, after a look at what could kill it."""

import time
from pathlib import Path
from typing import Any

from loguru import logger
from pydantic import SecretStr

from agent.llm import adapters, chat, cpu, gguf
from agent.llm.protocol import LlmError
from agent.settings.process import set_for_libraries
from agent.settings.tree import Llm, resolve

BATCH_TOKENS = 128
"""Of a prompt, between two looks at whether it is still wanted: about half a second on two cores."""
SMALL_BYTES = 512 << 20
"""Of weights so small that a second thread mostly waits for the first while tokens are written."""
WAITING = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "1000"}
"""How libgomp's threads wait, read once, when it is loaded: they sleep, so that other engines have the cores,
but not between two layers, where waking takes longer than the work. 1,000 turns are a few microseconds."""
CACHE_MIB = 256
"""Of prompts that lost their slot. llama.cpp's default is 8,192."""


def open_server(model_path: Path, settings: Llm, key: SecretStr) -> tuple[Any, bool]:
    """The server, and whether its model reads ChatML. Blocks for a second or so. Raises `LlmError`.

    `settings.adapter` is used where it is a path; what `shipped` means is found before.
    """
    cpu.check_this_machine()
    path = _model_file(model_path)
    header = _whole(path, "`agent models pull`")
    adapter = None
    if isinstance(settings.adapter, Path):
        adapter = adapters.gguf_file(resolve(settings.adapter))
        _check_adapter(adapter, header)
    set_for_libraries(WAITING)
    try:
        import xllamacpp
    except ImportError as error:
        raise LlmError("The language model needs the package xllamacpp; run `make install`.") from error
    started = time.monotonic()
    try:
        server = xllamacpp.Server(_parameters(xllamacpp, path, adapter, settings, key))
    except Exception as error:
        raise LlmError(
            f"llama.cpp can't load {path.name}{f' with {adapter.name}' if adapter else ''}; "
            "run `agent models verify`, and check llm.adapter and llm.context_tokens."
        ) from error
    logger.info("Language model loaded in {:.0f} ms", (time.monotonic() - started) * 1000)
    return server, chat.fits(_text(header, "tokenizer.chat_template"))


def _parameters(xllamacpp: Any, path: Path, adapter: Path | None, settings: Llm, key: SecretStr) -> Any:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.model_alias = {settings.model}
    parameters.n_parallel = settings.slots
    parameters.n_ctx = settings.slots * settings.context_tokens
    parameters.n_batch = parameters.n_ubatch = BATCH_TOKENS
    parameters.cache_ram_mib = CACHE_MIB
    parameters.cpuparams.n_threads = decode_threads(path, settings)
    parameters.cpuparams_batch.n_threads = settings.threads
    parameters.cpuparams.poll = parameters.cpuparams_batch.poll = 0
    # The server opens a port, wanted or not: this machine only, with a key, and as little as can be.
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [key.get_secret_value()]
    parameters.n_threads_http = 2
    parameters.endpoint_slots = parameters.endpoint_props = parameters.endpoint_metrics = False
    parameters.ui = False
    parameters.verbosity = -1
    if adapter is not None:
        lora = xllamacpp.CommonAdapterLoraInfo()
        lora.path, lora.scale = str(adapter), 1.0
        parameters.lora_adapters = [lora]
    return parameters


def decode_threads(path: Path, settings: Llm) -> int:
    """How many threads write tokens: what is set, else one for small weights, `llm.threads` for others."""
    if settings.decode_threads is not None:
        return settings.decode_threads
    return 1 if path.stat().st_size < SMALL_BYTES else settings.threads


def _model_file(path: Path) -> Path:
    if path.is_dir():
        found = sorted(path.glob("*.gguf"))
        if found:
            return found[0]
    if not path.is_file():
        raise LlmError(f"The model {path.name} is missing; run `agent models pull`.")
    return path


def _whole(path: Path, remedy: str) -> gguf.Header:
    try:
        return gguf.read(path)
    except gguf.GgufError as error:
        raise LlmError(f"The file {path.name} is damaged ({error}); run {remedy}.") from error
    except OSError as error:
        raise LlmError(f"The file {path.name} can't be read ({error.strerror}); check its path.") from error


def _check_adapter(adapter: Path, model: gguf.Header) -> None:
    header = _whole(adapter, "`finetune export` again")
    if _text(header, "general.type") != "adapter" or _text(header, "adapter.type") != "lora":
        raise LlmError(f"The file {adapter.name} is no LoRA adapter; point llm.adapter at an exported one.")
    made_for, ours = _text(header, "general.architecture"), _text(model, "general.architecture")
    if made_for != ours:
        raise LlmError(
            f"The adapter {adapter.name} was made for {made_for}, the model is {ours}; "
            "set llm.model or llm.adapter so that they fit."
        )


def _text(header: gguf.Header, key: str) -> str | None:
    value = header.values.get(key)
    return value if isinstance(value, str) else None
