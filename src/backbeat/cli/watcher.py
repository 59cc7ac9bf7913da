"""Tells of a run while it goes on: a line that is redrawn on a terminal, else a log event now and then."""

import sys
import time
from collections import deque
from collections.abc import Callable

import structlog
from rich.console import Console
from rich.live import Live
from rich.text import Text

from backbeat.cli.line import Line, bar
from backbeat.cli.standing_still import StandingStill
from backbeat.codes import Phase
from backbeat.index.progress import Progress
from backbeat.observe import figures, words
from backbeat.observe.standstill import cure_of, sentence

log = structlog.get_logger(__name__)

LOG_SECONDS = 10.0  # how often progress is told where no terminal shows it
PACE_SECONDS = 30.0  # so far back the pace is measured: batches come in bursts of some seconds
PACE_SECONDS_MIN = 2.0  # a pace of less says nothing


class LogWatcher:
    """Tells in log events on standard error."""

    def __init__(self) -> None:
        self._told_at = 0.0
        self._phase: Phase | None = None
        self._pace = Pace()
        self._standing_still = StandingStill()

    def started(self, urls: dict[str, str]) -> None:
        """Log where things are reached."""
        log.info("started", **urls)

    def progress(self, progress: Progress) -> None:
        """Log every ten seconds, and when the phase changes; also what keeps a block from being committed."""
        now = time.monotonic()
        self._pace.see(progress, now)
        stuck, is_news = self._standing_still.see(progress, now)
        if stuck is not None and is_news:
            log.warning("stuck", height=stuck.height, error=f"{sentence(stuck)}.", cure=cure_of(stuck))
        if progress.phase == self._phase and now - self._told_at < LOG_SECONDS:
            return
        self._told_at, self._phase = now, progress.phase
        rates = progress.rates(now)
        log.info(
            "progress",
            phase=str(progress.phase),
            height=progress.cursor.height if progress.cursor else 0,
            head=progress.head.height if progress.head else None,
            lag_blocks=progress.lag_blocks(),
            transactions_per_second=round(rates.transactions_per_second, 1),
            eta_seconds=self._pace.eta_seconds(),
        )

    def close(self) -> None:
        """Tell no more."""


class Pace:
    """How fast the tip comes nearer: also where the chain grows meanwhile."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()
        self._first_height: int | None = None

    def see(self, progress: Progress, now: float) -> None:
        """Take note of how far it is to the tip; only what is seen while catching up counts."""
        lag = progress.lag_blocks()
        if lag is None or progress.phase is not Phase.CATCHING_UP:
            self._seen.clear()
            self._first_height = None
            return
        if self._first_height is None and progress.cursor is not None:
            self._first_height = progress.cursor.height
        self._seen.append((now, lag))
        while len(self._seen) > 1 and self._seen[0][0] < now - PACE_SECONDS:
            self._seen.popleft()

    def eta_seconds(self) -> int | None:
        """Return the seconds to the tip at the pace of the last half minute; None while that is not known."""
        if not self._seen:
            return None
        (first_at, first_lag), (last_at, last_lag) = self._seen[0], self._seen[-1]
        seconds, blocks = last_at - first_at, first_lag - last_lag
        if seconds < PACE_SECONDS_MIN or blocks <= 0 or not last_lag:
            return None
        return round(last_lag * seconds / blocks)

    def share(self, progress: Progress) -> float | None:
        """Return which part of the way from where catching up began is done; None where none is under way."""
        if self._first_height is None or progress.cursor is None or progress.head is None:
            return None
        way = progress.head.height - self._first_height
        return min(1.0, max(0.0, (progress.cursor.height - self._first_height) / way)) if way > 0 else None


class TerminalWatcher:
    """Keeps one line up to date at the end of what a terminal shows; logs and other output go above it."""

    def __init__(self, console: Console | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._now = now
        self._line = Line([Text("Starting: the database, then the chain source")])
        self._live = Live(self._line, console=self._console, refresh_per_second=8, transient=True)
        self._pace = Pace()
        self._standing_still = StandingStill()
        self._reached_tip = False
        self._live.start()

    def started(self, urls: dict[str, str]) -> None:
        """Print the addresses."""
        for name, url in urls.items():
            self._console.print(Text.assemble((name.capitalize(), "bold"), f"  {url}"), soft_wrap=True)
        self._console.print(Text("Ctrl-C drains and stops.", style="dim"))
        self._live.update(Line([Text("Running")]))

    def progress(self, progress: Progress) -> None:
        """Draw the line again."""
        now = self._now()
        self._pace.see(progress, now)
        if progress.phase is Phase.AT_TIP and not self._reached_tip:
            self._reached_tip = True
            height = progress.cursor.height if progress.cursor else 0
            self._console.print(Text.assemble(("At the tip:", "green"), f" block {height:,}"))
        self._live.update(Line(self._stuck(progress, now) or parts(progress, self._pace, now)))
        if progress.phase is Phase.STOPPED:
            self._live.stop()

    def _stuck(self, progress: Progress, now: float) -> list[Text]:
        """Return what keeps a block from being committed, and print the whole of it with its cure when it is new."""
        found, is_news = self._standing_still.see(progress, now)
        if found is None:
            return []
        if is_news:
            self._console.print(Text(f"{sentence(found)}.", style="red"))
            self._console.print(Text(f"cure: {cure_of(found)}"))
        return [Text(sentence(found), style="red")]

    def close(self) -> None:
        """Leave the terminal as a program that was never there would."""
        self._live.stop()


def parts(progress: Progress, pace: Pace, now: float) -> list[Text]:
    """Return the state of the indexer, what matters most first; a bar and an estimate while it catches up."""
    rates = progress.rates(now)
    height = progress.cursor.height if progress.cursor else 0
    told = [Text(f"{words.phase(progress.phase)}: block {height:,}")]
    share, eta, lag = pace.share(progress), pace.eta_seconds(), progress.lag_blocks()
    if share is not None:
        told.append(bar(share))
    if to_go := figures.to_go(eta):
        told.append(Text(to_go))
    if lag is not None:
        told.append(Text(f"{lag:,} behind"))
    told.append(Text(f"{rates.transactions_per_second:,.0f} tx/s"))
    told.append(Text(f"{rates.plays_per_second:,.0f} plays/s"))
    return told


def make_watcher(*, as_json: bool) -> LogWatcher | TerminalWatcher:
    """Return what shows the run, to be closed: a line that is redrawn on a terminal, else a log event now and then."""
    return LogWatcher() if as_json or not sys.stderr.isatty() else TerminalWatcher()
