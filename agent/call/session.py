"""One call from its first sample to its last record."""

import asyncio
import time
from collections.abc import Callable

from loguru import logger
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.turns.user_turn_processor import UserTurnProcessor
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.workers.runner import WorkerRunner

from agent.call.captions import Captions
from agent.call.conductor import Conductor
from agent.call.earlier_turns import EarlierTurns
from agent.call.engines import Engines
from agent.call.incoming import EndedBy, IncomingCall
from agent.call.keypad import Keypad
from agent.call.metrics import CallMetrics, TurnCounter
from agent.call.recording import CallRecorder, recording_path
from agent.call.records import Store
from agent.call.transcriber import Transcriber
from agent.call.turn_log import TurnLog
from agent.call.turn_strategies import PhoneTurnStart, PhoneTurnStop
from agent.call.vad_analyzer import SharedVadAnalyzer
from agent.dialogue.protocol import Dialogue
from agent.settings.tree import Tree, resolve

TEARDOWN_S = 3
"""A pipeline that doesn't end within this is abandoned: pipecat's own wait has no bound."""
GOODBYE_S = 8
"""Time for the last words when the longest call is over or the server closes."""


class CallSession:
    """Answers calls with shared engines; `answer` is one call."""

    def __init__(
        self,
        settings: Tree,
        engines: Engines,
        dialogue_for: Callable[[IncomingCall], Dialogue],
        store: Store,
        metrics: CallMetrics | None = None,
    ) -> None:
        self._settings = settings
        self._engines = engines
        self._dialogue_for = dialogue_for
        self._store = store
        self._metrics = metrics
        self._conductors: set[Conductor] = set()

    async def answer(self, call: IncomingCall) -> EndedBy:
        """Runs one call to its end, records it, and says who ended it."""
        dialogue = self._dialogue_for(call)
        began = time.monotonic()
        await self._store.begin_call(
            call.call_id,
            provider=call.provider,
            caller=call.caller,
            called=call.called,
            business=dialogue.name,
            token=call.record_token,
        )
        ended_by: EndedBy = "error"
        recorder = self._recorder(call)
        try:
            ended_by = await self._converse(call, dialogue, recorder)
        finally:
            recording = await recorder.close() if recorder else None
            await self._store.end_call(
                call.call_id,
                ended_by,
                round((time.monotonic() - began) * 1000),
                str(recording) if recording else None,
            )
        logger.info("call {} ended by {}", call.call_id, ended_by)
        return ended_by

    async def close_all(self) -> None:
        """The server closes: each call hears a sentence and ends."""
        closing = [conductor.close("closing") for conductor in self._conductors]
        await asyncio.gather(*closing, return_exceptions=True)

    def _recorder(self, call: IncomingCall) -> CallRecorder | None:
        if not self._settings.call.record:
            return None
        folder = resolve(self._settings.records.recordings_dir)
        return CallRecorder(recording_path(folder, call.call_id), call.playback)

    async def _converse(
        self, call: IncomingCall, dialogue: Dialogue, recorder: CallRecorder | None
    ) -> EndedBy:
        counter = TurnCounter(self._metrics, dialogue.name) if self._metrics else None
        log = TurnLog(self._store, call.call_id, counter, call.tell)
        call.playback.on_begun = log.begun
        conversation = dialogue.open(call.caller)
        conductor = Conductor(conversation, self._engines.tts, call.playback, log, self._settings.call)
        worker = self._worker(call, dialogue, conductor, recorder)

        @call.transport.event_handler("on_client_disconnected")
        async def on_client_disconnected(transport, websocket) -> None:
            if not conductor.finished.done():
                conductor.finished.set_result("caller")

        runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
        await runner.add_workers(worker)
        running = asyncio.create_task(runner.run(), name=f"call {call.call_id}")
        running.add_done_callback(lambda _: _finish_if_open(conductor))
        self._conductors.add(conductor)
        try:
            return await self._until_finished(conductor)
        finally:
            self._conductors.discard(conductor)
            await conductor.settle()
            if identity := getattr(conversation, "identity", ""):
                await EarlierTurns(self._store).keep(call.call_id, dialogue.name, identity)
            if (close := getattr(conversation, "close", None)) is not None:
                await close()
            await self._tear_down(worker, running)

    async def _until_finished(self, conductor: Conductor) -> EndedBy:
        longest_s = self._settings.call.longest_ms / 1000
        try:
            return await asyncio.wait_for(asyncio.shield(conductor.finished), longest_s)
        except TimeoutError:
            await conductor.close("longest")
        try:
            return await asyncio.wait_for(asyncio.shield(conductor.finished), GOODBYE_S)
        except TimeoutError:
            return "timeout"

    @staticmethod
    async def _tear_down(worker: PipelineWorker, running: asyncio.Task) -> None:
        try:
            async with asyncio.timeout(TEARDOWN_S):
                await worker.cancel()
                await asyncio.wait({running})
        except TimeoutError:
            logger.warning("a pipeline did not end within {} s; it is abandoned", TEARDOWN_S)
            running.cancel()

    def _worker(
        self,
        call: IncomingCall,
        dialogue: Dialogue,
        conductor: Conductor,
        recorder: CallRecorder | None,
    ) -> PipelineWorker:
        settings = self._settings
        analyzer = SharedVadAnalyzer(self._engines.vad.open(), settings.vad)
        transcriber = Transcriber(
            self._engines.asr,
            analyzer,
            self._engines.smart_turn,
            hot_words=dialogue.hot_words,
            partial_every_ms=settings.asr.partial_every_ms,
            digits=conductor.digits_asked,
            captions=Captions(call.tell) if call.tell else None,
        )
        turns = UserTurnProcessor(
            user_turn_strategies=UserTurnStrategies(
                start=[
                    PhoneTurnStart(analyzer, settings.turns, talking=conductor.talking, busy=conductor.busy)
                ],
                stop=[PhoneTurnStop(settings.turns, last_reply=lambda: conductor.last_reply)],
            )
        )
        processors = [
            call.transport.input(),
            Keypad(busy=conductor.busy, last_reply=lambda: conductor.last_reply),
            VADProcessor(vad_analyzer=analyzer),
            transcriber,
            turns,
            conductor,
            call.transport.output(),
        ]
        if recorder is not None:
            processors.append(recorder.processor)
        return PipelineWorker(
            Pipeline(processors),
            params=PipelineParams(audio_in_sample_rate=8000, audio_out_sample_rate=8000),
            enable_rtvi=False,
            enable_turn_tracking=False,
            idle_timeout_secs=None,
            check_dangling_tasks=False,
        )


def _finish_if_open(conductor: Conductor) -> None:
    if not conductor.finished.done():
        conductor.finished.set_result("error")
