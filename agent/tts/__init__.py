"""The voice: a small protocol, and the engines behind it."""

from pathlib import Path

from agent.settings.tree import Models, Tts, resolve
from agent.tts.protocol import RATE_HZ, TtsEngine, TtsError

CACHE_DIR = Path("data/cache/tts")
"""Fixed phrases, from the installation's folder."""


def open_engine(section: Tts, models_section: Models) -> TtsEngine:
    """The engine that `section` names; only that one is imported. It starts at `warm` or first use."""
    if section.backend == "fake":
        from agent.tts.fake import FakeTts

        return FakeTts()
    if section.backend == "coqui":
        from agent.tts.coqui import CoquiEngine, folder_of

        return CoquiEngine(folder_of(section, models_section), section, cache_dir=resolve(CACHE_DIR))
    from agent.models import require
    from agent.tts.piper import PiperEngine

    return PiperEngine(require(models_section, section.model), section, cache_dir=resolve(CACHE_DIR))


__all__ = ["CACHE_DIR", "RATE_HZ", "TtsEngine", "TtsError", "open_engine"]
