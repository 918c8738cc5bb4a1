"""The tables of docs/engines.md say what was measured."""

import json
import re

from agent.settings import ROOT
from bench.engines_page import TABLES, table, write_tables

RESULTS = ROOT / "bench" / "results" / "engines.json"
PAGE = ROOT / "docs" / "engines.md"


def test_the_page_has_a_row_for_each_engine_that_was_measured(tmp_path):
    engines = json.loads(RESULTS.read_text("utf-8"))["engines"]
    copy = tmp_path / "engines.md"
    copy.write_text(PAGE.read_text("utf-8"), "utf-8")
    write_tables(copy, engines)
    assert copy.read_text("utf-8") == PAGE.read_text("utf-8"), "run `python -m bench.engines`"
    assert {row["kind"] for row in engines.values()} == set(TABLES)
    assert (
        len(re.findall(r"^\| (?:silero|webrtcvad|whisper-base|piper-joe) \| \d+ ms", copy.read_text(), re.M))
        == 4
    )


def test_random_weights_are_called_so():
    row = {"kind": "tts", "load_ms": 1, "memory_mib": 2, "first_chunk_ms": 3, "real_time_factor": 0.5}
    row |= {"streamed": True, "random_weights": True, "date": "2026-11-25", "load_before": 0.1}
    last = table({"x": row}, TABLES["tts"]).splitlines()[-1]
    assert last == "| x (random weights) | 1 ms | 2 MiB | 3 ms | 0.5 | yes | 2026-11-25, 0.1 |"
