"""A number that was asked for is looked at a second time where its digits don't count up."""

import numpy as np
import pytest

from agent.asr import number
from agent.asr.fake import FakeAsrEngine
from agent.asr.whisper import WhisperEngine
from agent.models import require
from agent.settings.tree import Asr, Models
from tests.ears import sound


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("1, 0, 0, 4.", 4),
        ("1004", 4),
        ("one zero oh four", 4),
        ("double four one two", 4),
        ("It's 12 345, I think.", 5),
        ("triple seven", 3),
        ("Where is my order?", 0),
        ("$12.50", 4),
        ("", 0),
    ],
)
def test_digits_are_counted_however_they_are_written(text: str, digits: int) -> None:
    assert number.count(text) == digits


@pytest.mark.parametrize(
    ("text", "length", "found"),
    [
        ("5, 5, 7, 8, 1. 5, 5, 7, 8, 1. 5, 7", 5, "5, 5, 7, 8, 1."),
        ("1, 0, 0, 0, 0, 4.", 6, "1, 0, 0, 0, 0, 4."),
        ("1 0 0 0 4 please", 5, "1 0 0 0 4"),
        ("1 0 0 0 0 4 4 4", 6, None),
        ("1004", 6, None),
        ("10 00 45", 5, None),
        ("", 5, None),
    ],
)
def test_only_a_number_that_ends_where_it_is_whole_counts(text: str, length: int, found: str | None) -> None:
    assert number.whole(text, length) == found


def test_a_session_is_told_how_long_the_number_is() -> None:
    engine = FakeAsrEngine()
    engine.open(["kettle"], digits=6)
    engine.open()
    assert engine.digits == [6, None]


@pytest.mark.parametrize("gap_ms", [30, 120])
async def test_equal_digits_in_a_row_are_all_heard_when_a_number_was_asked_for(gap_ms: int) -> None:
    """Alone, the model hears "1, 0, 0, 0, 0, 0, 0, 0, 0." and "1 0 0 0 0" (dev/LOG.md)."""
    engine = WhisperEngine(require(Models(), "whisper-tiny.en"), Asr())
    gap = np.zeros(gap_ms * 8, np.int16)
    said = [np.concatenate([sound(f"digit_{digit}_jackson_0"), gap]) for digit in "100004"]
    session = engine.open(digits=6)
    session.feed(np.concatenate([np.zeros(1600, np.int16), *said, np.zeros(3000, np.int16)]))
    heard = await session.final()
    assert "".join(letter for letter in heard.text if letter.isdigit()) == "100004"
    assert [word.start_ms for word in heard.words] == sorted(word.start_ms for word in heard.words)
    await engine.close()
