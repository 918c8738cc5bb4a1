"""Reads the settings tree from its layers."""

from collections.abc import Sequence
from pathlib import Path

from agent.settings.tree import Tree


class SettingsError(ValueError):
    """A wrong key or value; the text names it, its file, and the nearest right key."""


def load(files: Sequence[Path] = (), assignments: Sequence[str] = ()) -> Tree:
    """The tree from `files` (TOML, later wins), the environment, and `key=value` assignments."""
    return Tree()
