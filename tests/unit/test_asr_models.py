"""Other recognisers by choice: their mel bands, folders of one's own, devices, and the shipped overlays."""

import shutil
from pathlib import Path

import ctranslate2
import numpy as np
import pytest
import soundfile
import tiny_whisper

from agent.asr import folder_of, open_engine
from agent.asr.device import DeviceError
from agent.asr.model import Weights
from agent.asr.whisper import LanguageError, WhisperEngine
from agent.models import MissingWeights, require
from agent.settings import ROOT, load
from agent.settings.errors import SettingsError
from agent.settings.tree import Asr, Models

EARS = Path(__file__).parents[1] / "data" / "ears"
OVERLAYS = ROOT / "config" / "overlays"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with the 128 mel bands of large-v3-turbo, of random numbers."""
    folder = tmp_path_factory.mktemp("ears") / "large"
    return tiny_whisper.make(folder, require(Models(), "whisper-base"), mels=128)


def question() -> np.ndarray:
    return soundfile.read(EARS / "return_a_jacket.wav", dtype="int16")[0]


@pytest.mark.parametrize("window", ["short", "full"])
async def test_a_model_of_128_mel_bands_is_fed_with_128(large: Path, window: str):
    settings = Asr.model_validate({"model": str(large), "window": window})
    engine = open_engine(settings, Models())
    await engine.warm()
    session = engine.open(("Parcelway",))
    session.feed(question())
    found = await session.final()
    await engine.close()
    assert found.audio_ms == len(question()) // 8 and isinstance(found.text, str)


def test_the_mel_bands_are_the_model_s_own(large: Path):
    wide = Weights(large, Asr(model=str(large)))
    narrow = Weights(require(Models(), "whisper-tiny.en"), Asr())
    audio = np.zeros(16_000, np.float32)
    assert wide._features(audio).shape[0] == 128 and narrow._features(audio).shape[0] == 80
    assert wide.multilingual and not narrow.multilingual
    assert np.array(wide.encode(audio, 8.0)).shape == (1, 400, tiny_whisper.WIDTH)


def test_a_folder_of_one_s_own_hears_as_the_weights_that_it_was_copied_from(tmp_path: Path):
    own = tmp_path / "my-ears"
    shutil.copytree(require(Models(), "whisper-tiny.en"), own)
    engine = open_engine(Asr(model=str(own)), Models())
    assert isinstance(engine, WhisperEngine)
    audio = np.repeat(question().astype(np.float32) / 32768, 2)
    assert "jacket" in engine.transcribe(audio).text
    with pytest.raises(LanguageError, match="English only"):
        open_engine(Asr(model=str(own), language="de"), Models())


def test_what_is_no_model_is_told_in_a_sentence(tmp_path: Path, large: Path):
    with pytest.raises(MissingWeights, match=r"No weights are named whisper-huge: choose one of .*whisper-"):
        folder_of(Asr(model="whisper-huge"), Models())
    with pytest.raises(MissingWeights, match="isn't there: check the path"):
        folder_of(Asr(model=str(tmp_path / "nothing")), Models())
    with pytest.raises(MissingWeights, match=r"model\.bin.*ct2-transformers-converter"):
        folder_of(Asr(model=str(tmp_path)), Models())
    cut = tmp_path / "cut"
    shutil.copytree(large, cut)
    (cut / "model.bin").write_bytes((large / "model.bin").read_bytes()[:1000])
    with pytest.raises(MissingWeights, match="can't be loaded as a Whisper model"):
        open_engine(Asr(model=str(cut)), Models())
    with pytest.raises(MissingWeights, match="can't be loaded as a Whisper model"):
        open_engine(Asr(model="minilm"), Models())


def test_a_device_that_is_not_here_and_numbers_that_it_can_not_do_are_refused(monkeypatch):
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 0)
    with pytest.raises(DeviceError, match=r"no CUDA device is here: set asr\.device to cpu or auto"):
        open_engine(Asr(device="cuda"), Models())
    monkeypatch.setattr(ctranslate2, "get_supported_compute_types", lambda device: {"float32", "int8"})
    with pytest.raises(
        DeviceError, match=r"float16, which cpu can't do here: set auto or one of float32, int8"
    ):
        open_engine(Asr(compute_type="float16", device="auto"), Models())


def test_numbers_of_another_kind_hear_the_same():
    audio = np.repeat(question().astype(np.float32) / 32768, 2)
    engine = open_engine(Asr(compute_type="float32", device="auto"), Models())
    assert isinstance(engine, WhisperEngine)
    assert "return a jacket that I bought last week" in engine.transcribe(audio).text


def test_the_overlays_choose_what_their_names_say():
    named = {file.stem: load([file]).asr for file in sorted(OVERLAYS.glob("whisper-*.toml"))}
    assert {name: asr.model for name, asr in named.items()} == {name: name for name in named}
    assert len(named) == 2
    turbo = named["whisper-large-v3-turbo"]
    assert (turbo.device, turbo.compute_type, turbo.window) == ("auto", "auto", "full")
    with pytest.raises(SettingsError, match=r"asr\.compute_type"):
        load([], ["asr.compute_type=int3"])


def test_weights_that_are_optional_are_said_to_be_missing_with_the_command(tmp_path: Path):
    with pytest.raises(MissingWeights, match="run `agent models pull whisper-large-v3-turbo`"):
        folder_of(Asr(model="whisper-large-v3-turbo"), Models(dir=tmp_path))
