"""How unlikely a model finds a text; `perplexity` measures it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Surprise:
    """The negative log likelihood of a text's counted tokens, in nats; perplexity is e to its mean."""

    nats: float
    tokens: int
