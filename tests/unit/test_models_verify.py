"""The manifest, and whether weights are whole: sizes always, hashes once and when a file changed."""

import errno
import hashlib
import json
import os
from pathlib import Path

import pytest

from agent.models import ManifestError, MissingWeights, require, verify
from agent.models.manifest import read
from agent.models.verify import STAMP, inspect, state_of
from agent.settings.tree import Models

DATA = b"weights " * 1000


def settings(tmp_path: Path, name: str = "tiny") -> Models:
    digest = hashlib.sha256(DATA).hexdigest()
    manifest = tmp_path / "manifest.toml"
    manifest.write_text(
        f'[[weight]]\nname = "{name}"\nabout = "for a test"\nlicence = "CC0-1.0"\n'
        f'[[weight.file]]\npath = "w.bin"\nbytes = {len(DATA)}\nsha256 = "{digest}"\n'
    )
    return Models(dir=tmp_path / "models", manifest=manifest)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "models" / "tiny" / "w.bin"
    file.parent.mkdir(parents=True)
    file.write_bytes(DATA)
    return file


def test_the_shipped_manifest_is_complete():
    weights = read()
    pulled = [weight for weight in weights.values() if weight.home is None]
    assert {weight.name for weight in pulled} == {
        "smollm2-135m",
        "whisper-tiny.en",
        "whisper-base",
        "whisper-large-v3-turbo",
        "piper-joe",
        "minilm",
        "minilm-float",
    }
    assert [weight.name for weight in pulled if weight.optional] == [
        "whisper-large-v3-turbo",
        "minilm-float",
    ]
    for weight in weights.values():
        assert weight.licence and weight.about and weight.files
        for file in weight.files:
            assert len(file.sha256) == 64 and file.bytes > 0
            if weight.optional:
                assert file.hub, file.path
            elif weight.home is None:
                assert file.members, file.path
                assert all("==" in member.package for member in file.members), "exact versions"
            if file.hub:
                assert len(file.hub.revision) == 40, "a pinned revision"


def test_the_weights_that_come_inside_pipecat_are_what_the_manifest_says():
    assert (require(Models(), "silero-vad") / "audio/vad/data/silero_vad.onnx").is_file()
    assert require(Models(), "smart-turn").is_dir()


def test_a_whole_weight_is_hashed_once(tmp_path: Path, file: Path, monkeypatch):
    at = settings(tmp_path)
    hashed: list[Path] = []
    real = verify.sha256_of
    monkeypatch.setattr(verify, "sha256_of", lambda path: hashed.append(path) or real(path))
    assert require(at, "tiny") == file.parent
    assert require(at, "tiny") == file.parent
    assert hashed == [file]


def test_a_file_that_changed_is_hashed_again_and_refused(tmp_path: Path, file: Path):
    at = settings(tmp_path)
    require(at, "tiny")
    file.write_bytes(DATA[:-1] + b"?")
    os.utime(file, ns=(1, 1))
    with pytest.raises(MissingWeights, match=r"w\.bin.*sha256.*agent models pull tiny"):
        require(at, "tiny")


def test_a_forged_stamp_for_another_hash_is_not_believed(tmp_path: Path, file: Path):
    at = settings(tmp_path)
    file.write_bytes(DATA[::-1])
    status = file.stat()
    digest = hashlib.sha256(DATA[::-1]).hexdigest()
    stamp = {"w.bin": {"bytes": status.st_size, "mtime_ns": status.st_mtime_ns, "sha256": digest}}
    (file.parent / STAMP).write_text(json.dumps(stamp))
    with pytest.raises(MissingWeights):
        require(at, "tiny")


@pytest.mark.parametrize("junk", ["", "[]", "{]", '{"w.bin": 3}'])
def test_a_broken_stamp_only_means_hashing_again(tmp_path: Path, file: Path, junk: str):
    (file.parent / STAMP).write_text(junk)
    assert require(settings(tmp_path), "tiny") == file.parent


def test_verify_reads_every_byte_though_the_stamp_is_good(tmp_path: Path, file: Path):
    at = settings(tmp_path)
    require(at, "tiny")
    time = file.stat().st_mtime_ns
    file.write_bytes(DATA[::-1])
    os.utime(file, ns=(time, time))
    weight = read(at.manifest)["tiny"]
    assert state_of(inspect(weight, tmp_path / "models", rehash=True)) == "wrong"


@pytest.mark.parametrize(
    ("spoil", "state"),
    [
        (lambda file: file.unlink(), "missing"),
        (lambda file: file.rename(f"{file}.part"), "partial"),
        (lambda file: file.write_bytes(DATA[:4000]), "partial"),
        (lambda file: file.write_bytes(DATA + b"?"), "wrong"),
        (lambda file: file.write_bytes(DATA[::-1]), "wrong"),
    ],
)
def test_each_state_has_its_name_and_its_sentence(tmp_path: Path, file: Path, spoil, state: str):
    spoil(file)
    at = settings(tmp_path)
    findings = inspect(read(at.manifest)["tiny"], tmp_path / "models")
    assert state_of(findings) == state
    with pytest.raises(MissingWeights) as told:
        require(at, "tiny")
    assert "w.bin" in str(told.value) and "agent models pull tiny" in str(told.value)


def test_a_name_that_is_not_known_is_told_with_those_that_are(tmp_path: Path):
    with pytest.raises(MissingWeights, match="whisper-base"):
        require(Models(dir=tmp_path), "wisper")


def test_an_own_manifest_stands_over_the_shipped_one(tmp_path: Path):
    at = settings(tmp_path, "minilm")
    weights = read(at.manifest)
    assert weights["minilm"].about == "for a test" and "whisper-base" in weights


@pytest.mark.parametrize(
    "text",
    [
        "[[weight]",
        '[[weight]]\nname = "x"\n',
        '[[weight]]\nname = "../x"\nabout = ""\nlicence = ""\nfile = []\n',
        '[[weight]]\nname="x"\nabout=""\nlicence=""\n[[weight.file]]\npath="/etc/x"\nbytes=1\nsha256=""\n',
    ],
)
def test_a_wrong_manifest_is_named(tmp_path: Path, text: str):
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(ManifestError, match=r"mine\.toml"):
        read(file)


def test_weights_on_a_read_only_file_system_are_used(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    models = settings(tmp_path)
    monkeypatch.setattr(Path, "write_text", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    assert require(models, "tiny") == file.parent
