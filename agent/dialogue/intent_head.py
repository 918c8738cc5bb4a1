"""A linear head over MiniLM's vectors: what was meant, and how surely. `finetune intents` makes it."""

import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.dialogue.embeddings import WIDTH, Vectors
from agent.dialogue.encoder_adapter import EncoderAdapter
from agent.settings import UserError

FILE = "intent_head.npz"
"""Its name in a business's folder."""
NONE = "-"
"""The label of utterances that are none of the intents."""
FORMAT = 2


class HeadError(UserError):
    """The head can't be used; the text says what to do."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class IntentHead:
    """Shared by calls; never changed."""

    labels: tuple[str, ...]
    weights: NDArray[np.float32]
    """(labels, `WIDTH`)"""
    bias: NDArray[np.float32]
    """(labels,)"""
    threshold: float
    """Probability below which an utterance is none of the intents: set on validation data."""
    encoder: str
    """Identity of the encoder that the head was trained on."""
    adapter: EncoderAdapter | None = None
    """The changes to that encoder under which the head was trained; None where it was frozen."""
    card: Mapping[str, Any] = field(default_factory=dict)
    """How it was made: data with hashes, figures, date."""

    def probabilities(self, vectors: Vectors) -> NDArray[np.float64]:
        """Of each label, for vectors of shape (n, `WIDTH`): shape (n, labels)."""
        scores = vectors.astype(np.float64) @ self.weights.T.astype(np.float64) + self.bias
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    def find(self, vector: Vectors) -> tuple[str | None, float]:
        """The label meant by one vector, None for none of them, and its probability."""
        chances = self.probabilities(vector[None])[0]
        best = int(chances.argmax())
        label = self.labels[best]
        chance = float(chances[best])
        return (None if label == NONE or chance < self.threshold else label), chance

    def save(self, path: Path) -> None:
        """Writes the file whole or not at all."""
        about = {
            "format": FORMAT,
            "labels": self.labels,
            "threshold": self.threshold,
            "encoder": self.encoder,
            "card": dict(self.card),
        }
        changes: dict[str, Any] = {} if self.adapter is None else dict(self.adapter.arrays())
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            with half.open("wb") as out:
                np.savez_compressed(
                    out,
                    weights=self.weights.astype(np.float32),
                    bias=self.bias.astype(np.float32),
                    about=np.array(json.dumps(about)),
                    **changes,
                )
            os.replace(half, path)
        finally:
            half.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path, encoder: str) -> "IntentHead":
        """Reads a head for the encoder of that identity. Raises `HeadError`."""
        again = "make it anew with `finetune intents`, or take the file away"
        try:
            with np.load(path, allow_pickle=False) as file:
                about = json.loads(str(file["about"]))
                head = cls(
                    tuple(about["labels"]),
                    file["weights"],
                    file["bias"],
                    float(about["threshold"]),
                    about["encoder"],
                    EncoderAdapter.of_arrays(file),
                    about["card"],
                )
        except FileNotFoundError:
            raise HeadError(f"{path} isn't there: make it with `finetune intents`.") from None
        except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
            raise HeadError(f"{path} is no intent head ({type(error).__name__}): {again}.") from None
        if about.get("format") != FORMAT or head.weights.shape != (len(head.labels), WIDTH):
            raise HeadError(f"{path} is a head of another format: {again}.")
        if head.encoder != encoder:
            raise HeadError(f"{path} was trained on another encoder's vectors: {again}.")
        return head
