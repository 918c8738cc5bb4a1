"""Clauses that wait for a voice process: live ones before background ones, callers in turn."""

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agent.tts.protocol import TtsError

MOST_PARTS = 1_024
"""Of a clause whose sound comes in parts, over five minutes of it."""


@dataclass(eq=False, slots=True)
class Job:
    """One clause to be spoken. `out` gets its chunks, then None, or the error."""

    text: str
    speed: float
    caller: str = ""
    background: bool = False
    stopped: bool = False
    """Nobody waits for it any more."""
    preempted: bool = False
    """A live clause took its process; it goes back to wait."""
    delivered: int = 0
    """Chunks in `out`: a second try skips as many."""
    out: asyncio.Queue[NDArray[np.int16] | TtsError | None] = field(init=False)

    def __post_init__(self) -> None:
        # A chunk is a sentence, of one character at least, or a part of the sound: `put_nowait` never finds
        # it full.
        self.out = asyncio.Queue(len(self.text) + MOST_PARTS)

    def hand_over(self, chunk: NDArray[np.int16], count: int) -> None:
        """Puts out what was shaped of the first `count` chunks, if it is anything."""
        self.delivered = count
        if len(chunk):
            self.out.put_nowait(chunk)


class WaitingLine:
    """Bounded. Each caller's clauses keep their order; callers take turns."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._live: OrderedDict[str, deque[Job]] = OrderedDict()
        self._background: deque[Job] = deque()
        self._news = asyncio.Event()

    def __len__(self) -> int:
        return sum(len(jobs) for jobs in self._live.values()) + len(self._background)

    def put(self, job: Job) -> None:
        """Raises `TtsError` when too many wait."""
        if len(self) >= self._longest:
            raise TtsError("Too many clauses wait for the voice; raise tts.workers or lower max_calls.")
        if job.background:
            self._background.append(job)
        else:
            self._live.setdefault(job.caller, deque()).append(job)
        self._news.set()

    def put_back(self, job: Job) -> None:
        """Makes a preempted background job the first of its kind again."""
        self._background.appendleft(job)
        self._news.set()

    def discard(self, job: Job) -> None:
        """Takes `job` out, if it still waits."""
        jobs = self._background if job.background else self._live.get(job.caller)
        if jobs is not None and job in jobs:
            jobs.remove(job)
            if not jobs and not job.background:
                del self._live[job.caller]

    async def take(self) -> Job:
        """The next job; waits for one."""
        while True:
            job = self._next()
            if job is not None:
                return job
            self._news.clear()
            await self._news.wait()

    def _next(self) -> Job | None:
        if self._live:
            caller, jobs = self._live.popitem(last=False)
            job = jobs.popleft()
            if jobs:
                self._live[caller] = jobs  # behind the other callers
            return job
        return self._background.popleft() if self._background else None
