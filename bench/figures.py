"""Percentiles with their uncertainty."""

from collections.abc import Sequence
from typing import Any

import numpy as np

RESAMPLES = 2_000
LEVEL = 95
SEED = 7
"""So that the same data give the same interval."""


def percentiles(values: Sequence[float]) -> dict[str, Any] | None:
    """p50 and p95 (linear between neighbours), each with a 95 % bootstrap interval; None of no values."""
    if not values:
        return None
    data = np.asarray(values, dtype=float)
    drawn = data[np.random.default_rng(SEED).integers(0, len(data), (RESAMPLES, len(data)))]
    edges = ((100 - LEVEL) / 2, (100 + LEVEL) / 2)
    found: dict[str, Any] = {"n": len(data)}
    for name, percent in (("p50", 50), ("p95", 95)):
        found[name] = round(float(np.percentile(data, percent)))
        found[f"{name}_interval"] = [
            round(float(edge)) for edge in np.percentile(np.percentile(drawn, percent, axis=1), edges)
        ]
    return found


def median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if values else None


def ratio(above: float | None, below: float | None) -> float | None:
    """`above / below`, to two decimals; None where it can't be told."""
    return round(above / below, 2) if above is not None and below else None
