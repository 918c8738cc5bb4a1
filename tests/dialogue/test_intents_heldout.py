"""How often a wish is understood, on utterances that no example was copied from.

`heldout_intents.tsv` and `heldout_voices_a.tsv` have been looked at since, and examples and utterances were
written where they failed: their figures are tuned on. `heldout_voices_b.tsv` was measured, never read for it.
"""

import json
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.dialogue import BusinessDialogue
from agent.dialogue.door import load_embedder, load_head
from agent.dialogue.embeddings import WIDTH
from agent.dialogue.intent_head import FILE as HEAD_FILE
from agent.dialogue.intent_head import NONE, HeadError, IntentHead
from agent.dialogue.intents import Intents, normal
from agent.settings import ROOT, Tree
from finetune.data.utterances import read_utterances

FLOOR = 0.95
FLOOR_OUT_OF_SCOPE = 0.9
VOICES = {"a": 0.90, "b": 0.75}
"""Least share of wishes understood; measured: a 92.9 % (tuned on), b 77.2 %; at first 59.6 and 48.5 %."""
ELSEWHERE = {"buy", "products", "location", "contact"}
"""Labels of the voices that are no intents of the shop's: documents answer these, or nobody does."""


def read(name: str) -> list[list[str]]:
    lines = (Path(__file__).parent / name).read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if line]


ROWS = read("heldout_intents.tsv")


def test_the_held_out_utterances_name_real_intents_and_are_no_examples(
    reading_shop: BusinessDialogue,
) -> None:
    intents = reading_shop.shared.business.intents
    examples = {text.lower() for intent in intents.values() for text in intent.examples}
    assert len(ROWS) >= 260
    assert {name for name, _ in ROWS} - {"-"} <= set(intents)
    assert not {text.lower() for _, text in ROWS} & examples


def test_nothing_held_out_stands_in_what_the_shop_learned_from() -> None:
    taught = {normal(row.text) for row in read_utterances(ROOT / "config/business/shop")}
    assert len(taught) > 2000
    for name in ("heldout_intents.tsv", "heldout_voices_a.tsv", "heldout_voices_b.tsv"):
        assert not {normal(text) for _, text in read(name)} & taught, name


def test_the_shop_ships_a_head_that_knows_each_of_its_intents(reading_shop: BusinessDialogue) -> None:
    """Make it anew after a change of intents: docs/finetune.md, Intents."""
    business = reading_shop.shared.business
    head = load_head(ROOT / "config/business/shop", business, load_embedder(Tree()))
    assert head is not None
    said = {name for name, intent in business.intents.items() if intent.examples and intent.action != "none"}
    again = "finetune intents config/business/shop --validation FILE --test FILE --out config/business/shop"
    assert set(head.labels) == said | {NONE}, f"make it anew: {again}"


@pytest.mark.parametrize("voice", VOICES)
def test_voices_unlike_the_examples_are_understood_as_far_as_was_measured(
    voice: str, reading_shop: BusinessDialogue
) -> None:
    """Rambling, curt, foreign and misheard: harder than what most callers say."""
    find = reading_shop.shared.intents.find
    rows = [row for row in read(f"heldout_voices_{voice}.tsv") if row[0] not in ELSEWHERE]
    right = [(find(text).name or NONE) == name for name, text in rows]
    wishes = [hit for hit, (name, _) in zip(right, rows, strict=True) if name != NONE]
    others = [hit for hit, (name, _) in zip(right, rows, strict=True) if name == NONE]
    assert len(wishes) > 95 and len(others) == 30
    assert sum(wishes) / len(wishes) >= VOICES[voice]
    assert sum(others) / len(others) >= FLOOR_OUT_OF_SCOPE


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


def test_a_head_of_the_folder_is_asked_beside_the_examples(
    tmp_path: Path, reading_shop: BusinessDialogue, embedder: Any
) -> None:
    """A head that is sure of one intent turns what lies between two."""
    shared = reading_shop.shared
    text = "Can I send it back?"
    plain = Intents(shared.business.intents, embedder, threshold=0.45).find(text)
    names = [name for name, intent in shared.business.intents.items() if intent.action is None]
    other = next(name for name in names if name == plain.runner_up)
    vector = embedder.embed(normal(text))
    weights = np.zeros((len(names), WIDTH), np.float32)
    weights[names.index(other)] = vector * 50
    head = IntentHead(tuple(names), weights, np.zeros(len(names), np.float32), 0.1, embedder.identity)
    business = tmp_path / "shop"
    shutil.copytree(ROOT / "config/business/shop", business)
    head.save(business / HEAD_FILE)
    assert load_head(business, shared.business, embedder) is not None
    taught = Intents(shared.business.intents, embedder, threshold=0.45, head=head)
    assert plain.name != other
    turned = taught.find(text)
    assert turned.name == other and turned.score <= plain.score  # nearness alone, as without a head
    doubtful = IntentHead(tuple(names), weights, head.bias, 1.0, embedder.identity)  # its own threshold: sure
    held = Intents(shared.business.intents, embedder, threshold=0.45, head=doubtful)
    assert held._lift(vector, held._scores(normal(text), vector)).max() == 0.0
    strange = IntentHead(("nothing_such",), weights[:1], np.zeros(1, np.float32), 0.1, embedder.identity)
    strange.save(business / HEAD_FILE)
    with pytest.raises(HeadError, match="nothing_such"):
        load_head(business, shared.business, embedder)
