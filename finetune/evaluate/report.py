"""The report: one HTML file that needs no other, made of the evaluation's JSON alone."""

from html import escape
from pathlib import Path

from finetune.evaluate.report_curves import curve
from finetune.evaluate.report_examples import examples
from finetune.evaluate.report_figures import Made, interval, number
from finetune.evaluate.report_tables import groups, parts, side_by_side, voices

STYLE = Path(__file__).with_name("report.css")
ICON = (
    '<svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" fill="var(--shell)"/>'
    '<path d="M2 7.5C4 9 5 21 6.5 21S9 13 11 13s2 4.7 4.5 4.7S19 15 21 15s3 1.6 4.5 1.6S28 16 30 15.7" '
    'fill="none" stroke="#f2efe3" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>'
)
HEADLINE = ("missing", "invented", "kept", "p50_ms")


def page(made: Made) -> str:
    """The whole document. `made` is what `report.json` holds."""
    sections = [
        _section("Side by side", _side_note(), side_by_side(made)),
        _training(made),
        _section("By category", "The base beside the adapter.", parts(made, "by_category", "Category")),
        _section(
            "By business",
            "finetune prepare holds whole businesses out, so that none of these was taught.",
            parts(made, "by_business", "Business"),
        ),
        _callers(made),
        _voices(made),
        _forgetting(made),
        _section(
            "Replies",
            "The adapter's worst first, then others drawn evenly. A name that is set off is filled in later.",
            examples(made),
        ),
        _section("How it was measured", "", _made(made)),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Proof of an adapter: {escape(_about(made))}</title>"
        f"<style>\n{STYLE.read_text('utf-8')}</style></head><body>"
        f'<header class="masthead"><span class="wordmark">{ICON}Ringdown</span>'
        f'<span class="about">{escape(_about(made))}</span></header>'
        f"<main><h1>{escape(_verdict(made))}</h1>{_headline(made)}{''.join(sections)}</main></body></html>\n"
    )


def _about(made: Made) -> str:
    adapter = made["adapter"]
    what = f"{adapter['folder']} on {made['base']}" if adapter else made["base"]
    return f"{what}, {made['date'][:10]}"


def _verdict(made: Made) -> str:
    """What came out, in a sentence."""
    chosen = _chosen(made)
    rows = f"{made['rows']['count']} rows of {_count(len(made['rows']['businesses']), 'business')}"
    if chosen is None:
        return f"The base alone on {rows} that nobody was taught."
    base = next((one for one in made["candidates"] if one["who"] == "base"), None)
    ours, theirs = (one["measures"].get("missing") if one else None for one in (chosen, base))
    if ours is None or theirs is None:
        return f"The adapter on {rows} that it never saw."
    return (
        f"A needed fact is missing in {number(ours['value'], 'share')} of the adapter's replies, and in "
        f"{number(theirs['value'], 'share')} of the base's: {rows} that it never saw."
    )


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}es"


def _chosen(made: Made) -> Made | None:
    return next((one for one in made["candidates"] if one["who"] == "adapter"), None)


def _headline(made: Made) -> str:
    chosen = _chosen(made) or made["candidates"][-1]
    others = [one for one in made["candidates"] if one["who"] in ("base", "few-shot")]
    tiles = []
    for key in HEADLINE:
        measure, figure = made["measures"][key], chosen["measures"].get(key)
        if figure is None:
            continue
        beside = ", ".join(
            f"{escape(one['who'])} {number(one['measures'][key]['value'], measure['unit'])}"
            for one in others
            if key in one["measures"] and one is not chosen
        )
        tiles.append(
            f'<div><dt>{escape(measure["title"])}</dt><dd><span class="figure">'
            f"{number(figure['value'], measure['unit'])}</span>"
            f'<span class="beside"><br>{interval(figure, measure["unit"])}<br>{beside}</span></dd></div>'
        )
    return f'<dl class="headline">{"".join(tiles)}</dl>'


def _side_note() -> str:
    return (
        "A dot is the figure, the line its 95 % interval by bootstrap over scenarios. “better” and “worse” "
        "say that the adapter differs from the base, row by row, with the whole interval on one side. The "
        "reference is the rows' own replies, measured like the others."
    )


def _training(made: Made) -> str:
    training = made.get("training")
    if not training or not training["loss"]:
        return ""
    colours = {"training": "adapter", "validation": "other"}
    lines = {"training": training["loss"], "validation": training["validation"]}
    loss = curve({name: line for name, line in lines.items() if line}, colours, "Loss", "steps")
    speed = curve({"training": training["tokens_per_s"]}, colours, "Tokens a second", "steps")
    return _section("Training", "", f'<div class="curves">{loss}{speed}</div>')


def _callers(made: Made) -> str:
    if not made["groups"]:
        return ""
    told = (
        "The same rows, asked as other callers would. The small scale shows the difference to the same rows "
        "as they are; a line that leaves the middle out is a difference that these rows prove."
    )
    lengths = parts(made, "by_length", "Caller's words")
    more = f"<h3>By the length of what the caller said</h3>{lengths}" if lengths else ""
    return _section("Other callers", told, groups(made) + more)


def _voices(made: Made) -> str:
    if not made.get("speech"):
        return ""
    return _section(
        "Voices and accents",
        "Word error of the recogniser, by recordings that say what they say.",
        voices(made),
    )


def _forgetting(made: Made) -> str:
    found = made["forgetting"]
    if not found or "ratio" not in found:
        return ""
    before, after, ratio = (found[key] for key in ("base", "adapter", "ratio"))
    return _section(
        "Forgetting",
        "",
        '<p class="note">Perplexity of plain English that nobody was taught '
        f"({escape(made['general']['from'])}, {found['tokens']:,} tokens): {number(before['value'], '')} "
        f"with the base, {number(after['value'], '')} with the adapter: {number(ratio['value'], '')} times "
        f"({interval(ratio, '')}).</p>",
    )


def _made(made: Made) -> str:
    machine = made["machine"]
    memory = f"{machine['memory_bytes'] / 2**30:.1f} GiB"
    items = {
        "Command": f"<code>{escape(made['command'])}</code>",
        "Date": escape(made["date"]),
        "Written by": f"{escape(made['engine'])}, greedy",
        "Machine": escape(f"{machine['cores']} cores, {memory}, {machine['system']}"),
        "Seed": str(made["seed"]),
        "Base": escape(made["base"]),
        "Adapter": f"<code>{made['adapter']['sha256']}</code>" if made["adapter"] else "none",
        "Versions": escape(", ".join(f"{name} {one}" for name, one in made["versions"].items())),
        **{
            f"Data, {escape(name)}": f"<code>{escape(digest)}</code>"
            for name, digest in made["data"]["sha256"].items()
        },
    }
    told = "".join(
        f"<dt>{escape(one['title'])}</dt><dd>{escape(one['told'])}</dd>"
        for key, one in made["measures"].items()
        if any(key in candidate["measures"] for candidate in made["candidates"])
    )
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in items.items())
    shots: list[str] = next((one["shots"] for one in made["candidates"] if one["shots"]), [])
    shown = f"<dt>Shots</dt><dd>{escape(', '.join(shots))}</dd>" if shots else ""
    return f'<dl class="made">{listed}{shown}{told}</dl>'


def _section(title: str, note: str, body: str) -> str:
    """Empty where there is nothing to show."""
    if not body:
        return ""
    told = f'<p class="note">{escape(note)}</p>' if note else ""
    return f"<section><h2>{escape(title)}</h2>{told}{body}</section>"
