"""Where and with what a measurement was made."""

import importlib.metadata
import os
import platform
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.settings import ROOT

PACKAGES = (
    "pipecat-ai",
    "faster-whisper",
    "ctranslate2",
    "xllamacpp",
    "onnxruntime",
    "piper-tts",
    "numpy",
    "soxr",
    "tokenizers",
    "websockets",
    "uvicorn",
)
"""Those whose version can move a figure."""


def machine() -> dict[str, Any]:
    """Processor, cores, memory in GiB, system, Python."""
    memory = _field(Path("/proc/meminfo"), "MemTotal").split()
    return {
        "cpu": _field(Path("/proc/cpuinfo"), "model name") or platform.processor() or "unknown",
        "cores": os.cpu_count(),
        "ram_gib": round(int(memory[0]) / 2**20, 1) if memory else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def command(module: str, arguments: Sequence[str], hidden: Sequence[str] = ()) -> str:
    """What was typed for a measurement; the values of `hidden` options by their names alone."""
    told = [
        before.strip("-").upper() if before in hidden else one
        for before, one in zip(("", *arguments), arguments, strict=False)
    ]
    return shlex.join(("python", "-m", module, *told))


def versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "none"
    return found


def commit() -> str | None:
    """The checkout's commit, `+` behind it where tracked files differ; None outside git."""
    head = _git("rev-parse", "HEAD")
    if head is None:
        return None
    return head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")


def load_average() -> float:
    """Of the last minute: what ran beside the measurement counts too."""
    return round(os.getloadavg()[0], 2)


def _git(*words: str) -> str | None:
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _field(path: Path, name: str) -> str:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
