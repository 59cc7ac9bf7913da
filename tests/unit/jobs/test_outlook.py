"""What a worker makes of its runs between two looks at the schedule."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from jobs_bench import Work

from backbeat.codes import RunOutcome
from backbeat.incremental.feed import BlockFeed, Stamp
from backbeat.incremental.glance import Seen
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
    outlook.glanced(Seen(1, 1, frozenset(), is_requested=False, rules=1))
    timing = row.timing._replace(cadence_at=NOON + timedelta(seconds=60), next_run_at=NOON + timedelta(seconds=60))
    outlook.claimed(Claim("songs", UUID(int=1), 1, NOON, taken_over=False), timing)
    outlook.glanced(Seen(2, 2, frozenset(), is_requested=False, rules=later))
    outlook.ended("songs", timing, QUIET)
    assert outlook.ticking(60.0) == ticking
