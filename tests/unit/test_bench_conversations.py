"""The ten-turn conversations: that they can be played, and that the judge tells right from wrong."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bench.conversations.__main__ import options_of
from bench.conversations.database import Truth, changes, prepare, same
from bench.conversations.held import Held, world_of
from bench.conversations.judge import Verdict, World, judge
from bench.conversations.make import _mark
from bench.conversations.results import document, lines_of, row_of
from bench.conversations.talk import TalkError, goal_of, names, read
from telephony.softphone.script import Keys, Play, read_script

GOAL = {
    "ended_by": "agent",
    "intents": ["cancel_order"],
    "changed": {"orders": 1},
    "rows": [{"sql": "SELECT status FROM orders WHERE number = '55781'", "are": [["cancelled"]]}],
    "heard": [{"fact": "total", "sql": "SELECT total FROM orders WHERE number = '55781'"}],
}
CANCEL = "UPDATE orders SET status = 'cancelled' WHERE number = '55781'"


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world_of(read("cancelled_after_all"), tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(seeded: World, tmp_path: Path) -> World:
    """A shop before a call, and after one that changed nothing yet."""
    return World(seeded.folder, seeded.before, Path(shutil.copy(seeded.before, tmp_path / "after.db")))


def run(path: Path, *statements: str) -> None:
    prepare(path, statements)


def total(world: World) -> str:
    with closing(sqlite3.connect(world.before)) as database:
        return str(database.execute("SELECT total FROM orders WHERE number = '55781'").fetchone()[0])


def sentence(
    text: str, *facts: tuple[str, str, str], heard: str = "all", verdict: str = "template"
) -> dict[str, Any]:
    told = [{"name": name, "value": value, "source": source} for name, value, source in facts]
    return {"text": text, "kind": "answer", "verdict": verdict, "heard": heard, "facts": told}


def reported(world: World) -> dict[str, Any]:
    """A call of two acts that did what GOAL wants."""
    money = f"${total(world)}"
    question = sentence(
        f"Order 55781 over {money} can still be cancelled, shall I cancel it?",
        ("order_number", "55781", "orders[55781].number"),
        ("total", money, "orders[55781].total"),
    )
    done = sentence("I've cancelled order 55781.", ("order_number", "55781", "orders[55781].number"))
    turn = {"kind": "reply", "latency_ms": 400, "cut_in": False, "transcript": "", "heard_text": ""}
    return {
        "server_record": True,
        "ended_by": "agent",
        "duration_ms": 20_000,
        "caller": [{"id": "c1", "source": "1.flac"}, {"id": "c2", "source": "2.flac"}],
        "turns": [
            {**turn, "n": 1, "caller": ["c1"], "intent": "cancel_order", "sentences": [question]},
            {**turn, "n": 2, "caller": ["c2"], "intent": "cancel_order", "sentences": [done]},
        ],
    }


def judged(world: World, report: dict[str, Any], **goal: Any) -> Verdict:
    return judge(goal_of({**GOAL, **goal}), ("1.flac", "2.flac"), report, world)


def test_there_are_twelve_conversations_of_ten_things_said_or_keyed():
    assert len(names()) == 12
    short = {name: len(read(name).acts) for name in names() if len(read(name).acts) < 10}
    assert short == {}


@pytest.mark.parametrize("name", names())
def test_a_conversation_can_be_played_and_each_recording_is_of_its_words(name: str):
    talk = read(name)
    script = read_script(talk.script)
    assert sum(isinstance(step, Play | Keys) for step in script.steps) == len(talk.acts)
    own = {path.name for path in talk.script.parent.glob("*.flac")}
    assert own == set(talk.says) == {act for act in talk.acts if act in talk.says}
    assert all(_mark(talk.script.parent / recording) for recording in own)


@pytest.mark.parametrize("name", names())
def test_a_goal_can_be_asked_of_the_database_and_does_not_hold_before_the_call(name: str, tmp_path: Path):
    talk = read(name)
    world = world_of(talk, tmp_path)
    silent = {"server_record": True, "ended_by": "agent", "caller": [], "turns": []}
    verdict = judge(talk.goal, talk.acts, silent, world)
    assert not [fault for fault in verdict.faults if "no row" in fault]
    assert len(talk.goal.heard) + len(talk.goal.rows) >= 3
    assert sum(fault.startswith("heard 0") for fault in verdict.faults) == len(talk.goal.heard)


def test_the_recordings_of_all_conversations_together_stay_small():
    sizes = [path.stat().st_size for name in names() for path in read(name).script.parent.glob("*.flac")]
    assert len(sizes) >= 100 and sum(sizes) < 6_000_000


def test_a_call_that_did_what_the_goal_wants_is_right(world: World):
    run(world.after, CANCEL)
    verdict = judged(world, reported(world))
    assert verdict.faults == []
    assert verdict.facts_compared == 3


def test_a_change_that_was_told_and_not_made_is_wrong(world: World):
    faults = judged(world, reported(world)).faults
    assert any("0 rows of orders changed" in fault for fault in faults)
    assert any("[('processing',)]" in fault for fault in faults)


def test_a_change_beside_the_wanted_one_is_wrong(world: World):
    run(world.after, CANCEL, "UPDATE bills SET status = 'paid' WHERE account_number = '100001'")
    assert judged(world, reported(world)).faults == ["1 rows of bills changed, not 0"]


def _no_answer(report: dict[str, Any]) -> None:
    report["turns"][1]["latency_ms"] = None


def _cut_short(report: dict[str, Any]) -> None:
    report["caller"].pop()


def _other_total(report: dict[str, Any]) -> None:
    report["turns"][0]["sentences"][0]["facts"][1]["value"] = "$1.00"


def _number_from_nowhere(report: dict[str, Any]) -> None:
    report["turns"][1]["sentences"][0]["text"] = "I've cancelled order 55781 and 77777."


def _unheard(report: dict[str, Any]) -> None:
    report["turns"][0]["sentences"][0]["heard"] = "none"


def _broken_off(report: dict[str, Any]) -> None:
    report["turns"][0]["heard_text"] = "Order 55781 over"
    report["turns"][0]["sentences"][0]["heard"] = "part"


def _no_verdict(report: dict[str, Any]) -> None:
    report["turns"][1]["sentences"][0]["verdict"] = "refused"


def _not_understood(report: dict[str, Any]) -> None:
    for turn in report["turns"]:
        turn["intent"] = None


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (_no_answer, "unanswered: 2.flac"),
        (_cut_short, "never said: 2.flac"),
        (_other_total, "untrue: total is said to be $1.00"),
        (_number_from_nowhere, "no fact has 77777"),
        (_unheard, "heard 0 of 1 times: total"),
        (_broken_off, "heard 0 of 1 times: total"),
        (_no_verdict, "heard without a verdict"),
        (_not_understood, "never understood: cancel_order"),
    ],
)
def test_each_fault_of_a_call_is_named(spoil: Callable[[dict[str, Any]], None], fault: str, world: World):
    run(world.after, CANCEL)
    report = reported(world)
    spoil(report)
    assert any(found.startswith(fault) for found in judged(world, report).faults)


def test_what_needs_no_answer_may_stay_without_one(world: World):
    run(world.after, CANCEL)
    report = reported(world)
    _no_answer(report)
    assert judged(world, report, silent=["2.flac"]).faults == []


def test_a_call_that_ended_otherwise_or_left_no_record_is_wrong(world: World):
    run(world.after, CANCEL)
    assert judged(world, reported(world) | {"ended_by": "timeout"}).faults
    assert judged(world, reported(world) | {"server_record": False}).faults


def test_values_are_compared_as_what_they_are():
    equal = [
        ("November 22, 2026", "2026-11-22"),
        ("$1,249.50", "1249.50"),
        ("$50.00", "50"),
        ("2:30 PM", "14:30"),
        ("9:00 AM", "09:00"),
        ("noon", "12:00"),
        ("Parcelway", "parcelway"),
        ("24", 24),
    ]
    assert [pair for pair in equal if not same(*pair)] == []
    other = [
        ("November 22, 2026", "2026-11-23"),
        ("$1,249.50", "1294.50"),
        ("2:30 PM", "02:30"),
        ("Nordfleet", "Parcelway"),
        ("12345", "12354"),
        ("May 3, 2026", "May"),
    ]
    assert [pair for pair in other if same(*pair)] == []


def test_sources_are_looked_up_in_the_database_and_in_the_business(world: World):
    truth = Truth(world.folder, world.before)
    assert truth.holds("orders[12345].carrier") == ["Parcelway"]
    assert truth.holds("business.facts.return_days") == ["30"]
    assert truth.holds("business.hours.saturday.closes") == ["16:00"]
    assert "Christmas Day" in (truth.holds("business.holidays") or [])
    assert truth.holds("orders[99999].carrier") == []
    assert truth.holds("orders[12345].delivery_date + business.facts.return_days") is None
    assert truth.holds("caller") is None


def test_added_and_removed_rows_count_as_changes(world: World):
    run(world.after, "DELETE FROM returns WHERE order_number = '70012'", CANCEL)
    assert changes(world.before, world.after) == {"orders": 1, "returns": 1}


@pytest.mark.parametrize(
    "told",
    [
        {"ended_by": "agent", "intent": ["repeat"]},
        {"ended_by": "agent", "heard": [{"fact": "total"}]},
        {"ended_by": "agent", "heard": [{"is": "5"}]},
        {"ended_by": "agent", "rows": [{"sql": "SELECT 1", "is": 1}]},
    ],
)
def test_a_goal_that_says_too_little_is_refused(told: dict[str, Any]):
    with pytest.raises(TalkError):
        goal_of(told)


def test_the_document_counts_and_shows_a_transcript(world: World):
    run(world.after, CANCEL)
    talk = read("cancelled_after_all")
    report = reported(world)
    report["turns"][0]["transcript"] = "Hello, I want to cancel and order."
    report["turns"][0]["heard_text"] = "What's your order number?"
    held = Held(talk, judged(world, report), report)
    row = row_of(held)
    assert (row["right"], row["median_latency_ms"], row["said"]) == (True, 400, 2)
    assert lines_of(held)[0]["caller"] == [talk.says["1.flac"]]
    results = {
        "right": 1,
        "held": 1,
        "date": "2026-11-25",
        "command": "python -m bench.conversations",
        "machine": {"cores": 2, "cpu": "a processor"},
        "load_average": {"before": 0.1, "after": 0.2},
        "conversations": [row],
    }
    text = document(results)
    assert "**1 of 1 conversations" in text
    assert "[Hello, I want to cancel and order.]" in text
    assert "agent: What's your order number?" in text


def test_a_name_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        options_of(["no_such_talk"])
    assert "no_such_talk" in capsys.readouterr().err
    assert not options_of(["chatty"]).whole and options_of([]).whole
