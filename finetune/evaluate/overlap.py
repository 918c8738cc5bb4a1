"""How near a reply is to the reference: BLEU by sacrebleu, ROUGE-L by rouge-score."""

from collections.abc import Sequence

import numpy as np
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics.bleu import BLEU

from finetune.evaluate.intervals import Floats

_ORDER = 4


def bleu_counts(replies: Sequence[str], references: Sequence[str]) -> Floats:
    """Of each reply: matches of 1 to 4 words, n-grams of 1 to 4, its length, the reference's; (rows, 10)."""
    metric = BLEU(effective_order=True)
    rows = np.zeros((len(replies), 2 * _ORDER + 2))
    for row, reply, reference in zip(rows, replies, references, strict=True):
        score = metric.corpus_score([reply], [[reference]])
        row[:] = (*score.counts, *score.totals, score.sys_len, score.ref_len)
    return rows


def bleu(counts: Floats) -> float:
    """Corpus BLEU, 0 to 100, of the sum of `bleu_counts`; exponential smoothing, as sacrebleu's default."""
    if not counts[-2]:
        return 0.0
    score = BLEU.compute_bleu(
        correct=[round(count) for count in counts[:_ORDER]],
        total=[round(count) for count in counts[_ORDER : 2 * _ORDER]],
        sys_len=round(counts[-2]),
        ref_len=round(counts[-1]),
        smooth_method="exp",
    )
    return float(score.score)


def rouge_l(replies: Sequence[str], references: Sequence[str]) -> list[float]:
    """F1 of the longest common subsequence of each pair, 0 to 1."""
    scorer = RougeScorer(["rougeL"], use_stemmer=False)
    return [
        float(scorer.score(reference, reply)["rougeL"].fmeasure)
        for reply, reference in zip(replies, references, strict=True)
    ]
