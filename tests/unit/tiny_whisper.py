"""A Whisper model of random numbers for CTranslate2, in the layout of large-v3 where `mels` is 128."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2.specs import WhisperSpec
from tokenizers import Tokenizer

WIDTH = 32
HEADS = 2


def make(folder: Path, like: Path, mels: int) -> Path:
    """Writes the model into `folder`, with the words and the tokenizer of the real one in `like`."""
    numbered = Tokenizer.from_file(str(like / "tokenizer.json")).get_vocab()
    words = sorted(numbered, key=numbered.__getitem__)
    spec = WhisperSpec(1, HEADS, 1, HEADS)
    rng = np.random.default_rng(3)
    encoder, decoder = spec.encoder, spec.decoder
    for part, inputs in ((encoder.conv1, mels), (encoder.conv2, WIDTH)):
        part.weight, part.bias = _random(rng, WIDTH, inputs, 3), _random(rng, WIDTH)
    encoder.position_encodings.encodings = _random(rng, 1500, WIDTH)
    decoder.position_encodings.encodings = _random(rng, 448, WIDTH)
    decoder.embeddings.weight = decoder.projection.weight = _random(rng, len(words), WIDTH)
    for part in (encoder.layer[0], decoder.layer[0]):
        _attention(rng, part.self_attention, (3, 1))
        _linear(rng, part.ffn.linear_0, 4 * WIDTH, WIDTH)
        _linear(rng, part.ffn.linear_1, WIDTH, 4 * WIDTH)
        _norm(part.ffn.layer_norm)
    _attention(rng, decoder.layer[0].attention, (1, 2, 1))
    _norm(encoder.layer_norm)
    _norm(decoder.layer_norm)
    spec.register_vocabulary(words)
    config = json.loads((like / "config.json").read_text(encoding="utf-8"))
    for name in ("suppress_ids", "suppress_ids_begin", "lang_ids"):
        setattr(spec.config, name, config[name])
    spec.config.alignment_heads = [(0, 0), (0, 1)]
    spec.validate()
    folder.mkdir(parents=True)
    spec.save(str(folder))
    shutil.copy(like / "tokenizer.json", folder)
    return folder


def _random(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.normal(0, 0.1, shape).astype(np.float32)


def _linear(rng: np.random.Generator, part: Any, outputs: int, inputs: int) -> None:
    part.weight, part.bias = _random(rng, outputs, inputs), _random(rng, outputs)


def _attention(rng: np.random.Generator, part: Any, widths: tuple[int, ...]) -> None:
    for linear, width in zip(part.linear, widths, strict=True):
        _linear(rng, linear, width * WIDTH, WIDTH)
    _norm(part.layer_norm)


def _norm(part: Any) -> None:
    part.gamma, part.beta = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)
