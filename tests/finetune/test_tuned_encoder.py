"""`finetune intents --tune`: an encoder of one random layer, with MiniLM's own tokenizer."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from agent.dialogue.embeddings import WIDTH, Embedder
from agent.dialogue.intent_head import IntentHead
from agent.dialogue.intents import normal
from agent.models import MissingWeights, require
from agent.settings import ROOT, Tree
from finetune.data.utterances import Split, Utterance
from finetune.train.intent_trial import tuned
from finetune.train.sentence_encoder import EncoderError, SentenceEncoder, Tuning, tune

SAID = {
    "water": ("the tap drips", "my pipe has burst", "there is a leak in the kitchen", "the drain is blocked"),
    "bill": ("how much do I owe", "what is on my invoice", "I want to pay", "when is the payment due"),
}
ROWS = tuple(Utterance(text, label) for label, texts in SAID.items() for text in texts)
TUNING = Tuning(epochs=3, batch=4, rank=4, learning_rate=3e-3, seed=5)
LAYERS = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)


def write(folder: Path, width: int = WIDTH, inner: int = 32) -> Path:
    torch.manual_seed(1)
    config = BertConfig(
        hidden_size=width,
        num_hidden_layers=1,
        num_attention_heads=4,
        intermediate_size=inner,
        max_position_embeddings=160,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def tokenizer() -> Path:
    return require(Tree().models, "minilm") / "tokenizer.json"


@pytest.fixture(scope="module")
def embedder(tokenizer: Path) -> Embedder:
    return Embedder(tokenizer.parent)


@pytest.fixture
def encoder(tmp_path: Path, tokenizer: Path) -> SentenceEncoder:
    torch.set_num_threads(1)
    return SentenceEncoder.load(write(tmp_path / "tiny"), tokenizer)


def test_a_vector_is_the_mean_of_the_states_whatever_stands_beside_it(encoder: SentenceEncoder) -> None:
    texts = ["What's that?", "a much longer sentence than the one that stands before it", "Bill!"]
    together = encoder.embed_all(texts)
    assert together.shape == (3, WIDTH) and together.dtype == np.float32
    for text, found in zip(texts, together, strict=True):
        ids = torch.tensor(encoder.tokens([normal(text)]))
        with torch.inference_mode():
            mean = encoder.model(input_ids=ids).last_hidden_state[0].mean(0).numpy()
        assert found == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)


def test_tuning_brings_one_intent_together_and_is_the_same_each_time(
    tmp_path: Path, tokenizer: Path, encoder: SentenceEncoder
) -> None:
    before = apart(encoder)
    lines: list[str] = []
    tuning = replace(TUNING, epochs=12, learning_rate=1e-2)
    found = tune(encoder, ROWS, ROWS, tuning, "served", lines.append)
    assert apart(encoder) > before + 0.05
    assert len(found.accuracies) == 12 and found.accuracies[found.epoch - 1] == max(found.accuracies)
    assert len(lines) == 12 and lines[0].startswith("epoch 1: loss ")
    assert found.head.encoder == "served" and found.head.adapter is not None
    assert set(found.head.adapter.factors) == {f"encoder.layer.0.{layer}" for layer in LAYERS}
    again = SentenceEncoder.load(write(tmp_path / "again"), tokenizer)
    assert tune(again, ROWS, ROWS, tuning, "served", lines.append).head.adapter == found.head.adapter


def apart(encoder: SentenceEncoder) -> float:
    """Mean cosine inside an intent, less that between the two."""
    vectors = encoder.embed_all([row.text for row in ROWS])
    near = vectors @ vectors.T
    same = np.array([[one.label == other.label for other in ROWS] for one in ROWS])
    return float(near[same].mean() - near[~same].mean())


def test_the_best_epoch_is_kept_not_the_last(
    encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights: list[np.ndarray] = []

    def falling(_: object, head: torch.nn.Linear, *__: object) -> float:
        weights.append(head.weight.detach().numpy().copy())
        return 1.0 / len(weights)

    monkeypatch.setattr("finetune.train.sentence_encoder._accuracy", falling)
    found = tune(encoder, ROWS, ROWS, TUNING, "served", lambda _: None)
    assert found.epoch == 1
    assert (found.head.weights == weights[0]).all() and (weights[0] != weights[-1]).any()


@pytest.mark.parametrize(
    ("file", "width"), [("model.safetensors", WIDTH), ("config.json", WIDTH), (None, 64)]
)
def test_what_is_no_encoder_is_told(tmp_path: Path, tokenizer: Path, file: str | None, width: int) -> None:
    folder = write(tmp_path / "tiny", width)
    if file is not None:
        (folder / file).write_bytes((folder / file).read_bytes()[:50])
    with pytest.raises(EncoderError, match="agent models pull minilm-float" if file else "64 instead of 384"):
        SentenceEncoder.load(folder, tokenizer)


def test_what_is_served_is_what_was_tuned(encoder: SentenceEncoder, tmp_path: Path, tokenizer: Path) -> None:
    """MiniLM itself: torch with the changes beside it, and the served graph with the changes in its int8
    weights."""
    try:
        folder = require(Tree().models, "minilm-float")
    except MissingWeights:
        pytest.skip("`agent models pull minilm-float`")
    torch.set_num_threads(1)
    whole = SentenceEncoder.load(folder, tokenizer)
    texts = [row.text for row in ROWS]
    before = whole.embed_all(texts)
    found = tune(whole, ROWS, ROWS, TUNING, "served", lambda _: None)
    served = Embedder(tokenizer.parent, found.head.adapter).embed_all([normal(text) for text in texts])
    wanted = whole.embed_all(texts)
    assert (wanted * before).sum(1).max() < 0.97
    assert (wanted * served).sum(1).min() > 0.99


def test_a_trial_tells_how_the_encoder_was_tuned(
    tmp_path: Path, tokenizer: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one layer learned is the first of the six that are served."""
    folders = {"minilm": tokenizer.parent, "minilm-float": write(tmp_path / "tiny", inner=1536)}
    monkeypatch.setattr("agent.models.require", lambda _, name: folders[name])
    torch.set_num_threads(1)
    trial = tuned(Split(ROWS, ROWS, ROWS), Tree(), embedder, TUNING, lambda _: None)
    card = trial.document()
    assert card["tuning"]["seed"] == 5 and card["tuning"]["kept_epoch"] in (1, 2, 3)
    assert card["test"]["accuracy_without_threshold"]["count"] == len(ROWS)
    assert set(trial.head.labels) == set(SAID) and trial.head.encoder == embedder.identity
    trial.head.save(tmp_path / "head.npz")
    assert IntentHead.load(tmp_path / "head.npz", embedder.identity).adapter == trial.head.adapter


def test_missing_weights_are_told_before_any_work(tmp_path: Path) -> None:
    data = tmp_path / "said.tsv"
    data.write_text("".join(f"{row.label}\t{row.text} {n}\n" for row in ROWS for n in range(3)))
    run = subprocess.run(
        [sys.executable, "-m", "finetune", "intents", data, "--tune"],
        cwd=ROOT,
        env={**os.environ, "RINGDOWN_MODELS__DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert run.returncode != 0
    assert "agent models pull minilm-float" in run.stderr and "Traceback" not in run.stderr
