"""The figures in words: a Markdown block for the document, a table for the terminal."""

from collections.abc import Callable, Mapping
from typing import Any

from rich.table import Table

from bench.pipelines import ALL

BEGIN = "<!-- figures: written by `python -m bench.summary`, don't edit -->"
END = "<!-- end of figures -->"
Figures = Mapping[str, Any]
TIMES_FASTER = 2.0
FIRST_TURN_SLACK_MS = 200
"""A first turn counts as fast as the others when it takes at most this much longer: the least
pause of a turn's end, the jitter of one recognition on a busy core."""


def lines_of(summary: Figures) -> list[tuple[str, dict[str, str]]]:
    """The table's lines: a label, and a text for each pipeline."""
    found = summary["pipelines"]
    makers: list[tuple[str, Callable[[Figures], str]]] = [
        ("things asked", lambda f: str(f["asked"])),
        ("answered within 8 s", lambda f: str(f["answered"])),
        ("cut-ins", lambda f: str(f["cut_ins"])),
        ("latency p50, ms", lambda f: _with_interval(f["latency_ms"], "p50")),
        ("latency p95, ms", lambda f: _with_interval(f["latency_ms"], "p95")),
        ("answer latency p50, ms", lambda f: _with_interval(f["answer_latency_ms"], "p50")),
        ("answer latency p95, ms", lambda f: _with_interval(f["answer_latency_ms"], "p95")),
        ("first turn of a fresh process p50, ms", lambda f: _first(f["first_turn"])),
        ("later turns p50, ms", lambda f: _ms(f["first_turn"]["later_p50_ms"])),
        (
            "first turn over the same recording later, ms",
            lambda f: _ms(f["first_turn"]["over_same_recording_ms"]),
        ),
        ("greeting p50, ms", lambda f: _ms((f["greeting_ms"] or {}).get("p50"))),
        ("ready after the start, ms", lambda f: _ms(f["ready_ms"])),
        ("gaps inside sentences", lambda f: str(f["underruns"])),
        ("longest gap, ms", lambda f: _ms(f["max_gap_ms"])),
        ("processor a turn, s", lambda f: f"{f['cpu']['s_per_turn']:.2f}"),
        *(
            (f"of it {words}, s", _stage(name))
            for name, words in (
                ("vad", "voice activity"),
                ("smart_turn", "Smart Turn"),
                ("asr", "recogniser"),
                ("dialogue", "dialogue"),
                ("tts", "voice"),
                ("rest", "the rest"),
            )
        ),
    ]
    return [(label, {name: make(figures) for name, figures in found.items()}) for label, make in makers]


def verdicts(summary: Figures) -> list[tuple[str, bool | None]]:
    """What was promised of the fair pair, and whether it holds; None where it can't be told."""
    stock, ours = summary["fair_pair"]
    if stock not in summary["pipelines"] or ours not in summary["pipelines"]:
        return []
    pair, figures = summary["pairs"][ours], summary["pipelines"][ours]
    least = [r for r in (pair["p50_ratio"], pair["answer_p50_ratio"]) if r is not None]
    over = figures["first_turn"]["over_same_recording_ms"]
    return [
        (
            f"At least {TIMES_FASTER:g} times faster at p50, answer latency too: "
            f"{_times(pair['p50_ratio'])} and {_times(pair['answer_p50_ratio'])}",
            min(least) >= TIMES_FASTER if len(least) == 2 else None,
        ),
        (
            f"Every turn answered: {figures['answered']} of {figures['asked']}",
            figures["answered"] == figures["asked"],
        ),
        (
            f"First turn of a fresh process as fast as the others: {_ms(over)} ms over the same recording "
            f"later ({figures['first_turn']['matched']} processes, at most {FIRST_TURN_SLACK_MS} ms)",
            None if over is None else over <= FIRST_TURN_SLACK_MS,
        ),
    ]


def figures_text(results: Figures) -> str:
    """The Markdown between the markers."""
    summary, machine = results["summary"], results["machine"]
    names = list(summary["pipelines"])
    lines = [
        f"Measured {results['date']} by `{results['command']}`: {results['rounds']} rounds and "
        f"{results['fresh']} more fresh processes of each; {machine['cpu']}, {machine['cores']} cores, "
        f"{machine['ram_gib']} GiB, Python {machine['python']}; "
        f"commit `{(results['commit'] or 'none')[:12]}`; "
        f"load average {results['load_average']['before']} before, and at worst "
        f"{results['load_average']['worst']} while measuring; the caller's own clock late by "
        f"{results['client_late_ms']} ms at worst.",
        "",
    ]
    if results["quick"]:
        lines += [
            "**A quick run: one call a round. It shows that the measurement works, not the figures.**",
            "",
        ]
    lines += ["| | " + " | ".join(ALL[name].title for name in names) + " |", "|---|" + "---|" * len(names)]
    lines += [
        f"| {label} | " + " | ".join(texts[name] for name in names) + " |"
        for label, texts in lines_of(summary)
    ]
    lines += ["", "| stock against | p50 | answer p50 | round by round | same recording, median of ratios |"]
    lines += ["|---|---|---|---|---|"]
    lines += [_pair_line(name, pair) for name, pair in summary["pairs"].items()]
    if not results["quick"]:
        lines += ["", *(f"- {words}: {_held(held)}." for words, held in verdicts(summary))]
    return "\n".join(lines)


def with_figures(document: str, figures: str) -> str:
    """`document` with what stands between its markers replaced. Raises `ValueError` without markers."""
    before, began, rest = document.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not began or not ended:
        raise ValueError("the document has no place for figures")
    return f"{before}{BEGIN}\n{figures}\n{END}{after}"


def table(results: Figures) -> Table:
    """The same for a terminal."""
    names = list(results["summary"]["pipelines"])
    made = Table(title="Side by side with the stock pipeline", title_justify="left")
    made.add_column("")
    for name in names:
        made.add_column(ALL[name].title, justify="right")
    for label, texts in lines_of(results["summary"]):
        made.add_row(label, *(texts[name] for name in names))
    for name, pair in results["summary"]["pairs"].items():
        made.caption = (
            made.caption or ""
        ) + f"stock / {ALL[name].title}: {_times(pair['p50_ratio'])} at p50\n"
    return made


def _pair_line(name: str, pair: Figures) -> str:
    same = pair["same_recording"]
    rounds = ", ".join(_times(value) for value in pair["by_round"])
    counted = (
        f"{_times(same['p50'])} ({same['interval'][0]:.2f} to {same['interval'][1]:.2f}, {same['n']} turns)"
        if same
        else "–"
    )
    return (
        f"| {ALL[name].title} | {_times(pair['p50_ratio'])} | {_times(pair['answer_p50_ratio'])} "
        f"| {rounds} | {counted} |"
    )


def _held(held: bool | None) -> str:
    return "can't be told from this run" if held is None else "yes" if held else "**no**"


def _stage(name: str) -> Callable[[Figures], str]:
    def text(figures: Figures) -> str:
        value = figures["cpu"].get("stages_s_per_turn", {}).get(name)
        return "–" if value is None else f"{value:.3f}"

    return text


def _first(first: Figures) -> str:
    return f"{_ms(first['p50_ms'])} ({first['answered']} of {first['processes']} answered)"


def _with_interval(found: Figures | None, name: str) -> str:
    if found is None:
        return "–"
    low, high = found[f"{name}_interval"]
    return f"{found[name]:,} ({low:,} to {high:,})"


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{round(value):,}"


def _times(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}×"
