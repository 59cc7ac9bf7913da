"""Two worker processes on one schedule, and the hour in which nothing changes: short runs of the benchmarks."""

from collections import Counter

from sql_files import SOURCE
from virtual_time import install, stage

from backbeat.settings import JobsSettings
from bench.idle_hour import counted, quiet_database, twenty
from bench.lag_guard import Curve, svg
from bench.statements import Names
from bench.workers import measure

SCALE = 0.08  # twenty jobs every 0.3 to 2.4 seconds


async def test_two_workers_overlap_neither_jobs_nor_groups(database_url: str) -> None:
    found = await measure(database_url, workers=2, seconds=8.0, scale=SCALE)
    assert (found.job_overlaps, found.group_overlaps, found.overlaps_made) == (0, 0, 0)
    assert found.failed == 0
    assert found.cancelled <= 2, "each worker was claiming when it was asked to end, at most"
    assert found.runs_made <= found.runs_stored <= found.runs_made + found.cancelled
    assert found.runs_stored > 2 * 20


async def test_an_idle_worker_costs_little(database_url: str) -> None:
    async with stage(await install(database_url), JobsSettings()) as on:
        on.jobs = tuple(twenty())
        await quiet_database(on.connection)
        on.hire()
        await on.play(60.0)
        with counted() as texts:
            await on.play(180.0)
    names = Names(SOURCE / "backbeat")
    statements: Counter[str] = Counter()
    for text, count in texts.items():
        statements[names.of(text)] += count
    looks = statements["jobs/look"]
    runs = statements["jobs/finish"]
    assert 5 <= runs <= 25, "one in ten cadences of twenty jobs, and those of ten minutes"
    assert statements["jobs/claim"] <= runs
    assert 10 <= statements["jobs/tick"] <= 80, "the cadences of twenty jobs, those that are close together"
    assert looks <= 125 + 2 * runs, "once a second, and where runs begin"
    assert statements["jobs/session_cost"] <= runs, "none before PostgreSQL 18, which alone can tell"
    assert statements["db/report_statistics"] <= 2 * runs, "checks of a connection before it is lent"


def test_the_picture_shows_every_curve() -> None:
    curves = [Curve(name=name, lag_blocks=[0] * 20 + [3, 9], rows_rewritten=1, deferred_seconds=0.0) for name in "ab"]
    drawn = svg(curves)
    assert drawn.count("<polyline") == 2
    assert drawn.startswith("<svg ")
    assert drawn.endswith("</svg>\n")
