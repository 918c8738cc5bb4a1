"""What stops the agent, and after what it goes on."""

import pytest

from agent.settings.tree import Turns
from agent.turns.interruption import goes_on, is_backchannel, over_agent

SETTINGS = Turns(barge_in_min_ms=250)


@pytest.mark.parametrize(
    ("voiced_ms", "text", "decision"),
    [
        (96, "", "go_on"),
        (250, "", "stop"),
        (100, "stop", "stop"),
        (900, "mm-hm", "go_on"),
        (900, "yeah", "go_on"),
        (300, "yeah but my order", "stop"),
    ],
)
def test_speech_over_the_agent(voiced_ms, text, decision):
    assert over_agent(voiced_ms, text, SETTINGS) == decision


@pytest.mark.parametrize("text", ["Mm-hmm.", "Okay.", "Yeah, I see.", "Uh-huh"])
def test_words_that_only_say_that_someone_listens(text):
    assert is_backchannel(text)


@pytest.mark.parametrize("text", ["Okay, where is my order?", "No.", "five", ""])
def test_words_that_want_something_are_no_backchannel(text):
    assert not is_backchannel(text)


@pytest.mark.parametrize(
    ("text", "asked", "goes"),
    [
        ("", False, True),
        ("", True, True),
        ("Okay.", False, True),
        ("Yes.", True, False),
        ("Stop.", False, False),
    ],
)
def test_an_agent_cut_off_by_nothing_goes_on(text, asked, goes):
    assert goes_on(text, asked) is goes
