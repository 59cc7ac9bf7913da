"""Progress of work, on standard error: a bar on a terminal, else a line now and then, for programs as JSON."""

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from rich.console import Console
from rich.live import Live
from rich.text import Text

from backbeat.cli.line import Line, bar
from backbeat.how_far import Tell
from backbeat.observe import figures

TELL_SECONDS = 5.0  # how often progress is told where no terminal shows it
TELL_SHARE = 0.05  # of the time that it took so far: hours of work are told in some hundred lines
PACE_SECONDS = 30.0  # so far back the pace is measured: ranges are not of one size
PACE_SECONDS_MIN = 2.0  # a pace of less says nothing
SEEN_MAX = 300  # notes of the pace
MINUTE = 60
SHARE_MAX = 0.99  # before the end, where the size was an estimate


class Work:
    """Work under way: how much is done, of how much, and at what pace.

    ``total`` is None where nobody knows the size. ``is_about``: it is an estimate.
    """

    def __init__(
        self,
        does: str,
        things: str = "",
        total: int | None = None,
        *,
        is_about: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.does = does
        self.things = things
        self.is_about = is_about
        self._total = total
        self._now = now
        self._began = now()
        self._done: int | None = None
        self._seen: deque[tuple[float, int]] = deque(maxlen=SEEN_MAX)

    def tell(self, done: int) -> None:
        """Take note of how much is done; what the first call tells was done before."""
        now = self._now()
        self._done = done
        if self._seen and now - self._seen[-1][0] < PACE_SECONDS / SEEN_MAX:
            return
        self._seen.append((now, done))
        while len(self._seen) > 1 and self._seen[0][0] < now - PACE_SECONDS:
            self._seen.popleft()

    def tell_of(self, things: str, done: int, total: int) -> None:
        """Take note of a part of the work whose size came to be known, in its own things."""
        if (things, total) != (self.things, self._total):
            self._seen.clear()
            self.things, self._total = things, total
        self.tell(done)

    def share(self) -> float | None:
        """Return which part is done; None while that is not known."""
        if self._done is None or not self._total:
            return None
        share = max(0.0, self._done / self._total)
        return min(share, SHARE_MAX if self.is_about else 1.0)

    def eta_seconds(self) -> float | None:
        """Return the seconds that are left at the pace of the last half minute; None while that is not known."""
        if len(self._seen) < 2 or not self._total:  # noqa: PLR2004 - from one note to another
            return None
        (first_at, first), (last_at, last) = self._seen[0], self._seen[-1]
        seconds = self._now() - first_at
        if last_at - first_at < PACE_SECONDS_MIN or last <= first or last >= self._total:
            return None
        left = (self._total - last) * seconds / (last - first)
        return max(0.0, left)

    def parts(self) -> list[Text]:
        """Return what is told of it, what matters most first."""
        share = self.share()
        told = [Text(self.does)]
        if share is not None:
            told.append(bar(share))
        told += [Text(part) for part in self._figures()]
        return told

    def sentence(self) -> str:
        """Return the same in a line of text."""
        share = self.share()
        percent = [] if share is None else [f"{int(share * 100)} %"]
        return f"{self.does}: {', '.join([*percent, *self._figures()])}"

    def event(self) -> dict[str, Any]:
        """Return the same for a program."""
        share, eta = self.share(), self.eta_seconds()
        return {
            "progress": {
                "does": self.does,
                "things": self.things,
                "done": self._done,
                "total": self._total,
                "percent": None if share is None else int(share * 100),
                "eta_seconds": None if eta is None else round(eta),
                "seconds": round(self._now() - self._began),
            }
        }

    def _figures(self) -> list[str]:
        told = []
        if to_go := figures.to_go(self.eta_seconds()):
            told.append(to_go)
        about = "about " if self.is_about else ""
        if self._total is not None and self._done is not None:
            told.append(f"{self._done:,} of {about}{max(self._total, self._done):,} {self.things}")
        elif self._total is not None:
            told.append(f"{about}{self._total:,} {self.things}")
        seconds = int(self._now() - self._began)
        return [*told, f"{seconds} s so far" if seconds < MINUTE else f"{figures.about(seconds)} so far"]


@contextmanager
def shown(work: Work, *, as_json: bool = False) -> Iterator[Work]:
    """Show work while the body does it; standard output is left to the answer."""
    console = Console(stderr=True, highlight=False)
    if console.is_terminal and not as_json:
        drawn = Live(get_renderable=lambda: Line(work.parts()), console=console, refresh_per_second=4, transient=True)
        with drawn:
            yield work
        return
    ended = threading.Event()
    teller = threading.Thread(target=_tell, args=(work, ended), kwargs={"as_json": as_json}, daemon=True)
    teller.start()
    try:
        yield work
    finally:
        ended.set()
        teller.join()


@contextmanager
def progress(
    things: str, total: int, *, does: str = "", is_about: bool = False, as_json: bool = False
) -> Iterator[Tell]:
    """Lend a function that is told how many of ``total`` things are done and shows it, with the time left."""
    work = Work(does or things.capitalize(), things, total, is_about=is_about)
    with shown(work, as_json=as_json):
        yield work.tell


def _tell(work: Work, ended: threading.Event, *, as_json: bool) -> None:
    """Tell of it every five seconds, and less often the longer it takes."""
    began = time.monotonic()
    while not ended.wait(max(TELL_SECONDS, (time.monotonic() - began) * TELL_SHARE)):
        told = msgspec.json.encode(work.event()).decode() if as_json else work.sentence()
        sys.stderr.write(told + "\n")
        sys.stderr.flush()
