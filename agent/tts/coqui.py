"""Coqui's voices (VITS, XTTS): folder and program, behind the engine of all voices in processes."""

import hashlib
import json
import subprocess
import sys
from functools import partial
from pathlib import Path

from loguru import logger

from agent.models import MissingWeights, require
from agent.settings import UserError
from agent.settings.tree import Models, Tts, resolve
from agent.tts.engine import ProcessEngine
from agent.tts.phrase_store import file_sha256
from agent.tts.process import Program, VoiceProcess

WORKER = Path(__file__).with_name("coqui_worker.py")
INSTALL = 'run `pip install -e ".[coqui]"`, or set tts.python to an interpreter that has coqui-tts'
CHECKPOINTS = ("model.pth", "model_file.pth", "best_model.pth")
XTTS_FILES = ("vocab.json",)
START_MS = 180_000
"""Importing torch and reading 2 GB of weights on a slow disk."""
CHECK_S = 60


class MissingExtra(UserError):
    """What Coqui's voices need isn't installed; the text says how to get it."""

    exit_code = 2


class CoquiEngine(ProcessEngine):
    def __init__(self, folder: Path, settings: Tts, *, cache_dir: Path | None = None) -> None:
        """`folder` holds config.json and the checkpoint. Raises `MissingWeights`."""
        checkpoint = checkpoint_in(folder)
        if model_of(folder) == "xtts":
            logger.warning("XTTS's weights are under the Coqui Public Model License: no commercial use")
        program = program_for(folder, checkpoint, settings)
        processes = [VoiceProcess(program) for _ in range(settings.workers)]
        identity = partial(_identity, folder, checkpoint, settings)
        super().__init__(processes, settings, identity, cache_dir=cache_dir)


def folder_of(settings: Tts, models: Models) -> Path:
    """The folder that `settings.model` names: a path, or a name of the manifest. Raises `MissingWeights`."""
    folder = resolve(Path(settings.model)) if "/" in settings.model else require(models, settings.model)
    checkpoint_in(folder)
    return folder


def checkpoint_in(folder: Path) -> Path:
    """The one checkpoint beside `config.json`. Raises `MissingWeights` with a sentence."""
    lacks = [name for name in ("config.json",) if not (folder / name).is_file()]
    found = [folder / name for name in CHECKPOINTS if (folder / name).is_file()]
    if not found:
        lacks.append(CHECKPOINTS[0])
    elif model_of(folder) == "xtts":
        lacks += [name for name in XTTS_FILES if not (folder / name).is_file()]
    if lacks:
        raise MissingWeights(
            f"tts.model names {folder}, which lacks {' and '.join(lacks)}: "
            "set it to the folder of a Coqui voice (docs/engines.md)."
        )
    return found[0]


def model_of(folder: Path) -> str:
    """What `config.json` calls its model: `vits`, `xtts`, ... Empty where it says nothing."""
    try:
        return str(json.loads((folder / "config.json").read_text("utf-8")).get("model", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def interpreter(settings: Tts) -> str:
    return str(resolve(settings.python)) if settings.python else sys.executable


def check(settings: Tts) -> None:
    """Whether the interpreter has coqui-tts; imports nothing of it. Raises `MissingExtra`."""
    look = "import importlib.util, sys; sys.exit(importlib.util.find_spec('TTS') is None)"
    command = [interpreter(settings), "-P", "-c", look]
    try:
        done = subprocess.run(command, capture_output=True, timeout=CHECK_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        raise MissingExtra(f"{command[0]} can't be started: set tts.python.") from None
    if done.returncode:
        raise MissingExtra(f"tts.backend is coqui, but {command[0]} has no coqui-tts: {INSTALL}.")


def program_for(folder: Path, checkpoint: Path, settings: Tts) -> Program:
    speaker = resolve(Path(settings.speaker))
    command = [interpreter(settings), "-P", str(WORKER), str(folder), "--checkpoint", str(checkpoint)]
    command += ["--threads", str(settings.threads), "--device", settings.device]
    command += ["--speaker", str(speaker) if _is_recording(settings) else settings.speaker]
    command += ["--language", settings.language, "--stream-tokens", str(settings.stream_tokens)]
    return Program(
        tuple(command),
        files=(checkpoint, folder / "config.json"),
        package="coqui-tts",
        install=INSTALL,
        pull="see docs/engines.md",
        mend="pull the voice again, and look at tts.device",
        start_ms=START_MS,
    )


def _is_recording(settings: Tts) -> bool:
    return bool(settings.speaker) and resolve(Path(settings.speaker)).is_file()


def _identity(folder: Path, checkpoint: Path, settings: Tts) -> str:
    """Of everything that shapes the sound beside text and speed; reads the whole checkpoint."""
    files = [checkpoint, folder / "config.json"]
    files += [resolve(Path(settings.speaker))] if _is_recording(settings) else []
    parts = [file_sha256(file) for file in files]
    return hashlib.sha256("\0".join([*parts, settings.speaker, settings.language]).encode()).hexdigest()
