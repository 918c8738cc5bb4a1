"""The scripted recogniser hears its words when their time has come."""

import numpy as np

from agent.asr import open_engine
from agent.asr.fake import FakeAsrEngine
from agent.settings.tree import Asr, Models

HALF_A_SECOND = np.zeros(4000, np.int16)


async def test_words_are_heard_once_their_sound_was_fed():
    session = FakeAsrEngine([[("Where", 400), ("is", 600), ("it?", 900)]]).open()
    session.feed(HALF_A_SECOND)
    assert (await session.partial()).text == "Where"
    session.feed(HALF_A_SECOND)
    partial = await session.partial()
    assert [word.stable for word in partial.words] == [True, False, False]
    assert (await session.final()).text == "Where is it?"


async def test_each_session_plays_the_next_utterance_and_then_nothing():
    engine = FakeAsrEngine([[("one", 100)], [("two", 100)]])
    texts = []
    for _ in range(3):
        session = engine.open(["Parcelway"])
        session.feed(HALF_A_SECOND)
        texts.append((await session.final()).text)
    assert texts == ["one", "two", ""]
    assert engine.opened == [("Parcelway",)] * 3


def test_settings_choose_the_fake():
    assert isinstance(open_engine(Asr(backend="fake"), Models()), FakeAsrEngine)
