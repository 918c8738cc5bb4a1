"""The tables of docs/engines.md, out of what bench/engines.py measured."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
Columns = Mapping[str, Callable[[Row], object]]

TABLES: Mapping[str, Columns] = {
    "vad": {
        "a window of 32 ms, median": lambda row: f"{row['window_us']} us",
        "99 %": lambda row: f"{row['window_p99_us']} us",
    },
    "asr": {
        "a question of 1.7 s": lambda row: f"{row['final_ms']} ms" if row["final_ms"] else "–",
        "real-time factor": lambda row: row["real_time_factor"] or "–",
        "encoder, short window": lambda row: (
            f"{row['encoder_ms']['short']} ms for {row['encoder_ms']['short_window_s']} s"
        ),
        "encoder, 30 s": lambda row: f"{row['encoder_ms']['full']} ms",
    },
    "tts": {
        "first sound of a clause": lambda row: f"{row['first_chunk_ms']} ms",
        "real-time factor": lambda row: row["real_time_factor"],
        "in parts": lambda row: "yes" if row["streamed"] else "no",
    },
}


def write_tables(page: Path, engines: Mapping[str, Row]) -> None:
    """Replaces what stands between `<!-- KIND -->` and `<!-- /KIND -->` in `page`."""
    text = page.read_text(encoding="utf-8")
    for kind, columns in TABLES.items():
        made = table({name: row for name, row in engines.items() if row["kind"] == kind}, columns)
        begin, end = f"<!-- {kind} -->\n", f"<!-- /{kind} -->"
        head, _, rest = text.partition(begin)
        text = head + begin + made + end + rest.partition(end)[2]
    page.write_text(text, encoding="utf-8")


def table(rows: Mapping[str, Row], columns: Columns) -> str:
    """Markdown, a row an engine."""
    heads = ["engine", "load", "memory", *columns, "day, load of the machine"]
    lines = [heads, ["---"] * len(heads)]
    for name, row in rows.items():
        cells = [f"{name} (random weights)" if row.get("random_weights") else name]
        cells += [f"{row['load_ms']} ms", f"{row['memory_mib']} MiB"]
        cells += [str(cell(row)) for cell in columns.values()]
        lines.append([*cells, f"{row['date']}, {row['load_before']}"])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
