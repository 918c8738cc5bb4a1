"""A picture of latencies: a line a pipeline, a dot a turn, a bar at the median. Plain SVG."""

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from bench.pipelines import ALL

WIDTH = 760
LEFT = 190
RIGHT = 24
TOP = 44
LANE = 64
AXIS_MS = 8_000
"""A caller who hears nothing for longer is counted as unanswered."""
COLOURS = {"stock": "#b4532a", "ours-base": "#2a6f97", "ours": "#2f8f5b", "ours-model": "#6a5aa8"}


def chart(results: Mapping[str, Any]) -> str:
    """Latencies of answered turns from 0 to 8 s; hollow dots are first turns of fresh processes."""
    names = [name for name in ALL if name in results["summary"]["pipelines"]]
    height = TOP + LANE * len(names) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        'font-family="system-ui, sans-serif" font-size="12" fill="#333">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{LEFT}" y="18" font-size="14" font-weight="600">'
        "From the caller's end to the agent's first sound</text>",
        f'<text x="{LEFT}" y="34" fill="#666">a dot a turn; hollow: the first of a fresh process; '
        "bar: median</text>",
        *_axis(TOP + LANE * len(names)),
    ]
    for number, name in enumerate(names):
        parts += _lane(name, results, TOP + LANE * number + LANE // 2)
    return "\n".join([*parts, "</svg>", ""])


def _axis(bottom: int) -> list[str]:
    parts = []
    for second in range(AXIS_MS // 1000 + 1):
        x = _x(second * 1000)
        parts.append(f'<line x1="{x}" y1="{TOP}" x2="{x}" y2="{bottom}" stroke="#e3e3e3"/>')
        parts.append(f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{second} s</text>')
    return parts


def _lane(name: str, results: Mapping[str, Any], y: int) -> list[str]:
    figures = results["summary"]["pipelines"][name]
    colour = COLOURS.get(name, "#555")
    parts = [
        f'<text x="12" y="{y - 2}" font-weight="600">{escape(ALL[name].title)}</text>',
        f'<text x="12" y="{y + 14}" fill="#666">{figures["answered"]} of {figures["asked"]} answered</text>',
    ]
    placed = 0
    for row in results["calls"]:
        if row["pipeline"] != name:
            continue
        for turn in row["turns"]:
            if turn["outcome"] != "answered":
                continue
            first = row["call"] == 0 and turn["place"] == 0
            dy = (placed * 7) % 27 - 13
            placed += 1
            fill = "none" if first else colour
            parts.append(
                f'<circle cx="{_x(turn["latency_ms"])}" cy="{y + dy}" r="4" fill="{fill}" '
                f'stroke="{colour}" stroke-width="1.5" fill-opacity="0.55"/>'
            )
    if figures["latency_ms"] is not None:
        x, p50 = _x(figures["latency_ms"]["p50"]), figures["latency_ms"]["p50"]
        parts.append(
            f'<line x1="{x}" y1="{y - 22}" x2="{x}" y2="{y + 22}" stroke="{colour}" stroke-width="3"/>'
        )
        parts.append(f'<text x="{x + 6}" y="{y - 17}" fill="{colour}" font-weight="600">{p50:,} ms</text>')
    return parts


def _x(ms: float) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * min(ms, AXIS_MS) / AXIS_MS, 1)
