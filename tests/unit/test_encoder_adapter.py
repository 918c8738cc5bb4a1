"""A business's changes in MiniLM's served graph."""

from pathlib import Path

import numpy as np
import pytest

from agent.dialogue.embeddings import WIDTH, Embedder
from agent.dialogue.encoder_adapter import EncoderAdapter, EncoderAdapterError
from agent.models import require
from agent.settings import Tree

QUERY = "encoder.layer.0.attention.self.query"
INNER = "encoder.layer.5.intermediate.dense"
TEXTS = ("where is my order", "can I send these boots back", "good morning")


@pytest.fixture(scope="module")
def folder() -> Path:
    return require(Tree().models, "minilm")


def adapter(layer: str, outputs: int = WIDTH, size: float = 0.2) -> EncoderAdapter:
    draw = np.random.default_rng(1)
    down = draw.normal(size=(4, WIDTH)).astype(np.float16)
    return EncoderAdapter({layer: (down, (draw.normal(size=(outputs, 4)) * size).astype(np.float16))})


def test_no_change_changes_nothing_and_a_change_does(folder: Path) -> None:
    plain = Embedder(folder)
    same = Embedder(folder, adapter(QUERY, size=0.0))
    other = Embedder(folder, adapter(INNER, 1536))
    for text in TEXTS:
        assert same.embed(text) == pytest.approx(plain.embed(text), abs=1e-5)
        assert 0.1 < float(other.embed(text) @ plain.embed(text)) < 0.999
    assert plain.identity == same.identity == other.identity


def test_vectors_that_are_kept_are_those_of_the_changes(folder: Path, tmp_path: Path) -> None:
    plain = Embedder(folder).embed_all(TEXTS, tmp_path)
    other = Embedder(folder, adapter(INNER, 1536)).embed_all(TEXTS, tmp_path)
    assert len(list(tmp_path.glob("*.npy"))) == 2 and (plain != other).any()


@pytest.mark.parametrize(
    ("layer", "outputs", "told"),
    [
        ("encoder.layer.9.output.dense", WIDTH, "no layer encoder.layer.9.output.dense"),
        (QUERY, 12, r"has \(384, 12\), its weights \(384, 384\)"),
    ],
)
def test_a_change_that_fits_no_layer_is_told(folder: Path, layer: str, outputs: int, told: str) -> None:
    with pytest.raises(EncoderAdapterError, match=told):
        Embedder(folder, adapter(layer, outputs))


def test_a_file_keeps_it_and_half_of_it_is_refused() -> None:
    one = adapter(QUERY)
    arrays = one.arrays()
    assert EncoderAdapter.of_arrays({**arrays, "weights": 0}) == one != adapter(INNER)
    assert len({one, adapter(QUERY)}) == 1
    assert EncoderAdapter.of_arrays({"weights": 0}) is None
    arrays.pop(f"adapter/{QUERY}/up")
    with pytest.raises(KeyError):
        EncoderAdapter.of_arrays(arrays)
