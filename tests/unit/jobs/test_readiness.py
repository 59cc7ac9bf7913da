"""When a job is worth another look, and which news start it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from jobs_bench import Work

from backbeat.incremental.feed import BlockFeed, Stamp
from backbeat.jobs.readiness import due_at, has_news, look_again_seconds, may_tick, seconds_until_soon, ticks_along
from backbeat.jobs.store import ScheduleRow
from backbeat.settings import JobsSettings

NOON = datetime(2026, 5, 22, 12, tzinfo=UTC)
SETTINGS = JobsSettings()
FEEDS = (BlockFeed(checkpoint="songs", table="plays", stamp=Stamp.PLAY, rows_max=10),)
WAITS = {"cadence_at": NOON + timedelta(seconds=40), "next_run_at": NOON + timedelta(seconds=40)}


@pytest.mark.parametrize(
    ("job", "row", "seconds"),
    [
        ({"run_soon_seconds": 5.0}, {"at_tip": True, "moving": True}, SETTINGS.poll_seconds),
        ({"run_soon_seconds": 5.0}, {"at_tip": True}, SETTINGS.poll_seconds_max),
        ({"run_soon_seconds": 5.0}, {"moving": True}, SETTINGS.poll_seconds_max),
        ({}, {"at_tip": True, "moving": True}, SETTINGS.poll_seconds_max),
        ({}, {"next_run_at": NOON}, SETTINGS.poll_seconds),
        ({}, {"paused": True}, SETTINGS.poll_seconds_max),
        ({"run_soon_seconds": 5.0, "feeds": FEEDS}, {"at_tip": True, "moving": True}, SETTINGS.poll_seconds_max),
    ],
)
def test_a_job_that_news_start_is_looked_at_often_while_blocks_come(
    job: dict[str, Any], row: dict[str, Any], seconds: float
) -> None:
    seen = ScheduleRow(**{"now": NOON, "name": "songs", **WAITS, **row})
    assert look_again_seconds(Work("songs").job(**job), seen, SETTINGS) == seconds


def row(**changes: Any) -> ScheduleRow:
    """A row of a job that ran ten seconds ago and is due in forty."""
    plain = {"now": NOON, "name": "songs", **WAITS, "outcome": "quiet", "started_at": NOON - timedelta(seconds=10)}
    return ScheduleRow(**{**plain, **changes})


@pytest.mark.parametrize(
    ("job", "changes", "moved", "news"),
    [
        ({"feeds": FEEDS}, {}, {"songs"}, True),
        ({"feeds": FEEDS}, {}, {"others"}, False),
        ({"feeds": FEEDS}, {"news": True}, set(), False),
        ({}, {"news": True}, set(), True),
        ({}, {}, {"songs"}, False),
        ({"feeds": FEEDS}, {"at_tip": False}, {"songs"}, False),
        ({"feeds": FEEDS}, {"failures": 1}, {"songs"}, False),
        ({"feeds": FEEDS, "run_soon_seconds": None}, {}, {"songs"}, False),
        ({"feeds": FEEDS, "run_soon_seconds": 11.0}, {}, {"songs"}, False),
    ],
)
def test_news_are_what_feeds_tell_or_without_feeds_a_frontier_that_moved(
    job: dict[str, Any], changes: dict[str, Any], moved: set[str], news: bool
) -> None:
    follows = Work("songs").job(**{"run_soon_seconds": 5.0, **job})
    assert has_news(follows, row(**{"at_tip": True, **changes}), moved) is news


@pytest.mark.parametrize(
    "changes",
    [
        {"failures": 1},
        {"holder": UUID(int=1)},
        {"deferred_since": NOON},
        {"outcome": "lost"},
        {"outcome": "failed"},
        {"outcome": ""},
        {"next_run_at": NOON},
        {"ticks_since_run": 9},
    ],
)
def test_only_a_regular_run_that_would_be_quiet_is_stood_in_for(changes: dict[str, Any]) -> None:
    job = Work("songs").job(feeds=FEEDS, every_seconds=30.0)
    assert may_tick(job, row(ticks_since_run=8))
    assert not may_tick(job, row(**changes))
    assert not may_tick(Work("songs").job(every_seconds=30.0), row())
    assert not may_tick(msgspec.structs.replace(job, goes_by_more=True), row())


@pytest.mark.parametrize(("every", "ticks_max"), [(5, 9), (60, 9), (120, 4), (200, 2), (300, 1), (301, 0), (600, 0)])
def test_no_job_goes_unrun_for_more_than_ten_minutes(every: int, ticks_max: int) -> None:
    job = Work("songs").job(feeds=FEEDS, every_seconds=float(every))
    ticks = [may_tick(job, row(ticks_since_run=number)) for number in range(10)]
    assert ticks == [number < ticks_max for number in range(10)]


@pytest.mark.parametrize(
    ("every", "ahead", "goes"), [(60, 1.0, True), (60, 1.1, False), (2, 0.4, True), (2, 0.5, False)]
)
def test_ticks_that_are_close_go_along(every: int, ahead: float, goes: bool) -> None:
    job = Work("songs").job(every_seconds=float(every))
    assert ticks_along(job, row(next_run_at=NOON + timedelta(seconds=ahead))) is goes


def test_news_wait_for_the_gap_and_are_due_when_they_are_seen() -> None:
    job = Work("songs").job(run_soon_seconds=12.5)
    assert seconds_until_soon(job, row()) == 2.5
    assert seconds_until_soon(job, row(started_at=None)) == 0.0
    assert due_at(job, row()) == NOON
    assert due_at(job, row(next_run_at=NOON - timedelta(seconds=3))) == NOON - timedelta(seconds=3)
