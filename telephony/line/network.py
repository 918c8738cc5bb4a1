"""The network between a telephone and its provider: what it loses, and what it delays."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quality:
    """How bad the network is. `loss` is the share of 20 ms packets lost; `jitter_ms` the longest delay."""

    loss: float = 0.0
    jitter_ms: float = 0.0
    seed: int = 1


class Direction:
    """One way through the network. Packets arrive in order: one that is late holds up those behind it."""

    def __init__(self, quality: Quality, name: str) -> None:
        self._loss = quality.loss
        self._jitter_ms = quality.jitter_ms
        self._random = random.Random(f"{quality.seed} {name}")
        self._last_ms = 0.0
        self.lost = 0

    def loses(self) -> bool:
        """Whether the next packet is lost."""
        lost = self._loss > 0 and self._random.random() < self._loss
        self.lost += lost
        return lost

    def arrives_ms(self, sent_ms: float) -> float:
        """When what was sent at `sent_ms` arrives: up to `jitter_ms` later, never before its forerunner."""
        delay_ms = self._random.uniform(0.0, self._jitter_ms) if self._jitter_ms > 0 else 0.0
        self._last_ms = max(self._last_ms, sent_ms + delay_ms)
        return self._last_ms

    def follows_ms(self, sent_ms: float) -> float:
        """When a message without sound arrives: at once, but behind what was sent before it."""
        return max(self._last_ms, sent_ms)
