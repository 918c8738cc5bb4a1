"""A process that dies while it writes, and disks that don't take a write."""

import asyncio
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.call import writer
from agent.call.records import RecordsError, Store, TurnRecord
from agent.settings.tree import ROOT, Records

WRITING = """
import asyncio, sys
from pathlib import Path
from agent.call.records import SentenceRecord, Store, TurnRecord
from agent.settings.tree import Records

async def main():
    folder = Path(sys.argv[1])
    store = Store.open(Records(url=f"sqlite:///{folder}/calls.db", recordings_dir=folder / "recordings"))
    await store.begin_call("c1", provider="softphone", caller="", called="", business="shop", token="t")
    for n in range(100_000):
        for count in range(3):
            parts = tuple(SentenceRecord(f"{n} {i}", "answer", "proven", "all", None, (("n", str(n), "s"),))
                          for i in range(count + 1))
            await store.save_turn("c1", TurnRecord(n, "reply", sentences=parts, stages_ms={"asr": n}))
        print(n, flush=True)

asyncio.run(main())
"""


@pytest.fixture
def settings(tmp_path: Path) -> Records:
    return Records(url=f"sqlite:///{tmp_path}/calls.db", recordings_dir=tmp_path / "recordings")


async def begin(store: Store) -> bool:
    return await store.begin_call("c1", provider="softphone", caller="", called="", business="shop")


async def test_a_killed_process_loses_no_committed_turn(tmp_path: Path, settings: Records) -> None:
    child = subprocess.Popen([sys.executable, "-c", WRITING, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT)
    assert child.stdout is not None
    committed = -1
    try:
        while committed < 25:
            line = child.stdout.readline()
            assert line, "the writing process ended by itself"
            committed = int(line)
        running = Store.open(settings)
        assert [row.ended_by for row in await running.list()] == [None]
        await running.close()
    finally:
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read().split()
        child.wait()
        child.stdout.close()
    committed = int(rest[-1]) if rest else committed

    store = Store.open(settings)
    document = await store.document("c1", "t")
    assert document is not None and document["ended_by"] == "error"
    assert [turn["n"] for turn in document["turns"][: committed + 1]] == list(range(committed + 1))
    for turn in document["turns"][: committed + 1]:
        n = turn["n"]
        assert [sentence["text"] for sentence in turn["sentences"]] == [f"{n} {i}" for i in range(3)]
        assert all(sentence["facts"][0]["value"] == str(n) for sentence in turn["sentences"])
        assert turn["stages_ms"] == {"asr": n}
    assert committed + 1 <= len(document["turns"]) <= committed + 2
    await store.close()


async def test_a_locked_database_holds_up_no_call_and_loses_no_turn(
    settings: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "RETRY_S", 0.05)
    store = Store.open(settings, busy_ms=50)
    assert await begin(store)
    other = sqlite3.connect(settings.url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    for text in ("first", "second"):
        assert not await store.save_turn("c1", TurnRecord(0, "reply", text=text))
    assert not await store.end_call("c1", "caller", 7)
    assert time.monotonic() - began < 2
    assert store.kept_writes == 2  # the turn's newer state took the older one's place
    other.execute("ROLLBACK")
    other.close()
    async with asyncio.timeout(5):
        while store.kept_writes:
            await asyncio.sleep(0.02)
    document = await store.document("c1")
    assert document is not None and document["ended_by"] == "caller"
    assert [turn["text"] for turn in document["turns"]] == ["second"]
    assert await store.save_turn("c1", TurnRecord(1, "reply"))
    await store.close()


async def test_a_full_disk_keeps_the_turns_in_memory_until_there_is_room(settings: Records) -> None:
    store = Store.open(settings)
    assert await begin(store)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    wal = Path(settings.url.removeprefix("sqlite:///") + "-wal")
    resource.setrlimit(resource.RLIMIT_FSIZE, (wal.stat().st_size, limits[1]))
    try:
        assert not await store.save_turn("c1", TurnRecord(0, "reply", text="x" * 9000))
        assert not await store.save_turn("c1", TurnRecord(1, "reply", text="y"))
        document = await store.document("c1")
        assert document is not None and document["turns"] == []
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    await store.close()
    again = Store.open(settings)
    document = await again.document("c1")
    assert document is not None and [len(turn["text"]) for turn in document["turns"]] == [9000, 1]
    await again.close()


async def test_a_turn_that_can_never_be_stored_doesnt_block_the_next(settings: Records) -> None:
    store = Store.open(settings)
    assert await begin(store)
    assert not await store.save_turn("unknown", TurnRecord(0, "reply"))
    assert not await store.save_turn("c1", TurnRecord(0, "reply", slots={"x": object()}))  # type: ignore[dict-item]
    assert await store.save_turn("c1", TurnRecord(1, "reply"))
    assert store.kept_writes == 0
    await store.close()


async def test_a_cancelled_save_is_still_stored(settings: Records) -> None:
    store = Store.open(settings)
    assert await begin(store)
    task = asyncio.create_task(store.save_turn("c1", TurnRecord(0, "reply", text="said")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await store.close()
    again = Store.open(settings)
    document = await again.document("c1")
    assert document is not None and [turn["text"] for turn in document["turns"]] == ["said"]
    await again.close()


async def test_a_write_after_the_end_is_refused_and_raises_nothing(settings: Records) -> None:
    store = Store.open(settings)
    await store.close()
    assert not await begin(store)
    await store.close()


@pytest.mark.parametrize("url", ["ringdown.db", "sqlite://", "sqlite:///:memory:", "oracle+nothing:///x"])
def test_an_address_that_is_none_is_told_in_a_sentence(url: str, tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match=r"sqlite:///data/ringdown\.db"):
        Store.open(Records(url=url, recordings_dir=tmp_path))


def test_a_file_that_is_no_database_is_left_as_it_is(settings: Records, tmp_path: Path) -> None:
    (tmp_path / "calls.db").write_text("this is a shopping list, " * 100)
    with pytest.raises(RecordsError, match="not a database of calls"):
        Store.open(settings)
    assert (tmp_path / "calls.db").read_text().startswith("this is a shopping list")


def test_a_folder_that_cant_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordsError, match="can't be made"):
        Store.open(Records(url=f"sqlite:///{tmp_path}/file/calls.db", recordings_dir=tmp_path))
    with pytest.raises(RecordsError, match="is not a file"):
        Store.open(Records(url=f"sqlite:///{tmp_path}", recordings_dir=tmp_path))


def test_reading_makes_no_database(settings: Records, tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match="agent serve"):
        Store.open(settings, create=False)
    assert list(tmp_path.iterdir()) == []


def agent_calls(*arguments: str, url: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "agent", "calls", *arguments, "--set", f"records.url={url}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_the_command_line_tells_what_is_missing_in_one_sentence(settings: Records) -> None:
    missing = agent_calls("list", url=settings.url)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert missing.stderr.count("\n") == 1 and "agent serve" in missing.stderr
    asyncio.run(Store.open(settings).close())
    unknown = agent_calls("show", "nobody", url=settings.url)
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert unknown.stderr == "There is no call nobody: `agent calls list` shows the ids.\n"
