"""The manifest of weights: each file's size, hash and sources."""

import tomllib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from agent.models.errors import ManifestError

SHIPPED = Path(__file__).with_name("manifest.toml")

CODE_SUFFIXES = (".py", ".so", ".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".joblib")
"""Files that run code when they are loaded: pulled only with `models.trust_remote_code`."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside a wheel. `package` is `name==version`."""

    package: str
    path: str


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a hub's repository at a pinned revision."""

    repository: str
    revision: str
    path: str


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file of a weight. `path` is relative to the weight's folder."""

    path: str
    bytes: int
    sha256: str
    members: tuple[Member, ...] = ()
    """Their contents, one after another, make the file."""
    hub: HubFile | None = None

    @property
    def runs_code(self) -> bool:
        return self.path.endswith(CODE_SUFFIXES)


@dataclass(frozen=True, slots=True)
class Weight:
    """What an engine loads. `home` is None for what is pulled into `models.dir`/`name`."""

    name: str
    about: str
    licence: str
    files: tuple[WeightFile, ...]
    home: Path | None = None
    """The folder of an installed package that brings it."""
    optional: bool = False
    """Pulled by name alone, never with all others."""

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)

    def folder(self, models_dir: Path) -> Path:
        return self.home or models_dir / self.name


def read(own: Path | None = None) -> dict[str, Weight]:
    """The shipped weights by name, with those of the manifest `own` over them."""
    weights = _parse(SHIPPED)
    if own is not None:
        weights |= _parse(own)
    return weights


def _parse(file: Path) -> dict[str, Weight]:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ManifestError(f"The manifest of weights {file} can't be read ({error}): mend it.") from None
    try:
        weights = [_weight(entry) for entry in table.get("weight", [])]
        weights += [_bundled(entry) for entry in table.get("bundled", [])]
    except (KeyError, TypeError, ValueError) as error:
        raise ManifestError(f"The manifest of weights {file} lacks or misuses {error}: mend it.") from None
    return {weight.name: weight for weight in weights}


def _weight(entry: dict[str, Any]) -> Weight:
    files = tuple(_file(file) for file in entry["file"])
    optional = bool(entry.get("optional", False))
    return Weight(_inside(entry["name"]), entry["about"], entry["licence"], files, optional=optional)


def _file(entry: dict[str, Any]) -> WeightFile:
    hub = entry.get("hub")
    return WeightFile(
        path=_inside(entry["path"]),
        bytes=int(entry["bytes"]),
        sha256=str(entry["sha256"]).lower(),
        members=tuple(Member(part["name"], part["member"]) for part in entry.get("package", [])),
        hub=HubFile(hub["repository"], hub["revision"], hub["file"]) if hub else None,
    )


def _bundled(entry: dict[str, Any]) -> Weight:
    spec = find_spec(entry["module"])
    home = Path(spec.origin).parent if spec and spec.origin else Path(entry["module"])
    file = WeightFile(_inside(entry["path"]), int(entry["bytes"]), str(entry["sha256"]).lower())
    return Weight(entry["name"], entry["about"], entry["licence"], (file,), home)


def _inside(path: str) -> str:
    """`path`, which must stay inside the folder that it is relative to."""
    if Path(path).is_absolute() or ".." in Path(path).parts or not path:
        raise ValueError(f"a path inside the folder, not {path!r}")
    return path
