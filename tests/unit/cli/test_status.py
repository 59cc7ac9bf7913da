"""What `backbeat status` says: on one screen when all is well, and first of what is not."""

import io

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
