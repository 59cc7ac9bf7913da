"""When a job is worth another look, and which news start it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jobs_bench import Work

from backbeat.jobs.readiness import look_again_seconds
from backbeat.jobs.store import ScheduleRow
from backbeat.settings import JobsSettings

NOON = datetime(2026, 5, 22, 12, tzinfo=UTC)
SETTINGS = JobsSettings()
WAITS = {"cadence_at": NOON + timedelta(seconds=40), "next_run_at": NOON + timedelta(seconds=40)}


@pytest.mark.parametrize(
    ("job", "row", "seconds"),
    [
        ({"run_soon_seconds": 5.0}, {"at_tip": True, "moving": True}, SETTINGS.poll_seconds),
        ({"run_soon_seconds": 5.0}, {"at_tip": True}, 40.0),
        ({"run_soon_seconds": 5.0}, {"moving": True}, 40.0),
        ({}, {"at_tip": True, "moving": True}, 40.0),
        ({}, {"next_run_at": NOON}, SETTINGS.poll_seconds),
        ({}, {"paused": True}, SETTINGS.poll_seconds_max),
    ],
)
def test_a_job_that_news_start_is_looked_at_often_while_blocks_come(
    job: dict[str, Any], row: dict[str, Any], seconds: float
) -> None:
    seen = ScheduleRow(**{"now": NOON, "name": "songs", **WAITS, **row})
    assert look_again_seconds(Work("songs").job(**job), seen, SETTINGS) == seconds
