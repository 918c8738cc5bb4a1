"""Two calls to the clinic over one record of calls: what was said in the first is told in the second."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from test_conductor import Shelf, Stage

from agent.call.earlier_turns import EarlierTurns
from agent.call.records import Store, TurnRecord
from agent.dialogue import BusinessDialogue, open_dialogue
from agent.dialogue.door import load_embedder
from agent.dialogue.seeding import seed
from agent.settings import ROOT, Tree
from agent.settings.tree import Call, Dialogue, Knowledge, Records
from tests.copied_business import copy_business

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
PARKING = "Where can I park my car?"
WHO = ("When is my appointment?", "20417", "March 14th 1985")
AGAIN = "I called you last week about parking my car, what did you tell me?"


class Kept(Shelf):
    """The store's own call, and its turns beside it."""

    def __init__(self, store: Store, call_id: str) -> None:
        super().__init__()
        self._store = store
        self._call_id = call_id

    async def save_turn(self, call_id: str, turn: TurnRecord, on_kept=None) -> bool:
        await super().save_turn(call_id, turn)
        return await self._store.save_turn(self._call_id, turn, on_kept)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(Records(url=f"sqlite:///{tmp_path}/calls.db", recordings_dir=tmp_path / "recordings"))


@pytest.fixture
def clinic(tmp_path: Path, store: Store) -> Iterator[BusinessDialogue]:
    folder = tmp_path / "businesses" / "clinic"
    copy_business(ROOT / "config/business/clinic", folder, tmp_path / "clinic.db")
    seed(folder, tmp_path / "clinic.db", NOON.date())
    tree = Tree(
        dialogue=Dialogue(business_dir=folder.parent), knowledge=Knowledge(dir=ROOT / "data/cache/knowledge")
    )
    dialogue = open_dialogue(
        tree, "clinic", embedder=load_embedder(tree), clock=lambda: NOON, history=EarlierTurns(store)
    )
    yield dialogue
    dialogue.close()


async def called(clinic: BusinessDialogue, store: Store, call_id: str, *said: str) -> str:
    """A whole call, recorded; what its last answer was."""
    await store.begin_call(call_id, provider="softphone", caller="", called="", business=clinic.name)
    conversation, shelf = clinic.open(), Kept(store, call_id)
    async with Stage(conversation, Call(reprompt_ms=60_000), shelf=shelf, ms_per_character=1) as stage:
        for n, text in enumerate(("", *said)):
            if text:
                await stage.caller(text)
            await stage.until(lambda n=n: n in shelf.turns and not stage.conductor.busy())
        await stage.conductor.settle()
    if conversation.identity:
        await EarlierTurns(store).keep(call_id, clinic.name, conversation.identity)
    await store.end_call(call_id, "caller", 1000)
    return shelf.turns[len(said)].heard_text


async def test_what_an_identified_caller_heard_is_told_again_in_a_later_call_and_to_nobody_else(
    clinic: BusinessDialogue, store: Store
) -> None:
    try:
        answer = await called(clinic, store, "first", *WHO, PARKING, "Are dogs allowed in the clinic?")
        assert answer.startswith("Only assistance dogs")
        again = await called(clinic, store, "second", *WHO, AGAIN)
        assert again.startswith("When you called on ")
        assert "I said: There is a parking garage behind the clinic" in again
        assert "Parking is free for patients for two hours." in again
        other = await called(clinic, store, "third", WHO[0], "52733", "December 1st 1990", AGAIN)
        stranger = await called(clinic, store, "fourth", AGAIN)
        assert not [text for text in (other, stranger) if "When you called" in text]
        document = await store.document("second")
        sentence = document["turns"][-1]["sentences"][0]
        assert {fact["source"] for fact in sentence["facts"]} == {"calls[first].turns[4]"}
    finally:
        await store.close()


async def test_what_was_told_then_goes_before_a_wish_of_now_and_a_goodbye_is_nothing_told(
    clinic: BusinessDialogue, store: Store
) -> None:
    try:
        answer = await called(clinic, store, "first", *WHO)
        await called(clinic, store, "second", *WHO, "That's all, goodbye.")
        about = await called(
            clinic, store, "third", *WHO, "What did you tell me about my appointment last time?"
        )
        assert about.startswith("When you called on ") and answer.split(".")[0] in about
        newest = await called(clinic, store, "fourth", *WHO, "What did you tell me last time?")
        assert newest.startswith("When you called on ") and "goodbye" not in newest
    finally:
        await store.close()
