"""Tells of a run while it goes on: a line that is redrawn on a terminal, else a log event now and then."""

import sys
import time

import structlog
from rich.console import Console

from backbeat.app import Watcher
from backbeat.index.progress import Phase, Progress

log = structlog.get_logger(__name__)

LOG_SECONDS = 10.0  # how often progress is told where no terminal shows it


def make_watcher(*, as_json: bool) -> Watcher:
    """Return what shows the run: a line that is redrawn on a terminal, else a log event now and then."""
    return LogWatcher() if as_json or not sys.stderr.isatty() else TerminalWatcher()


class LogWatcher:
    """Tells in log events on standard error."""

    def __init__(self) -> None:
        self._told_at = 0.0
        self._phase: Phase | None = None

    def started(self, urls: dict[str, str]) -> None:
        """Log where things are reached."""
        log.info("started", **urls)

    def progress(self, progress: Progress) -> None:
        """Log every ten seconds, and when the phase changes."""
        now = time.monotonic()
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
            eta_seconds=eta_seconds(progress, rates.blocks_per_second),
        )


class TerminalWatcher:
    """Keeps one line up to date on a terminal."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._status = self._console.status("Starting")
        self._reached_tip = False

    def started(self, urls: dict[str, str]) -> None:
        """Print the addresses."""
        for name, url in urls.items():
            self._console.print(f"[bold]{name.capitalize()}[/]  {url}")
        self._console.print("[dim]Ctrl-C drains and stops.[/]")

    def progress(self, progress: Progress) -> None:
        """Draw the line, or draw it again."""
        self._status.start()
        if progress.phase is Phase.AT_TIP and not self._reached_tip:
            self._reached_tip = True
            height = progress.cursor.height if progress.cursor else 0
            self._console.print(f"[green]At the tip:[/] block {height:,}")
        self._status.update(line(progress, time.monotonic()))
        if progress.phase is Phase.STOPPED:
            self._status.stop()


def line(progress: Progress, now: float) -> str:
    """Return the state of the indexer in one line, with an estimate while it catches up."""
    rates = progress.rates(now)
    height = progress.cursor.height if progress.cursor else 0
    parts = [f"{progress.phase}: block {height:,}"]
    lag = progress.lag_blocks()
    if lag is not None:
        parts.append(f"{lag:,} behind")
    parts.append(f"{rates.transactions_per_second:,.0f} tx/s")
    parts.append(f"{rates.plays_per_second:,.0f} plays/s")
    eta = eta_seconds(progress, rates.blocks_per_second)
    if eta:
        parts.append(f"about {eta:,} s to go")
    return " · ".join(parts)


def eta_seconds(progress: Progress, blocks_per_second: float) -> int | None:
    """Return the seconds until the tip at the present rate; None at the tip or while the rate is unknown."""
    lag = progress.lag_blocks()
    if not lag or progress.phase is not Phase.CATCHING_UP or blocks_per_second <= 0:
        return None
    return round(lag / blocks_per_second)
