"""Progress of work whose size is known, on standard error: a bar on a terminal, else a line now and then."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

TELL_SECONDS = 5.0  # how often progress is told where no terminal shows it


@contextmanager
def progress(things: str, total: int) -> Iterator[Callable[[int], None]]:
    """Lend a function that is told how many of ``total`` things are done and shows it, with the time left."""
    console = Console(stderr=True)
    columns = (TextColumn(things), BarColumn(), TaskProgressColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    if console.is_terminal:
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(things, total=total)
            yield lambda done: bar.update(task, completed=done)
    else:
        yield _Lines(things, total).tell


@contextmanager
def working(does: str) -> Iterator[None]:
    """Show on a terminal that work goes on whose size nobody knows, and for how long it has."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    columns = (SpinnerColumn(), TextColumn(does, markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        bar.add_task(does, total=None)
        yield


class _Lines:
    """Tells of progress in a line now and then."""

    def __init__(self, things: str, total: int) -> None:
        self._things = things
        self._total = total
        self._began = self._told = time.monotonic()

    def tell(self, done: int) -> None:
        now = time.monotonic()
        if done and now - self._told >= TELL_SECONDS:
            self._told = now
            left = (now - self._began) / done * (self._total - done)
            print(f"{done:,} of {self._total:,} {self._things}, {left:.0f} s left", file=sys.stderr, flush=True)
