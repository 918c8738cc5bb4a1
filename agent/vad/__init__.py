"""Voice activity: who speaks when. Engines behind `protocol.py`."""

from agent.settings.tree import Models, Vad
from agent.vad.protocol import VadEngine


def open_engine(settings: Vad, models: Models) -> VadEngine:
    """The detector that `settings.backend` names, loaded. Silero's weights come with pipecat."""
    if settings.backend == "fake":
        from agent.vad.fake import FakeVadEngine

        return FakeVadEngine()
    if settings.backend == "webrtcvad":
        from agent.vad.webrtc import WebrtcEngine

        return WebrtcEngine(settings.aggressiveness, settings.frame_ms)
    from agent.vad.silero import SileroEngine

    return SileroEngine()
