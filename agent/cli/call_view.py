"""What `agent call` shows a person: both sides as the turns come, latencies in colour, and a last line."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

GOOD_MS = 800
FAIR_MS = 1_500
"""Up to these a latency is green, then yellow; above, red."""


class TranscriptView:
    """Prints each line of a growing report once. Give it the report as often as you like."""

    def __init__(self, console: Console, on_caller: Callable[[], None] | None = None) -> None:
        """`on_caller` is told each time before the caller's words are shown."""
        self._console = console
        self._on_caller = on_caller
        self._asked: set[int] = set()
        self._said: dict[int, int] = {}
        self._stopped: set[int] = set()

    def update(self, reported: Mapping[str, Any], *, final: bool = False) -> None:
        """Shows what is new. Unless `final`, a reply waits until its first sound was heard."""
        sources = {act["id"]: act for act in reported["caller"]}
        for turn in reported["turns"]:
            if turn["agent"] or final:
                self._show(turn, sources, final)

    def _show(self, turn: Mapping[str, Any], acts: Mapping[str, Mapping[str, Any]], final: bool) -> None:
        number = turn["n"]
        if turn["caller"] and number not in self._asked:
            self._asked.add(number)
            if self._on_caller is not None:
                self._on_caller()
            kinds = {acts[name]["kind"] for name in turn["caller"] if name in acts}
            heard = "(keys)" if kinds == {"keys"} else turn["transcript"]
            named = ", ".join(str(acts[name]["source"]) for name in turn["caller"] if name in acts)
            self._line("caller", heard or f"({named})", "cyan")
        for text in self._new_texts(turn, final):
            first = self._said.get(number, 0) == 0
            self._said[number] = self._said.get(number, 0) + 1
            self._line("agent", text, "default", turn["latency_ms"] if first and number else None)
        if turn["barge_in"] and number not in self._stopped and self._said.get(number):
            self._stopped.add(number)
            silent_ms = turn["barge_in"]["silent_after_ms"]
            self._line("", f"(talked over; silent after {silent_ms} ms)", "dim")

    def _new_texts(self, turn: Mapping[str, Any], final: bool) -> list[str]:
        """The sentences not shown yet; of a server without a record, that there was sound."""
        shown = self._said.get(turn["n"], 0)
        if turn["sentences"] is not None:
            sentences = turn["sentences"]
            said = [s for s in sentences if not final or s["heard"] != "none"]
            return [str(sentence["text"]) for sentence in said[shown:]]
        if shown:
            return []
        return ["(speaks)"] if turn["agent"] else ["(no answer)"] if final else []

    def _line(self, who: str, words: str, style: str, latency_ms: int | None = None) -> None:
        line = Text()
        line.append(f"{who:>6}  ", style="bold")
        line.append(words, style=style)
        if latency_ms is not None:
            line.append(f"  {latency_ms} ms", style=colour(latency_ms))
        self._console.print(line)


def colour(latency_ms: int) -> str:
    """Green, yellow or red; magenta for an agent that cut in."""
    if latency_ms < 0:
        return "magenta"
    return "green" if latency_ms < GOOD_MS else "yellow" if latency_ms < FAIR_MS else "red"


def percentile(values: Sequence[int], percent: float) -> int | None:
    """The smallest value that `percent` of the values don't exceed; None of nothing."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def summary(reported: Mapping[str, Any], latencies_ms: Sequence[int], unanswered: int) -> Text:
    """The last line: how many turns, how fast, what went wrong, who ended the call."""
    answered = len([turn for turn in reported["turns"] if turn["caller"]])
    line = Text(f"{answered} turn{'s' if answered != 1 else ''}")
    for percent in (50, 95):
        value = percentile(latencies_ms, percent)
        if value is not None:
            line.append(f", p{percent} ")
            line.append(f"{value} ms", style=colour(value))
    cut_ins = sum(turn["cut_in"] for turn in reported["turns"])
    underruns = len(reported["line"]["underruns"])
    for count, noun in ((unanswered, "unanswered"), (cut_ins, "cut-in"), (underruns, "underrun")):
        plural = "s" if count != 1 and noun != "unanswered" else ""
        line.append(f", {count} {noun}{plural}", style="red" if count else "default")
    line.append(f"; {reported['duration_ms'] / 1000:.1f} s, ended by {reported['ended_by']}")
    return line
