"""Whether this machine's CPU can run llama.cpp: found out before it is loaded, as SIGILL ends a process."""

import functools
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.llm.protocol import LlmError

NEEDED = ("sse4_2", "avx", "avx2", "bmi2", "f16c", "fma")
"""What the x86-64 wheel of xllamacpp is compiled for: its `get_system_info()`, in /proc/cpuinfo's words."""
CPUINFO = Path("/proc/cpuinfo")
PROBE = (sys.executable, "-c", "import xllamacpp; xllamacpp.get_system_info()")
PROBE_S = 120


def missing(cpuinfo: str) -> tuple[str, ...] | None:
    """Which of `NEEDED` the text of /proc/cpuinfo lacks; None where it has no flags."""
    for line in cpuinfo.splitlines():
        name, _, flags = line.partition(":")
        if name.strip() == "flags":
            have = set(flags.split())
            return tuple(feature for feature in NEEDED if feature not in have)
    return None


def check(cpuinfo: str, machine: str) -> bool:
    """Raises `LlmError` where the CPU lacks something; False where the flags don't tell."""
    lacks = missing(cpuinfo) if machine in ("x86_64", "AMD64") else None
    if lacks:
        raise LlmError(
            f"This CPU lacks {', '.join(lacks)}, which the language model's engine needs; "
            "set llm.backend to `openai` (a model on another machine) or `off` (templates only)."
        )
    return lacks is not None


def probe(command: Sequence[str] = PROBE) -> None:
    """Loads the engine in a process of its own. Raises `LlmError` where that dies. Blocks."""
    try:
        code = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PROBE_S,
            check=False,
        ).returncode
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LlmError(
            "The language model's engine could not be tried out; set llm.backend to `off`."
        ) from error
    if code < 0:
        raise LlmError(
            f"The language model's engine dies on this CPU (signal {-code}); "
            "set llm.backend to `openai` (a model on another machine) or `off` (templates only)."
        )
    if code > 0:
        raise LlmError("The language model's engine can't be imported; run `make install`.")


@functools.cache
def check_this_machine() -> None:
    """Once a process. Raises `LlmError` where llama.cpp can't run here. Blocks for up to some seconds."""
    try:
        cpuinfo = CPUINFO.read_text("utf-8", "replace")
    except OSError:
        cpuinfo = ""
    if not check(cpuinfo, platform.machine()):
        probe()
