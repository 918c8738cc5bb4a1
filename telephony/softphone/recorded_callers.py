"""The recorded callers of a business: what somebody without a microphone can play on the page.

A folder `callers` of the business's holds WAVs and callers.toml, which says who plays them in what order.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from agent.settings.errors import UserError

FILE = "callers.toml"


class CallersError(UserError):
    """Something in a folder of recorded callers is wrong; the text names the file and what would be right."""

    exit_code = 2


class CallerStep(BaseModel):
    """One thing that a caller does after the reply has ended, or so long into it: a WAV or keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    play: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]+\.wav$")
    says: str | None = None
    """The words of the WAV."""
    dtmf: str | None = Field(default=None, pattern=r"^[0-9*#]+$")
    after_agent_starts_ms: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _one_way(self) -> "CallerStep":
        if (self.play is None) == (self.dtmf is None):
            raise ValueError("a step has exactly one of play and dtmf")
        return self


class RecordedCaller(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str = Field(min_length=1)
    steps: tuple[CallerStep, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class ShownBusiness:
    """A business as the page shows it."""

    name: str
    title: str
    """The name that callers hear."""
    folder: Path
    """Where its callers' WAVs lie."""
    callers: dict[str, RecordedCaller]
    """By id, in the order of the file."""

    def described(self) -> dict[str, Any]:
        """The business for `GET /softphone/businesses`."""
        callers = [
            {
                "id": id,
                "title": caller.title,
                "steps": [step.model_dump(exclude_none=True) for step in caller.steps],
            }
            for id, caller in self.callers.items()
        ]
        return {"name": self.name, "title": self.title, "callers": callers}

    def wav(self, file: str) -> Path | None:
        """The WAV of that name; None for one that no caller plays."""
        played = {step.play for caller in self.callers.values() for step in caller.steps}
        return self.folder / file if file in played else None


def show_business(name: str, title: str, folder: Path) -> ShownBusiness:
    """The business of `folder`, with the callers of its folder `callers`, where it has one.

    Raises `CallersError`.
    """
    callers = folder / "callers"
    return ShownBusiness(name, title, callers, _read(callers) if callers.is_dir() else {})


def _read(folder: Path) -> dict[str, RecordedCaller]:
    path = folder / FILE
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise CallersError(f"{path} isn't there: it says what the recorded callers play.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CallersError(f"{path} can't be read: {error}; put it right there.") from None
    try:
        found = TypeAdapter(dict[str, RecordedCaller]).validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CallersError(f"{path}: {where or 'the file'}: {first['msg']}.") from None
    _all_there(path, found.values())
    return found


def _all_there(path: Path, callers: Iterable[RecordedCaller]) -> None:
    for caller in callers:
        for step in caller.steps:
            if step.play is not None and not (path.parent / step.play).is_file():
                raise CallersError(
                    f"{path}: {caller.title!r} plays {step.play}, which isn't in {path.parent}."
                )
