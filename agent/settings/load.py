"""Builds the settings tree: defaults < config/default.toml < TOML files < environment < --set."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from agent.settings.errors import SettingsError
from agent.settings.explain import problem
from agent.settings.keys import KEYS
from agent.settings.sources import Layer, assignment_layer, environment_layer, fallback_layer, file_layer
from agent.settings.tree import ROOT, Tree

__all__ = ["SettingsError", "load"]

DEFAULT_FILE = ROOT / "config" / "default.toml"
"""Read first where it is there."""


class _LayerSource(PydanticBaseSettingsSource):
    """One layer as pydantic-settings takes it."""

    def __init__(self, settings_class: type[BaseSettings], layer: Layer) -> None:
        super().__init__(settings_class)
        self._layer = layer

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return self._layer.values.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return self._layer.values


class _LayeredTree(Tree, BaseSettings):
    """The tree as pydantic-settings fills it: its sources are the layers, the strongest first."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, validate_default=False)
    layers: ClassVar[tuple[Layer, ...]] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Our layers alone: pydantic-settings' own sources can't tell where a value comes from."""
        return tuple(_LayerSource(settings_cls, layer) for layer in reversed(cls.layers))


def load(files: Sequence[Path] = (), assignments: Sequence[str] = ()) -> Tree:
    """The tree from `files` (TOML, later wins), the environment, and `key=value` assignments.

    Raises `SettingsError`, which names the key, where it stands, and what is right.
    """
    stack = [fallback_layer()]
    if DEFAULT_FILE.is_file():
        stack.append(file_layer(DEFAULT_FILE))
    stack += [file_layer(file) for file in files]
    stack += [environment_layer(), assignment_layer(assignments)]
    layered = type("_LayeredTree", (_LayeredTree,), {"layers": tuple(stack)})
    try:
        filled = layered()
    except ValidationError as error:
        problems = [problem(detail, stack) for detail in error.errors(include_url=False)]
        raise SettingsError(_first_of(problems)) from None
    return Tree(**{section: getattr(filled, section) for section in KEYS.sections})


def _first_of(problems: Sequence[str]) -> str:
    """The first problem, and how many more there are."""
    more = len(problems) - 1
    return problems[0] + (f" ({more} more after this one.)" if more else "")
