"""`agent calls` over a real database: what it lists, shows, deletes and purges."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.call.records import CallerSpan, SentenceRecord, Store, TurnRecord
from agent.call.turn_record import Claim
from agent.cli.main import main
from agent.settings.tree import Records


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with two calls, of which the first has a turn."""
    settings = Records(url=f"sqlite:///{tmp_path}/calls.db", recordings_dir=tmp_path)

    async def fill() -> None:
        store = Store.open(settings)
        for call_id in ("first", "second"):
            await store.begin_call(
                call_id, provider="softphone", caller="+15550100", called="", business="shop"
            )
        sentence = SentenceRecord(
            "It [b]ships[/b] on March 14.",
            "answer",
            "template",
            "part",
            "tomorrow",
            (("ship_date", "March 14", "orders"),),
            "ships_on",
            (Claim("date", "March 14", "ship_date (orders)"),),
            (Claim("date", "tomorrow", None, "no fact has this value"),),
        )
        turn = TurnRecord(
            0,
            "reply",
            (CallerSpan("speech", 1500, 2500),),
            "Where is it?",
            "order_status",
            {"order": "012345"},
            sentence.text,
            "It",
            True,
            (sentence,),
            {"asr": 241},
        )
        await store.save_turn("first", turn)
        await store.end_call("first", "caller", 65_000)
        await store.close()

    asyncio.run(fill())
    return settings.url


def calls(capsys: pytest.CaptureFixture[str], url: str, *arguments: str) -> tuple[int, str, str]:
    folder = url.removeprefix("sqlite:///").rpartition("/")[0]
    settings = ("--set", f"records.url={url}", "--set", f"records.recordings_dir={folder}")
    try:
        main(["calls", *arguments, *settings])
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def test_a_list_names_each_call_on_a_line(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = calls(capsys, url, "list")
    lines = out.splitlines()
    assert code == 0 and len(lines) == 3
    assert [line.split()[0] for line in lines] == ["call", "second", "first"]
    assert "1:05" in lines[2] and lines[2].split()[-3:] == ["1", "1", "caller"]


def test_a_list_in_json_is_for_programs(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = calls(capsys, url, "list", "--json", "--limit", "1", "--business", "shop")
    (row,) = json.loads(out)
    assert code == 0
    assert (row["call_id"], row["caller"], row["turns"], row["ended_by"]) == (
        "second",
        "+15550100",
        0,
        "error",
    )
    assert abs((datetime.now(UTC) - datetime.fromisoformat(row["started_at"])).total_seconds()) < 60


def test_a_call_is_shown_with_verdicts_facts_and_latencies(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = calls(capsys, url, "show", "first")
    assert code == 0
    for part in (
        "Where is it?",
        "order_status",
        "order=012345",
        "It [b]ships[/b] on March 14.",
        "template",
        "in place of the model's",
        "heard: part",
        "ship_date = March 14",
        "caught: 1 date",
        "date: March 14  <- ship_date (orders)",
        "interrupted",
        "asr 241",
    ):
        assert part in out


def test_a_call_in_json_is_the_document_of_the_protocol(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = calls(capsys, url, "show", "first", "--json")
    document = json.loads(out)
    assert (document["schema"], document["call_id"], document["duration_ms"]) == (1, "first", 65_000)
    assert document["turns"][0]["sentences"][0]["replaced"] is True


def test_what_was_caught_is_counted_and_shown(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = calls(capsys, url, "caught")
    assert code == 0
    assert "2 calls, 1 sentences, 1 spoken in place of a model's" in out
    for part in ("1  date", "first", "tomorrow", "no fact has this value", "It [b]ships[/b] on March 14."):
        assert part in out
    found = json.loads(calls(capsys, url, "caught", "--json", "--days", "2")[1])
    assert (found["replaced"], found["kinds"]) == (1, {"date": 1})
    assert found["newest"][0]["refused"][0]["text"] == "tomorrow"
    other = json.loads(calls(capsys, url, "caught", "--json", "--business", "clinic")[1])
    assert (other["calls"], other["replaced"], other["newest"]) == (0, 0, [])


def test_a_deleted_call_is_unknown_from_then_on(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert calls(capsys, url, "delete", "first")[:2] == (0, "Deleted first.\n")
    for command in ("delete", "show"):
        code, out, err = calls(capsys, url, command, "first")
        assert (code, out) == (1, "") and "agent calls list" in err


def test_young_calls_outlive_a_purge(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(calls(capsys, url, "purge", "--json")[1]) == {"deleted": 0, "retention_days": 30}
    assert len(json.loads(calls(capsys, url, "list", "--json")[1])) == 2
