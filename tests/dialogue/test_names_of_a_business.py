"""A business's strange names: heard in a caller's voice because it lists them, said as it says they sound.

Through the real recogniser, dialogue and voice. The caller is flite's slt, a woman; the agent is Piper's joe.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from agent.asr.whisper import WhisperEngine
from agent.dialogue import BusinessDialogue, open_dialogue
from agent.dialogue.embeddings import Embedder
from agent.models import require
from agent.settings.tree import Asr, Dialogue, Models, Tree, Tts
from agent.tts import open_engine

EARS = Path(__file__).parents[1] / "data" / "ears"
LISTED = '\n[[hot_words]]\nword = "Zephyrine kettle"\nsay = "Zeffireen kettle"\n'


@pytest.fixture
def kettles(
    tmp_path: Path, seeded: Path, embedder: Embedder, copied_shop: Callable[[Path, Path], Path]
) -> Iterator[BusinessDialogue]:
    """The demo shop with one more product, whose name it lists in business.toml."""
    shutil.copy(seeded, tmp_path / "shop.db")
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.execute("UPDATE products SET name = 'Zephyrine Kettle', stock = 4 WHERE sku = 'HG103'")
    database.close()
    shop = copied_shop(tmp_path / "businesses", tmp_path / "shop.db")
    file = shop / "business.toml"
    file.write_text(file.read_text("utf-8") + LISTED, "utf-8")
    settings = Tree(dialogue=Dialogue(business_dir=tmp_path / "businesses"))
    dialogue = open_dialogue(settings, "shop", embedder=embedder)
    yield dialogue
    dialogue.close()


TRIES = 4
"""The voice says a sentence a little differently each time."""


@pytest.fixture(scope="module")
def ears() -> WhisperEngine:
    return WhisperEngine(require(Models(), "whisper-tiny.en"), Asr())


def heard(ears: WhisperEngine, pcm: np.ndarray, hot_words: tuple[str, ...] = ()) -> str:
    audio = soxr.resample(pcm.astype(np.float32) / 32768, 8000, 16_000)
    return ears.transcribe(audio, hot_words).text.lower()


async def test_a_strange_name_is_heard_asked_about_and_said_right(
    kettles: BusinessDialogue, ears: WhisperEngine
) -> None:
    question, _ = soundfile.read(EARS / "zephyrine_kettle.wav", dtype="int16")
    assert "zephyrine" not in heard(ears, question), "known without being listed: take another name"
    text = heard(ears, question, kettles.hot_words)
    assert "the zephyrine kettle" in text

    reply = await kettles.open().respond(text)
    sentences = [sentence async for sentence in reply.sentences]
    answer = next(sentence for sentence in sentences if "Zephyrine Kettle" in sentence.text)
    assert answer.verdict == "template" and {fact.value for fact in answer.facts} & {"Zephyrine Kettle"}
    assert "Zeffireen kettle" in answer.spoken and "Zephyrine" not in answer.spoken

    for _ in range(TRIES):
        said = await _said(answer.spoken)
        if "zephyrine kettle" in heard(ears, said, kettles.hot_words) and "zephyrine" in heard(ears, said):
            break
    assert "zephyrine kettle" in heard(ears, said, kettles.hot_words)
    assert "zephyrine" in heard(ears, said)
    for _ in range(TRIES):
        as_written = await _said(answer.spoken.replace("Zeffireen", "Zephyrine"))
        if "zephyrine" not in heard(ears, as_written):
            break
    assert "zephyrine" not in heard(ears, as_written), "the voice says it right as it is written"


async def _said(spoken: str) -> np.ndarray:
    voice = open_engine(Tts(), Models())
    try:
        return np.concatenate([chunk async for chunk in voice.speak(spoken)])
    finally:
        await voice.close()


def test_another_business_neither_hears_nor_says_it(
    reading_shop: BusinessDialogue, ears: WhisperEngine
) -> None:
    question, _ = soundfile.read(EARS / "zephyrine_kettle.wav", dtype="int16")
    assert "zephyrine" not in heard(ears, question, reading_shop.hot_words)
    assert reading_shop.shared.phrases.voice("The Zephyrine kettle.") == "The Zephyrine kettle."
