"""Settings: defaults < TOML files < environment < --set. The only reader of the environment."""

from agent.settings.errors import SettingsError, UserError
from agent.settings.load import load
from agent.settings.process import calm_threads, child_environment
from agent.settings.tree import ROOT, Tree, resolve

__all__ = [
    "ROOT",
    "SettingsError",
    "Tree",
    "UserError",
    "calm_threads",
    "child_environment",
    "load",
    "resolve",
]
