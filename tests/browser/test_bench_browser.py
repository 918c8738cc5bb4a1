"""How the benchmark of the browser reads a recording."""

import numpy as np

from bench.browser import acts, latencies, summary


def recording(*sounds: tuple[int, int], length_ms: int = 10_000) -> np.ndarray:
    """Noise at -20 dBFS from each start to each end, in ms."""
    pcm = np.zeros(length_ms * 8, dtype=np.int16)
    noise = np.random.default_rng(3).normal(0, 3_277, len(pcm)).clip(-32_768, 32_767)
    for start, end in sounds:
        pcm[start * 8 : end * 8] = noise[start * 8 : end * 8]
    return pcm


def test_a_latency_counts_from_the_end_of_what_was_said_to_the_agents_next_sound():
    caller = recording((2_000, 3_000), (3_500, 4_000), (7_000, 8_000))
    agent = recording((100, 1_500), (4_700, 6_000), (8_450, 9_000))
    assert [(act.start_ms, act.end_ms) for act in acts(caller, agent)] == [(2_000, 4_000), (7_000, 8_000)]
    assert latencies(caller, agent) == [700, 450]


def test_what_was_never_answered_is_left_out():
    assert latencies(recording((2_000, 3_000)), recording((100, 1_500))) == []


def test_the_summary_is_the_difference_of_medians():
    rows = [
        {"way": "browser", "latencies_ms": [600, 700, 800], "call_to_first_sound_ms": 300},
        {"way": "terminal", "latencies_ms": [600, 640, 900], "start_to_first_sound_ms": 60},
    ]
    found = summary(rows)
    assert found["difference_of_medians_ms"] == 60 and found["difference_within_target"]
    assert found["call_to_first_sound_ms"]["p50"] == 300 and found["first_sound_within_target"]
