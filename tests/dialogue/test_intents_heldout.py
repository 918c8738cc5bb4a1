"""How often a wish is understood, on utterances that no example was written from."""

import json
import time
from pathlib import Path

import pytest

from agent.dialogue import BusinessDialogue

ROWS = [
    line.split("\t")
    for line in (Path(__file__).parent / "heldout_intents.tsv").read_text("utf-8").splitlines()
    if line
]
FLOOR = 0.93
FLOOR_OUT_OF_SCOPE = 0.9


def test_the_held_out_utterances_name_real_intents_and_are_no_examples(
    reading_shop: BusinessDialogue,
) -> None:
    intents = reading_shop.shared.business.intents
    examples = {text.lower() for intent in intents.values() for text in intent.examples}
    assert len(ROWS) >= 100
    assert {name for name, _ in ROWS} - {"-"} <= set(intents)
    assert not {text.lower() for _, text in ROWS} & examples


def test_wishes_are_understood_above_the_floor(reading_shop: BusinessDialogue) -> None:
    find = reading_shop.shared.intents.find
    wishes = [(name, text) for name, text in ROWS if name != "-"]
    wrong = [(name, text, find(text).name) for name, text in wishes if find(text).name != name]
    assert 1 - len(wrong) / len(wishes) >= FLOOR, json.dumps(wrong, indent=1)


def test_none_of_these_is_a_real_answer(reading_shop: BusinessDialogue) -> None:
    find = reading_shop.shared.intents.find
    strange = [text for name, text in ROWS if name == "-"]
    taken = [(text, find(text).name) for text in strange if find(text).name is not None]
    assert 1 - len(taken) / len(strange) >= FLOOR_OUT_OF_SCOPE, json.dumps(taken, indent=1)


@pytest.mark.parametrize("text", ["", "   ", "...", "?!", "12345", "ü", "\x00", "a" * 5000])
def test_odd_words_are_none_of_the_intents(text: str, reading_shop: BusinessDialogue) -> None:
    assert reading_shop.shared.intents.find(text).name is None


def test_an_utterance_is_understood_in_a_few_milliseconds(reading_shop: BusinessDialogue) -> None:
    find = reading_shop.shared.intents.find
    find("Where is my order?")
    took = []
    for _, text in ROWS[:30]:
        started = time.perf_counter()
        find(text)
        took.append(time.perf_counter() - started)
    assert sorted(took)[len(took) // 4] < 0.05  # about 6 ms alone on a core; the machine may be busy


def test_examples_are_embedded_once_and_kept(tmp_path: Path, embedder: object) -> None:
    texts = ["one thing", "another thing"]
    first = embedder.embed_all(texts, tmp_path)  # type: ignore[attr-defined]
    (kept,) = tmp_path.glob("*.npy")
    assert (embedder.embed_all(texts, tmp_path) == first).all()  # type: ignore[attr-defined]
    kept.write_bytes(kept.read_bytes()[:40])  # half a file is made anew
    assert (embedder.embed_all(texts, tmp_path) == first).all()  # type: ignore[attr-defined]
