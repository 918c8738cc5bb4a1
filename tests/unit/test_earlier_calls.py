"""Earlier calls: found again for the same person, never for another; gone when the call is."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.call.earlier_turns import EarlierTurns, hashed
from agent.call.records import CallerSpan, SentenceRecord, Store, TurnRecord
from agent.dialogue import open_dialogue
from agent.dialogue.demo_shop import seed
from agent.dialogue.door import load_embedder
from agent.dialogue.earlier_calls import REFERS, EarlierCalls, EarlierTurn
from agent.dialogue.embeddings import Embedder
from agent.settings import ROOT, Tree
from agent.settings.tree import Dialogue, Knowledge, Records

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ANNA, BEN = "100001", "100002"
TURNS = (
    EarlierTurn("c2", 5, AT, "When are you open on Friday?", "On Friday we're open from 9 am to 6 pm."),
    EarlierTurn("c2", 3, AT, "Where is my order?", "Your order 12345 was shipped. It's on its way."),
    EarlierTurn("c1", 3, AT, "My coffee grinder makes a noise.", "Take the upper burr out and brush it."),
    EarlierTurn("c1", 1, AT, "Can I cancel it?", "What's your order number?"),
)


class Kept:
    """Earlier turns in memory, by person."""

    def __init__(self, **turns: Sequence[EarlierTurn]) -> None:
        self._turns = turns
        self.asked: list[str] = []

    async def earlier(self, business: str, identity: str, most: int) -> Sequence[EarlierTurn]:
        self.asked.append(identity)
        return self._turns.get(f"{business}_{identity}", ())[:most]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder(Tree())


@pytest.mark.parametrize(
    ("question", "n"),
    [
        ("What did you tell me last time?", 5),
        ("I called you yesterday about my coffee grinder, what was that again?", 3),
        ("What did you tell me about my order last time?", 3),
        ("In my last call you told me when you are open on Friday", 5),
    ],
)
async def test_the_turn_that_is_spoken_of_is_found(question: str, n: int, embedder: Embedder) -> None:
    history = Kept(shop_100001=TURNS)
    found = await EarlierCalls(history, "shop", embedder, threshold=-0.4).find(ANNA, question)
    assert found is not None and found.n == n
    if "grinder" in question:
        assert found.call_id == "c1"


@pytest.mark.parametrize(
    ("identity", "question"),
    [
        (BEN, "What did you tell me last time?"),
        ("", "What did you tell me last time?"),
        (ANNA, "Where is my order?"),
        (ANNA, "What did you tell me about my insurance last time?"),
    ],
)
async def test_what_is_another_s_or_was_never_said_is_not_found(
    identity: str, question: str, embedder: Embedder
) -> None:
    history = Kept(shop_100001=TURNS)
    assert await EarlierCalls(history, "shop", embedder, threshold=-0.4).find(identity, question) is None
    assert history.asked in ([], [identity])


def test_a_question_is_not_told_again_and_long_answers_are_cut() -> None:
    assert TURNS[3].told == ""
    long = EarlierTurn("c", 1, AT, "a", "One is so. Two is so. Three is so. Anything else?")
    assert long.told == "One is so. Two is so."


@pytest.mark.parametrize(
    "text", ["Call me back tomorrow.", "What time do you close?", "I want to call a person."]
)
def test_words_that_speak_of_no_earlier_call(text: str) -> None:
    assert REFERS.search(text) is None


def turn(n: int, said: str, heard: str) -> TurnRecord:
    sentence = SentenceRecord(heard, "answer", "template", "all")
    return TurnRecord(
        n=n,
        kind="reply",
        caller=(CallerSpan("speech", 0, 100),),
        transcript=said,
        intent=None,
        slots={},
        text=heard,
        heard_text=heard,
        interrupted=False,
        sentences=(sentence,),
        stages_ms={},
    )


async def kept_call(store: Store, call_id: str, identity: str, business: str = "shop", *, ended: bool = True):
    await store.begin_call(call_id, provider="softphone", caller="", called="", business=business)
    await store.save_turn(call_id, turn(0, "", "Hello."))
    await store.save_turn(call_id, turn(1, f"My card is 4111 1111 1111 1111 in {call_id}.", "Thank you."))
    await EarlierTurns(store).keep(call_id, business, identity)
    if ended:
        await store.end_call(call_id, "caller", 1000)


async def test_the_record_gives_a_person_s_own_turns_and_no_other_s(tmp_path: Path) -> None:
    settings = Records(url=f"sqlite:///{tmp_path}/calls.db", recordings_dir=tmp_path / "recordings")
    store = Store.open(settings)
    try:
        await kept_call(store, "first", ANNA)
        await kept_call(store, "second", ANNA)
        await kept_call(store, "hers", BEN)
        await kept_call(store, "elsewhere", ANNA, "clinic")
        await kept_call(store, "now", ANNA, ended=False)
        history = EarlierTurns(store)
        found = await history.earlier("shop", ANNA, 10)
        assert [one.call_id for one in found] == ["second", "first"]
        assert "4111" not in found[0].said and found[0].at.tzinfo is not None
        assert [one.call_id for one in await history.earlier("shop", BEN, 10)] == ["hers"]
        assert [one.call_id for one in await history.earlier("shop", ANNA, 1)] == ["second"]
        assert await history.earlier("shop", "nobody", 10) == []
        await store.delete("second")
        assert [one.call_id for one in await history.earlier("shop", ANNA, 10)] == ["first"]
    finally:
        await store.close()


def test_an_identity_is_stored_as_a_hash_of_its_business() -> None:
    assert ANNA not in hashed("shop", ANNA)
    assert hashed("shop", ANNA) != hashed("clinic", ANNA)


async def test_a_caller_who_is_identified_hears_what_was_said_and_when(
    tmp_path: Path, embedder: Embedder
) -> None:
    shutil.copytree(ROOT / "config/business/shop", tmp_path / "businesses" / "shop")
    database = tmp_path / "shop.db"
    seed(database, today=AT.date())
    tree = Tree(
        dialogue=Dialogue(business_dir=tmp_path / "businesses"),
        knowledge=Knowledge(dir=ROOT / "data/cache/knowledge"),
    )
    dialogue = open_dialogue(
        tree,
        "shop",
        embedder=embedder,
        clock=lambda: datetime(2026, 11, 24, 17, 0, tzinfo=UTC),
        database_url=f"sqlite:///{database}",
        history=Kept(shop_100001=TURNS),
    )
    try:
        stranger, anna = dialogue.open(), dialogue.open()
        question = "I called yesterday about my coffee grinder, what did you tell me?"
        heard = [one.text async for one in (await stranger.respond(question)).sentences]
        assert not any("burr" in text for text in heard)
        before = anna.snapshot()
        anna.restore(replace(before, state=replace(before.state, identity=ANNA)))
        (sentence,) = [one async for one in (await anna.respond(question)).sentences]
        assert (
            sentence.text
            == "When you called on November 20, 2026, I said: Take the upper burr out and brush it."
        )
        assert {fact.source for fact in sentence.facts} == {"calls[c1].turns[3]"}
    finally:
        dialogue.close()
