"""Replies to look at: what the caller said, what was to be said, and what each candidate made of it."""

import re
from html import escape

from finetune.data.forms import NAME
from finetune.evaluate.report_figures import Made, label


def examples(made: Made) -> str:
    by_name = {one["name"]: one for one in made["candidates"]}
    return f'<div class="examples">{"".join(_example(one, by_name) for one in made["examples"])}</div>'


def _example(one: Made, by_name: Made) -> str:
    worst = '<span class="worst">among the worst</span>' if one["worst"] else ""
    said = (
        f"“{escape(one['caller'])}”"
        if one["caller"]
        else '<span class="empty">The caller pressed keys.</span>'
    )
    replies = "".join(
        f"<dt>{label(by_name[reply['candidate']])}</dt><dd>{_written(reply['written'])}{_chips(reply)}</dd>"
        for reply in one["replies"]
    )
    return (
        f'<article class="example"><header><span>{escape(one["business"])}</span>'
        f"<span>{escape(one['category'])}</span><code>{escape(one['id'])}</code>{worst}</header>"
        f'<p class="said">{said}</p><p class="asked">Say: {_written("; ".join(one["acts"]))}</p>'
        f'<dl class="replies">{replies}'
        f'<dt>right</dt><dd class="right">{escape(one["reference"])}</dd></dl></article>'
    )


def _written(text: str) -> str:
    """With the names set off; a reply of nothing is told."""
    if not text.strip():
        return '<span class="empty">nothing</span>'
    parts, done = [], 0
    for match in re.finditer(NAME, text):
        parts += [escape(text[done : match.start()]), f'<span class="value">{escape(match[1])}</span>']
        done = match.end()
    return "".join([*parts, escape(text[done:])])


def _chips(reply: Made) -> str:
    chips = [f'<span class="chip">lacks {escape(name)}</span>' for name in reply["missing"]]
    chips += [f'<span class="chip">invents {escape(value)}</span>' for value in reply["invented"]]
    if not (reply["missing"] or reply["invented"]):
        chips += [f'<span class="chip check">refused: {escape(kind)}</span>' for kind in reply["refused"]]
    if reply["kept"]:
        chips.append('<span class="chip good">said as written</span>')
    return f' <span class="chips">{"".join(chips)}</span>' if chips else ""
