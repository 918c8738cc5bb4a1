"""A recipe: which base, which adapter, how it is trained. Read from TOML, checked whole before any weight."""

import difflib
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agent.settings import ROOT, UserError
from finetune.train.architecture import Architecture, Target, base_sizes, known_bases

FOLDER = ROOT / "config" / "finetune"
_KINDS = {
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "a text",
    "bool_type": "true or false",
}


Precision = Literal["fp32", "bf16", "fp16"]
Bits = Literal[4, 8, 16]


class RecipeError(UserError):
    """A recipe can't be used; the text names the file, each key, and what would be right."""

    exit_code = 2


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Lora(_Part):
    rank: int = Field(ge=1, le=256)
    alpha: int = Field(ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    targets: tuple[Target, ...] = Field(min_length=1)
    bias: Literal["none"] = "none"


class Stage(_Part):
    """One pass of training; a second one goes on from the adapter of the first."""

    name: str = Field(min_length=1)
    data: str | None = None
    """A prepared folder, where this stage has its own; else the one that is given to the run."""
    categories: tuple[str, ...] = ()
    """Trains on rows of these alone."""
    form: Literal["names", "free"] = "names"
    """Facts by name; `free`: with their values in prompt and reply."""
    together: int = Field(default=1, ge=1)
    """Rows of one business that follow each other: their system message is computed once in a batch."""
    epochs: float = Field(gt=0)
    max_steps: int | None = Field(default=None, ge=1)
    """Ends the stage before its epochs are over."""
    batch: int = Field(ge=1)
    accumulation: int = Field(default=1, ge=1)
    learning_rate: float = Field(gt=0, lt=1)
    warmup_steps: int = Field(default=0, ge=0)
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    optimizer: Literal["adamw"] = "adamw"
    gradient_checkpointing: bool = False
    log_steps: int = Field(default=10, ge=1)
    save_steps: int = Field(default=100, ge=1)

    @model_validator(mode="after")
    def _fits(self) -> "Stage":
        if self.max_steps is not None and self.warmup_steps >= self.max_steps:
            raise ValueError("warmup_steps must be fewer than max_steps")
        return self


class Preferences(Stage):
    """Direct preference optimisation, which goes on from an adapter that was trained already."""

    name: str = "preferences"
    epochs: float = Field(default=1, gt=0)
    batch: int = Field(default=4, ge=1)
    learning_rate: float = Field(default=5e-6, gt=0, lt=1)
    beta: float = Field(default=0.1, gt=0)
    """How much the adapter is held to the one that it goes on from."""


class Recipe(_Part):
    base: str
    precision: Precision = "fp32"
    bits: Bits = 16
    """Of a base weight; 4 and 8 need a GPU."""
    seed: int = Field(default=1, ge=0)
    """Of the adapter's first weights, the order of the rows, and dropout."""
    max_tokens: int = Field(default=1024, ge=16)
    """Of a row; a longer one is an error, unless `truncate` lets its start be cut."""
    truncate: bool = False
    validation_rows: int = Field(default=128, ge=0)
    """Rows of validation that are looked at when a checkpoint is kept, and at a stage's end."""
    lora: Lora
    stages: tuple[Stage, ...] = Field(min_length=1)
    preferences: Preferences = Preferences()
    """Of `finetune dpo`."""

    @model_validator(mode="after")
    def _fits(self) -> "Recipe":
        if base_sizes(self.base) is None:
            bases = known_bases()
            near = difflib.get_close_matches(self.base, bases, 1, 0.4)
            hint = f"; {near[0]} is near" if near else ""
            raise ValueError(f"base is one of {', '.join(bases)}, or a model's folder{hint}")
        if self.bits < 16 and self.precision == "fp32":
            raise ValueError(f"bits = {self.bits} goes with precision bf16 or fp16, not fp32")
        return self

    @property
    def architecture(self) -> Architecture:
        sizes = base_sizes(self.base)
        assert sizes is not None
        return sizes

    @property
    def trainable_parameters(self) -> int:
        return self.architecture.lora_parameters(self.lora.rank, self.lora.targets)


def named(path: Path) -> Path:
    """`path`, or the shipped recipe of that name."""
    shipped = FOLDER / f"{path}.toml"
    return shipped if not path.exists() and shipped.exists() else path


def read_recipe(path: Path, changes: Sequence[str] = ()) -> Recipe:
    """The recipe in `path`, with `changes` of the form `lora.rank=4`; `stages.batch=4` holds for each stage.

    Raises `RecipeError` that tells every mistake.
    """
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise RecipeError(f"{path}: can't be read; recipes stand in config/finetune.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: this isn't TOML ({error}); put it right there.") from error
    for change in changes:
        _change(data, change)
    try:
        return Recipe.model_validate(data)
    except ValidationError as error:
        told = _told(error.errors(include_url=False))
        raise RecipeError("\n".join(f"{path}: {sentence}" for sentence in told)) from None


def write_recipe(path: Path, recipe: Recipe) -> None:
    """As TOML, every key of it, so that it is the same whatever the defaults become."""
    known = recipe.model_dump(mode="json", exclude_none=True)
    stages = [("[[stages]]", stage) for stage in known.pop("stages")]
    sections = [("[lora]", known.pop("lora")), ("[preferences]", known.pop("preferences")), *stages]
    lines = _assigned(known)
    for head, section in sections:
        lines += ["", head, *_assigned(section)]
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text("\n".join(lines) + "\n", "utf-8")
    partial.replace(path)


def _assigned(part: Mapping[str, Any]) -> list[str]:
    """Numbers, texts, truths and lists of them are written in TOML as in JSON."""
    return [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in part.items()]


def _change(data: dict[str, Any], change: str) -> None:
    key, equals, text = change.partition("=")
    *sections, last = key.strip().split(".")
    if not equals or len(sections) > 1:
        raise RecipeError(f"--set {change}: write key=value, as in lora.rank=4 or stages.batch=2.")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    part = data.setdefault(sections[0], {}) if sections else data
    for one in part if isinstance(part, list) else [part]:
        one[last] = value


def _told(problems: Iterable[Any]) -> list[str]:
    sentences = []
    for problem in problems:
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            near = difflib.get_close_matches(str(problem["loc"][-1]), _keys_beside(problem["loc"]), 1, 0.5)
            sentences.append(f"no key {key}{f'; did you mean {near[0]}?' if near else '; take it out.'}")
        elif problem["type"] == "missing":
            sentences.append(f"{key} is missing; config/finetune has recipes that show it.")
        elif problem["type"] == "value_error":
            sentences.append(f"{f'{key}: ' if key else ''}{problem['ctx']['error']}.")
        else:
            wanted = _KINDS.get(problem["type"], problem["msg"].removeprefix("Input should be "))
            sentences.append(f"{key} is {problem['input']!r}; it should be {wanted}.")
    return sentences


def _keys_beside(place: Sequence[str | int]) -> list[str]:
    """The right keys of the section that `place` stands in."""
    if len(place) == 1:
        return list(Recipe.model_fields)
    sections: dict[str, type[BaseModel]] = {"lora": Lora, "preferences": Preferences}
    return list(sections.get(str(place[0]), Stage).model_fields)
