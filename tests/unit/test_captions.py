"""What the caller is heard to say, as it is told: partials, a final at a pause, words taken back."""

import pytest

from agent.asr.protocol import Transcript, Word
from agent.call.captions import Captions
from agent.call.turn_log import TurnLog
from agent.call.turn_record import TurnRecord
from agent.settings.tree import Records


class Ear:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict]] = []

    def __call__(self, event: str, body) -> None:
        self.told.append((event, dict(body)))


def heard(text: str, stable: int = 0) -> Transcript:
    words = [Word(word, 0, 0, n < stable) for n, word in enumerate(text.split())]
    return Transcript(text, tuple(words))


def lines(ear: Ear) -> list[str]:
    """The captions: unstable words in brackets, a final with a stop."""
    found = []
    for _, body in ear.told:
        words = [word["text"] if word["stable"] else f"({word['text']})" for word in body["words"]]
        found.append(" ".join(words) + ("." if body["final"] else ""))
    return found


def test_words_are_told_as_they_become_stable_and_all_of_them_at_a_pause():
    ear = Ear()
    captions = Captions(ear)
    captions.begin(1200)
    captions.partial(heard("where is"))
    captions.partial(heard("where is my", 2))
    captions.final(heard("where is my order", 4))
    captions.partial(heard("where is my order please", 4))
    captions.final(heard("where is my order please", 5))
    captions.end()
    assert lines(ear) == [
        "(where) (is)",
        "where is (my)",
        "where is my order.",
        "where is my order (please)",
        "where is my order please.",
    ]
    assert {body["start_ms"] for _, body in ear.told} == {1200}


def test_words_that_nobody_took_up_are_taken_back_once():
    ear = Ear()
    captions = Captions(ear)
    captions.begin(0)
    captions.partial(heard("mm"))
    captions.end()
    captions.end()
    assert lines(ear) == ["(mm)", "."]


def test_a_recogniser_that_names_no_words_is_told_by_its_text():
    ear = Ear()
    Captions(ear).final(Transcript("yes please"))
    assert lines(ear) == ["yes please."]


@pytest.fixture
async def store(tmp_path):
    from agent.call.records import Store

    opened = Store.open(Records(url=f"sqlite:///{tmp_path}/r.db", recordings_dir=tmp_path))
    yield opened
    await opened.close()


async def test_a_turn_is_told_in_the_shape_of_the_record_with_card_numbers_masked(store):
    await store.begin_call("c", provider="softphone", caller="", called="", business="shop")
    ear = Ear()
    log = TurnLog(store, "c", tell=ear)
    turn = log.open("reply")
    log._transcript[turn] = "my card is 4012 8888"
    log.save(turn, None)
    second = log.open("reply")
    log._transcript[second] = "8888 1881 is the rest"
    log.save(second, None)
    await log.settled()
    document = await store.document("c")
    assert {event for event, _ in ear.told} == {"turn"}
    latest = {body["turn"]["n"]: body["turn"] for _, body in ear.told}
    assert [latest[n] for n in sorted(latest)] == document["turns"], "what is told is what is kept"
    assert "8888" not in str(list(latest.values()))


async def test_a_turn_that_cannot_be_kept_for_now_is_told_all_the_same(store):
    ear = Ear()
    log = TurnLog(store, "unknown", tell=ear)
    log.save(log.open("greeting"), None)
    await log.settled()
    assert ear.told == [("turn", {"turn": TurnRecord(0, "greeting").document()})]
