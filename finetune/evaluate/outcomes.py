"""What each candidate made of each row, and the figures over any of these rows."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from finetune.data.forms import Form, filled, voiced
from finetune.data.rows import Row
from finetune.evaluate.faithfulness import Judged, judge
from finetune.evaluate.intervals import Floats, Resampler, Sample
from finetune.evaluate.overlap import bleu, bleu_counts, rouge_l
from finetune.evaluate.speech_length import seconds
from finetune.evaluate.surprise import Surprise
from finetune.evaluate.writers import Reply

LEAST = 5
"""Rows of a part that gets figures of its own."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row's reply, measured."""

    row: Row
    """In the form of names."""
    reply: Reply
    judged: Judged
    bleu: Floats
    """(10,), of `bleu_counts`."""
    rouge: float
    seconds: float
    surprise: Surprise | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    title: str
    unit: str
    """`share`, `seconds`, `ms`, `tokens`, or empty."""
    better: str
    """`low`, `high`, or empty where neither is."""
    told: str


MEASURES: Mapping[str, Measure] = {
    "missing": Measure("Facts missing", "share", "low", "replies that lack a fact they need"),
    "invented": Measure("Facts invented", "share", "low", "replies with a name, number or date of their own"),
    "kept": Measure(
        "Said as written", "share", "high", "replies that the live agent would say, instead of its template"
    ),
    "refused": Measure("Refused", "share", "low", "replies with a sentence that the live check refuses"),
    "declined": Measure("Declines", "share", "high", "of rows without the fact, those that say so"),
    "declined_wrongly": Measure("Declines wrongly", "share", "low", "of rows with the fact"),
    "bleu": Measure("BLEU", "", "high", "words shared with the reference, values written out"),
    "rouge_l": Measure("ROUGE-L", "", "high", "longest common run of words, 0 to 1"),
    "perplexity": Measure("Perplexity", "", "low", "of the reference reply's tokens"),
    "seconds": Measure("Speech", "seconds", "", "mean length of a reply, as a voice says it"),
    "tokens": Measure("Tokens", "tokens", "", "mean of a reply"),
    "p50_ms": Measure("Median", "ms", "low", "time of a whole reply"),
    "p95_ms": Measure("95th percentile", "ms", "low", "time of a whole reply"),
    "first_ms": Measure("First words", "ms", "low", "median time to the first piece"),
}


def outcomes(
    rows: Sequence[Row],
    replies: Sequence[Reply],
    form: Form,
    surprises: Sequence[Surprise] | None = None,
) -> list[Outcome]:
    """Each reply measured against its row (in the form of names)."""
    judged = [judge(row, reply.text, form) for row, reply in zip(rows, replies, strict=True)]
    references = [filled(row.reply, row.facts) for row in rows]
    counts = bleu_counts([one.text for one in judged], references)
    rouges = rouge_l([one.text for one in judged], references)
    return [
        Outcome(
            row,
            reply,
            judged[at],
            counts[at],
            rouges[at],
            seconds(voiced(reply.text, row.facts)),
            surprises[at] if surprises is not None else None,
        )
        for at, (row, reply) in enumerate(zip(rows, replies, strict=True))
    ]


def figures(found: Sequence[Outcome], seed: int) -> dict[str, Sample]:
    """Every measure over `found`; those of the same rows and seed may be subtracted."""
    draws = Resampler([one.row.scenario for one in found], seed)
    samples = {
        "missing": draws.mean([bool(one.judged.missing) if one.row.needed else None for one in found]),
        "invented": draws.mean([bool(one.judged.invented) for one in found]),
        "kept": draws.mean([one.judged.kept for one in found]),
        "refused": draws.mean([bool(one.judged.refused) for one in found]),
        "declined": draws.mean([one.judged.declined if one.row.declines else None for one in found]),
        "declined_wrongly": draws.mean(
            [one.judged.declined if one.row.needed and not one.row.declines else None for one in found]
        ),
        "bleu": draws.score(np.array([one.bleu for one in found]), bleu),
        "rouge_l": draws.mean([one.rouge for one in found]),
        "seconds": draws.mean([one.seconds for one in found]),
        "tokens": draws.mean([one.reply.tokens for one in found]),
        **_times(found, draws),
    }
    known = [one.surprise for one in found if one.surprise is not None]
    if found and len(known) == len(found):
        mean = draws.ratio([one.nats for one in known], [one.tokens for one in known])
        samples["perplexity"] = mean.of(np.exp)
    return samples


def table(samples: Mapping[str, Sample]) -> dict[str, dict[str, Any]]:
    """The figures that exist, as JSON keeps them, in the order of `MEASURES`."""
    found = {name: samples[name].estimate for name in MEASURES if name in samples}
    return {name: estimate.document() for name, estimate in found.items() if estimate is not None}


def parted(found: Sequence[Outcome], by: Callable[[Row], str | None], seed: int) -> dict[str, dict[str, Any]]:
    """The figures of each part of the rows that has at least `LEAST` of them."""
    parts: dict[str, list[Outcome]] = defaultdict(list)
    for one in found:
        if (name := by(one.row)) is not None:
            parts[name].append(one)
    return {
        name: {"rows": len(part), "measures": table(figures(part, seed))}
        for name, part in sorted(parts.items())
        if len(part) >= LEAST
    }


def differences(ours: Sequence[Outcome], theirs: Sequence[Outcome], seed: int) -> dict[str, dict[str, Any]]:
    """Ours less theirs, row by row, for the measures where one side is better."""
    one, other = figures(ours, seed), figures(theirs, seed)
    return table({name: one[name] - other[name] for name in one if name in other and MEASURES[name].better})


def _times(found: Sequence[Outcome], draws: Resampler) -> dict[str, Sample]:
    """Empty where a reply's time isn't known."""
    whole = [one.reply.took_ms for one in found if one.reply.took_ms is not None]
    if len(whole) < len(found):
        return {}
    first = [one.reply.first_ms or one.reply.took_ms or 0.0 for one in found]
    return {
        "p50_ms": draws.quantile(whole, 0.5),
        "p95_ms": draws.quantile(whole, 0.95),
        "first_ms": draws.quantile(first, 0.5),
    }
