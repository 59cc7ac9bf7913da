"""A run reads in proportion to what changed, also while the planner knows nothing of the tables.

No table was ever analysed. A little of everything changes, again and again, until the plans of prepared statements are
those that are kept. What a run touched the server itself counts, table by table: catalogues, which it reads where it
makes a plan, are left out, so it does not show whether a plan was at hand.

The server is their own: on one that tests share, a transaction of another holds back what changed after it, so jobs
look at it again and again.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import psycopg
import pytest
from clusters import cluster_folder, server
from conftest import new_database, template_on
from psycopg import AsyncConnection

from backbeat.db.pool import report_statistics
from backbeat.db.query import value
from backbeat.derived.audits import AUDITS
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session
from backbeat.jobs.catalog import JOBS
from backbeat.jobs.job import Job
from bench.synthetic.settle import until_quiet
from harness.young_network import LARGE, SMALL, jobs, next_block, opened, settled

pytestmark = [pytest.mark.slow, pytest.mark.newest]

# What initdb made has numbers below: catalogues, and nothing that grows with the network.
TOUCHED = "SELECT coalesce(sum(pg_stat_get_blocks_fetched(oid)), 0)::bigint FROM pg_class WHERE oid >= 16384"

BLOCKS = 13  # the driver prepares a statement at its sixth, the server keeps a plan at the sixth of those


NOISE = 20  # index entries of what was deleted, which nobody vacuums here


class Bound(NamedTuple):
    """How many buffers a run may touch."""

    look: int
    """Whatever changed."""
    key: int = 0
    """For each of what it took up."""
    idle: int | None = None
    """Where no block came; None: as many as ``look``."""

    def admits(self, run: "Run") -> bool:
        """Say whether a run keeps to it."""
        if run.is_idle and self.idle is not None:
            return run.buffers <= self.idle + NOISE
        return run.buffers <= self.look + self.key * run.keys + NOISE


class Run(NamedTuple):
    """What a run took up, and how many buffers it touched."""

    keys: int
    buffers: int
    is_idle: bool


# Counted, and half as much again. A run whose blocks brought nothing for it still moves its positions.
K: Mapping[str, Bound] = {
    "hourly_play_counts": Bound(10, 5),
    "user_listening_history": Bound(10, 30),
    # a play takes its counts along
    "plays.prune": Bound(10, 300),
    "scheduled_releases": Bound(15, 150),
    "notifications": Bound(10, 35),
    "contest_notifications": Bound(60, 170),
    "weekly_rotation": Bound(5, 0),
    "challenges.track_upload": Bound(35, 140),
    "challenges.first_playlist": Bound(35, 150),
    "challenges.profile_steps": Bound(45, 45),
    # here rows come by another program, so a user is judged from the beginning: all that it ever followed and saved
    "challenges.profile_completion": Bound(45, 130),
    "challenges.listen_streak": Bound(15, 95),
    "challenges.cosign": Bound(120, 60),
    "challenges.audio_matching_buyer": Bound(45, 75),
    "challenges.audio_matching_seller": Bound(45, 55),
    "challenges.mobile_install": Bound(30, 150),
    "challenges.referral": Bound(160, 150),
    "challenges.referred": Bound(30, 40),
    "challenges.first_tip": Bound(15, 70),
    "challenges.profile_verified": Bound(65, 60),
    "challenges.first_weekly_comment": Bound(20, 130),
    "challenges.comment_pin": Bound(140, 160),
    # another list is ten tracks, with all acts on each, as they were, 1,040 here; scores that tie for a place in it
    "challenges.tastemaker": Bound(5_000, 250, idle=450),
    "challenges.remix_contest_winner": Bound(40, 170),
    # what names an owner is asked twice: by the plays, and by the merge
    "challenges.play_count_milestones": Bound(150, 60),
    # what was taken from the queue stands in its index until it is vacuumed
    "engagement_notifications": Bound(180, 80),
    "listen_streak_reminder": Bound(15, 0),
    # six lists of a hundred, each as far as scores tie, with the artists of what it shows
    "trending.tracks": Bound(12_000, 150, idle=170),
    # six lists, each with what the playlists in it hold
    "trending.playlists": Bound(25_000, 100, idle=80),
    "trending.notifications": Bound(10, 0),
    "challenges.trending_track": Bound(15, 0),
    "challenges.trending_underground": Bound(15, 0),
    "challenges.trending_playlist": Bound(15, 0),
    "aggregates.dominant_genre": Bound(10, 40),
    "aggregates.entity_counts": Bound(180, 120),
    # a round takes its time, and so many keys whatever changed
    "aggregates.reconcile": Bound(550, 0),
    # nobody vacuums, so it goes over the entries of what it deleted before
    "change_log.prune": Bound(270, 10),
    "change_log.expire": Bound(85, 0),
    "rejected.prune": Bound(25, 0),
    "notifications.expire": Bound(10, 0),
    # a user with followers, tracks and plays
    "scores.users": Bound(50, 100),
    "scores.verify": Bound(30, 0),
    "tips.supporters": Bound(10, 65),
    "tips.supporter_counts": Bound(5, 40),
    # the network's time stands still, so it waits here; when it does not, it visits ranges
    "audits.verify": Bound(5, 0),
}

# Counted of a network of some hundred users, and half as much again. Look: what an audit holds to be true at all.
RANGE = Bound(650, 35)
RANGES: Mapping[str, Bound] = {
    # every hour, or every track, that a user heard
    "user_listening_history": Bound(650, 110),
    # all that a user followed, reposted and saved
    "challenges.profile_completion": Bound(650, 105),
    # two counts of followers, and of what they own
    "aggregates.users": Bound(650, 80),
    # the tracks of a list, and what happened on each
    "trending.lists": Bound(650, 160),
    "trending.playlist_lists": Bound(650, 210),
    # an item's acts, up to those of a threshold
    "notifications.milestones": Bound(650, 310),
}

ELSEWHERE = {"delists.users", "delists.tracks", "repairs.audio_analysis", "repairs.track_cid"}
"""They wait for settings and ask other programs; what they cost is tested elsewhere."""

GROWTH, SLACK = 1.5, 100  # of a median beside the same on a tenth of the rows: an index is a page deeper


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with cluster_folder() as folder:
        yield folder / "data"


@pytest.fixture
def fresh_database(data_dir: Path) -> Iterator[Callable[[], AbstractContextManager[str]]]:
    """What opens a database on a server that nobody else uses; its address."""
    own = server(data_dir)
    asyncio.run(own.start())
    try:
        with psycopg.connect(own.bootstrap_url, autocommit=True) as admin:
            yield partial(new_database, own, admin, template_on(own, admin))
    finally:
        asyncio.run(own.stop())


async def measured(connection: AsyncConnection[Any], job: Job) -> tuple[RunReport, int]:
    """Run once; return its report and how many buffers that touched."""
    before = await touched(connection)
    report = await job.run(Session(connection))
    return report, await touched(connection) - before


async def touched(connection: AsyncConnection[Any]) -> int:
    """Return how many buffers of tables and their indexes were touched so far, once all sessions have reported it."""
    await report_statistics(connection)
    return int(await value(connection, TOUCHED))


async def ranges_of(url: str) -> Mapping[str, Run]:
    """Visit the first range of every audit."""
    found = {}
    async with opened(url) as connection:
        for audit in AUDITS:
            before = await touched(connection)
            visited = await audit.check(connection)
            found[audit.name] = Run(visited.found.keys, await touched(connection) - before, is_idle=False)
    return found


async def runs_of(url: str) -> Mapping[str, list[Run]]:
    """Run every job behind every block, and once more when nothing is left to do."""
    found = defaultdict[str, list[Run]](list)
    async with opened(url) as connection, opened(url) as writer:
        for block in range(BLOCKS):
            await next_block(writer)
            await report_statistics(writer)
            for job in jobs():
                report, buffers = await measured(connection, job)
                if report.more:
                    await until_quiet(job.run, connection)
                again, idle = await measured(connection, job)
                if block:  # with the first come the session's catalogues
                    found[job.name] += [
                        Run(_keys(report), buffers, is_idle=False),
                        Run(_keys(again), idle, is_idle=again.is_quiet),
                    ]
    return found


def _keys(report: RunReport) -> int:
    return max(report.keys, report.rows_read, report.rows_written)


async def test_a_run_touches_what_changed(fresh_database: Callable[[], AbstractContextManager[str]]) -> None:
    found = []
    for sizes in (SMALL, LARGE):
        with fresh_database() as url:
            await settled(url, sizes)
            found.append(await runs_of(url))
    small, large = found
    for name, bound in K.items():
        for run in (*small[name], *large[name]):
            assert bound.admits(run), (name, run)
        assert _median(large[name]) <= GROWTH * _median(small[name]) + SLACK, name


async def test_a_range_of_an_audit_touches_what_its_keys_take(
    fresh_database: Callable[[], AbstractContextManager[str]],
) -> None:
    with fresh_database() as url:
        await settled(url, SMALL)
        visits = await ranges_of(url)
        assert {name: visit for name, visit in visits.items() if not _bound_of(name).admits(visit)} == {}
        assert await _idle_of(url) <= K["audits.verify"].look + NOISE


def _bound_of(audit: str) -> Bound:
    return RANGES.get(audit, RANGE)


async def _idle_of(url: str) -> int:
    """Return what a run of verification touches that waits."""
    (verify,) = (job for job in jobs() if job.name == "audits.verify")
    async with opened(url) as connection:
        await measured(connection, verify)
        report, buffers = await measured(connection, verify)
    assert report.is_quiet
    return buffers


def _median(runs: list[Run]) -> float:
    return median(run.buffers for run in runs if not run.is_idle)


def test_every_job_has_a_bound() -> None:
    assert set(K) == {job.name for job in jobs()} == {job.name for job in JOBS} - ELSEWHERE
