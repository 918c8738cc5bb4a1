"""`finetune intents --tune`: an encoder of one random layer, with MiniLM's own tokenizer."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from agent.dialogue.embeddings import WIDTH
from agent.dialogue.intents import normal
from agent.models import require
from agent.settings import ROOT, Tree
from finetune.data.utterances import Split, Utterance
from finetune.train.intent_trial import tuned
from finetune.train.sentence_encoder import EncoderError, SentenceEncoder, Tuning, tune

SAID = {
    "water": ("the tap drips", "my pipe has burst", "there is a leak in the kitchen", "the drain is blocked"),
    "bill": ("how much do I owe", "what is on my invoice", "I want to pay", "when is the payment due"),
}
ROWS = tuple(Utterance(text, label) for label, texts in SAID.items() for text in texts)
TUNING = Tuning(epochs=3, batch=4, learning_rate=1e-3, seed=5)


def write(folder: Path, width: int = WIDTH) -> Path:
    torch.manual_seed(1)
    config = BertConfig(
        hidden_size=width,
        num_hidden_layers=1,
        num_attention_heads=4,
        intermediate_size=32,
        max_position_embeddings=160,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def tokenizer() -> Path:
    return require(Tree().models, "minilm") / "tokenizer.json"


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
    before, begun = apart(encoder), encoder.identity
    lines: list[str] = []
    found = tune(encoder, ROWS, ROWS, TUNING, lines.append)
    assert apart(encoder) > before + 0.05
    assert encoder.identity != begun
    assert len(found.accuracies) == 3 and found.accuracies[found.epoch - 1] == max(found.accuracies)
    assert len(lines) == 3 and lines[0].startswith("epoch 1: loss ")
    again = SentenceEncoder.load(write(tmp_path / "again"), tokenizer)
    assert again.identity == begun
    tune(again, ROWS, ROWS, TUNING, lines.append)
    assert again.identity == encoder.identity


def apart(encoder: SentenceEncoder) -> float:
    """Mean cosine inside an intent, less that between the two."""
    vectors = encoder.embed_all([row.text for row in ROWS])
    near = vectors @ vectors.T
    same = np.array([[one.label == other.label for other in ROWS] for one in ROWS])
    return float(near[same].mean() - near[~same].mean())


def test_the_best_epoch_is_kept_not_the_last(
    encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []

    def falling(*_: object) -> float:
        kept.append(encoder.identity)
        return 1.0 / len(kept)

    monkeypatch.setattr("finetune.train.sentence_encoder._accuracy", falling)
    assert tune(encoder, ROWS, ROWS, TUNING, lambda _: None).epoch == 1
    assert encoder.identity == kept[0] != kept[-1]


@pytest.mark.parametrize(
    ("file", "width"), [("model.safetensors", WIDTH), ("config.json", WIDTH), (None, 64)]
)
def test_what_is_no_encoder_is_told(tmp_path: Path, tokenizer: Path, file: str | None, width: int) -> None:
    folder = write(tmp_path / "tiny", width)
    if file is not None:
        (folder / file).write_bytes((folder / file).read_bytes()[:50])
    with pytest.raises(EncoderError, match="agent models pull minilm-float" if file else "64 instead of 384"):
        SentenceEncoder.load(folder, tokenizer)


def test_a_trial_tells_how_the_encoder_was_tuned(
    tmp_path: Path, tokenizer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {"minilm": tokenizer.parent, "minilm-float": write(tmp_path / "tiny")}
    monkeypatch.setattr("agent.models.require", lambda _, name: folders[name])
    torch.set_num_threads(1)
    trial = tuned(Split(ROWS, ROWS, ROWS), Tree(), TUNING, lambda _: None)
    card = trial.document()
    assert card["tuning"]["seed"] == 5 and card["tuning"]["kept_epoch"] in (1, 2, 3)
    assert card["test"]["accuracy_without_threshold"]["value"] == 1.0
    assert set(trial.head.labels) == set(SAID)


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
