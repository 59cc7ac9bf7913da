"""What `backbeat status` says: on one screen when all is well, and first of what is not."""

import io
from datetime import UTC, datetime

import msgspec
import pytest
from rich.console import Console

from backbeat.cli.status import _parts
from backbeat.codes import JobState
from backbeat.jobs.operate import JobView
from builders.statuses import job, status


def shown(jobs: tuple[JobView, ...], *, everything: bool = False, width: int = 80) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=width)
    for part in _parts(msgspec.structs.replace(status(), jobs=jobs), everything=everything):
        console.print(part)
    return out.getvalue().splitlines()


FRESH = tuple(msgspec.structs.replace(job(), name=f"job.{number}", state=JobState.FRESH) for number in range(60))
LATE = msgspec.structs.replace(job(), name="a.late", state=JobState.LATE)
FAILING = msgspec.structs.replace(job(), name="b.failing", state=JobState.FAILING, failures=3, error="No room.")


@pytest.mark.parametrize("width", [80, 120])
def test_it_fits_a_screen_when_all_is_well(width: int) -> None:
    lines = shown(FRESH, width=width)
    assert len(lines) <= 24
    assert any(line.startswith("60 jobs fresh") for line in lines)
    assert not any("job.1" in line for line in lines)


def test_failing_jobs_come_first_then_late_ones() -> None:
    lines = shown((*FRESH, LATE, FAILING))
    failing, late = (next(at for at, line in enumerate(lines) if name in line) for name in ("b.failing", "a.late"))
    assert failing < late
    assert any(line.startswith("60 jobs fresh; --all shows them") for line in lines)


def test_all_of_them_are_shown_when_asked_for() -> None:
    lines = shown((*FRESH, LATE), everything=True)
    at = [at for at, line in enumerate(lines) if line.startswith(("a.late", "job."))]
    assert len(at) == 61
    assert lines[at[0]].startswith("a.late")
    assert not any("60 jobs fresh" in line for line in lines)


def test_one_that_gives_way_and_never_ran_says_why_alone() -> None:
    waits = job(
        "g.way",
        state=JobState.WAITING,
        last_outcome="",
        deferred_since=datetime(2026, 1, 1, tzinfo=UTC),
        deferred_reason="6 blocks behind",
    )
    [line] = [line for line in shown((*FRESH, waits), width=120) if line.startswith("g.way")]
    assert line.endswith("  6 blocks behind")


@pytest.mark.parametrize("others", [FRESH, ()])
def test_jobs_that_wait_alike_are_told_once(others: tuple[JobView, ...]) -> None:
    waiting = tuple(job(f"w.{at}", state=JobState.WAITING, waits_for="no block yet.") for at in range(44))
    alone = job("x.alone", state=JobState.WAITING, waits_for="a key.")
    lines = shown((*waiting, alone, *others))
    assert "44 jobs wait: no block yet." in lines
    assert any("1 job waiting" in line for line in lines)
    assert not any("45 jobs" in line or "44 jobs waiting" in line for line in lines)
    assert "--all shows them." in shown(waiting)


@pytest.mark.parametrize("everything", [True, False])
def test_paused_jobs_say_how_to_go_on(everything: bool) -> None:
    one, two = (job(f"p.{at}", state=JobState.PAUSED) for at in (1, 2))
    assert "1 job paused; to go on: `backbeat jobs resume p.1`" in shown((*FRESH, one), everything=everything)
    assert "2 jobs paused; to go on: `backbeat jobs resume NAME`" in shown((*FRESH, one, two), everything=everything)
    assert not any("resume" in line for line in shown(FRESH, everything=everything))
