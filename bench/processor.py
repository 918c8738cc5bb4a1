"""Processor time of a process and all below it, from Linux's /proc."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

VOICE = b"piper_worker"
"""Stands in the command line of our voice's process."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of processor since the processes began, user and system."""

    total_s: float
    voice_s: float
    """Of these, by the voice's processes."""

    def since(self, before: "Spent") -> "Spent":
        return Spent(round(self.total_s - before.total_s, 6), round(self.voice_s - before.voice_s, 6))


def spent_by(root: int, proc: Path = Path("/proc")) -> Spent:
    """What process `root` and its living descendants used, and their children that have ended."""
    total = voice = 0.0
    for pid in _tree(root, proc):
        used = _used_s(proc / str(pid))
        total += used
        if VOICE in _read(proc / str(pid) / "cmdline"):
            voice += used
    return Spent(total, voice)


def _tree(root: int, proc: Path) -> Iterator[int]:
    """`root` and all below it that live."""
    parents = {int(path.name): _parent(path) for path in proc.glob("[0-9]*")}
    found = [root]
    for pid in found:
        yield pid
        found += [child for child, parent in parents.items() if parent == pid]


def _parent(process: Path) -> int | None:
    fields = _fields(process)
    return int(fields[1]) if len(fields) > 1 else None


def _used_s(process: Path) -> float:
    """utime + stime + cutime + cstime; 0 where it has ended."""
    return sum(int(field) for field in _fields(process)[11:15]) / os.sysconf("SC_CLK_TCK")


def _fields(process: Path) -> list[bytes]:
    """Those of proc(5)'s `stat` from the third on: state, parent, ..., the four times as 11 to 14."""
    return _read(process / "stat").rpartition(b")")[2].split()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
