"""The recogniser's decisions: segments, loops, evidence, agreement, cuts, hot words."""

import itertools

import numpy as np
import pytest

from agent.asr.agreement import Agreement
from agent.asr.evidence import rejection, silent
from agent.asr.hot_words import merged, vocabulary
from agent.asr.pieces import cut
from agent.asr.protocol import Word
from agent.asr.repetition import find
from agent.asr.segments import split, spoken
from agent.asr.voicing import RATE_HZ, WINDOW_SAMPLES, Voice

TIME, END = 1000, 900
"""First timestamp and end-of-text of these tests' token ids."""


def voice(probabilities: list[float]) -> Voice:
    heard = np.array(probabilities, dtype=np.float32)
    return Voice(0, 1.0, 0, len(heard) * WINDOW_SAMPLES, heard)


def test_tokens_are_split_at_timestamps():
    first, second = split([TIME, 1, 2, TIME + 100, TIME + 100, 3], TIME, END)
    assert (first.tokens, first.start_s, first.end_s) == ((1, 2), 0.0, 2.0)
    assert (second.tokens, second.start_s, second.end_s) == ((3,), 2.0, None)


def test_what_begins_after_the_voice_has_ended_was_not_spoken():
    segments = split([TIME, 1, TIME + 100, TIME + 150, 2, TIME + 200], TIME, END)
    assert [segment.tokens for segment in spoken(segments, voice_end_s=2.1)] == [(1,)]
    assert len(spoken(segments, voice_end_s=3.5)) == 2


def test_a_sentence_said_again_at_the_end_of_the_voice_is_cut_away():
    segments = split([TIME, 1, 2, TIME + 100, TIME + 100, 1, 2], TIME, END)
    assert len(spoken(segments, voice_end_s=1.9)) == 1


def test_a_sentence_in_the_middle_is_kept_even_when_it_comes_twice():
    segments = split([TIME, 1, 2, TIME + 100, TIME + 100, 1, 2, TIME + 200], TIME, END)
    assert len(spoken(segments, voice_end_s=4.0)) == 2


@pytest.mark.parametrize(
    ("text", "voiced_s", "capped", "kept"),
    [
        ("Where is my order? Where is my order? Where is my order?", 1.2, False, 4),
        ("What are your opening hours. What are your opening", 1.5, True, 5),
        (
            "How Much Are The Phones. How Much Are The Phones. How Much Are The Head phones. How Mu",
            2,
            True,
            5,
        ),
        ("Thank you. Thank you.", 0.5, False, 2),
        ("activated, activated, activated, activated, activated", 0.6, False, 1),
        ("you you you you you you you", 0.1, False, 1),
        ("Can I return a jacket that I bought last week?", 2.5, False, 10),
        ("No, no, no, not that one.", 1.5, False, 6),
        ("one one one two two", 2.0, False, 5),
        ("1, 2, 3, 4, 1, 2, 3, 4", 3.0, False, 8),
        ("double five double five", 2.0, False, 4),
        ("yes yes", 0.7, False, 2),
    ],
)
def test_loops_are_cut_to_one_round_and_speech_is_left(text, voiced_s, capped, kept):
    loop = find(text.split(), voiced_s, capped)
    assert (loop.keep if loop else len(text.split())) == kept


def test_a_sentence_said_twice_in_twice_the_time_is_left_to_the_sound():
    loop = find("Where is my order? Where is my order?".split(), voiced_s=2.4)
    assert loop is not None and not loop.sure
    quick = find("Where is my order? Where is my order?".split(), voiced_s=0.9)
    assert quick is not None and quick.sure


@pytest.mark.parametrize(
    ("text", "voiced_ms", "peak", "no_speech", "logprob", "reason"),
    [
        ("Thank you.", 480, 0.89, 0.04, -0.67, None),
        ("Thank you.", 960, 0.52, 0.94, -0.85, "hallucinated"),
        ("Thank you.", 64, 0.42, 0.86, -0.91, "hallucinated"),
        ("Thank you.", 352, 0.73, 0.66, -0.88, "hallucinated"),
        ("Bye.", 416, 0.91, 0.05, -0.83, None),
        ("you", 0, 0.24, 0.95, -0.63, "hallucinated"),
        ("seven.", 320, 0.94, 0.73, -1.07, None),
        ("I don't know.", 384, 0.52, 0.9, -1.09, "hallucinated"),
        (". . . . . .", 0, 0.25, 0.92, -0.17, "hallucinated"),
        ("I'm not a fan of the game.", 64, 0.6, 0.3, -0.5, "hallucinated"),
        ("", 0, 0.3, 0.9, -1.0, "silence"),
    ],
)
def test_words_need_a_voice_that_can_have_said_them(text, voiced_ms, peak, no_speech, logprob, reason):
    found = rejection(text, voiced_ms=voiced_ms, peak=peak, no_speech=no_speech, logprob=logprob)
    assert found == reason


def test_without_any_voice_nothing_need_be_decoded():
    assert silent(0.12)
    assert not silent(0.4)


def words(text: str) -> list[Word]:
    return [Word(word, place * 100, place * 100 + 100) for place, word in enumerate(text.split())]


def stable(agreement: Agreement, text: str) -> list[str]:
    return [word.text for word in agreement.add(words(text)) if word.stable]


def test_words_are_stable_when_two_partials_agree_on_them():
    agreement = Agreement()
    assert stable(agreement, "Where is") == []
    assert stable(agreement, "Where is my ordeal") == ["Where", "is"]
    assert stable(agreement, "Where is my order") == ["Where", "is", "my"]
    assert stable(agreement, "where is my order?") == ["where", "is", "my", "order?"]


def test_a_word_that_changes_is_revised_and_no_more_stable():
    agreement = Agreement()
    stable(agreement, "I want two")
    stable(agreement, "I want two")
    assert stable(agreement, "I want to return") == ["I", "want"]


def test_short_audio_is_one_stretch():
    assert cut(voice([0.9] * 100), 100 * WINDOW_SAMPLES) == [(0, 100 * WINDOW_SAMPLES)]


def test_long_audio_is_cut_at_its_pauses_with_nothing_lost():
    speech = ([0.9] * 200 + [0.0] * 20) * 20
    samples = len(speech) * WINDOW_SAMPLES
    stretches = cut(voice(speech), samples)
    assert stretches[0][0] == 0 and stretches[-1][1] == samples
    assert all(before[1] == after[0] for before, after in itertools.pairwise(stretches))
    assert all(end - start <= 28 * RATE_HZ for start, end in stretches)
    inside = [speech[end // WINDOW_SAMPLES] for _, end in stretches[:-1]]
    assert len(inside) > 3 and max(inside) == 0.0


def test_a_pause_of_two_seconds_parts_two_stretches():
    speech = [0.9] * 50 + [0.0] * 80 + [0.9] * 50
    first, second = cut(voice(speech), len(speech) * WINDOW_SAMPLES)
    assert 50 * WINDOW_SAMPLES < first[1] == second[0] < 130 * WINDOW_SAMPLES


def test_no_audio_has_no_stretches():
    assert cut(voice([]), 0) == []


HOT = vocabulary(["Trailhead jacket", "Parcelway"])


def test_a_hot_word_takes_the_place_of_a_doubtful_one_and_its_punctuation():
    found = merged(
        "Where is my trail head jacket?".split(),
        [0.9, 0.9, 0.9, 0.4, 0.5, 0.9],
        "Where is my Trailhead jacket.".split(),
        HOT,
    )
    assert found == ["Where", "is", "my", "Trailhead", "jacket?"]


def test_no_hot_word_takes_the_place_of_a_sure_one():
    assert merged("return a check".split(), [0.9, 0.9, 0.9], "return a jacket".split(), HOT) is None


def test_other_words_of_a_prompted_decode_are_not_taken():
    assert merged("return a check".split(), [0.9, 0.9, 0.2], "return the cheque".split(), HOT) is None


def test_a_hot_word_is_not_put_where_nothing_was_said():
    assert merged("return it".split(), [0.2, 0.2], "return it Parcelway Parcelway".split(), HOT) is None
