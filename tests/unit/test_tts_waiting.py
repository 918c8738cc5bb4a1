"""Who is next for a voice process."""

import asyncio

import pytest

from agent.tts.protocol import TtsError
from agent.tts.waiting import Job, WaitingLine


async def taken(line: WaitingLine, count: int) -> list[str]:
    return [(await line.take()).text for _ in range(count)]


async def test_callers_take_turns_and_each_keeps_its_order() -> None:
    line = WaitingLine(10)
    for text, caller in (("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b"), ("b2", "b")):
        line.put(Job(text, 1.0, caller))
    assert await taken(line, 5) == ["a1", "b1", "a2", "b2", "a3"]


async def test_a_live_clause_goes_before_background_phrases() -> None:
    line = WaitingLine(10)
    line.put(Job("phrase 1", 1.0, background=True))
    line.put(Job("phrase 2", 1.0, background=True))
    line.put(Job("live", 1.0, "a"))
    assert await taken(line, 3) == ["live", "phrase 1", "phrase 2"]


async def test_a_preempted_phrase_is_the_first_of_the_background_again() -> None:
    line = WaitingLine(10)
    for text in ("phrase 1", "phrase 2"):
        line.put(Job(text, 1.0, background=True))
    first = await line.take()
    line.put_back(first)
    assert await taken(line, 2) == ["phrase 1", "phrase 2"]


async def test_one_clause_too_many_is_refused_with_a_sentence() -> None:
    line = WaitingLine(2)
    line.put(Job("1", 1.0, "a"))
    line.put(Job("2", 1.0, "b"))
    with pytest.raises(TtsError, match=r"tts\.workers"):
        line.put(Job("3", 1.0, "c"))
    assert len(line) == 2


async def test_a_discarded_clause_gives_its_place_back() -> None:
    line = WaitingLine(2)
    job, other = Job("1", 1.0, "a"), Job("2", 1.0, "a")
    line.put(job)
    line.put(other)
    line.discard(job)
    line.discard(job)
    assert await taken(line, 1) == ["2"]
    assert len(line) == 0


async def test_a_waiting_process_gets_what_comes_later() -> None:
    line = WaitingLine(2)
    waiting = asyncio.create_task(line.take())
    await asyncio.sleep(0)
    line.put(Job("late", 1.0, "a"))
    assert (await waiting).text == "late"
