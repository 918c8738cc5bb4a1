"""What is measured: the stock pipeline and ours, each a command line that starts a server."""

import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A server to call. `path` is that of its Media Streams socket."""

    name: str
    title: str
    """For people."""
    stock: bool
    whisper: str
    arguments: tuple[str, ...]
    path: str

    def command(self, ready_file: Path, folder: Path) -> list[str]:
        """Starts it on a free port; what it keeps of calls lies in `folder`."""
        command = [sys.executable, *self.arguments, "--ready-file", str(ready_file)]
        if self.stock:
            return command
        kept = {
            "server.port": 0,
            "records.url": f"sqlite:///{folder / 'calls.db'}",
            "records.recordings_dir": folder / "recordings",
            "log.level": "WARNING",
        }
        return command + [word for key, value in kept.items() for word in ("--set", f"{key}={value}")]


def _ours(name: str, title: str, whisper: str, *sets: str) -> Pipeline:
    words = (f"asr.model=whisper-{whisper}", *sets)
    arguments = ("-m", "agent", "serve", *(word for line in words for word in ("--set", line)))
    return Pipeline(name, title, False, f"whisper-{whisper}", arguments, "/softphone")


STOCK = Pipeline(
    "stock",
    "stock, base",
    True,
    "whisper-base",
    ("-m", "bench.stock.server", "--port", "0", "--stt", "base"),
    "/stock",
)
OURS_BASE = _ours("ours-base", "ours, base", "base")
OURS = _ours("ours", "ours as shipped, tiny.en", "tiny.en")
OURS_MODEL = _ours("ours-model", "ours, base, model words", "base", "dialogue.responder=model")

PAIR = (STOCK, OURS_BASE)
"""The fair pair: the same weights."""
DEFAULT = (STOCK, OURS_BASE, OURS)
ALL = {pipeline.name: pipeline for pipeline in (*DEFAULT, OURS_MODEL)}
