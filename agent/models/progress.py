"""How a pull tells how far it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Progress(Protocol):
    """Where a pull reports to."""

    def bar(self, label: str, total_bytes: int | None) -> "Bar":
        """A new bar; `total_bytes` is None where the size isn't known yet."""
        ...

    def note(self, sentence: str) -> None:
        """Something worth a line."""
        ...


class Bar(Protocol):
    def at(self, done_bytes: int, total_bytes: int | None = None) -> None: ...


class _SilentBar:
    def at(self, done_bytes: int, total_bytes: int | None = None) -> None: ...


class Silent:
    """Reports to nobody."""

    def bar(self, label: str, total_bytes: int | None) -> Bar:
        return _SilentBar()

    def note(self, sentence: str) -> None: ...


class _RichBar:
    def __init__(self, progress: object, task: object) -> None:
        self._progress = progress
        self._task = task

    def at(self, done_bytes: int, total_bytes: int | None = None) -> None:
        changes = {} if total_bytes is None else {"total": total_bytes}
        self._progress.update(self._task, completed=done_bytes, **changes)  # type: ignore[attr-defined]


class _Rich:
    def __init__(self, progress: object) -> None:
        self._progress = progress

    def bar(self, label: str, total_bytes: int | None) -> Bar:
        task = self._progress.add_task(label, total=total_bytes)  # type: ignore[attr-defined]
        return _RichBar(self._progress, task)

    def note(self, sentence: str) -> None:
        self._progress.console.print(sentence, markup=False, highlight=False)  # type: ignore[attr-defined]


@contextmanager
def bars() -> Iterator[Progress]:
    """Bars on stderr: bytes, speed and the time left. Off a terminal, the notes alone."""
    from rich import progress as rich
    from rich.console import Console

    columns = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.DownloadColumn(),
        rich.TransferSpeedColumn(),
        rich.TimeRemainingColumn(),
    )
    console = Console(stderr=True, soft_wrap=True)
    with rich.Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        yield _Rich(progress)
