"""The line at the end of a terminal: it fits, says how far it is, and leaves nothing behind."""

import io
import logging
import time
from datetime import UTC, datetime

import pytest
import structlog
from rich.console import Console

from backbeat.chain.model import Head
from backbeat.cli.line import Line, bar
from backbeat.cli.standing_still import StandingStill
from backbeat.cli.watcher import LogWatcher, Pace, TerminalWatcher, make_watcher, parts
from backbeat.codes import Phase
from backbeat.index.cursor import Cursor
from backbeat.index.progress import Progress
from backbeat.lock_holder import LockHolder
from backbeat.observe import logs
from backbeat.settings import LogSettings

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def standing(height: int, head: int, phase: Phase = Phase.CATCHING_UP) -> Progress:
    progress = Progress(NOW, 0.0)
    progress.cursor = Cursor("chain", height, None, None, height, 0)
    progress.head = Head(head)
    progress.phase = phase
    return progress


@pytest.mark.parametrize("width", [120, 80, 40])
def test_the_line_fits_and_what_matters_most_stays(width: int) -> None:
    out = io.StringIO()
    pace, progress = Pace(), standing(1_075_000, 2_000_000)
    pace.see(standing(1_000_000, 2_000_000), 0.0)
    pace.see(progress, 30.0)
    Console(file=out, width=width).print(Line(parts(progress, pace, 30.0)))
    [line] = out.getvalue().splitlines()
    assert len(line) <= width
    assert "block 1,075,000" in line
    assert ("7 %" in line) == (width >= 80)
    assert ("about 6 min 10 s to go" in line) == (width >= 80)


def test_the_estimate_follows_how_fast_the_tip_comes_nearer() -> None:
    """The chain grows by ten a second while twenty are indexed: what is left takes twice as long as at a standstill."""
    pace = Pace()
    for second in range(11):
        pace.see(standing(20 * second, 1_000 + 10 * second), float(second))
    assert pace.eta_seconds() == 90
    assert pace.share(standing(600, 1_200)) == 0.5


def test_nothing_is_estimated_while_the_tip_does_not_come_nearer() -> None:
    pace = Pace()
    pace.see(standing(0, 100), 0.0)
    assert pace.eta_seconds() is None
    pace.see(standing(10, 110), 10.0)
    assert pace.eta_seconds() is None
    pace.see(standing(110, 110, Phase.AT_TIP), 11.0)
    assert (pace.eta_seconds(), pace.share(standing(110, 110))) == (None, None)


def test_a_bar_says_how_much_is_done() -> None:
    assert bar(0.43).plain.endswith(" 43 %")
    assert bar(1.0).plain.endswith(" 100 %")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_is_logged_meanwhile_stands_on_lines_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        logs.configure(LogSettings(level="warning"))
        watcher = TerminalWatcher(Console(file=terminal, force_terminal=True, width=80, highlight=False))
        watcher.progress(standing(5, 1_000))
        logging.getLogger("x").warning("something_happened")
        watcher.progress(standing(6, 1_000))
        watcher.close()
    finally:
        root.handlers = handlers
        root.setLevel(level)
    [line] = [line for line in terminal.getvalue().split("\n") if "something_happened" in line]
    assert "block" not in line.rpartition("\r")[2]
    assert terminal.getvalue().count("\x1b[?25l") == terminal.getvalue().count("\x1b[?25h")  # the cursor is back


def test_where_no_terminal_is_the_log_tells() -> None:
    assert isinstance(make_watcher(as_json=True), LogWatcher)


def waiting_for_a_lock(pid: int = 1234) -> Progress:
    """Return the progress of a loop whose commit of block 659, begun at 100.0, waits for psql."""
    progress = standing(658, 700)
    progress.commits.began(659, 100.0)
    progress.commits.waits_for(
        LockHolder(pid=pid, application="psql", state="idle in transaction", state_seconds=21.0, relation="plays")
    )
    return progress


def test_a_terminal_says_why_blocks_are_not_committed() -> None:
    out, now = io.StringIO(), [100.0]
    console = Console(file=out, force_terminal=True, width=120, highlight=False)
    watcher, progress = TerminalWatcher(console, lambda: now[0]), waiting_for_a_lock()
    watcher.progress(progress)
    assert "Stuck" not in out.getvalue()
    for now[0] in (120.0, 120.5):
        watcher.progress(progress)
    watcher.close()
    assert out.getvalue().count("cure: Have it commit, or end it") == 1
    assert "waits for process 1234 (psql, idle in transaction for 21 s), at plays." in out.getvalue()


def test_the_same_is_not_told_again_for_a_minute() -> None:
    seen, progress = StandingStill(), waiting_for_a_lock()
    told = [now for now in range(100, 240) if seen.see(progress, float(now))[1]]
    assert told == [105, 165, 225]
    assert seen.see(waiting_for_a_lock(pid=99), 240.0)[1]
    assert seen.see(standing(659, 700), 241.0) == (None, False)


def test_the_log_says_why_blocks_are_not_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 120.0)
    with structlog.testing.capture_logs() as logged:
        LogWatcher().progress(waiting_for_a_lock())
    [stuck] = [line for line in logged if line["event"] == "stuck"]
    assert (stuck["log_level"], stuck["height"]) == ("warning", 659)
    assert "pg_terminate_backend(1234)" in stuck["cure"]
