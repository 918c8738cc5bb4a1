"""Figures as HTML: numbers in their unit, a dot with its interval on a scale, colours of the candidates."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

Made = Mapping[str, Any]


def number(value: float, unit: str, *, signed: bool = False) -> str:
    """`value` as it is read; a share as percent, its difference in points."""
    sign = "+" if signed and value > 0 else "−" if value < 0 else ""
    size = abs(value)
    if unit == "share":
        return f"{sign}{size * 100:.0f}{' points' if signed else ' %'}"
    if unit == "ms":
        return f"{sign}{size:,.0f} ms"
    digits = 0 if size >= 100 else 1 if size >= 10 else 2
    return f"{sign}{size:,.{digits}f}{' s' if unit == 'seconds' else ''}"


def interval(figure: Made, unit: str, *, signed: bool = False) -> str:
    low, high = (number(figure[side], unit, signed=signed) for side in ("low", "high"))
    tail = low.split(" ")[-1]
    if " " in low and high.endswith(tail):
        low = low.removesuffix(f" {tail}")
    return f"{low} to {high}"


def top_of(figures: Iterable[Made], unit: str) -> float:
    """Where the scale of these figures ends."""
    if unit == "share":
        return 1.0
    return max((figure["high"] for figure in figures), default=0.0) or 1.0


def scale(figure: Made, top: float, colour: str) -> str:
    """A dot at the figure, a line along its interval, from 0 to `top`."""

    def place(value: float) -> str:
        return f"{min(100.0, max(0.0, 100 * value / top)):.1f}"

    return (
        f'<span class="scale" style="--of:var(--{colour});--low:{place(figure["low"])};'
        f'--high:{place(figure["high"])};--at:{place(figure["value"])}"><i></i><b></b></span>'
    )


def change(figure: Made, reach: float, unit: str, better: str) -> str:
    """A difference around zero: `reach` is the end of the scale on both sides."""
    verdict = judged(figure, better)
    colour = {"better": "good", "worse": "bad"}.get(verdict, "base")
    moved = {
        side: min(100.0, max(0.0, 50 + 50 * figure[side] / (reach or 1))) for side in ("low", "high", "value")
    }
    return (
        f'<span class="scale" style="--of:var(--{colour});--low:{moved["low"]:.1f};'
        f'--high:{moved["high"]:.1f};--at:{moved["value"]:.1f}">'
        f'<span class="zero"></span><i></i><b></b></span>'
        f"<small>{number(figure['value'], unit, signed=True)} ({interval(figure, unit, signed=True)})</small>"
    )


def judged(figure: Made, better: str) -> str:
    """`better` or `worse` where the whole interval of a difference lies on one side; else empty."""
    if not better or figure["low"] <= 0 <= figure["high"]:
        return ""
    return "better" if (figure["value"] < 0) == (better == "low") else "worse"


def colour(candidate: Made) -> str:
    if candidate["who"] == "adapter":
        return {"names": "adapter", "names+grammar": "other", "free": "free"}[candidate["form"]]
    return "few-shot" if candidate["who"] == "few-shot" else "base"


def label(candidate: Made) -> str:
    """The candidate's name with its dot."""
    hollow = " hollow" if candidate["who"] == "reference" else ""
    return (
        f'<span class="key{hollow}" style="--of:var(--{colour(candidate)})"></span>{escape(short(candidate))}'
    )


def short(candidate: Made) -> str:
    """`adapter` for the form of names, `adapter, free` for another."""
    return candidate["name"].removesuffix(", names")
