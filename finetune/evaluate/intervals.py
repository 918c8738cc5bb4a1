"""95 % intervals by bootstrap over scenarios: rows of one conversation are no independent draws."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

DRAWS = 1000
LEVEL = 0.95

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure over `count` rows, with its interval."""

    value: float
    low: float
    high: float
    count: int

    def document(self) -> dict[str, Any]:
        return {
            "value": round(self.value, 4),
            "low": round(self.low, 4),
            "high": round(self.high, 4),
            "count": self.count,
        }


@dataclass(frozen=True, slots=True)
class Sample:
    """A figure, and the same figure of each draw; two of one `Resampler` may be subtracted (paired)."""

    value: float
    drawn: Floats
    """(draws,); NaN where a draw holds no row that counts."""
    count: int

    def __sub__(self, other: "Sample") -> "Sample":
        return Sample(self.value - other.value, self.drawn - other.drawn, min(self.count, other.count))

    def of(self, function: Callable[[Any], Any]) -> "Sample":
        """The figure through a function that works on numbers and arrays alike."""
        return Sample(float(function(self.value)), function(self.drawn), self.count)

    @property
    def estimate(self) -> Estimate | None:
        """None where no row counts."""
        known = self.drawn[np.isfinite(self.drawn)]
        if self.count == 0 or not len(known) or not np.isfinite(self.value):
            return None
        low, high = np.quantile(known, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
        return Estimate(self.value, float(low), float(high), self.count)


class Resampler:
    """Draws of the clusters of some rows, the same for every figure over these rows."""

    def __init__(self, clusters: Sequence[str], seed: int) -> None:
        """`clusters` names each row's cluster."""
        names, self._cluster = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
        self._clusters = len(names)
        draw = np.random.default_rng(seed)
        even = np.full(max(self._clusters, 1), 1 / max(self._clusters, 1))
        self._weights = draw.multinomial(self._clusters, even, DRAWS)[:, : self._clusters].astype(np.float64)

    def mean(self, values: Sequence[float | bool | None]) -> Sample:
        """Mean of `values`, one a row; None is left out."""
        kept = [value is not None for value in values]
        return self.ratio([float(value or 0) for value in values], kept)

    def ratio(self, tops: Sequence[float], bottoms: Sequence[float | bool]) -> Sample:
        """Sum of `tops` by sum of `bottoms`, one of each a row."""
        sums = self._sums(np.stack([np.asarray(tops, float), np.asarray(bottoms, float)], axis=-1))
        drawn = self._weights @ sums
        with np.errstate(divide="ignore", invalid="ignore"):
            whole = sums.sum(axis=0)
            return Sample(
                float(np.divide(whole[0], whole[1])),
                drawn[:, 0] / drawn[:, 1],
                int(np.count_nonzero(bottoms)),
            )

    def score(self, counts: Floats, of: Callable[[Floats], float]) -> Sample:
        """A figure of summed `counts`, shape (rows, kinds): BLEU of its matches."""
        if not len(counts):
            return Sample(float("nan"), np.full(DRAWS, np.nan), 0)
        sums = self._sums(counts)
        drawn = np.array([of(row) for row in self._weights @ sums])
        return Sample(of(sums.sum(axis=0)), drawn, len(counts))

    def quantile(self, values: Sequence[float], share: float) -> Sample:
        """The quantile of `values`, one a row."""
        if not len(values):
            return Sample(float("nan"), np.full(DRAWS, np.nan), 0)
        order = np.argsort(values)
        rising = np.asarray(values, float)[order]
        weights = self._weights[:, self._cluster[order]].cumsum(axis=1)
        places = (weights < share * weights[:, -1:]).sum(axis=1).clip(max=len(rising) - 1)
        return Sample(float(np.quantile(rising, share)), rising[places], len(rising))

    def _sums(self, rows: Floats) -> Floats:
        """(rows, kinds) summed by cluster."""
        sums = np.zeros((self._clusters, rows.shape[1]))
        np.add.at(sums, self._cluster, rows)
        return sums
