"""A bar on stderr for work that takes a while; it goes when the work is done."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


def tracked(items: Sequence[T], told: str) -> Iterator[T]:
    """The items one by one, with a bar named `told`."""
    with bar(told, len(items)) as done:
        for number, item in enumerate(items, 1):
            yield item
            done(number)


@contextmanager
def bar(told: str, whole: int) -> Iterator[Callable[[int], None]]:
    """A bar named `told`; what it gives hears how many of `whole` are done."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(file=sys.stderr), transient=True) as progress:
        task = progress.add_task(told, total=whole)
        yield lambda done: progress.update(task, completed=done)
