"""Sentence vectors by MiniLM (all-MiniLM-L6-v2, int8 ONNX): what means the same lies near."""

import hashlib
import os
import sys
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.dialogue.encoder_adapter import EncoderAdapter

Vectors = NDArray[np.float32]
WIDTH = 384
LONGEST_TOKENS = 128
REMEMBERED = 64
"""Texts whose vectors are kept: a turn asks for the same one several times."""


class Embedder:
    """Loaded once and shared; `embed` may be called from several threads."""

    def __init__(self, folder: Path, adapter: EncoderAdapter | None = None) -> None:
        """`folder` holds model.onnx and tokenizer.json; an `adapter` changes the weights. Raises
        `EncoderAdapterError` where it doesn't fit them."""
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        model = folder / "model.onnx"
        weights = str(model) if adapter is None else adapter.merged(model)
        self._session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LONGEST_TOKENS)
        self._model = model
        state = model.stat()
        taught = "" if adapter is None else adapter.identity
        self._identity = f"{model.name}:{state.st_size}:{state.st_mtime_ns}:{taught}"
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._embed)

    @cached_property
    def identity(self) -> str:
        """Of the file of weights, on every machine the same: the start of its sha256."""
        with self._model.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]

    def embed(self, text: str) -> Vectors:
        """One unit vector of `WIDTH`, not to be changed: mean of the tokens' states, L2-normalised. About 5
        ms, and nothing for a text that was just embedded."""
        return self._remembered(text)

    def _embed(self, text: str) -> Vectors:
        _, states = self._states(text)
        vector = _unit(states.mean(axis=0))
        vector.flags.writeable = False  # many hold it
        return vector

    def read(self, text: str, places: Sequence[tuple[int, int]]) -> Vectors:
        """The vector of `embed`, and behind it one for each place (start and end in `text`), which is what
        the words there mean in this text. Shape (1 + places, WIDTH); zeros for words that are cut off."""
        tokens, states = self._states(text)
        rows = [_unit(states.mean(axis=0))]
        for start, end in places:
            own = [n for n, (begin, stop) in enumerate(tokens) if begin < end and stop > start]
            rows.append(_unit(states[own].mean(axis=0)) if own else np.zeros(WIDTH, dtype=np.float32))
        return np.stack(rows)

    def _states(self, text: str) -> tuple[list[tuple[int, int]], Vectors]:
        """Where each token stands in `text`, and its state, shape (tokens, WIDTH)."""
        encoded = self._tokenizer.encode(text)
        states = self._session.run(
            None,
            {
                "input_ids": np.array([encoded.ids], dtype=np.int64),
                "attention_mask": np.ones((1, len(encoded.ids)), dtype=np.int64),
                "token_type_ids": np.zeros((1, len(encoded.ids)), dtype=np.int64),
            },
        )[0][0]
        return encoded.offsets, states

    def embed_all(
        self, texts: Sequence[str], cache: Path | None = None, *, progress: bool = False
    ) -> Vectors:
        """Vectors of many texts, shape (texts, WIDTH); kept in the folder `cache` by their hash.

        `progress` draws a bar on stderr.
        """
        if not texts:
            return np.zeros((0, WIDTH), dtype=np.float32)
        key = hashlib.sha256("\0".join((self._identity, *texts)).encode()).hexdigest()[:24]
        file = cache / f"examples-{key}.npy" if cache is not None else None
        if file is not None and (kept := _kept(file, len(texts))) is not None:
            return kept
        vectors = np.stack([self.embed(text) for text in _shown(texts, progress)])
        if file is not None:
            _keep(file, vectors)
        return vectors


def _unit(vector: Vectors) -> Vectors:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), dtype=np.float32)


def _shown(texts: Sequence[str], progress: bool) -> Iterable[str]:
    if not progress:
        return texts
    from rich.console import Console
    from rich.progress import track

    return track(texts, "sentences read", console=Console(file=sys.stderr), transient=True)


def _kept(file: Path, rows: int) -> Vectors | None:
    try:
        vectors = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return vectors if vectors.shape == (rows, WIDTH) and vectors.dtype == np.float32 else None


def _keep(file: Path, vectors: Vectors) -> None:
    """Writes whole or not at all; a cache that can't be written is done without."""
    half = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with half.open("wb") as out:
            np.save(out, vectors, allow_pickle=False)
        os.replace(half, file)
    except OSError:
        half.unlink(missing_ok=True)
