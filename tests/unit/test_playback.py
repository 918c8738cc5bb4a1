"""The playback clock: what a caller has heard is known from marks, and frozen by `clear`."""

import pytest

from agent.call.playback import PlaybackClock, heard_text


def speak(clock: PlaybackClock, turn: int, sentence: int, ms: int) -> list[str]:
    """One sentence of `ms` handed over and sent; the names of the marks that go with it."""
    clock.queue(turn, sentence, ms * 8)
    marks = [clock.begin(turn, sentence)]
    for _ in range(ms // 40):
        mark = clock.sent(320, turn)
        if mark:
            marks.append(mark)
    return marks


def test_a_sentence_is_heard_when_the_end_mark_came_back():
    clock = PlaybackClock()
    begin, *_ = speak(clock, 1, 0, 2000)
    end = clock.end(1)
    clock.returned(begin, 100)
    assert clock.heard(1, 0, 100) == "none"
    clock.returned(end, 2100)
    assert clock.heard(1, 0, 2100) == "all"
    assert clock.ended(1)


def test_between_marks_the_telephone_plays_in_real_time_and_never_past_what_was_sent():
    clock = PlaybackClock()
    begin, *_ = speak(clock, 1, 0, 1000)
    clock.returned(begin, 0)
    assert clock.position(500) == 4000
    assert clock.heard(1, 0, 500) == "part"
    assert clock.position(60_000) == 8000


def test_progress_marks_come_every_300_ms():
    clock = PlaybackClock(mark_every_ms=300)
    marks = speak(clock, 3, 0, 1200)
    assert marks[0] == "b.0.3.0"
    assert [name.split(".")[3] for name in marks[1:]] == ["2560", "5120", "7680"]


def test_a_clear_freezes_what_was_heard_and_marks_of_the_old_epoch_count_no_more():
    clock = PlaybackClock()
    begin, *others = speak(clock, 1, 0, 2000)
    clock.returned(begin, 0)
    clock.clear(600)
    assert clock.epoch == 1
    assert clock.heard_samples(1, 0, 10_000) == 4800
    assert not clock.returned(others[-1], 700), "clear returns the waiting marks at once"
    assert clock.heard(1, 0, 10_000) == "part"
    assert not clock.active(10_000)


def test_a_sentence_that_was_never_sent_is_not_heard():
    clock = PlaybackClock()
    clock.queue(1, 0, 8000)
    clock.clear(5_000)
    assert clock.heard(1, 0, 5_000) == "none"


def test_a_sentence_that_follows_in_the_new_epoch_is_counted_from_its_own_start():
    clock = PlaybackClock()
    begin, *_ = speak(clock, 1, 0, 1000)
    clock.returned(begin, 0)
    clock.clear(300)
    begin, *_ = speak(clock, 2, 0, 1000)
    clock.returned(begin, 1000)
    assert clock.heard_samples(2, 0, 1500) == 4000
    assert clock.heard_samples(1, 0, 1500) == 2400


def test_a_made_up_mark_is_refused():
    clock = PlaybackClock()
    assert not clock.returned("e.0.7", 0)
    assert not clock.ended(7)


def test_the_agent_is_active_while_made_sound_is_unsent_or_unplayed():
    clock = PlaybackClock()
    clock.queue(1, 0, 3200)
    assert clock.active(0) and clock.unsent_ms() == 400
    clock.begin(1, 0)
    clock.sent(3200, 1)
    assert clock.unsent_ms() == 0 and clock.active(0)
    clock.returned(clock.end(1), 400)
    assert not clock.active(400)


@pytest.mark.parametrize(
    ("share", "heard"),
    [(0, ""), (0.5, "Your order"), (1, "Your order ships tomorrow.")],
)
def test_heard_text_keeps_the_words_that_fit(share, heard):
    assert heard_text("Your order ships tomorrow.", share) == heard


def test_a_turn_begins_to_be_heard_with_its_first_sample_once_and_in_each_epoch_anew():
    clock, begun = PlaybackClock(), []
    clock.on_begun = lambda turn, at_ms: begun.append((turn, at_ms))
    first, progress, *_ = speak(clock, 1, 0, 600)
    clock.returned(first, 50)
    clock.returned(progress, 350)
    assert begun == [(1, 50)]
    clock.clear(400)
    again, *_ = speak(clock, 1, 1, 600)
    clock.returned(again, 900)
    assert begun == [(1, 50), (1, 900)]


def test_a_mark_that_came_back_before_its_sound_was_made_is_no_beginning():
    clock, begun = PlaybackClock(), []
    clock.on_begun = lambda turn, at_ms: begun.append((turn, at_ms))
    clock.returned(clock.begin(2, 0), 1_000)
    assert begun == []
    clock.queue(2, 0, 600 * 8)
    marks = [mark for mark in (clock.sent(320, 2) for _ in range(15)) if mark]
    clock.returned(marks[0], 2_120)
    assert begun == [(2, 2_120 - 320)], "320 ms had been played when the mark behind them came back"
