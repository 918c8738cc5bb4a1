"""Reads the settings tree from its layers."""

from collections.abc import Sequence
from pathlib import Path

from agent.settings.errors import SettingsError
from agent.settings.tree import Tree

__all__ = ["SettingsError", "load"]


def load(files: Sequence[Path] = (), assignments: Sequence[str] = ()) -> Tree:
    """The tree from `files` (TOML, later wins), the environment, and `key=value` assignments."""
    return Tree()
