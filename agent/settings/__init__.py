"""Settings: defaults < TOML files < environment < --set. The only reader of the environment."""

from agent.settings.load import SettingsError, load
from agent.settings.tree import ROOT, Tree, resolve

__all__ = ["ROOT", "SettingsError", "Tree", "load", "resolve"]
