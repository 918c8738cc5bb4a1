"""The benchmark: its arithmetic, its reading of calls and processes, the document that stands on its data."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from agent.settings import ROOT
from bench.__main__ import TRY, main, options_of
from bench.callers import CALLS, ONE_QUESTION, Asked, asked_by, greeting_ms, turn_rows
from bench.chart import chart
from bench.figures import percentiles, ratio
from bench.pipelines import ALL, OURS_BASE, STOCK, Pipeline
from bench.processor import spent_by
from bench.report import BEGIN, END, figures_text, verdicts, with_figures
from bench.server import ServerFailed, running
from bench.side_by_side import order, scripts_of
from bench.summary import DOCUMENT, RESULTS, summarise
from telephony.softphone.script import Play, read_script


def _row(pipeline: str, number: int, call: int, script: str, latencies: list[Any]) -> dict[str, Any]:
    """A call's row; a latency of None is an unanswered turn, a negative one a cut-in."""
    outcomes = {None: "unanswered"}
    turns = [
        {
            "place": place,
            "source": f"{script}-{place}.wav",
            "outcome": outcomes.get(ms, "cut_in" if ms is not None and ms < 0 else "answered"),
            "latency_ms": ms,
            "answer_latency_ms": ms if pipeline != "stock" else None,
        }
        for place, ms in enumerate(latencies)
    ]
    return {
        "pipeline": pipeline,
        "round": number,
        "call": call,
        "script": script,
        "ready_ms": 5000,
        "load_average": 0.1,
        "client_late_ms": 0,
        "problem": None,
        "duration_ms": 30_000,
        "greeting_ms": 100,
        "line": {"underruns": 1, "max_gap_ms": 20, "max_arrival_gap_ms": 90},
        "cpu": {"total_s": 6.0, "voice_s": 1.5},
        "turns": turns,
    }


def _calls(ours: list[int], stock: list[int | None]) -> list[dict[str, Any]]:
    """Two rounds of two calls each; the second round takes them the other way round."""
    return [
        _row(name, number, call, script, list(latencies))
        for name, latencies in (("stock", stock), ("ours-base", ours))
        for number in (0, 1)
        for call, script in enumerate(("x", "y") if number == 0 else ("y", "x"))
    ]


def test_every_script_of_the_benchmark_can_be_played_and_a_round_says_twelve_things():
    for script in (*CALLS, ONE_QUESTION):
        plays = [step for step in read_script(ROOT / script).steps if isinstance(step, Play)]
        assert len(plays) == len(asked_by(script))
    assert sum(len(asked_by(script)) for script in CALLS) >= 12


def test_a_round_says_each_first_question_once_to_a_fresh_process_and_once_to_a_warm_one():
    assert [scripts_of(number, False)[0] for number in (0, 1)] == list(CALLS)
    assert scripts_of(1, False)[1] == CALLS[0]


def test_rounds_alternate_which_pipeline_goes_first():
    pair = (STOCK, OURS_BASE)
    assert [order(pair, number)[0].name for number in (0, 1, 2)] == ["stock", "ours-base", "stock"]


def test_things_said_become_rows_of_answered_cut_in_unanswered_and_never_asked():
    reported = {
        "caller": [{"id": f"c{n}", "kind": "speech"} for n in range(4)],
        "turns": [
            {"kind": "greeting", "caller": [], "latency_ms": 70},
            {
                "kind": "reply",
                "caller": ["c0"],
                "latency_ms": 900,
                "answer_latency_ms": 950,
                "stages_ms": None,
            },
            {
                "kind": "reply",
                "caller": ["c1"],
                "latency_ms": -300,
                "answer_latency_ms": None,
                "stages_ms": None,
            },
            {
                "kind": "reply",
                "caller": ["c2", "c3"],
                "latency_ms": 800,
                "answer_latency_ms": 800,
                "stages_ms": {},
            },
        ],
    }
    rows = turn_rows([Asked(place, f"{place}.wav") for place in range(5)], reported)
    assert [row["outcome"] for row in rows] == ["answered", "cut_in", "unanswered", "answered", "never_asked"]
    assert rows[0]["answer_latency_ms"] == 950
    assert greeting_ms(reported) == 70


def test_a_call_without_a_report_counts_all_its_things_as_never_asked():
    rows = turn_rows(asked_by(ONE_QUESTION), None)
    assert [row["outcome"] for row in rows] == ["never_asked"]
    assert greeting_ms(None) is None


def test_percentiles_lie_within_their_intervals_and_are_the_same_each_time():
    values = [700, 800, 900, 1000, 2000]
    found = percentiles(values)
    assert found is not None and found == percentiles(values)
    assert found["p50"] == 900 and found["p95"] == 1800
    assert found["p50_interval"][0] <= 900 <= found["p50_interval"][1]
    assert percentiles([]) is None
    assert ratio(3.0, None) is None and ratio(3.0, 2.0) == 1.5


def test_cut_ins_and_unanswered_turns_stay_out_of_percentiles_and_in_the_count_of_asked():
    summary = summarise(_calls([500, 600, 700], [1800, None, -200]), {})
    stock = summary["pipelines"]["stock"]
    assert (stock["asked"], stock["answered"], stock["cut_ins"], stock["unanswered"]) == (12, 4, 4, 4)
    assert stock["latency_ms"]["p50"] == 1800
    assert summary["pairs"]["ours-base"]["p50_ratio"] == 3.0
    assert summary["pairs"]["ours-base"]["by_round"] == [3.0, 3.0]
    assert summary["pairs"]["ours-base"]["same_recording"]["p50"] == 3.6


def test_a_first_turn_is_compared_with_the_same_recording_said_to_a_warm_process():
    calls = _calls([500, 600, 700], [1500, 1500, 1500])
    for row in calls:
        if row["pipeline"] == "ours-base" and row["call"] == 0:
            row["turns"][0]["latency_ms"] = 950
    first = summarise(calls, {})["pipelines"]["ours-base"]["first_turn"]
    assert first["p50_ms"] == 950 and first["processes"] == 2
    assert first["over_same_recording_ms"] == 450 and first["matched"] == 2


def test_promises_that_do_not_hold_are_told():
    good = summarise(_calls([500, 600, 700], [1500, 1500, 1500]), {})
    assert [held for _, held in verdicts(good)] == [True, True, True]
    calls = _calls([500, 900, 1000], [1500, 1500, 1500])
    calls[-1]["turns"][2] |= {"outcome": "unanswered", "latency_ms": None, "answer_latency_ms": None}
    for row in calls:
        if row["pipeline"] == "ours-base" and row["call"] == 0:
            row["turns"][0] |= {"latency_ms": 4000, "answer_latency_ms": 4000}
    assert [held for _, held in verdicts(summarise(calls, {}))] == [False, False, False]


def test_stages_and_the_rest_add_up_to_the_processor_time_of_a_turn():
    measured = {
        "vad_s_per_s": 0.005,
        "smart_turn_s_per_turn": 0.1,
        "asr_s_per_turn": 0.5,
        "dialogue_s_per_turn": 0.01,
    }
    figures = summarise(_calls([500, 600, 700], [1500, 1500, 1500]), {"ours-base": measured})
    cpu = figures["pipelines"]["ours-base"]["cpu"]
    assert cpu["s_per_turn"] == 2.0 and cpu["voice_s_per_turn"] == 0.5
    assert cpu["stages_s_per_turn"]["vad"] == pytest.approx(0.05)
    assert sum(cpu["stages_s_per_turn"].values()) == pytest.approx(2.0, abs=0.01)


def test_processor_time_counts_children_that_live_and_the_voice_apart():
    spin = "import time\nwhile time.process_time() < 0.4: pass\nprint(1, flush=True)\ninput()"
    before = spent_by(os.getpid())
    child = subprocess.Popen(
        [sys.executable, "-c", spin, "piper_worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert child.stdout is not None and child.stdout.readline() == b"1\n"
        spent = spent_by(os.getpid()).since(before)
        assert spent.voice_s >= 0.28 and spent.total_s >= spent.voice_s
    finally:
        child.communicate(b"\n", timeout=10)
    assert spent_by(os.getpid()).since(before).total_s >= 0.28, "a child that has ended counts still"


def test_a_server_that_does_not_start_is_told_in_a_sentence_and_leaves_no_process(monkeypatch, capsys):
    broken = Pipeline("stock", "broken", True, "whisper-base", ("-c", "raise SystemExit('no weights')"), "/")
    began = time.monotonic()
    with pytest.raises(ServerFailed, match="`broken` didn't start: no weights"), running(broken):
        pass
    assert time.monotonic() - began < 20
    monkeypatch.setitem(ALL, "stock", broken)
    assert main(["--quick", "--pipelines", "stock"]) == 1
    assert "didn't start" in capsys.readouterr().err


def test_a_quick_run_replaces_no_figures_and_wrong_words_are_refused(capsys):
    assert options_of(["--quick"]).out == TRY
    assert options_of([]).out == RESULTS
    for wrong in (["--pipelines", "nobody"], ["--rounds", "0"], ["--out", "nowhere/at/all.json"]):
        with pytest.raises(SystemExit) as stopped:
            options_of(wrong)
        assert stopped.value.code == 2
    assert "there is no pipeline 'nobody'" in capsys.readouterr().err


def test_figures_go_between_the_markers_and_a_document_without_them_is_refused():
    document = f"a\n{BEGIN}\nold\n{END}\nb\n"
    assert with_figures(document, "new").splitlines()[2] == "new"
    assert with_figures(document, "new").endswith("\nb\n")
    with pytest.raises(ValueError, match="no place"):
        with_figures("no markers", "new")


def test_the_document_the_chart_and_the_summary_are_those_of_the_data():
    results = json.loads((ROOT / RESULTS).read_text(encoding="utf-8"))
    assert results["calls"], "no calls were kept"
    assert results["summary"] == summarise(results["calls"], results["stages"])
    document = (ROOT / DOCUMENT).read_text(encoding="utf-8")
    assert with_figures(document, figures_text(results)) == document, "run `python -m bench.summary`"
    assert Path(ROOT / RESULTS).with_suffix(".svg").read_text(encoding="utf-8") == chart(results)


def test_the_chart_is_an_svg_with_a_dot_for_each_answered_turn():
    calls = _calls([500, 600, 700], [1500, None, -200])
    drawn = ElementTree.fromstring(chart({"calls": calls, "summary": summarise(calls, {})}))
    assert len(drawn.findall("{http://www.w3.org/2000/svg}circle")) == 12 + 4
