"""The log and the metrics of a server that took real calls: useful, and without a caller's words."""

import json
import re
from collections.abc import Callable, Iterator

import httpx
from program import Server, spoken
from prometheus_client.parser import text_string_to_metric_families

Report = Callable[[str], dict]
KEYED = "12345"


def runs_of_three(text: str) -> Iterator[str]:
    words = re.findall(r"[a-z0-9']+", text.lower())
    for start in range(len(words) - 2):
        yield " ".join(words[start : start + 3])


def test_the_log_at_debug_holds_no_word_and_no_digit_of_a_caller(server: Server, report: Report):
    calls = [report(name) for name in ("six_turns", "keys")]
    lines = [json.loads(line) for line in (server.folder / "serve.log").read_text().splitlines()]
    assert {"DEBUG", "INFO"} <= {line["level"] for line in lines}
    assert any(line["module"].startswith("pipecat") for line in lines)
    for call in calls:
        assert [line for line in lines if line["call_id"] == call["call_id"]], "a call's lines are found"
    said = [turn["transcript"] for call in calls for turn in call["turns"] if turn["transcript"]]
    answered = [s["text"] for call in calls for turn in call["turns"] for s in turn["sentences"]]
    assert any(KEYED in text for text in said), "the secret was heard"
    log = re.sub(r"[^a-z0-9']+", " ", " ".join(line["message"].lower() for line in lines))
    assert [run for text in (*said, *answered) for run in runs_of_three(text) if f" {run} " in log] == []
    assert not re.search(rf"(?<![0-9a-f]){KEYED}(?![0-9a-f])", log)
    assert not re.search(r"\b(?:one two three|1 2 3)\b", log)


def test_the_metrics_say_what_the_calls_were(server: Server, report: Report):
    call = report("six_turns")
    silence = report("silence")
    page = httpx.get(f"http://127.0.0.1:{server.port}/metrics", trust_env=False).text
    values: dict[str, float] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            labels = ",".join(sample.labels[name] for name in sorted(sample.labels) if name != "business")
            values[f"{sample.name}:{labels}"] = sample.value
    assert values["ringdown_turns_total:greeting"] >= 2
    assert values["ringdown_turns_total:reply"] >= len(spoken(call))
    assert values["ringdown_turns_total:reprompt"] >= len(spoken(silence, "reprompt"))
    assert values["ringdown_calls_total:agent,softphone"] >= 2
    assert values["ringdown_answer_seconds_count:"] >= len(spoken(call))
    mean = values["ringdown_answer_seconds_sum:"] / values["ringdown_answer_seconds_count:"]
    assert 0.2 < mean < 4, "between the shortest silence that ends a turn and a caller's patience"
    for stage in {stage for turn in call["turns"] for stage in turn["stages_ms"]}:
        assert values[f"ringdown_stage_seconds_count:{stage}"] > 0
    assert values["ringdown_engine_seconds_count:asr,final"] > 0
    assert values["ringdown_engine_seconds_count:tts,first_chunk"] > 0
    assert values["ringdown_records_kept_writes:"] == 0
    assert values["process_resident_memory_bytes:"] > 100e6
