"""``backbeat up``: everything in one process, told to whoever watches."""

import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import Annotated

import msgspec
import structlog
import typer
from rich.console import Console
from rich.table import Table

from backbeat.app import Options, Watcher, run
from backbeat.cli.connection import database_url
from backbeat.cli.verb import Json, service
from backbeat.clock import SystemClock
from backbeat.errors import ConfigError
from backbeat.index.progress import Phase, Progress
from backbeat.index.summary import Summary
from backbeat.settings import Loaded, Settings, with_flags

log = structlog.get_logger(__name__)

LOG_SECONDS = 10.0  # how often progress is told where no terminal shows it
DRAIN_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@service
async def up(
    loaded: Loaded,
    recording: Annotated[Path | None, typer.Option(help="Replay a recording instead of simulating a chain.")] = None,
    txs_per_block: Annotated[
        int | None, typer.Option(help="How a bare recording is packed into blocks.", min=1)
    ] = None,
    node: Annotated[str | None, typer.Option(help="Follow a Core node: grpc://host:port or grpcs://host:port.")] = None,
    infer_snapshot: Annotated[
        bool, typer.Option("--infer-snapshot", help="First load the state that the recording takes for granted.")
    ] = False,
    exit_at_tip: Annotated[
        bool, typer.Option("--exit-at-tip", help="Stop when the tip is reached and derived state is settled.")
    ] = False,
    seed: Annotated[int | None, typer.Option(help="Which simulated network.")] = None,
    rate: Annotated[float | None, typer.Option(help="Simulated transactions per second.", min=0)] = None,
    web: Annotated[bool | None, typer.Option("--web/--no-web", help="Serve the status page.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the status page.", min=0, max=65_535)] = None,
    as_json: Json = False,
) -> None:
    """Run PostgreSQL, the chain source, the indexer, the jobs and the status page until Ctrl-C."""
    source = "recording" if recording else "node" if node else None
    chosen = with_flags(
        loaded,
        {
            "chain.source": source,
            "chain.recording": str(recording) if recording else None,
            "chain.node_url": node,
            "chain.txs_per_block": txs_per_block,
            "simulator.seed": seed,
            "simulator.txs_per_second": rate,
            "web.enabled": web,
            "web.port": port,
        },
    )
    settings = chosen.settings
    _check(settings, infer_snapshot=infer_snapshot)
    stop = asyncio.Event()
    for number in DRAIN_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    watcher = make_watcher(as_json=as_json)
    options = Options(exit_at_tip=exit_at_tip, infer_snapshot=infer_snapshot)
    async with database_url(chosen, start=True) as url:
        summary = await run(url, settings, options, watcher, stop, SystemClock())
    show(summary, as_json=as_json)


def _check(settings: Settings, *, infer_snapshot: bool) -> None:
    if settings.chain.source == "recording" and not Path(settings.chain.recording).is_file():
        raise ConfigError(
            "recording_not_found",
            f"There is no recording at {settings.chain.recording!r}.",
            cure="Give the path of a file, or make one with `backbeat simulate --record FILE`.",
        )
    if infer_snapshot and settings.chain.source != "recording":
        raise ConfigError(
            "snapshot_without_recording",
            "A snapshot is inferred from a recording, and none was given.",
            cure="Add --recording FILE.",
        )


def make_watcher(*, as_json: bool) -> Watcher:
    """Return who tells of the run: a line that is redrawn on a terminal, else a log event now and then."""
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
        """Print the addresses and begin the line."""
        for name, url in urls.items():
            self._console.print(f"[bold]{name.capitalize()}[/]  {url}")
        self._console.print("[dim]Ctrl-C drains and stops.[/]")
        self._status.start()

    def progress(self, progress: Progress) -> None:
        """Redraw the line."""
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


def show(summary: Summary, *, as_json: bool) -> None:
    """Print what the database holds now: a table for people, one line of JSON for programs."""
    if as_json:
        sys.stdout.write(msgspec.json.encode(summary).decode() + "\n")
        return
    table = Table("Transactions", title=f"Block {summary.height:,} of {summary.chain_id}", title_justify="left")
    for name in ("applied", "rejected", "ignored"):
        table.add_column(name, justify="right")
    rows = [*sorted(summary.transactions.by_kind.items()), ("all", summary.transactions)]
    for kind, outcomes in rows:
        table.add_row(kind, f"{outcomes.applied:,}", f"{outcomes.rejected:,}", f"{outcomes.ignored:,}")
    reasons = Table("Rejected because", "Transactions")
    reasons.columns[1].justify = "right"
    for reason, count in sorted(summary.transactions.by_reason.items(), key=lambda item: -item[1]):
        reasons.add_row(reason, f"{count:,}")
    console = Console()
    console.print(table)
    if summary.transactions.by_reason:
        console.print(reasons)
    console.print(f"{summary.plays:,} plays")
