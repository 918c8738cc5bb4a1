"""How much silence ends a turn, by sound, words and what was asked."""

import pytest

from agent.settings.tree import Turns
from agent.turns.end_of_turn import Pause, required_silence_ms, spoken_digits

SETTINGS = Turns()
LEAST, UNSURE, MOST = SETTINGS.min_silence_ms, SETTINGS.unsure_silence_ms, SETTINGS.max_silence_ms


@pytest.mark.parametrize(
    ("pause", "silence_ms"),
    [
        (Pause("Where is my order?", 0.95), LEAST),
        (Pause("My order number is", 0.95), MOST),
        (Pause("I bought a kettle and", 0.9), MOST),
        (Pause("I was wondering...", 0.9), MOST),
        (Pause("Where is it?", 0.9), LEAST),
        (Pause("Where is", None), MOST),
        (Pause("The order of mine", None), UNSURE),
        (Pause("Can I return a jacket?", 0.03), SETTINGS.question_silence_ms),
        (Pause("Is it the", 0.03), MOST),
        (Pause("Is the blue kettle in stock.", 0.03), SETTINGS.question_silence_ms),
        (Pause("I want to talk to a person.", 0.0), UNSURE * 3 // 2),
        (Pause("", 0.9), UNSURE),
        (Pause("Yes", 0.1, "yes_no"), LEAST),
        (Pause("one two three four five", 0.1, "digits", 5), LEAST),
        (Pause("one two three", 0.99, "digits", 5), MOST),
        (Pause("1 2 3 4 5 6", 0.99, "digits", 5), UNSURE),
        (Pause("I don't have it with me", 0.99, "digits", 5), LEAST),
        (Pause("Smith, S M I", 0.95, "name"), UNSURE),
        (Pause("S-M-I-T", 0.95, "name"), UNSURE),
        (Pause("jane dot", 0.95, "name"), UNSURE),
        (Pause("jane dot doe at gmail dot com", 0.95, "name"), LEAST),
        (Pause("Smith", 0.95, "name"), LEAST),
    ],
)
def test_silence_by_what_was_said(pause, silence_ms):
    assert required_silence_ms(pause, SETTINGS) == silence_ms


def test_the_less_finished_it_sounds_the_longer_the_wait():
    waits = [required_silence_ms(Pause("tell me about it", p), SETTINGS) for p in (0.49, 0.3, 0.1, 0.0)]
    assert waits == sorted(waits) and len(set(waits)) == 4
    assert waits[0] >= UNSURE and waits[-1] == UNSURE * 3 // 2 < MOST


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("one two three four five", 5),
        ("double seven", 2),
        ("triple oh one", 4),
        ("twenty three forty five", 4),
        ("fifteen", 2),
        ("one two 3 4 5", 5),
        ("hello there", 0),
    ],
)
def test_digits_are_counted_as_callers_dictate_them(words, count):
    assert spoken_digits(words.split()) == count


@pytest.mark.parametrize("text", ["Where is my order 9?", "where is order nine oh", "Is it 4 2?"])
def test_a_question_that_ends_in_a_digit_or_two_may_have_more_of_them(text: str) -> None:
    settings = Turns()
    assert required_silence_ms(Pause(text, 0.9), settings) >= settings.unsure_silence_ms
    whole = required_silence_ms(Pause("Where is order 12345?", 0.9), settings)
    assert whole <= settings.question_silence_ms
