"""A recipe trained once for each combination of values, and compared by loss on validation."""

import json
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from finetune.runs import Run
from finetune.train.recipe import Recipe, RecipeError, read_recipe
from finetune.train.teaching import Tell, teach

RANKS = "lora.rank=4,8,16,32"
Assignment = tuple[str, Any]
"""A key of the recipe, and a value."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A run of a sweep that is done."""

    name: str
    values: Mapping[str, Any]
    trainable_parameters: int
    loss: float
    """The last logged on training rows."""
    validation_loss: float | None
    tokens_per_s: float
    curve: tuple[tuple[int, float], ...]
    """Steps of all stages, one after the other, and the loss on training rows."""
    validation_curve: tuple[tuple[int, float], ...]


def combinations(axes: Sequence[str]) -> list[tuple[Assignment, ...]]:
    """Each combination of `key=value,value,...`, the first key changing slowest. Raises `RecipeError`."""
    ways = []
    for axis in axes or (RANKS,):
        key, equals, text = axis.partition("=")
        if not equals or not text.strip():
            raise RecipeError(f"--set {axis}: write key=value,value,... as in {RANKS}.")
        ways.append([(key.strip(), value) for value in _values(text)])
    return list(product(*ways))


def sweep(path: Path, data: Path, out: Path, axes: Sequence[str], *, tell: Tell) -> tuple[Trial, ...]:
    """Trains what isn't done yet, each in a folder of its own below `out`; writes `sweep.json` after each.

    All recipes are read before the first is trained. Raises as `teach` does.
    """
    planned: list[tuple[str, dict[str, Any], Recipe]] = []
    for combination in combinations(axes):
        changes = [f"{key}={json.dumps(value)}" for key, value in combination]
        name = ",".join(f"{key.rpartition('.')[2]}-{_plain(value)}" for key, value in combination)
        planned.append((name, dict(combination), read_recipe(path, changes)))
    trials: list[Trial] = []
    for at, (name, values, recipe) in enumerate(planned, 1):
        run = Run(out / name)
        if run.done and read_recipe(run.recipe) == recipe:
            tell(f"{name} ({at} of {len(planned)}): done before")
        else:
            tell(f"{name} ({at} of {len(planned)})")
            teach(recipe, data, run, resume=bool(run.document()), tell=tell)
        trials.append(read_trial(name, values, run))
        _write(out / "sweep.json", trials)
    return tuple(trials)


def best(trials: Sequence[Trial]) -> Trial:
    """The lowest by loss on validation; where none was looked at, by loss on training rows."""
    return min(trials, key=lambda trial: (trial.validation_loss is None, trial.validation_loss or trial.loss))


def read_trial(name: str, values: Mapping[str, Any], run: Run) -> Trial:
    figures = run.document()["figures"]
    offsets: dict[int, int] = {}
    for number, stage in enumerate(figures["stages"], 1):
        offsets[number + 1] = offsets.get(number, 0) + stage["steps"]
    lines = [(line, line["step"] + offsets.get(line["stage"], 0)) for line in run.logged()]
    last = figures["stages"][-1]
    return Trial(
        name,
        values,
        figures["trainable_parameters"],
        last["loss"],
        last["validation_loss"],
        last["tokens_per_s"],
        tuple((step, line["loss"]) for line, step in lines if "loss" in line),
        tuple((step, line["validation_loss"]) for line, step in lines if "validation_loss" in line),
    )


def table(trials: Sequence[Trial]) -> str:
    """As Markdown; the best is marked."""
    first = best(trials)
    rows = ["| run | trained parameters | loss | validation | tokens/s |", "| --- | --- | --- | --- | --- |"]
    for trial in trials:
        held = "" if trial.validation_loss is None else f"{trial.validation_loss:.4f}"
        mark = " (best)" if trial is first else ""
        rows.append(
            f"| {trial.name}{mark} | {trial.trainable_parameters:,} | {trial.loss:.4f} | {held} | "
            f"{trial.tokens_per_s:.0f} |"
        )
    return "\n".join(rows)


def plot(trials: Sequence[Trial], path: Path) -> None:
    """Loss over the steps as PNG: lines on training rows, dots on validation."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for trial in trials:
        (line,) = axes.plot(*zip(*trial.curve, strict=True), label=trial.name, linewidth=1.2)
        if trial.validation_curve:
            axes.plot(
                *zip(*trial.validation_curve, strict=True),
                "o--",
                color=line.get_color(),
                markersize=5,
                linewidth=0.8,
            )
    axes.set(xlabel="step", ylabel="loss: lines on training rows, dots on validation")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    partial = path.with_name(f"{path.name}.partial")
    FigureCanvasAgg(figure).print_png(str(partial))
    os.replace(partial, path)


def _values(text: str) -> Iterator[Any]:
    try:
        yield from tomllib.loads(f"values = [{text}]")["values"]
    except tomllib.TOMLDecodeError:
        yield from (part.strip() for part in text.split(","))


def _plain(value: Any) -> str:
    """For the name of a folder."""
    text = value if isinstance(value, str) else json.dumps(value)
    return "".join(sign if sign.isalnum() or sign in "._+" else "_" for sign in text).strip("_")


def _write(path: Path, trials: Sequence[Trial]) -> None:
    made = {
        "schema": 1,
        "best": best(trials).name,
        "trials": [
            {
                "name": trial.name,
                "values": dict(trial.values),
                "trainable_parameters": trial.trainable_parameters,
                "loss": trial.loss,
                "validation_loss": trial.validation_loss,
                "tokens_per_s": trial.tokens_per_s,
            }
            for trial in trials
        ],
    }
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")
    os.replace(partial, path)
