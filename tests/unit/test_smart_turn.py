"""Smart Turn: on samples, shared, without a state."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3

from agent.vad.smart_turn import SmartTurn
from tests.ears import sound


@pytest.fixture(scope="module")
def smart_turn() -> SmartTurn:
    return SmartTurn()


def test_a_whole_question_is_more_complete_than_its_beginning(smart_turn):
    whole = sound("arrow_headphones")
    cut_short = whole[: len(whole) * 2 // 5]  # half of it is a close call: .5 on one processor
    pause = np.zeros(1600, np.int16)
    complete = smart_turn.probability(np.concatenate((whole, pause)))
    unfinished = smart_turn.probability(np.concatenate((cut_short, pause)))
    assert complete > 0.5 > unfinished


def test_it_says_what_pipecats_own_analyzer_says(smart_turn):
    analyzer = LocalSmartTurnAnalyzerV3()
    analyzer.set_sample_rate(8000)
    for name in ("arrow_headphones", "return_a_jacket", "digit_2_jackson_0"):
        samples = sound(name)
        theirs = analyzer._predict_endpoint(samples.astype(np.float32) / 32768.0)["probability"]
        assert smart_turn.probability(samples) == pytest.approx(theirs, abs=0.001)


def test_only_the_last_eight_seconds_count(smart_turn):
    samples = np.tile(sound("return_a_jacket"), 4)
    assert len(samples) > 8 * 8000
    assert smart_turn.probability(samples) == pytest.approx(
        smart_turn.probability(samples[-8 * 8000 :]), abs=1e-6
    )


def test_the_same_samples_give_the_same_answer_in_any_thread(smart_turn):
    samples = sound("opening_hours")
    alone = smart_turn.probability(samples)
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(smart_turn.probability, [samples] * 4))
    assert together == [alone] * 4


def test_nothing_said_is_not_complete(smart_turn):
    assert smart_turn.probability(np.zeros(0, np.int16)) == 0.0
