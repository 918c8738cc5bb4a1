"""Recognition: what was said. Engines behind `protocol.py`."""

from agent.asr.protocol import AsrEngine
from agent.settings.tree import Asr, Models


def open_engine(settings: Asr, models: Models) -> AsrEngine:
    """The recogniser that `settings.backend` names, loaded. Raises `MissingWeights`, `LanguageError`."""
    if settings.backend == "fake":
        from agent.asr.fake import FakeAsrEngine

        return FakeAsrEngine()
    from agent.asr.whisper import WhisperEngine
    from agent.models import require

    return WhisperEngine(require(models, settings.model), settings)
