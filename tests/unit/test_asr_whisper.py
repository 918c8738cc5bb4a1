"""The real recogniser on real sound: words kept, noise refused, loops cut, partials that settle."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from agent.asr import open_engine, utterance
from agent.asr.whisper import LanguageError, WhisperEngine
from agent.models import require
from agent.settings.tree import Asr, Models
from tests.ears import sound


@pytest.fixture(scope="module")
def engine() -> WhisperEngine:
    return WhisperEngine(require(Models(), "whisper-tiny.en"), Asr())


@pytest.fixture
async def base() -> AsyncIterator[WhisperEngine]:
    engine = WhisperEngine(require(Models(), "whisper-base"), Asr(model="whisper-base"))
    yield engine
    await engine.close()


def silence(ms: int) -> np.ndarray:
    return np.zeros(ms * 8, np.int16)


async def heard(engine: WhisperEngine, *pcm: np.ndarray, hot_words: tuple[str, ...] = ()):
    session = engine.open(hot_words)
    for samples in pcm:
        session.feed(samples)
    return await session.final()


def plain(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum() or letter == " ").strip()


async def test_a_question_is_heard_with_its_words_in_order_and_within_the_audio(engine):
    found = await heard(engine, silence(300), sound("return_a_jacket"), silence(200))
    assert plain(found.text) == "can i return a jacket that i bought last week"
    assert " ".join(word.text for word in found.words) == found.text
    times = [time for word in found.words for time in (word.start_ms, word.end_ms)]
    assert times == sorted(times) and times[0] >= 200 and times[-1] <= found.audio_ms
    assert found.rejected is None and found.confidence > 0.6
    assert found.audio_ms == (500 * 8 + len(sound("return_a_jacket"))) // 8


@pytest.mark.parametrize(
    ("name", "last"),
    [("return_a_jacket", "week"), ("order_number", "5"), ("opening_hours", "hours"), ("thank_you", "you")],
)
async def test_the_last_word_is_kept_when_the_sound_ends_with_it(engine, name, last):
    samples = sound(name)
    loud = np.flatnonzero(np.abs(samples) > 600)
    found = await heard(engine, samples[: loud[-1] + 1])
    assert plain(found.text).replace("five", "5").endswith(last)


async def test_digits_said_one_by_one_are_not_cut_by_the_length_bound(engine, monkeypatch):
    found = await heard(engine, sound("order_number"))
    assert plain(found.text).replace(" ", "").endswith("12345")
    monkeypatch.setattr(utterance, "SPARE_TOKENS", 0)
    monkeypatch.setattr(utterance, "TOKENS_PER_S", 3)
    short = await heard(engine, sound("order_number"))
    assert plain(short.text).replace(" ", "").endswith("12345"), "the second decode has room"
    monkeypatch.setattr(utterance, "QUICK", 1)
    monkeypatch.setattr(utterance, "_looks_wrong", lambda reading, voice: False)
    cut = await heard(engine, sound("order_number"))
    assert not plain(cut.text).replace(" ", "").endswith("12345")


@pytest.mark.parametrize("name", ["thank_you", "bye"])
async def test_a_spoken_thank_you_and_bye_pass(engine, name):
    found = await heard(engine, silence(200), sound(name), silence(300))
    assert plain(found.text) == name.replace("_", " ")


@pytest.mark.parametrize(
    "noise", [silence(2000), sound("ringing")[:16000], sound("dog")[:12000], sound("dog")[12000:]]
)
async def test_silence_and_noise_have_no_text(engine, noise):
    found = await heard(engine, noise)
    assert found.text == "" and found.words == ()
    assert found.rejected in ("silence", "hallucinated")


async def test_what_the_model_writes_into_a_crowd_is_refused(engine, monkeypatch):
    crowd = [sound("crowd")[start : start + 8000] for start in range(0, 8 * 8000, 8000)]
    assert [(await heard(engine, second)).text for second in crowd] == [""] * 8
    monkeypatch.setattr(utterance.evidence, "rejection", lambda text, **_: None)
    monkeypatch.setattr(utterance.evidence, "silent", lambda peak: False)
    written = [(await heard(engine, second)).text for second in crowd]
    assert any(text for text in written), "the model writes nothing into noise any more"


async def test_a_loop_of_the_decoder_is_cut_to_one_sentence(engine, monkeypatch):
    found = await heard(engine, sound("arrow_headphones"))
    assert plain(found.text) == "how much are the arrow headphones"
    monkeypatch.setattr(utterance.repetition, "find", lambda words, voiced_s, capped: None)
    monkeypatch.setattr(utterance, "_looks_wrong", lambda reading, voice: False)
    monkeypatch.setattr(utterance.evidence, "rejection", lambda text, **_: None)
    looped = await heard(engine, sound("arrow_headphones"))
    assert plain(looped.text).count("headphones") > 1, "the decoder doesn't loop here any more"


async def test_a_sentence_that_is_really_said_twice_is_heard_twice(engine):
    samples = np.concatenate((sound("return_a_jacket"), silence(400)))
    found = await heard(engine, samples, samples)
    assert plain(found.text).count("jacket") == 2


async def test_the_whole_window_is_the_fallback_of_a_decode_that_looks_wrong(engine, monkeypatch):
    checks = iter([True, False])
    monkeypatch.setattr(utterance, "_looks_wrong", lambda reading, voice: next(checks))
    monkeypatch.setattr(utterance, "_better", lambda second, first, voice: True)
    found = await heard(engine, sound("return_a_jacket"))
    assert found.fallback
    assert plain(found.text).endswith("last week")


async def test_hot_words_mend_what_was_misheard(engine):
    hot = ("Harbor Goods", "Parcelway", "Nordfleet", "Trailhead jacket")
    quick = await heard(engine, sound("return_a_jacket_quick"), hot_words=hot)
    assert plain(quick.text) == "can i return a jacket that i bought last week"
    names = await heard(engine, sound("parcelway"), hot_words=hot)
    assert "Parcelway" in names.text


@pytest.mark.parametrize("noise", [silence(1500), sound("crowd")[8000:20000], sound("ringing")[:16000]])
async def test_hot_words_are_not_heard_in_noise(engine, noise):
    found = await heard(engine, noise, hot_words=("Harbor Goods", "Parcelway", "refund"))
    assert found.text == ""


async def test_hot_words_leave_other_speech_as_it_is(engine):
    hot = ("Harbor Goods", "Parcelway", "Lumen lamp")
    assert plain((await heard(engine, sound("opening_hours"), hot_words=hot)).text) == (
        "what are your opening hours"
    )


async def test_partials_grow_and_their_words_settle_into_the_final_ones(engine):
    session = engine.open()
    samples = np.concatenate((silence(200), sound("return_a_jacket"), silence(200)))
    seen = []
    for start in range(0, len(samples), 4800):
        session.feed(samples[start : start + 4800])
        seen.append(await session.partial())
    final = await session.final()
    settled = [[plain(word.text) for word in partial.words if word.stable] for partial in seen]
    assert settled[0] == [] and len(settled[-1]) >= 8
    assert plain(" ".join(settled[-1])) == plain(
        " ".join(word.text for word in final.words[: len(settled[-1])])
    )
    assert all(word.stable for word in final.words)


async def test_a_final_may_be_asked_for_early_and_again_after_more_speech(engine):
    session = engine.open()
    samples = np.concatenate((silence(200), sound("return_a_jacket")))
    half = len(samples) * 6 // 10
    session.feed(samples[:half])
    early = await session.final()
    session.feed(samples[half:])
    late = await session.final()
    assert len(early.words) < len(late.words)
    assert plain(late.text).endswith("last week")


async def test_silence_after_a_final_costs_no_second_decode(engine, monkeypatch):
    session = engine.open()
    session.feed(np.concatenate((silence(200), sound("return_a_jacket"), silence(300))))
    first = await session.final()
    session.feed(silence(500))
    monkeypatch.setattr(utterance, "recognise", None)
    monkeypatch.setattr("agent.asr.whisper.recognise", None)
    second = await session.final()
    assert second.text == first.text and second.audio_ms == first.audio_ms + 500


async def test_two_sessions_at_once_never_share_a_word(engine):
    one, two = await asyncio.gather(
        heard(engine, sound("return_a_jacket")), heard(engine, sound("opening_hours"))
    )
    assert plain(one.text).startswith("can i return")
    assert plain(two.text) == "what are your opening hours"


async def test_a_digit_after_a_long_silence_is_heard(engine):
    found = await heard(engine, silence(25_000), sound("digit_4_jackson_0"))
    assert plain(found.text) in ("four", "4")
    assert found.words[0].start_ms > 24_000


async def test_base_hears_digits_and_refuses_noise(base):
    await base.warm()
    found = await heard(base, sound("order_number"))
    assert plain(found.text).replace(" ", "").endswith("12345")
    assert (await heard(base, sound("crowd")[8000:24000])).text == ""


@pytest.mark.parametrize("language", ["de", "xx"])
def test_a_language_that_the_model_does_not_speak_is_told(language):
    with pytest.raises(LanguageError, match="asr"):
        open_engine(Asr(language=language), Models())
