"""Curves of training as plain SVG that takes the page's colours."""

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 560, 240
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 12, 28

Points = Sequence[tuple[float, float]]


def curve(lines: Mapping[str, Points], colours: Mapping[str, str], title: str, across: str) -> str:
    """Lines over one pair of axes, with a legend; `across` names the x axis."""
    points = [point for line in lines.values() for point in line]
    if not points:
        return ""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    ticks = nice_ticks(min(ys), max(ys), 5)
    low, high = ticks[0], ticks[-1]
    first, last = min(xs), max(xs) if max(xs) > min(xs) else min(xs) + 1

    def x_at(x: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (x - first) / (last - first)

    def y_at(y: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (y - low) / (high - low)

    parts = [
        f'<line class="grid" x1="{LEFT}" y1="{y_at(tick):.1f}" x2="{WIDTH - RIGHT}" y2="{y_at(tick):.1f}"/>'
        f'<text x="{LEFT - 8}" y="{y_at(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>'
        for tick in ticks
    ]
    parts += [
        f'<text x="{x_at(tick):.1f}" y="{HEIGHT - 8}" text-anchor="middle">{tick:,g}</text>'
        for tick in nice_ticks(first, last, 5)
        if first <= tick <= last
    ]
    for name, line in lines.items():
        path = " ".join(f"{x_at(x):.1f},{y_at(y):.1f}" for x, y in line)
        parts.append(f'<polyline class="line" stroke="var(--{colours[name]})" points="{path}"/>')
        if len(line) <= 12:
            parts += [
                f'<circle cx="{x_at(x):.1f}" cy="{y_at(y):.1f}" r="3.5" fill="var(--{colours[name]})"/>'
                for x, y in line
            ]
    keys = " ".join(
        f'<span class="key" style="--of:var(--{colours[name]})"></span>{escape(name)}&ensp;' for name in lines
    )
    return (
        f'<figure><svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg><figcaption>{keys}<br>{escape(title)}, over {escape(across)}</figcaption>"
        "</figure>"
    )


def nice_ticks(low: float, high: float, count: int) -> list[float]:
    """About `count` round numbers from at most `low` to at least `high`."""
    span = high - low or abs(high) or 1.0
    rough = span / count
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * times for times in (1, 2, 5, 10) if size * times >= rough)
    start, end = math.floor(low / step), math.ceil(high / step)
    return [round(step * at, 10) for at in range(start, max(end, start + 1) + 1)]
