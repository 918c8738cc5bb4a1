"""Who speaks when, with a scripted conversation, a tone for a voice and a telephone that plays at once."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from pipecat.frames.frames import Frame, InterruptionFrame, TTSAudioRawFrame, UserStartedSpeakingFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner

from agent.call.conductor import Conductor
from agent.call.frames import CallerTurnFrame, ReplyEndFrame, SentenceStartFrame
from agent.call.playback import PlaybackClock
from agent.call.records import CallerSpan, TurnRecord
from agent.call.turn_log import TurnLog
from agent.dialogue.protocol import Reply, Sentence
from agent.settings.tree import Call
from agent.tts.fake import FakeTts


class Telephone(FrameProcessor):
    """Plays what it gets in real time and returns its marks, as the transport and the line would."""

    def __init__(self, playback: PlaybackClock) -> None:
        super().__init__()
        self.playback = playback

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, SentenceStartFrame):
            self.playback.returned(self.playback.begin(frame.turn, frame.sentence), time.monotonic() * 1000)
        elif isinstance(frame, TTSAudioRawFrame):
            self.playback.sent(len(frame.audio) // 2, 0)
            await asyncio.sleep(len(frame.audio) / 16000)
        elif isinstance(frame, ReplyEndFrame):
            self.playback.returned(self.playback.end(frame.turn), time.monotonic() * 1000)
        elif isinstance(frame, InterruptionFrame):
            self.playback.restart()
        await self.push_frame(frame, direction)


class Shelf:
    """Keeps turns as the store would."""

    def __init__(self) -> None:
        self.turns: dict[int, TurnRecord] = {}

    async def save_turn(self, call_id: str, turn: TurnRecord, on_kept=None) -> bool:
        self.turns[turn.n] = turn
        return True


class Script:
    """A conversation that says `answers[text]`, and remembers what happened to it."""

    def __init__(self, answers: dict[str, list[str]]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.restored = 0
        self.heard_texts: list[str] = []

    def reply(self, lines: list[str], **more) -> Reply:
        return Reply(sentences=self._say(lines), **more)

    async def _say(self, lines: list[str]) -> AsyncIterator[Sentence]:
        for line in lines:
            yield Sentence(line, line, "answer", "approved")

    def greeting(self) -> Reply:
        return self.reply(["Hello."])

    async def respond(self, text: str, *, confidence: float = 1.0) -> Reply:
        self.asked.append(text)
        if text.startswith("break"):
            raise KeyError(text)
        return self.reply(self.answers.get(text, ["What?"]), ends_call=text == "bye")

    async def keys(self, digits: str, *, said: str = "") -> Reply:
        self.asked.append(f"keys {digits} {said}".strip())
        return self.reply(["Keys."])

    def reprompt(self, count: int) -> Reply:
        return self.reply([f"Still there {count}?"])

    def goodbye(self, reason: str) -> Reply:
        return self.reply([f"Goodbye, {reason}."], ends_call=True)

    def heard(self, text: str) -> None:
        self.heard_texts.append(text)

    def snapshot(self) -> int:
        return len(self.asked)

    def restore(self, state: int) -> None:
        self.restored += 1


class Stage:
    """A running pipeline of conductor and telephone."""

    def __init__(
        self, script: Script, settings: Call, *, shelf: Shelf | None = None, ms_per_character: int = 20
    ) -> None:
        self.script = script
        self.playback = PlaybackClock()
        self.shelf = shelf or Shelf()
        self.tts = FakeTts(ms_per_character=ms_per_character)
        log = TurnLog(self.shelf, "call")
        self.playback.on_begun = log.begun
        self.conductor = Conductor(script, self.tts, self.playback, log, settings)
        self.worker = PipelineWorker(
            Pipeline([self.conductor, Telephone(self.playback)]),
            params=PipelineParams(audio_in_sample_rate=8000, audio_out_sample_rate=8000),
            enable_rtvi=False,
            idle_timeout_secs=None,
        )

    async def __aenter__(self) -> "Stage":
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(self.worker)
        self.running = asyncio.create_task(runner.run())
        return self

    async def __aexit__(self, *_) -> None:
        await self.worker.cancel()
        await self.running

    async def until(self, condition, seconds: float = 8) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.01)

    async def said(self, turn: int, text: str) -> None:
        """Waits until the caller has heard all of a turn."""
        await self.until(lambda: turn in self.shelf.turns and self.shelf.turns[turn].heard_text == text)

    async def caller(self, text: str, voiced_ms: int = 900, kind: str = "speech") -> None:
        spans = (CallerSpan("speech", 0, voiced_ms),)
        await self.conductor.queue_frame(CallerTurnFrame(text=text, kind=kind, spans=spans))

    async def interrupt(self) -> None:
        await self.conductor.queue_frame(InterruptionFrame())


LONG = ["This is the first sentence of a long answer.", "And this is the second one."]


@pytest.fixture
async def stage():
    script = Script({"long": LONG, "bye": ["Bye now."], "short": ["Short."]})
    async with Stage(script, Call(reprompt_ms=60_000)) as running:
        await running.said(0, "Hello.")
        yield running


async def test_a_turn_is_recorded_with_what_was_heard(stage):
    await stage.caller("short")
    await stage.said(1, "Short.")
    record = stage.shelf.turns[1]
    assert (record.kind, record.transcript, record.interrupted) == ("reply", "short", False)
    assert [s.heard for s in record.sentences] == ["all"]


async def test_an_interruption_cuts_the_history_to_what_was_heard(stage):
    await stage.caller("long")
    await stage.until(lambda: stage.playback.heard(1, 0, time.monotonic() * 1000) == "part")
    await stage.interrupt()
    await stage.until(lambda: stage.shelf.turns[1].interrupted)
    record = stage.shelf.turns[1]
    assert LONG[0].startswith(record.heard_text) and record.heard_text != LONG[0]
    assert stage.script.heard_texts[-1] == record.heard_text
    assert [s.heard for s in record.sentences] == ["part", "none"]


async def test_after_a_cough_the_agent_says_what_was_left(stage):
    await stage.caller("long")
    await stage.until(lambda: stage.playback.heard(1, 0, time.monotonic() * 1000) == "part")
    await stage.interrupt()
    await stage.caller("", voiced_ms=200)
    await stage.said(2, " ".join(LONG))
    assert stage.shelf.turns[2].kind == "resume"
    assert stage.script.asked == ["long"], "a cough asks nothing"


async def test_a_caller_who_goes_on_before_hearing_anything_has_said_one_thing(stage):
    stage.tts._delay_ms = 400
    await stage.caller("my number is")
    await stage.until(lambda: stage.script.asked == ["my number is"])
    await stage.interrupt()
    await stage.caller("one two three")
    await stage.said(1, "What?")
    assert stage.script.asked == ["my number is", "my number is one two three"]
    assert stage.script.restored == 1
    assert stage.shelf.turns[1].transcript == "my number is one two three"
    assert max(stage.shelf.turns) == 1, "it is one turn"


async def test_sound_without_words_is_asked_about_and_a_click_is_not(stage):
    await stage.caller("", voiced_ms=100)
    await stage.caller("", voiced_ms=900)
    await stage.said(1, "What?")
    assert stage.script.asked == [""]


async def test_keys_are_answered(stage):
    await stage.caller("12345", kind="keys")
    await stage.said(1, "Keys.")
    assert stage.script.asked == ["keys 12345"]


async def test_a_dialogue_that_fails_is_not_silence_nor_the_end_and_its_words_are_not_logged(stage, caplog):
    from loguru import logger

    lines: list[str] = []
    sink = logger.add(lines.append, level="DEBUG", diagnose=False, filter="agent")
    await stage.caller("break my secret")
    await stage.said(1, "Still there 1?")
    logger.remove(sink)
    assert not stage.conductor.finished.done()
    assert any("the dialogue failed" in line for line in lines)
    assert not any("secret" in line for line in lines)


async def test_a_goodbye_ends_the_call_after_its_last_sample(stage):
    await stage.caller("bye")
    assert await asyncio.wait_for(stage.conductor.finished, 5) == "agent"
    assert stage.shelf.turns[1].heard_text == "Bye now."


async def test_a_cough_in_the_last_moment_of_a_goodbye_keeps_nobody_on_the_line(stage):
    await stage.caller("bye")
    await stage.until(lambda: stage.playback.heard(1, 0, time.monotonic() * 1000) == "all")
    await stage.interrupt()
    await stage.caller("", voiced_ms=200)
    assert await asyncio.wait_for(stage.conductor.finished, 2) == "agent"
    assert stage.shelf.turns[1].interrupted
    assert max(stage.shelf.turns) == 1


async def test_the_longest_call_hears_a_sentence_and_ends(stage):
    await stage.caller("long")
    await stage.until(lambda: 1 in stage.shelf.turns)
    await stage.conductor.close("longest")
    assert await asyncio.wait_for(stage.conductor.finished, 5) == "timeout"
    assert stage.shelf.turns[2].heard_text == "Goodbye, longest."


async def test_silence_is_asked_about_twice_and_then_ends_the_call():
    async with Stage(Script({}), Call(reprompt_ms=1000, max_reprompts=2)) as running:
        assert await asyncio.wait_for(running.conductor.finished, 12) == "agent"
        texts = [running.shelf.turns[n].heard_text for n in sorted(running.shelf.turns)]
    assert texts == ["Hello.", "Still there 1?", "Still there 2?", "Goodbye, silence."]


async def test_nothing_is_left_running_after_a_call(stage):
    await stage.caller("long")
    await stage.until(lambda: 1 in stage.shelf.turns)
    await stage.worker.cancel()
    await stage.running
    await asyncio.sleep(0.1)
    assert not [t for t in asyncio.all_tasks() if "Conductor" in t.get_name()]


async def test_each_stage_up_to_the_first_sound_heard_is_in_the_record(stage):
    await stage.caller("short")
    await stage.said(1, "Short.")
    await stage.until(lambda: "transport" in stage.shelf.turns[1].stages_ms)
    stages = stage.shelf.turns[1].stages_ms
    assert {"dialogue", "first_sound", "transport"} <= set(stages)
    assert all(0 <= took < 1000 for took in stages.values())


async def begins_to_answer(stage: Stage) -> None:
    """A question is asked and cut off at the answer's first syllable."""
    stage.script.answers["How much is it?"] = LONG
    await stage.said(0, "Hello.")
    await stage.caller("How much is it?")
    await stage.until(lambda: stage.playback.heard(1, 0, time.monotonic() * 1000) == "part")
    await stage.interrupt()


async def test_a_caller_who_goes_on_after_a_syllable_of_the_answer_has_said_one_thing(stage):
    await begins_to_answer(stage)
    stage.script.answers["How much is it? And is it in stock?"] = ["Both."]
    await stage.caller("And is it in stock?")
    await stage.said(1, "Both.")
    assert stage.script.asked == ["How much is it?", "How much is it? And is it in stock?"]
    assert stage.script.restored == 1 and set(stage.shelf.turns) == {0, 1}


async def test_a_caller_who_turns_against_the_first_syllable_is_answered_alone(stage):
    await begins_to_answer(stage)
    stage.script.answers["No, not that."] = ["All right."]
    await stage.caller("No, not that.")
    await stage.said(2, "All right.")
    assert stage.script.asked == ["How much is it?", "No, not that."] and stage.script.restored == 0


async def test_speech_that_starts_as_the_turn_ends_stops_the_agent_and_belongs_to_the_turn(stage):
    """The start was weighed before anyone knew that the agent would answer: no interruption came with it."""
    stage.script.answers["Hello?"] = LONG
    await stage.said(0, "Hello.")
    await stage.caller("Hello?")
    await stage.conductor.queue_frame(UserStartedSpeakingFrame())
    await stage.until(lambda: stage.script.asked == ["Hello?"])
    await asyncio.sleep(1)
    assert stage.shelf.turns[1].heard_text == ""
    stage.script.answers["Hello? When do you open?"] = ["At nine."]
    await stage.caller("When do you open?")
    await stage.said(1, "At nine.")
