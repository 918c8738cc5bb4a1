"""The tables of the report: candidates side by side, parts of the rows, other callers, voices."""

from collections.abc import Iterator, Sequence
from html import escape

from finetune.evaluate.report_figures import (
    Made,
    change,
    colour,
    interval,
    judged,
    label,
    number,
    scale,
    top_of,
)

PARTS = {
    "Truth": ("missing", "invented", "kept", "refused", "declined", "declined_wrongly"),
    "Likeness to the reference": ("bleu", "rouge_l", "perplexity"),
    "Length and time": ("seconds", "tokens", "first_ms", "p50_ms", "p95_ms"),
}
BY_PART = ("missing", "invented", "kept", "bleu")


def side_by_side(made: Made) -> str:
    """Every measure of every candidate."""
    candidates = made["candidates"]
    head = "".join(f"<th scope='col'>{label(one)}</th>" for one in candidates)
    rows = "".join(
        f'<tr class="part"><th colspan="{len(candidates) + 1}">{escape(title)}</th></tr>{lines}'
        for title, keys in PARTS.items()
        if (lines := "".join(_measure(made, key) for key in keys))
    )
    return _table(f"<th></th>{head}", rows)


def parts(made: Made, by: str, what: str) -> str:
    """The adapter beside the base in each part of the rows."""
    shown = [one for one in made["candidates"] if one["who"] in ("base", "adapter") and one["form"] != "free"]
    shown = [next(one for one in shown if one["who"] == who) for who in _kinds(shown)]
    names = dict.fromkeys(name for one in shown for name in one[by])
    if len(names) < 2:
        return ""
    head = f"<th>{escape(what)}</th>" + "".join(
        f"<th scope='col'>{escape(made['measures'][key]['title'])}</th>" for key in BY_PART
    )
    return _table(head, "".join(_part(made, name, shown, by) for name in names))


def groups(made: Made) -> str:
    """Other callers' wordings beside the same rows as they are."""
    found = made["groups"]
    measures = [key for key in BY_PART if any(key in one["measures"] for one in found)]
    head = "<th>Wording</th>" + "".join(
        f"<th scope='col'>{escape(made['measures'][key]['title'])}</th>" for key in measures
    )
    reach = {
        key: max(
            (
                abs(one["difference"][key][side])
                for one in found
                if key in one["difference"]
                for side in ("low", "high")
            ),
            default=1.0,
        )
        for key in measures
    }
    rows = []
    for one in found:
        cells = []
        for key in measures:
            measure, figure = made["measures"][key], one["measures"].get(key)
            if figure is None:
                cells.append('<td class="none">none</td>')
                continue
            beside = one["difference"].get(key)
            moved = change(beside, reach[key], measure["unit"], measure["better"]) if beside else ""
            cells.append(f"<td>{number(figure['value'], measure['unit'])}{moved}</td>")
        rows.append(
            f"<tr><th scope='row'>{escape(one['name'])}<small>{one['rows']} rows</small></th>"
            f"{''.join(cells)}</tr>"
        )
    return _table(head, "".join(rows))


def voices(made: Made) -> str:
    """Word error by voice and by accent."""
    tables = []
    for title, key in (("Voice", "by_voice"), ("Accent", "by_accent")):
        found = made["speech"][key]
        top = max((one["wer"]["high"] for one in found.values()), default=1.0) or 1.0
        rows = "".join(
            f"<tr><th scope='row'>{escape(name)}<small>{one['recordings']} recordings, {one['words']} words"
            f"</small></th><td>{number(one['wer']['value'], 'share')}{scale(one['wer'], top, 'adapter')}"
            f"<small>{interval(one['wer'], 'share')}</small></td></tr>"
            for name, one in found.items()
        )
        tables.append(_table(f"<th>{title}</th><th>Word error rate</th>", rows))
    return f'<div class="curves">{"".join(tables)}</div>'


def _measure(made: Made, key: str) -> str:
    measure = made["measures"][key]
    figures = [one["measures"].get(key) for one in made["candidates"]]
    known = [figure for figure in figures if figure is not None]
    if not known:
        return ""
    top = top_of(known, measure["unit"])
    cells = "".join(
        f"<td>{number(figure['value'], measure['unit'])}{_verdict(made, one, key)}"
        f"{scale(figure, top, colour(one))}<small>{interval(figure, measure['unit'])}</small></td>"
        if figure is not None
        else '<td class="none">–</td>'
        for one, figure in zip(made["candidates"], figures, strict=True)
    )
    count = max(figure["count"] for figure in known)
    return (
        f"<tr><th scope='row'>{escape(measure['title'])}"
        f"<small>{escape(measure['told'])}; {count}&nbsp;rows</small></th>{cells}</tr>"
    )


def _verdict(made: Made, candidate: Made, key: str) -> str:
    """Whether the adapter is surely better or worse than the base here, row by row."""
    for one in made["differences"]:
        if one["of"] == candidate["name"] and one["to"].startswith("base") and key in one["measures"]:
            word = judged(one["measures"][key], made["measures"][key]["better"])
            if word:
                return f' <span class="turn {word}">{word}</span>'
    return ""


def _kinds(candidates: Sequence[Made]) -> list[str]:
    return list(dict.fromkeys(one["who"] for one in candidates))


def _part(made: Made, name: str, shown: Sequence[Made], by: str) -> str:
    cells = []
    for key in BY_PART:
        unit = made["measures"][key]["unit"]
        lines = list(_lines(name, shown, by, key, unit))
        cells.append(f"<td>{''.join(lines)}</td>" if lines else '<td class="none">–</td>')
    count = max(one[by][name]["rows"] for one in shown if name in one[by])
    return f"<tr><th scope='row'>{escape(name)}<small>{count} rows</small></th>{''.join(cells)}</tr>"


def _lines(name: str, shown: Sequence[Made], by: str, key: str, unit: str) -> Iterator[str]:
    for one in shown:
        figure = one[by].get(name, {"measures": {}})["measures"].get(key)
        if figure is not None:
            top = 1.0 if unit == "share" else 100.0
            yield (
                f'<span class="key" style="--of:var(--{colour(one)})"></span>'
                f"{number(figure['value'], unit)}{scale(figure, top, colour(one))}"
            )


def _table(head: str, rows: str) -> str:
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
