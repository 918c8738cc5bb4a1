"""What is wrong with a setting, as a sentence."""

from collections.abc import Mapping, Sequence
from typing import Any

from agent.settings.keys import KEYS
from agent.settings.sources import Layer


def problem(detail: Mapping[str, Any], layers: Sequence[Layer]) -> str:
    """The sentence for one error of pydantic: key, source, and the nearest right key or what is expected.

    The value is shown, unless it is a secret (`***`) or belongs to an unknown key (it may be one).
    """
    parts = [str(part) for part in detail["loc"]]
    name = ".".join(parts[:2])
    place = _place(name, layers)
    if detail["type"] == "extra_forbidden":
        return f"{name} in {place} is no setting: did you mean {KEYS.nearest(name)}?"
    if len(parts) == 1:
        return f"{name} in {place} must be a table of settings: write [{name}] and its keys below."
    expected = str(detail["msg"]).removeprefix("Input should be ").rstrip(".")
    if expected.startswith("Input should"):
        expected = expected.removeprefix("Input should ")
    key = KEYS.by_name.get(name)
    shown = "***" if key is None or key.secret else _shown(detail["input"])
    return f"{name} in {place} is {shown}, but should be {expected}."


def _place(name: str, layers: Sequence[Layer]) -> str:
    """The strongest source that sets `name`: a file, "environment (VARIABLE)", or "--set"."""
    for layer in reversed(layers):
        if layer.holds(name):
            place = layer.places.get(name)
            return f"the {layer.source} ({place})" if place else layer.source
    return "the defaults"


def _shown(value: Any) -> str:
    """A value in at most 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
