"""The names of all settings, read off the tree: `section.key` with the type of each."""

from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from agent.settings.tree import Secret, Section, Tree


@dataclass(frozen=True, slots=True)
class Key:
    """One setting. `kinds` are the types that it takes, None left out."""

    name: str
    kinds: tuple[Any, ...]
    optional: bool

    @property
    def secret(self) -> bool:
        return any(kind is Secret or Secret in get_args(kind) for kind in self.kinds)

    @property
    def textual(self) -> bool:
        """Whether what is typed is taken as it stands: `007` stays a text."""
        return not any(kind in (bool, int, float, dict) or get_origin(kind) for kind in self.kinds)


class Keys:
    """All settings by their dotted name."""

    def __init__(self, tree: type[Tree]) -> None:
        self.sections = tuple(tree.model_fields)
        self.by_name: dict[str, Key] = {}
        for section, field in tree.model_fields.items():
            part = field.annotation
            if isinstance(part, type) and issubclass(part, Section):
                for leaf, inner in part.model_fields.items():
                    name = f"{section}.{leaf}"
                    kinds, optional = _kinds(inner.annotation)
                    self.by_name[name] = Key(name, kinds, optional)

    def nearest(self, name: str) -> str:
        """The setting whose name looks most like `name`."""
        from rapidfuzz import fuzz, process  # for errors alone: 60 ms to import

        best = process.extractOne(name, self.by_name.keys(), scorer=fuzz.WRatio)
        return str(best[0]) if best else next(iter(self.by_name))


def _kinds(annotation: Any) -> tuple[tuple[Any, ...], bool]:
    """The types in an annotation, and whether None is one of them. `Literal` counts as text."""
    parts = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    kinds = tuple(str if get_origin(part) is Literal else part for part in parts if part is not NoneType)
    return kinds, NoneType in parts


KEYS = Keys(Tree)
"""Of the one tree there is."""
