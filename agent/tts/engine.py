"""A voice in processes of its own: shared by all calls, with a cache of clauses."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from typing import TypeVar

import numpy as np
from loguru import logger
from numpy.typing import NDArray

from agent.settings.tree import Tts
from agent.tts.cache import ClauseCache
from agent.tts.flow import Flow
from agent.tts.phrase_store import PhraseStore
from agent.tts.process import ProcessLost, SpeechFailed, VoiceProcess
from agent.tts.protocol import TtsError
from agent.tts.shape import JOINED_TAIL_MS, TAIL_MS, shape
from agent.tts.waiting import Job, WaitingLine

T = TypeVar("T")
LONGEST_LINE = 64
"""Clauses that may wait: 8 calls with a sentence of 8 clauses each."""
LONGEST_TEXT = 2_000
TRIES = 2
"""Of one clause, each in a process of its own."""


class ProcessEngine:
    """Loaded once. `speak` may be called by many calls at the same time."""

    def __init__(
        self,
        processes: Sequence[VoiceProcess],
        settings: Tts,
        identity: Callable[[], str],
        *,
        cache_dir: Path | None = None,
    ) -> None:
        """`identity` names voice and speaker by their bytes; `cache_dir` keeps fixed phrases on disk."""
        self._settings = settings
        self._processes = list(processes)
        self._identity = identity
        self._cache_dir = cache_dir
        self._store: PhraseStore | None = None
        self._cache = ClauseCache(settings.cache_mb << 20)
        self._line = WaitingLine(LONGEST_LINE)
        self._running: dict[VoiceProcess, Job] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._fillers: set[asyncio.Task[None]] = set()
        self._threads: ThreadPoolExecutor | None = None
        self._opening = asyncio.Lock()
        self._closed = False

    async def speak(
        self, text: str, *, caller: str = "", speed: float = 1.0
    ) -> AsyncGenerator[NDArray[np.int16], None]:
        """See `TtsEngine`. Callers named by `caller` (a call's id) take turns when many wait."""
        text = " ".join(text.split())
        if not text:
            return
        speed *= self._settings.speed
        key = (text, speed)
        kept = self._cache.get(key)
        if kept is not None:
            yield kept
            return
        if len(text) > LONGEST_TEXT:
            raise TtsError(f"A clause is longer than {LONGEST_TEXT} characters; cut it before it is spoken.")
        await self._open()
        chunks: list[NDArray[np.int16]] = []
        async with aclosing(self._ask(Job(text, speed, caller))) as spoken:
            async for chunk in spoken:
                chunks.append(chunk)
                yield chunk
        if chunks:
            self._cache.put(key, np.concatenate(chunks))

    async def warm(self, phrases: Sequence[str] = ()) -> None:
        """Returns when the voice is ready; `phrases` are then made in order, behind live clauses."""
        await self._open()
        await asyncio.gather(*(process.ready() for process in self._processes))
        if phrases:
            task = asyncio.create_task(self._fill(tuple(phrases)), name="voice-fill")
            self._fillers.add(task)
            task.add_done_callback(self._fillers.discard)

    async def filled(self) -> None:
        """Returns when all phrases given to `warm` so far are cached."""
        await asyncio.gather(*self._fillers, return_exceptions=True)

    async def close(self) -> None:
        """Leaves no task, thread or process."""
        self._closed = True
        tasks = [*self._tasks, *self._fillers]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()
        await asyncio.gather(*(process.close() for process in self._processes))
        if self._threads is not None:
            self._threads.shutdown(wait=True)
            self._threads = None

    async def _open(self) -> None:
        async with self._opening:
            if self._closed:
                raise TtsError("The voice is closed; start the agent again.")
            if self._tasks:
                return
            self._threads = ThreadPoolExecutor(self._settings.workers + 1, "voice")
            for process in self._processes:
                self._tasks += [
                    asyncio.create_task(self._serve(process), name="voice-serve"),
                    asyncio.create_task(self._keep_alive(process), name="voice-alive"),
                ]

    async def _thread(self, function: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)

    async def _ask(self, job: Job) -> AsyncGenerator[NDArray[np.int16], None]:
        """The job's chunks. Leaving stops it, wherever it is."""
        self._line.put(job)
        if not job.background:
            self._preempt()
        ended = False
        try:
            while not ended:
                item = await job.out.get()
                ended = item is None or isinstance(item, TtsError)
                if isinstance(item, TtsError):
                    raise item
                if item is not None:
                    yield item
        finally:
            if not ended:
                job.stopped = True
                self._line.discard(job)
                for process, running in self._running.items():
                    if running is job:
                        process.stop()

    def _preempt(self) -> None:
        """Frees a process from background work, where none is idle."""
        if len(self._running) < len(self._processes):
            return
        for process, job in self._running.items():
            if job.background and not job.preempted:
                job.preempted = True
                process.stop()
                return

    async def _keep_alive(self, process: VoiceProcess) -> None:
        """Starts the process again as soon as it dies, so that no clause waits for that."""
        while True:
            try:
                await process.ready()
            except TtsError as error:
                logger.error("Voice: {}", error)
                return  # the next clause tries again, and reports
            await process.exited()

    async def _serve(self, process: VoiceProcess) -> None:
        while True:
            job = await self._line.take()
            self._running[process] = job
            try:
                await self._run(process, job)
            except TtsError as error:
                job.out.put_nowait(error)
            except Exception as error:
                logger.error("Voice: a clause failed by {}", type(error).__name__)
                job.out.put_nowait(TtsError("The voice failed on a clause; see the log, then try again."))
            else:
                if job.preempted and not job.stopped:
                    job.preempted = False
                    self._line.put_back(job)
                else:
                    job.out.put_nowait(None)
            finally:
                del self._running[process]

    async def _run(self, process: VoiceProcess, job: Job) -> None:
        for attempt in range(TRIES):
            await process.ready()
            if job.stopped or job.preempted:
                return
            try:
                await self._deliver(process, job)
            except SpeechFailed as error:
                raise TtsError(f"The voice can't speak a clause ({error}); reword it.") from error
            except ProcessLost:
                logger.warning("The voice process was lost under a clause (try {})", attempt + 1)
            else:
                return
        raise TtsError("The voice process died twice on one clause; see the log, then try again.")

    async def _deliver(self, process: VoiceProcess, job: Job) -> None:
        """Shapes and hands over what the process speaks, past the chunks of an earlier try."""
        tail_ms = TAIL_MS if job.text.rstrip()[-1:] in ".,;:!?" else JOINED_TAIL_MS
        flow = Flow(process.rate_hz, tail_ms) if process.streamed else None
        count = 0
        async with aclosing(process.speak(job.text, job.speed, self._settings.timeout_ms)) as spoken:
            async for raw in spoken:
                count += 1
                done = count <= job.delivered
                if job.stopped or job.preempted or (done and flow is None):
                    continue
                if flow is None:
                    chunk = await self._thread(shape, raw, process.rate_hz, tail_ms)
                else:  # one's samples depend on those before it
                    chunk = await self._thread(flow.add, raw)
                if not done:
                    job.hand_over(chunk, count)
        if flow is not None and not (job.stopped or job.preempted):
            job.hand_over(await self._thread(flow.end), count)

    async def _fill(self, phrases: Sequence[str]) -> None:
        started, made = time.monotonic(), 0
        if self._cache_dir is not None and self._store is None:
            identity = await self._thread(self._identity)
            self._store = PhraseStore(self._cache_dir, identity, self._settings.cache_mb << 20)
        for phrase in phrases:
            try:
                made += await self._fill_one(" ".join(phrase.split()))
            except TtsError as error:
                logger.warning("A fixed phrase could not be cached: {}", error)
        if self._store is not None and made:
            await self._thread(self._store.prune)
        took_ms = (time.monotonic() - started) * 1000
        logger.info("Voice: {} phrases cached, {} of them new, in {:.0f} ms", len(phrases), made, took_ms)

    async def _fill_one(self, text: str) -> bool:
        """Whether the phrase had to be spoken."""
        speed = self._settings.speed
        if not text:
            return False
        kept = self._cache.get((text, speed))
        if kept is None and self._store is not None:
            kept = await self._thread(self._store.read, text, speed)
        if kept is not None:
            self._cache.put((text, speed), kept, fixed=True)
            return False
        chunks = [chunk async for chunk in self._ask(Job(text, speed, background=True))]
        if not chunks:
            return False
        pcm = np.concatenate(chunks)
        self._cache.put((text, speed), pcm, fixed=True)
        if self._store is not None:
            await self._thread(self._store.write, text, speed, pcm)
        return True
