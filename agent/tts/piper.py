"""Piper's voice: the programs that speak it, behind the engine of all voices in processes."""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from agent.settings.tree import Tts
from agent.tts.engine import ProcessEngine
from agent.tts.phrase_store import file_sha256
from agent.tts.process import Program, VoiceProcess

WORKER = Path(__file__).with_name("piper_worker.py")


class PiperProcess(VoiceProcess):
    def __init__(self, voice: Path, *, threads: int, command: Sequence[str] | None = None) -> None:
        """`command` replaces the program (for tests); `voice` is the .onnx file."""
        # -P: the script's own folder has a piper.py, which must not hide the package.
        own = (sys.executable, "-P", str(WORKER), str(voice), "--threads", str(threads))
        super().__init__(
            Program(
                tuple(command) if command else own,
                files=(voice, voice.with_name(voice.name + ".json")),
                package="piper-tts",
                install="run `make install`",
                pull="run `agent models pull`",
                mend="run `agent models verify`",
            )
        )


class PiperEngine(ProcessEngine):
    def __init__(self, folder: Path, settings: Tts, *, cache_dir: Path | None = None) -> None:
        """`folder` holds one .onnx voice and its .onnx.json; `cache_dir` keeps fixed phrases on disk."""
        found = sorted(folder.glob("*.onnx"))
        voice = found[0] if found else folder / f"{settings.model}.onnx"
        processes = [PiperProcess(voice, threads=settings.threads) for _ in range(settings.workers)]
        super().__init__(processes, settings, partial(file_sha256, voice), cache_dir=cache_dir)
