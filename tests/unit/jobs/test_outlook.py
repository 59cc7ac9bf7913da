"""What a worker makes of its runs between two looks at the schedule."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from jobs_bench import Work

from backbeat.codes import RunOutcome
from backbeat.incremental.feed import BlockFeed, Stamp
from backbeat.incremental.glance import Scheduled, Seen
from backbeat.incremental.report import RunReport
from backbeat.jobs.outlook import Outlook
from backbeat.jobs.record import Ended
from backbeat.jobs.store import Claim, ScheduleRow
from backbeat.settings import JobsSettings

NOON = datetime(2026, 5, 22, 12, tzinfo=UTC)
FEEDS = (BlockFeed(checkpoint="songs", table="plays", stamp=Stamp.PLAY, rows_max=10),)
QUIET = Ended(outcome=RunOutcome.QUIET, report=RunReport(name="songs"), waited_seconds=0.0, seconds=0.1)


@pytest.mark.parametrize(("later", "ticking"), [(1, {"songs"}), (2, set())])
def test_a_run_during_which_the_rules_were_edited_says_nothing_of_the_new_ones(later: int, ticking: set[str]) -> None:
    outlook = Outlook({"songs": Work("songs").job(feeds=FEEDS)}, JobsSettings(), is_told=True)
    row = ScheduleRow(now=NOON, name="songs", cadence_at=NOON, next_run_at=NOON)
    outlook.saw({"songs": row}, 0.0)
    outlook.glanced(Seen(1, 1, frozenset(), is_requested=False, rules=1), 0.0, ())
    timing = row.timing._replace(cadence_at=NOON + timedelta(seconds=60), next_run_at=NOON + timedelta(seconds=60))
    outlook.claimed(Claim("songs", UUID(int=1), 1, NOON, taken_over=False), timing)
    outlook.glanced(Seen(2, 2, frozenset(), is_requested=False, rules=later), 0.0, ())
    outlook.ended("songs", timing, QUIET)
    assert outlook.ticking(60.0) == ticking


SCHEDULED = Scheduled(rows=1, terms=3, runs=0, paused=0, tips=1)


def wants_look_at(second: float, *glances: tuple[float, Scheduled | None], **columns: Any) -> bool:
    """Say whether the rows that were read at 0 are to be read again by then."""
    outlook = Outlook({"songs": Work("songs").job(feeds=FEEDS)}, JobsSettings(), is_told=True)
    later = NOON + timedelta(seconds=60)
    known: dict[str, Any] = {"cadence_at": later, "next_run_at": later, "term": 3, "at_tip": True} | columns
    outlook.saw({"songs": ScheduleRow(now=NOON, name="songs", **known)}, 0.0)
    outlook.plan(0.0, (), {"songs": 0.0}, has_looked=True)
    for at, schedule in glances:
        outlook.glanced(Seen(1, 1, frozenset(), is_requested=False, schedule=schedule), at, ())
        outlook.plan(at, (), {"songs": 0.0}, has_looked=False)
    return outlook.wants_look(second)


def test_a_glance_that_shows_the_rows_as_they_are_remembered_stands_in_for_a_look() -> None:
    assert not wants_look_at(0.99)
    assert wants_look_at(1.0)
    assert not wants_look_at(1.74, (0.5, SCHEDULED))
    assert wants_look_at(1.75, (0.5, SCHEDULED))
    each_second = [(float(second), SCHEDULED) for second in range(1, 20)]
    assert not wants_look_at(9.99, *each_second[:9])
    assert wants_look_at(10.0, *each_second[:9]), "in any case"


@pytest.mark.parametrize("field", Scheduled._fields)
def test_a_glance_that_shows_anything_else_does_not(field: str) -> None:
    assert wants_look_at(1.0, (0.5, SCHEDULED._replace(**{field: getattr(SCHEDULED, field) + 1})))
    assert wants_look_at(1.0, (0.5, None))


@pytest.mark.parametrize("columns", [{"leased": True, "holder": UUID(int=1)}, {"at_tip": False}])
def test_nor_does_one_while_another_worker_runs_a_job_or_behind_the_tip(columns: dict[str, Any]) -> None:
    runs = int("holder" in columns)
    assert wants_look_at(1.0, (0.5, SCHEDULED._replace(runs=runs)), **columns)
