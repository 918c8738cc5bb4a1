"""Weights: what there is, whether it is whole, and where to get it."""

from agent.models.errors import ManifestError, MissingWeights, PullError
from agent.models.verify import require

__all__ = ["ManifestError", "MissingWeights", "PullError", "require"]
