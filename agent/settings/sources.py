"""Where settings come from, each as one layer: TOML files, the environment, --set."""

import os
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.settings.errors import SettingsError
from agent.settings.keys import KEYS, Key

PREFIX = "RINGDOWN_"
"""Of our variables: `RINGDOWN_SERVER__PORT` is `server.port`."""

FALLBACKS = {
    "HF_TOKEN": "models.hf_token",
    "TWILIO_ACCOUNT_SID": "twilio.account_sid",
    "TWILIO_AUTH_TOKEN": "twilio.auth_token",
}
"""Variables that other programs know as well: used where nothing of ours sets the key."""

FILE_SUFFIX = "_FILE"
"""`NAME_FILE=path` reads the value of `NAME` from a file, as container platforms hand out secrets."""


@dataclass(slots=True)
class Layer:
    """Values of one source, nested by section, and where each stands."""

    source: str
    values: dict[str, Any] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    """Dotted key -> the variable or the words that set it, where that says more than `source`."""

    def put(self, name: str, value: Any, place: str | None = None) -> None:
        section, _, leaf = name.partition(".")
        self.values.setdefault(section, {})[leaf] = value
        if place:
            self.places[name] = place

    def holds(self, name: str) -> bool:
        section, _, leaf = name.partition(".")
        inner = self.values.get(section)
        if not leaf or not isinstance(inner, dict):
            return section in self.values
        return leaf in inner


def file_layer(file: Path) -> Layer:
    """The values of a TOML file. Raises `SettingsError` naming the file, and the line of a slip."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError(f"The settings file {file} isn't there: check the path after --config.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{file} isn't a text in UTF-8: save it as UTF-8.") from None
    except OSError as error:
        raise SettingsError(f"{file} can't be read ({error.strerror}): check its rights.") from None
    try:
        return Layer(str(file), tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        reason, line = _slip(str(error), text)
        raise SettingsError(f"{file}, line {line}: {reason}; mend this line of TOML.") from None


def _slip(message: str, text: str) -> tuple[str, int]:
    """What tomllib says and the line where it says so (it writes "at end of document" for the last)."""
    found = re.search(r"^(.*?)\s*\(at line (\d+), column \d+\)$", message)
    if found:
        return found[1].lower(), int(found[2])
    return re.sub(r"\s*\(at end of document\)$", "", message).lower(), text.count("\n") + 1


def fallback_layer() -> Layer:
    """What the variables of `FALLBACKS` say: weaker than any file."""
    layer = Layer("environment")
    for variable, name in FALLBACKS.items():
        text = _read(variable)
        if text:
            layer.put(name, text, variable)
    return layer


def environment_layer() -> Layer:
    """What our variables say. An empty one counts as unset; an unknown one raises `SettingsError`."""
    layer = Layer("environment")
    for variable in sorted(os.environ):
        if not variable.startswith(PREFIX):
            continue
        plain, key = _key_of(variable)
        if variable != plain and os.environ.get(plain):
            raise SettingsError(f"{plain} and {variable} are both set in the environment: unset one of them.")
        text = _read(plain)
        if text:
            layer.put(key.name, typed(key, text), variable)
    return layer


def _key_of(variable: str) -> tuple[str, Key]:
    """The variable without its `_FILE`, and the key that it sets."""
    for plain in (variable, variable.removesuffix(FILE_SUFFIX)):
        key = KEYS.by_name.get(plain.removeprefix(PREFIX).lower().replace("__", "."))
        if key:
            return plain, key
    name = variable.removeprefix(PREFIX).lower().replace("__", ".")
    right = PREFIX + KEYS.nearest(name).upper().replace(".", "__")
    raise SettingsError(f"{variable} in the environment is no setting: did you mean {right}?")


def _read(variable: str) -> str:
    """The variable's text, or that of the file which `NAME_FILE` names; empty where neither is set."""
    text = os.environ.get(variable, "")
    path = os.environ.get(variable + FILE_SUFFIX, "")
    if text or not path:
        return text
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(
            f"{variable}{FILE_SUFFIX} in the environment names {path}, which can't be read: check the path."
        ) from None


def assignment_layer(assignments: Sequence[str]) -> Layer:
    """What `--set key=value` says; the last one wins."""
    layer = Layer("--set")
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        name = name.strip()
        if not equals:
            raise SettingsError(f"--set {name} has no value: write --set {KEYS.nearest(name)}=VALUE.")
        key = KEYS.by_name.get(name)
        if key is None:
            raise SettingsError(f"{name} in --set is no setting: did you mean {KEYS.nearest(name)}?")
        layer.put(name, typed(key, text.strip()))
    return layer


def typed(key: Key, text: str) -> Any:
    """`text` as the value of `key`: a TOML value where that fits, else the text as it stands."""
    if text == "" and key.optional:
        return None
    if key.textual and text[:1] not in ('"', "'"):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
