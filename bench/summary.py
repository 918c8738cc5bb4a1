"""From rows to figures, and from figures to docs/latency.md: document and data can't part.

    python -m bench.summary [bench/results/latency.json]

writes the chart beside the data and the figures into the document.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.settings import ROOT
from bench.callers import ONE_QUESTION
from bench.chart import chart
from bench.figures import median, percentiles, ratio
from bench.pipelines import ALL, OURS_BASE, STOCK
from bench.report import figures_text, with_figures

Row = Mapping[str, Any]
RESULTS = Path("bench/results/latency.json")
DOCUMENT = Path("docs/latency.md")


def summarise(calls: Sequence[Row], stages: Mapping[str, Row]) -> dict[str, Any]:
    """`pipelines`: figures by name; `pairs`: stock against each of ours, round by round."""
    names = [name for name in ALL if any(row["pipeline"] == name for row in calls)]
    found = {name: _pipeline([row for row in calls if row["pipeline"] == name]) for name in names}
    for name, measured in stages.items():
        if name in found:
            found[name]["cpu"]["stages_s_per_turn"] = _stages(found[name], measured)
    pairs = {name: _pair(calls, name) for name in names if name != STOCK.name and STOCK.name in names}
    return {"pipelines": found, "pairs": pairs, "fair_pair": [STOCK.name, OURS_BASE.name]}


def _pipeline(calls: Sequence[Row]) -> dict[str, Any]:
    turns = [turn for row in calls for turn in row["turns"]]
    answered = [turn for turn in turns if turn["outcome"] == "answered"]
    answers = [turn["answer_latency_ms"] for turn in answered if turn["answer_latency_ms"] is not None]
    gaps = [row["line"]["max_gap_ms"] for row in calls if row["line"]["max_gap_ms"] is not None]
    seconds = sum(row["duration_ms"] or 0 for row in calls) / 1000
    total = sum(row["cpu"]["total_s"] for row in calls)
    voice = sum(row["cpu"]["voice_s"] for row in calls)
    return {
        "asked": len(turns),
        "answered": len(answered),
        "cut_ins": sum(turn["outcome"] == "cut_in" for turn in turns),
        "unanswered": sum(turn["outcome"] in ("unanswered", "never_asked") for turn in turns),
        "latency_ms": percentiles([turn["latency_ms"] for turn in answered]),
        "answer_latency_ms": percentiles(answers),
        "first_turn": _first_turn(calls),
        "greeting_ms": percentiles([row["greeting_ms"] for row in calls if row["greeting_ms"] is not None]),
        "ready_ms": median([row["ready_ms"] for row in calls if row["call"] == 0]),
        "underruns": sum(row["line"]["underruns"] for row in calls),
        "max_gap_ms": max(gaps, default=None),
        "problems": [row["problem"] for row in calls if row["problem"]],
        "call_s": round(seconds, 1),
        "cpu": {
            "s_per_turn": round(total / len(turns), 2),
            "voice_s_per_turn": round(voice / len(turns), 2),
        },
    }


def _first_turn(calls: Sequence[Row]) -> dict[str, Any]:
    """The first thing said to a fresh process, beside the same recording said to a warm one."""
    first: list[Row] = []
    warm: dict[str, list[float]] = {}
    later: list[float] = []
    for row in calls:
        for turn in row["turns"]:
            if row["call"] == 0 and turn["place"] == 0:
                first.append(turn)
            elif turn["outcome"] == "answered":
                later.append(turn["latency_ms"])
                warm.setdefault(turn["source"], []).append(turn["latency_ms"])
    answered = [turn for turn in first if turn["outcome"] == "answered"]
    matched = [turn for turn in answered if turn["source"] in warm]
    over = [turn["latency_ms"] - float(median(warm[turn["source"]]) or 0) for turn in matched]
    first_p50 = median([turn["latency_ms"] for turn in answered])
    later_p50 = median(later)
    return {
        "processes": len(first),
        "answered": len(answered),
        "p50_ms": None if first_p50 is None else round(first_p50),
        "later_p50_ms": None if later_p50 is None else round(later_p50),
        "over_same_recording_ms": round(float(median(over) or 0)) if over else None,
        "matched": len(matched),
    }


def _pair(calls: Sequence[Row], name: str) -> dict[str, Any]:
    """How many times slower stock is at p50: overall, in each round, and over the same recordings."""
    return {
        "p50_ratio": ratio(median(_latencies(calls, STOCK.name)), median(_latencies(calls, name))),
        "answer_p50_ratio": ratio(
            median(_latencies(calls, STOCK.name)), median(_latencies(calls, name, key="answer_latency_ms"))
        ),
        "by_round": [
            ratio(median(_latencies(calls, STOCK.name, number)), median(_latencies(calls, name, number)))
            for number in sorted({row["round"] for row in calls if row["script"] != ONE_QUESTION.stem})
        ],
        "same_recording": _same_recording(calls, name),
    }


def _latencies(
    calls: Sequence[Row], name: str, number: int | None = None, key: str = "latency_ms"
) -> list[float]:
    return [
        turn[key]
        for row in calls
        if row["pipeline"] == name and number in (None, row["round"])
        for turn in row["turns"]
        if turn["outcome"] == "answered" and turn[key] is not None
    ]


def _same_recording(calls: Sequence[Row], name: str) -> dict[str, Any] | None:
    """Turns of the same round, call and place that both answered: the median of their ratios."""
    by_key: dict[tuple[Any, ...], dict[str, float]] = {}
    for row in calls:
        for turn in row["turns"]:
            if turn["outcome"] == "answered":
                key = (row["round"], row["call"], turn["place"])
                by_key.setdefault(key, {})[row["pipeline"]] = turn["latency_ms"]
    both = [
        found[STOCK.name] / max(1, found[name])
        for found in by_key.values()
        if {STOCK.name, name} <= set(found)
    ]
    counted = percentiles([100 * value for value in both])
    if counted is None:
        return None
    return {
        "n": counted["n"],
        "p50": counted["p50"] / 100,
        "interval": [edge / 100 for edge in counted["p50_interval"]],
    }


def _stages(figures: Mapping[str, Any], measured: Row) -> dict[str, float]:
    """Processor by stage of a turn; what is left of the whole is the pipeline, the line and the record.

    Stages were measured alone over the same recordings; voice activity counts by the second of a call.
    """
    turns = figures["asked"]
    found = {
        "vad": measured["vad_s_per_s"] * figures["call_s"] / turns,
        **{name: measured[f"{name}_s_per_turn"] for name in ("smart_turn", "asr", "dialogue")},
        "tts": figures["cpu"]["voice_s_per_turn"],
    }
    found["rest"] = max(0.0, figures["cpu"]["s_per_turn"] - sum(found.values()))
    return {name: round(value, 3) for name, value in found.items()}


def write(data: Path, results: Mapping[str, Any]) -> None:
    """The chart beside `data`; the document's figures too, where these are the data it stands on."""
    data.with_suffix(".svg").write_text(chart(results), encoding="utf-8")
    document = ROOT / DOCUMENT
    if data.resolve() == ROOT / RESULTS:
        text = with_figures(document.read_text(encoding="utf-8"), figures_text(results))
        document.write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.summary", description="Chart and document from the data.")
    parser.add_argument("data", type=Path, nargs="?", default=ROOT / RESULTS)
    options = parser.parse_args()
    try:
        results = json.loads(options.data.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        print(f"{options.data} has no results: make them with `python -m bench`.", file=sys.stderr)
        raise SystemExit(2) from None
    results["summary"] = summarise(results["calls"], results["stages"])
    options.data.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    write(options.data, results)


if __name__ == "__main__":
    main()
