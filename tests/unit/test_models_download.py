"""One download over a real socket: resumed where it stopped, checked, whole or not there."""

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from wheel_shelf import Shelf, serving

from agent.models import PullError
from agent.models.download import ATTEMPTS, fetch, room_for
from agent.models.progress import Silent

WHOLE = random.Random(4).randbytes(700_000)
SHA256 = hashlib.sha256(WHOLE).hexdigest()
NAME = "big.whl"


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "shelf"
    folder.mkdir()
    (folder / NAME).write_bytes(WHOLE)
    with serving(folder) as shelf:
        yield shelf


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "here").mkdir()
    return tmp_path / "here" / NAME


def left(target: Path, data: bytes) -> None:
    """What an earlier download left."""
    target.with_name(NAME + ".part").write_bytes(data)


def ranges(shelf: Shelf) -> list[str]:
    return [wanted for _, wanted in shelf.asked]


def bring(shelf: Shelf, target: Path, sha256: str = SHA256) -> None:
    fetch(f"{shelf.url}/files/{NAME}", target, sha256, Silent())


def test_a_file_comes_whole_and_leaves_no_part(shelf: Shelf, target: Path):
    bring(shelf, target)
    assert target.read_bytes() == WHOLE
    assert [path.name for path in target.parent.iterdir()] == [NAME]


def test_a_download_that_breaks_off_goes_on_where_it_stopped(shelf: Shelf, target: Path):
    shelf.break_after = [300_000, 100_000]
    bring(shelf, target)
    assert ranges(shelf) == ["", "bytes=300000-", "bytes=400000-"]
    assert target.read_bytes() == WHOLE


def test_one_that_was_given_up_is_resumed_by_the_next(shelf: Shelf, target: Path):
    shelf.break_after = [100_000, *[50_000] * (ATTEMPTS - 1)]
    with pytest.raises(PullError):
        bring(shelf, target)
    assert not target.exists(), "half a file is never taken for a whole one"
    shelf.asked.clear()
    bring(shelf, target)
    assert ranges(shelf) == ["bytes=250000-"] and target.read_bytes() == WHOLE


def test_a_part_of_wrong_content_is_refused_and_fetched_from_its_start(shelf: Shelf, target: Path):
    left(target, b"x" * 200_000)
    bring(shelf, target)
    assert ranges(shelf) == ["bytes=200000-", ""] and target.read_bytes() == WHOLE


@pytest.mark.parametrize("extra", [0, 5_000])
def test_a_part_as_long_as_the_whole_or_longer_is_never_trusted(shelf: Shelf, target: Path, extra: int):
    left(target, b"x" * (len(WHOLE) + extra))
    bring(shelf, target)
    assert target.read_bytes() == WHOLE


def test_a_part_that_is_the_whole_is_checked_and_taken(shelf: Shelf, target: Path):
    left(target, WHOLE)
    bring(shelf, target)
    assert ranges(shelf) == [f"bytes={len(WHOLE)}-"] and target.read_bytes() == WHOLE


def test_a_server_that_knows_no_ranges_sends_the_whole_again(shelf: Shelf, target: Path):
    shelf.ignores_range = True
    shelf.break_after = [300_000]
    bring(shelf, target)
    assert target.read_bytes() == WHOLE


def test_a_wrong_hash_leaves_nothing(shelf: Shelf, target: Path):
    with pytest.raises(PullError, match=r"big\.whl came with a wrong sha256"):
        bring(shelf, target, "0" * 64)
    assert list(target.parent.iterdir()) == []


def test_an_address_that_is_not_there_is_told_at_once(shelf: Shelf, target: Path):
    with pytest.raises(PullError, match="404"):
        fetch(f"{shelf.url}/files/none.whl", target, SHA256, Silent())


def test_a_server_that_is_gone_is_told(target: Path):
    with pytest.raises(PullError, match="ConnectError"):
        fetch("http://127.0.0.1:9/none.whl", target, SHA256, Silent())


def test_a_file_address_is_resumed_too(tmp_path: Path, target: Path):
    source = tmp_path / "a file.bin"
    source.write_bytes(WHOLE)
    left(target, WHOLE[:1000])
    fetch(source.as_uri(), target, SHA256, Silent())
    assert target.read_bytes() == WHOLE and [path.name for path in target.parent.iterdir()] == [NAME]
    with pytest.raises(PullError, match="none"):
        fetch((tmp_path / "none").as_uri(), target, SHA256, Silent())


def test_a_disk_without_the_room_is_told_before(tmp_path: Path):
    room_for(tmp_path, 1)
    with pytest.raises(PullError, match="needed"):
        room_for(tmp_path, 1 << 60)
