"""The record of calls: what is stored, shown, deleted, and by whom it may be read."""

import asyncio
import hashlib
import json
import sqlite3
import wave
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from agent.call import schema
from agent.call.records import CallerSpan, SentenceRecord, Store, TurnRecord
from agent.call.turn_record import Claim
from agent.dialogue.protocol import Fact, Sentence
from agent.settings.tree import Records

CARD = "4111 1111 1111 1111"
SENTENCE = SentenceRecord(
    "Your order 12345 ships on March 14.",
    "answer",
    "proven",
    "part",
    "Your order ships tomorrow.",
    (("order", "12345", "orders[12345].id"), ("ship_date", "March 14", "orders[12345].ship_date")),
    None,
    (Claim("date", "March 14", "ship_date (orders)"),),
    (Claim("date", "tomorrow", None, "no fact has this value"),),
)
TURN = TurnRecord(
    n=1,
    kind="reply",
    caller=(CallerSpan("speech", 3200, 4400), CallerSpan("keys", 4500, 5000)),
    transcript="Where is order 12345?",
    intent="order_status",
    slots={"order": "012345"},
    text="Your order 12345 ships on March 14. Anything else?",
    heard_text="Your order",
    interrupted=True,
    sentences=(SENTENCE, SentenceRecord("Anything else?", "question", "approved", phrase="else")),
    stages_ms={"asr": 240, "intent": 6},
)


@pytest.fixture
def settings(tmp_path: Path) -> Records:
    return Records(url=f"sqlite:///{tmp_path}/deep/calls.db", recordings_dir=tmp_path / "recordings")


@pytest_asyncio.fixture
async def store(settings: Records):
    store = Store.open(settings)
    yield store
    await store.close()


async def begin(store: Store, call_id: str = "c1", token: str = "secret", business: str = "shop") -> None:
    await store.begin_call(
        call_id, provider="softphone", caller="+15550100", called="+15550199", business=business, token=token
    )


def file_of(settings: Records) -> Path:
    return Path(settings.url.removeprefix("sqlite:///"))


def everything_in(settings: Records) -> bytes:
    """All bytes that the database keeps on the disk."""
    files = list(file_of(settings).parent.glob("calls.db*"))
    found = b"".join(path.read_bytes() for path in files if path.is_file())
    assert found
    return found


async def test_a_document_has_exactly_the_fields_of_the_protocol(store: Store) -> None:
    await begin(store)
    assert await store.save_turn("c1", TURN)
    document = await store.document("c1", "secret")
    assert document is not None
    started = datetime.fromisoformat(document.pop("started_at"))
    assert abs(datetime.now(UTC) - started) < timedelta(seconds=30)
    assert document == {
        "schema": 1,
        "call_id": "c1",
        "business": "shop",
        "provider": "softphone",
        "ended_by": None,
        "duration_ms": None,
        "turns": [
            {
                "n": 1,
                "kind": "reply",
                "caller": [
                    {"kind": "speech", "start_ms": 3200, "end_ms": 4400},
                    {"kind": "keys", "start_ms": 4500, "end_ms": 5000},
                ],
                "transcript": "Where is order 12345?",
                "intent": "order_status",
                "slots": {"order": "012345"},
                "text": "Your order 12345 ships on March 14. Anything else?",
                "heard_text": "Your order",
                "interrupted": True,
                "sentences": [
                    {
                        "text": "Your order 12345 ships on March 14.",
                        "kind": "answer",
                        "verdict": "proven",
                        "heard": "part",
                        "replaced": True,
                        "facts": [
                            {"name": "order", "value": "12345", "source": "orders[12345].id"},
                            {"name": "ship_date", "value": "March 14", "source": "orders[12345].ship_date"},
                        ],
                        "phrase": None,
                        "claims": [
                            {"kind": "date", "text": "March 14", "by": "ship_date (orders)", "why": ""}
                        ],
                        "caught": ["date"],
                    },
                    {
                        "text": "Anything else?",
                        "kind": "question",
                        "verdict": "approved",
                        "heard": "none",
                        "replaced": False,
                        "facts": [],
                        "phrase": "else",
                        "claims": [],
                        "caught": [],
                    },
                ],
                "stages_ms": {"asr": 240, "intent": 6},
            }
        ],
    }
    await store.end_call("c1", "caller", 9876, "c1.wav")
    ended = await store.document("c1")
    assert ended is not None and (ended["ended_by"], ended["duration_ms"]) == ("caller", 9876)
    json.dumps(ended)


async def test_a_turn_saved_again_takes_the_place_of_what_was_saved_before(store: Store) -> None:
    await begin(store)
    await store.save_turn("c1", TURN)
    shorter = replace(TURN, sentences=TURN.sentences[1:], stages_ms={"tts": 50}, heard_text="all of it")
    for _ in range(3):
        await store.save_turn("c1", shorter)
    document = await store.document("c1")
    assert document is not None and len(document["turns"]) == 1
    turn = document["turns"][0]
    assert [sentence["text"] for sentence in turn["sentences"]] == ["Anything else?"]
    assert (turn["stages_ms"], turn["heard_text"]) == ({"tts": 50}, "all of it")


async def test_a_write_is_on_the_disk_when_it_returns(store: Store, settings: Records) -> None:
    await begin(store)
    await store.save_turn("c1", TURN)
    with sqlite3.connect(file_of(settings)) as other:
        assert other.execute("SELECT count(*) FROM facts").fetchone() == (2,)
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    with store._database.writer.connect() as connection:
        pragmas = ("synchronous", "foreign_keys", "secure_delete")
        assert [connection.exec_driver_sql(f"PRAGMA {p}").scalar() for p in pragmas] == [2, 1, 1]


async def test_only_the_calls_own_token_opens_it_and_only_its_hash_is_kept(
    store: Store, settings: Records
) -> None:
    await begin(store, "c1", "secret-of-one")
    await begin(store, "c2", "secret-of-two")
    await begin(store, "c3", "")
    assert await store.document("c1", "secret-of-one") is not None
    for call_id, token in (
        ("c1", "secret-of-two"),
        ("c1", ""),
        ("c3", ""),
        ("c9", "secret-of-one"),
        ("c9", ""),
    ):
        assert await store.document(call_id, token) is None
    assert await store.document("c9") is None
    kept = everything_in(settings)
    assert b"secret-of-one" not in kept
    assert hashlib.sha256(b"secret-of-one").hexdigest().encode() in kept


async def test_no_card_number_reaches_the_disk(store: Store, settings: Records) -> None:
    await begin(store)
    words = " ".join(["four", *["one"] * 15])
    sentence = SentenceRecord(f"Is it {CARD}?", "question", "template", "all", CARD, (("card", CARD, CARD),))
    await store.save_turn(
        "c1",
        TurnRecord(
            0,
            "reply",
            (),
            f"It is {words}",
            "pay",
            {"card": CARD.replace(" ", "")},
            CARD,
            CARD,
            False,
            (sentence,),
        ),
    )
    document = await store.document("c1")
    assert document is not None
    turn = document["turns"][0]
    assert (turn["transcript"], turn["text"], turn["heard_text"]) == (
        "It is ****1111",
        "****1111",
        "****1111",
    )
    assert turn["slots"] == {"card": "****1111"}
    assert turn["sentences"][0]["facts"] == [{"name": "card", "value": "****1111", "source": "****1111"}]
    kept = everything_in(settings)
    assert CARD.encode() not in kept and CARD.replace(" ", "").encode() not in kept
    assert words.encode() not in kept


async def test_a_card_number_said_over_two_turns_is_masked_in_both(store: Store) -> None:
    await begin(store)
    for n, (kind, text) in enumerate(
        [("reply", "It's 4111 1111"), ("reprompt", ""), ("reply", "1111 1111"), ("reply", "that's it")]
    ):
        await store.save_turn("c1", TurnRecord(n, kind, transcript=text))
    document = await store.document("c1")
    assert document is not None
    assert [t["transcript"] for t in document["turns"]] == ["It's ****", "", "****1111", "that's it"]


async def test_a_list_shows_the_newest_calls_of_a_business_first(store: Store) -> None:
    for n in range(4):
        await begin(store, f"c{n}", business="shop" if n % 2 else "clinic")
    await store.save_turn("c3", TURN)
    assert [row.call_id for row in await store.list()] == ["c3", "c2", "c1", "c0"]
    assert [row.call_id for row in await store.list(1)] == ["c3"]
    rows = await store.list(business="shop")
    assert [(row.call_id, row.turns) for row in rows] == [("c3", 1), ("c1", 0)]


def record(settings: Records, name: str) -> Path:
    path = settings.recordings_dir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(4 * 4000))
    return path


async def test_a_deleted_call_leaves_no_row_no_recording_and_no_byte(store: Store, settings: Records) -> None:
    wav, other = record(settings, "c1.wav"), record(settings, "c2.wav")
    for call_id in ("c1", "c2"):
        await begin(store, call_id)
        await store.save_turn(call_id, replace(TURN, transcript=f"something private of {call_id}"))
        await store.end_call(call_id, "caller", 1, str(settings.recordings_dir / f"{call_id}.wav"))
    assert await store.recording("c1") == wav
    assert await store.delete("c1") and not await store.delete("c1")
    assert await store.document("c1") is None and await store.document("c2") is not None
    assert not wav.exists() and other.exists()
    with sqlite3.connect(file_of(settings)) as raw:
        for table in schema.metadata.tables:
            assert raw.execute(f"SELECT count(*) FROM {table} WHERE call_id = 'c1'").fetchone() == (0,)
    kept = everything_in(settings)
    assert b"private of c1" not in kept and b"private of c2" in kept


async def test_deleting_a_path_for_an_id_touches_no_file(store: Store, settings: Records) -> None:
    await begin(store)
    outside = settings.recordings_dir.parent / "outside.wav"
    outside.write_bytes(b"x")
    assert not await store.delete("../outside") and outside.exists()


async def test_retention_deletes_what_is_older_and_zero_keeps_all(store: Store, settings: Records) -> None:
    await begin(store)
    wav = record(settings, "c1.wav")
    await store.end_call("c1", "agent", 1, wav)
    now = datetime.now(UTC)
    assert await store.purge(0, now + timedelta(days=10_000)) == 0
    assert await store.purge(30, now + timedelta(days=29)) == 0 and wav.exists()
    assert await store.purge(30, now + timedelta(days=31)) == 1 and not wav.exists()
    assert await store.list() == ()


async def test_a_running_call_stays_open_when_another_process_or_store_looks(
    store: Store, settings: Records
) -> None:
    await begin(store)
    other = Store.open(settings)
    assert [row.ended_by for row in await other.list()] == [None]
    await other.close()


async def test_a_call_of_a_store_that_was_closed_is_marked_as_cut_off(settings: Records) -> None:
    first = Store.open(settings)
    await begin(first)
    record(settings, "c1.wav")
    await first.close()
    second = Store.open(settings)
    row = (await second.list())[0]
    assert (row.ended_by, row.duration_ms, row.recording) == ("error", 500, "c1.wav")
    await second.close()


async def test_many_calls_write_at_once_without_waiting_on_the_loop(store: Store) -> None:
    await asyncio.gather(*(begin(store, f"c{n}") for n in range(8)))
    turns = [replace(TURN, n=n) for n in range(12)]
    saved = await asyncio.gather(*(store.save_turn(f"c{n}", turn) for n in range(8) for turn in turns))
    assert all(saved) and len(saved) == 96
    assert {row.turns for row in await store.list()} == {12}


async def test_a_sentence_of_the_dialogue_becomes_its_record() -> None:
    sentence = Sentence(
        "It is 5.", "It is five.", "answer", "proven", (Fact("n", "5", "t"),), "It is 6.", "p"
    )
    assert SentenceRecord.of(sentence, "all") == SentenceRecord(
        "It is 5.", "answer", "proven", "all", "It is 6.", (("n", "5", "t"),), "p"
    )
