"""Recognition: what was said. Engines behind `protocol.py`."""

from pathlib import Path

from agent.asr.protocol import AsrEngine
from agent.settings.tree import Asr, Models, resolve


def open_engine(settings: Asr, models: Models) -> AsrEngine:
    """The recogniser that `settings.backend` names, loaded.

    Raises `MissingWeights`, `LanguageError`, `DeviceError`.
    """
    if settings.backend == "fake":
        from agent.asr.fake import FakeAsrEngine

        return FakeAsrEngine()
    from agent.asr.whisper import WhisperEngine

    return WhisperEngine(folder_of(settings, models), settings)


def folder_of(settings: Asr, models: Models) -> Path:
    """The weights that `settings.model` names. Raises `MissingWeights`.

    A name of the manifest is verified; a folder of one's own is taken as it is.
    """
    from agent.models import MissingWeights, require

    if "/" not in settings.model:
        return require(models, settings.model)
    own = resolve(Path(settings.model))
    if not own.is_dir():
        raise MissingWeights(f"asr.model names the folder {own}, which isn't there: check the path.")
    lacks = [name for name in ("model.bin", "config.json", "tokenizer.json") if not (own / name).is_file()]
    if lacks:
        raise MissingWeights(
            f"{own} holds no Whisper model for CTranslate2 ({', '.join(lacks)} isn't there): "
            "convert one with ct2-transformers-converter --copy_files tokenizer.json."
        )
    return own
