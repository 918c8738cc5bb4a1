"""Voice activity: who speaks when. Engines behind `protocol.py`."""

from agent.settings.tree import Vad
from agent.vad.protocol import VadEngine


def open_engine(settings: Vad) -> VadEngine:
    """The detector that `settings.backend` names, loaded."""
    if settings.backend == "fake":
        from agent.vad.fake import FakeVadEngine

        return FakeVadEngine()
    from agent.vad.silero import SileroEngine

    return SileroEngine()
