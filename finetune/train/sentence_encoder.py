"""MiniLM in floating point, tuned on labelled utterances: low-rank changes of its linear layers, by the
cross-entropy of a linear head over its vectors."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import AutoModel, PreTrainedModel, get_linear_schedule_with_warmup
from transformers.utils.logging import disable_progress_bar, set_verbosity_error

from agent.dialogue.embeddings import LONGEST_TOKENS, WIDTH, Vectors
from agent.dialogue.encoder_adapter import EncoderAdapter
from agent.dialogue.intent_head import NONE, IntentHead
from agent.dialogue.intents import normal
from agent.settings import UserError
from finetune.data.utterances import Utterance
from finetune.train.intent_head import fit

WEIGHTS = "minilm-float"
"""In the manifest of weights: pulled by its name."""
READ_TOGETHER = 64
"""Utterances of a batch where nothing is learned."""
START = 10.0
"""Inverse regularisation of the head that tuning begins with."""
LEAST_NORM = 1e-9
TELL_STEPS = 50
LAYERS = ("query", "key", "value", "dense")
"""That are changed: all linear layers."""
ALPHA = 2
"""Alpha, as a multiple of the rank (Hu et al. 2021)."""
PEFT = "base_model.model."
"""What peft writes before a layer's name."""
CHANGES_DROPOUT = 0.05
"""On what goes into the changes."""


class EncoderError(UserError):
    """The encoder can't be loaded; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Tuning:
    epochs: int = 5
    batch: int = 32
    rank: int = 16
    """Of the changes; what they add counts `ALPHA` times."""
    learning_rate: float = 1e-3
    """Of the changes at its height; the head learns at `head_rate`."""
    head_rate: float = 1e-3
    warmup: float = 0.1
    """Share of the steps."""
    dropout: float = 0.1
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Tuned:
    head: IntentHead
    """With the changes as its adapter and without a threshold."""
    epoch: int
    """The one kept: the best by accuracy on validation, in scope, 1 the first."""
    accuracies: tuple[float, ...]
    """In-scope accuracy on validation after each epoch."""


class SentenceEncoder:
    """Vectors as the served MiniLM makes them, in float32 and by torch."""

    def __init__(self, model: PreTrainedModel, tokenizer: Tokenizer) -> None:
        self.model: torch.nn.Module = model
        tokenizer.no_padding()
        tokenizer.enable_truncation(LONGEST_TOKENS)
        self._tokenizer = tokenizer
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.nn.Module.to(model, self.device)  # transformers hides the signature

    @classmethod
    def load(cls, folder: Path, tokenizer: Path) -> "SentenceEncoder":
        """Of a folder with config.json and model.safetensors. Raises `EncoderError`."""
        disable_progress_bar()
        set_verbosity_error()  # a table of the pooler's weights, which nobody needs
        try:
            model = AutoModel.from_pretrained(folder, local_files_only=True, add_pooling_layer=False)
            words = Tokenizer.from_file(str(tokenizer))
        except Exception as error:  # tokenizers raises bare Exception
            raise EncoderError(
                f"{folder} holds no encoder that can be read ({type(error).__name__}): "
                f"run `agent models pull {WEIGHTS}`."
            ) from error
        if model.config.hidden_size != WIDTH:
            raise EncoderError(f"{folder} makes vectors of {model.config.hidden_size} instead of {WIDTH}.")
        return cls(model, words)

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of each text, brought to the form in which the live agent embeds it."""
        return [found.ids for found in self._tokenizer.encode_batch([normal(text) for text in texts])]

    def vectors_of(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        """Unit vectors (rows, `WIDTH`): the mean of the tokens' states, with gradients where they are on."""
        longest = max(len(row) for row in rows)
        ids = torch.zeros(len(rows), longest, dtype=torch.long)
        mask = torch.zeros(len(rows), longest)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = torch.tensor(row)
            mask[place, : len(row)] = 1
        ids, mask = ids.to(self.device), mask.to(self.device)
        states = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        mean = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return functional.normalize(mean, dim=1, eps=LEAST_NORM)

    def embed_all(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of many texts, shape (texts, `WIDTH`)."""
        rows = self.tokens(texts)
        found = np.zeros((len(rows), WIDTH), np.float32)
        order = sorted(range(len(rows)), key=lambda place: len(rows[place]))
        self.model.eval()
        with torch.inference_mode():
            for start in range(0, len(order), READ_TOGETHER):
                places = order[start : start + READ_TOGETHER]
                found[places] = self.vectors_of([rows[place] for place in places]).cpu().numpy()
        return found


def tune(
    encoder: SentenceEncoder,
    train: Sequence[Utterance],
    validation: Sequence[Utterance],
    tuning: Tuning,
    identity: str,
    progress: Callable[[str], None],
) -> Tuned:
    """Tunes the encoder in place, beside a head for the served encoder of that `identity`: the head comes
    back as it was after the best epoch, with the encoder's changes of that moment.

    The head begins as the one that fits the frozen vectors best, so that the first steps don't undo what the
    encoder knows.
    """
    torch.manual_seed(tuning.seed)
    rows = encoder.tokens([utterance.text for utterance in train])
    begun = fit(train, encoder.embed_all([utterance.text for utterance in train]), START, identity)
    places = {label: place for place, label in enumerate(begun.labels)}
    labels = torch.tensor([places[utterance.label] for utterance in train])
    head = _linear(begun).to(encoder.device)
    learned = _with_changes(encoder, tuning)
    steps = tuning.epochs * -(-len(rows) // tuning.batch)
    optimizer = torch.optim.AdamW(
        [
            {"params": learned, "lr": tuning.learning_rate},
            {"params": head.parameters(), "lr": tuning.head_rate},
        ],
        weight_decay=0.01,
    )
    schedule = get_linear_schedule_with_warmup(optimizer, int(tuning.warmup * steps), steps)
    best: tuple[float, int, IntentHead] | None = None
    accuracies: list[float] = []
    for epoch in range(1, tuning.epochs + 1):
        encoder.model.train()
        losses: list[float] = []
        for step, batch in enumerate(_batches([len(row) for row in rows], tuning, epoch), 1):
            scores = head(encoder.vectors_of([rows[place] for place in batch]))
            loss = functional.cross_entropy(scores, labels[batch].to(encoder.device))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learned, 1.0)
            optimizer.step()
            schedule.step()
            losses.append(float(loss.detach()))
            if step % TELL_STEPS == 0:
                progress(f"epoch {epoch} step {step} of {steps // tuning.epochs}: loss {np.mean(losses):.3f}")
        accuracy = _accuracy(encoder, head, begun.labels, validation)
        accuracies.append(round(accuracy, 4))
        progress(f"epoch {epoch}: loss {np.mean(losses):.3f}, {accuracy:.1%} of validation")
        if best is None or accuracy >= best[0]:
            best = (accuracy, epoch, _taken(begun, head, encoder))
    assert best is not None
    return Tuned(best[2], best[1], tuple(accuracies))


def _with_changes(encoder: SentenceEncoder, tuning: Tuning) -> list[torch.nn.Parameter]:
    """The changes, put into the encoder: all that is learned of it."""
    settings = LoraConfig(
        r=tuning.rank,
        lora_alpha=ALPHA * tuning.rank,
        lora_dropout=CHANGES_DROPOUT,
        target_modules=list(LAYERS),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers by an old name
        encoder.model = get_peft_model(encoder.model, settings)
    for part in encoder.model.modules():
        if isinstance(part, torch.nn.Dropout) and part.p != CHANGES_DROPOUT:
            part.p = tuning.dropout
    return [weight for weight in encoder.model.parameters() if weight.requires_grad]


def _taken(begun: IntentHead, head: torch.nn.Linear, encoder: SentenceEncoder) -> IntentHead:
    """The head as it is now, with the changes as they are now."""
    state = get_peft_model_state_dict(encoder.model)
    ends = (".lora_A.weight", ".lora_B.weight")
    factors = {}
    for name in sorted({key.removesuffix(ends[0]) for key in state if key.endswith(ends[0])}):
        down, up = (state[name + end].detach().float().cpu().numpy() for end in ends)
        factors[name.removeprefix(PEFT)] = (down.astype(np.float16), (up * ALPHA).astype(np.float16))
    return replace(
        begun,
        weights=head.weight.detach().cpu().numpy().copy(),
        bias=head.bias.detach().cpu().numpy().copy(),
        adapter=EncoderAdapter(factors),
    )


def _linear(head: IntentHead) -> torch.nn.Linear:
    linear = torch.nn.Linear(WIDTH, len(head.labels))
    with torch.no_grad():
        linear.weight.copy_(torch.from_numpy(head.weights))
        linear.bias.copy_(torch.from_numpy(head.bias))
    return linear


def _batches(lengths: Sequence[int], tuning: Tuning, epoch: int) -> Iterator[list[int]]:
    """Places of each batch, in an order of the epoch's own; rows of a batch are nearly of one length."""
    draw = np.random.default_rng((tuning.seed, epoch))
    order = sorted(range(len(lengths)), key=lambda place: lengths[place] + draw.uniform(0, 4))
    batches = [order[start : start + tuning.batch] for start in range(0, len(order), tuning.batch)]
    for place in draw.permutation(len(batches)):
        yield batches[place]


def _accuracy(
    encoder: SentenceEncoder, head: torch.nn.Linear, labels: Sequence[str], rows: Sequence[Utterance]
) -> float:
    """In scope, without a threshold."""
    inside = [row for row in rows if row.label != NONE]
    with torch.inference_mode():
        vectors = torch.from_numpy(encoder.embed_all([row.text for row in inside])).to(encoder.device)
        said = head(vectors).argmax(1).tolist()
    return float(np.mean([labels[place] == row.label for place, row in zip(said, inside, strict=True)]))
