"""Finals go ahead of partials, and nobody who leaves keeps a thread."""

import asyncio
import threading

import pytest

from agent.asr.lanes import MOST_PARTIALS, Dropped, Lanes


@pytest.fixture
async def lanes():
    lanes = Lanes(1)
    yield lanes
    await lanes.close()


class Busy:
    """Work that holds its thread until it is let go."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self) -> str:
        self.begun.set()
        assert self.go.wait(10)
        return "busy"


async def begin(lanes: Lanes) -> tuple[Busy, "asyncio.Task[str]"]:
    work = Busy()
    task = asyncio.create_task(lanes.run(work, final=True))
    await asyncio.to_thread(work.begun.wait, 10)
    return work, task


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_partial_that_waits_is_dropped_when_a_final_comes(lanes):
    work, task = await begin(lanes)
    partial = asyncio.create_task(lanes.run(lambda: "partial", final=False))
    await settle()
    final = asyncio.create_task(lanes.run(lambda: "final", final=True))
    with pytest.raises(Dropped):
        await partial
    work.go.set()
    assert (await task, await final) == ("busy", "final")


async def test_a_final_goes_ahead_of_a_partial_that_came_later_than_it(lanes):
    work, task = await begin(lanes)
    order: list[str] = []
    final = asyncio.create_task(lanes.run(lambda: order.append("final"), final=True))
    await settle()
    partial = asyncio.create_task(lanes.run(lambda: order.append("partial"), final=False))
    await settle()
    work.go.set()
    await asyncio.gather(task, final, partial)
    assert order == ["final", "partial"]


async def test_who_leaves_the_queue_gives_his_place_to_the_next(lanes):
    work, task = await begin(lanes)
    leaver = asyncio.create_task(lanes.run(lambda: "left", final=True))
    stayer = asyncio.create_task(lanes.run(lambda: "stayed", final=True))
    await settle()
    leaver.cancel()
    work.go.set()
    assert (await task, await stayer) == ("busy", "stayed")
    assert leaver.cancelled()


async def test_cancelled_work_keeps_its_thread_until_it_ends(lanes):
    work, task = await begin(lanes)
    task.cancel()
    follower = asyncio.create_task(lanes.run(lambda: "after", final=True))
    await settle()
    assert not follower.done()
    work.go.set()
    assert await follower == "after"


async def test_partials_that_wait_are_bounded(lanes):
    work, task = await begin(lanes)
    waiting = [asyncio.create_task(lanes.run(lambda: "p", final=False)) for _ in range(MOST_PARTIALS)]
    await settle()
    with pytest.raises(Dropped):
        await lanes.run(lambda: "one more", final=False)
    work.go.set()
    assert await asyncio.gather(task, *waiting) == ["busy"] + ["p"] * MOST_PARTIALS


async def test_work_that_fails_tells_its_caller_and_frees_the_thread(lanes):
    with pytest.raises(ZeroDivisionError):
        await lanes.run(lambda: 1 // 0, final=True)
    assert await lanes.run(lambda: "next", final=True) == "next"
