"""Records of calls for people: a table of calls, and one call as a conversation."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from agent.call.record_caught import Caught
    from agent.call.turn_record import CallRow

_VERDICTS = {"proven": "green", "approved": "cyan", "template": "blue"}
_ENDS = {"error": "red", "timeout": "yellow", "busy": "yellow"}


def print_list(rows: Iterable["CallRow"]) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("call", "started", "business", "by", "from", "to"):
        table.add_column(name, no_wrap=name in ("call", "started"))
    table.add_column("length", justify="right")
    table.add_column("turns", justify="right")
    table.add_column("caught", justify="right")
    table.add_column("ended by")
    for row in rows:
        table.add_row(
            row.call_id,
            f"{row.started_at.astimezone():%Y-%m-%d %H:%M:%S}",
            row.business,
            row.provider,
            row.caller,
            row.called,
            _length(row.duration_ms),
            str(row.turns),
            Text(str(row.replaced), style="yellow" if row.replaced else "dim"),
            Text(row.ended_by or "going on", style=_ENDS.get(row.ended_by or "", "")),
        )
    if table.row_count:
        _console().print(table)
    else:
        print("No calls.")


def print_call(document: dict[str, Any], recording: Path | None) -> None:
    """The document of docs/protocol.md, "The record of a call"."""
    console = _console()
    started = datetime.fromisoformat(document["started_at"]).astimezone()
    head = Text.assemble(
        (document["call_id"], "bold"),
        f"  {document['business']} by {document['provider']}, {started:%Y-%m-%d %H:%M:%S}, ",
        f"{_length(document['duration_ms'])}, ended by {document['ended_by'] or 'nobody yet'}",
    )
    console.print(head)
    if recording is not None:
        console.print(Text(f"recording: {recording}", style="dim"))
    for turn in document["turns"]:
        console.print()
        _print_turn(console, turn)


def print_caught(caught: "Caught") -> None:
    """Counts by kind, then the newest sentences: what the model wrote, why not, what was said."""
    console = _console()
    console.print(
        f"{caught.calls} calls, {caught.sentences} sentences, {caught.replaced} spoken in place of a model's"
    )
    for kind, count in caught.kinds.items():
        console.print(Text.assemble((f"{count:>6}  ", "bold"), kind))
    for sentence in caught.newest:
        console.print()
        when = f"{sentence.started_at.astimezone():%Y-%m-%d %H:%M}"
        console.print(Text.assemble((sentence.call_id, "bold"), (f"  {when}, turn {sentence.turn}", "dim")))
        console.print(Text.assemble(("  model   ", "red"), sentence.model))
        for claim in sentence.refused:
            console.print(Text(f"          {claim.kind}: {claim.text}: {claim.why}", style="dim"))
        console.print(Text.assemble(("  spoken  ", "green"), sentence.spoken))


def _print_turn(console: Console, turn: dict[str, Any]) -> None:
    start = f"{turn['caller'][0]['start_ms'] / 1000:.1f} s" if turn["caller"] else turn["kind"]
    console.print(Text.assemble((f"{turn['n']:>3}  ", "bold"), (start, "dim"), _understood(turn)))
    if turn["transcript"]:
        console.print(Text.assemble(("     caller  ", "magenta"), turn["transcript"]))
    for sentence in turn["sentences"]:
        line = Text.assemble(("     agent   ", "green"), _spoken(sentence), "  ")
        line.append(f"{sentence['kind']}, ", style="dim")
        line.append(sentence["verdict"], style=_VERDICTS.get(sentence["verdict"], ""))
        if sentence["replaced"]:
            line.append(", in place of the model's", style="yellow")
        if sentence["heard"] != "all":
            line.append(f", heard: {sentence['heard']}", style="yellow")
        console.print(line)
        if sentence["caught"]:
            console.print(Text(f"             caught: {caught_line(sentence['caught'])}", style="yellow"))
        for claim in sentence["claims"]:
            stands = f"             {claim['kind']}: {claim['text']}  <- {claim['by'] or claim['why']}"
            console.print(Text(stands, style="dim"))
        for fact in sentence["facts"]:
            fact_line = f"             {fact['name']} = {fact['value']}  ({fact['source']})"
            console.print(Text(fact_line, style="dim"))
    if turn["interrupted"]:
        console.print(Text("     interrupted", style="yellow"))
    if turn["stages_ms"]:
        stages = "  ".join(f"{name} {ms}" for name, ms in turn["stages_ms"].items())
        console.print(Text(f"     ms      {stages}", style="dim"))


def caught_line(kinds: Iterable[str]) -> str:
    """ "2 amount, 1 promise": the kinds of what was refused, the commonest first."""
    return ", ".join(f"{count} {kind}" for kind, count in Counter(kinds).most_common())


def _understood(turn: dict[str, Any]) -> Text:
    text = Text("")
    if turn["intent"]:
        text.append(f"  {turn['intent']}", style="bold")
    for name, value in turn["slots"].items():
        text.append(f"  {name}={value}", style="dim")
    return text


def _spoken(sentence: dict[str, Any]) -> Text:
    return Text(sentence["text"], style="strike dim" if sentence["heard"] == "none" else "")


def _length(duration_ms: int | None) -> str:
    if duration_ms is None:
        return "-"
    minutes, seconds = divmod(round(duration_ms / 1000), 60)
    return f"{minutes}:{seconds:02}"


def _console() -> Console:
    """On stdout; as wide as the lines are where that is no terminal."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=200)
    return console
