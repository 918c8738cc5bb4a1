"""Settings: defaults < TOML files < environment < --set. The only reader of the environment."""

from agent.settings.errors import SettingsError, UserError
from agent.settings.load import load
from agent.settings.process import child_environment, prepare_process
from agent.settings.tree import ROOT, Tree, resolve

__all__ = [
    "ROOT",
    "SettingsError",
    "Tree",
    "UserError",
    "prepare_process",
    "child_environment",
    "load",
    "resolve",
]
