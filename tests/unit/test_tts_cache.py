"""Clauses kept in memory and fixed phrases kept on disk."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.tts.cache import ClauseCache
from agent.tts.phrase_store import PhraseStore


def pcm(samples: int, value: int = 1) -> NDArray[np.int16]:
    return np.full(samples, value, np.int16)


def test_the_least_recently_used_clause_goes_first() -> None:
    cache = ClauseCache(max_bytes=200)
    cache.put(("a", 1.0), pcm(40))
    cache.put(("b", 1.0), pcm(40))
    assert cache.get(("a", 1.0)) is not None
    cache.put(("c", 1.0), pcm(40))
    assert ("a", 1.0) in cache
    assert ("b", 1.0) not in cache
    assert cache.size_bytes == 160


def test_fixed_phrases_outlive_clauses_that_were_used_later() -> None:
    cache = ClauseCache(max_bytes=200)
    cache.put(("fixed", 1.0), pcm(40), fixed=True)
    for text in "abcdef":
        cache.put((text, 1.0), pcm(40))
    assert ("fixed", 1.0) in cache
    assert len(cache) == 2


def test_another_speed_is_another_clause() -> None:
    cache = ClauseCache(max_bytes=1000)
    cache.put(("a", 1.0), pcm(10, 1))
    cache.put(("a", 1.5), pcm(10, 2))
    found = cache.get(("a", 1.0))
    assert found is not None and found[0] == 1


def test_a_clause_larger_than_the_cache_throws_nothing_out() -> None:
    cache = ClauseCache(max_bytes=100)
    cache.put(("small", 1.0), pcm(10))
    assert not cache.put(("large", 1.0), pcm(51))
    assert ("small", 1.0) in cache


def test_a_cache_of_nothing_keeps_nothing() -> None:
    cache = ClauseCache(max_bytes=0)
    assert not cache.put(("a", 1.0), pcm(1))
    assert cache.size_bytes == 0


def test_what_is_cached_does_not_change_with_the_callers_array() -> None:
    cache = ClauseCache(max_bytes=1000)
    mine = pcm(10)
    cache.put(("a", 1.0), mine)
    mine[:] = 9
    found = cache.get(("a", 1.0))
    assert found is not None and found[0] == 1 and not found.flags.writeable


def test_a_phrase_comes_back_from_disk(tmp_path: Path) -> None:
    store = PhraseStore(tmp_path / "new", "voice", 1 << 20)
    store.write("Hello.", 1.0, pcm(160, -7))
    found = store.read("Hello.", 1.0)
    assert found is not None and np.array_equal(found, pcm(160, -7))
    assert store.read("Hello!", 1.0) is None
    assert store.read("Hello.", 1.1) is None
    assert PhraseStore(tmp_path / "new", "another voice", 1 << 20).read("Hello.", 1.0) is None


def test_a_damaged_or_half_written_phrase_is_ignored_and_made_anew(tmp_path: Path) -> None:
    store = PhraseStore(tmp_path, "voice", 1 << 20)
    store.write("Hello.", 1.0, pcm(160))
    path = store.path("Hello.", 1.0)
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:-1] + b"\x7f", b"", b"x" * 400):
        path.write_bytes(damaged)
        assert store.read("Hello.", 1.0) is None
    store.write("Hello.", 1.0, pcm(160))
    assert store.read("Hello.", 1.0) is not None
    assert [file.suffix for file in tmp_path.iterdir()] == [".pcm"]


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = PhraseStore(tmp_path / "file" / "below", "voice", 1 << 20)
    store.write("Hello.", 1.0, pcm(160))
    assert store.read("Hello.", 1.0) is None
    assert store.prune() == 0


def test_the_folder_is_kept_under_its_bound(tmp_path: Path) -> None:
    store = PhraseStore(tmp_path, "voice", 3_000)
    for number in range(10):
        store.write(f"Phrase {number}.", 1.0, pcm(400))
    assert store.prune() > 0
    assert 0 < sum(file.stat().st_size for file in tmp_path.iterdir()) <= 3_000
