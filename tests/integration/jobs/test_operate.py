"""What an operator sees and does."""

from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.errors import ConfigError, JobError
from backbeat.jobs import operate
from backbeat.jobs.catalog import JOBS, catalog
from backbeat.jobs.runner import Runner
from backbeat.settings import JobsSettings, Settings
from harness import ChainWriter, Play, Track, User

NAMES = [job.name for job in JOBS]
FED = {"hourly_play_counts", "user_listening_history", "challenges.play_count_milestones"}  # by plays


@pytest.fixture
def runner(lanes: Lanes) -> Runner:
    return Runner(lanes, catalog(Settings()), JobsSettings(), SystemClock())


async def served(connection: AsyncConnection[Any]) -> list[operate.JobView]:
    """Return the jobs that lack no setting."""
    return [view for view in await operate.list_jobs(connection) if not view.off_reason]


async def test_every_job_is_listed_before_anything_ran(connection: AsyncConnection[Any]) -> None:
    views = await operate.list_jobs(connection)
    assert [view.name for view in views] == NAMES
    off = {job.name for job in JOBS if job.lacks}
    assert {view.name: view.state for view in views} == {name: "off" if name in off else "waiting" for name in NAMES}
    assert {view.next_run_at for view in views} == {None}


async def test_the_real_jobs_settle_and_are_fresh(runner: Runner, connection: AsyncConnection[Any]) -> None:
    await ChainWriter(connection).commit([User(1, is_verified=True), Track(1, 1), *[Play(1, 2)] * 300])
    await runner.run_until_idle()
    for view in await served(connection):
        assert (view.state, view.running, view.failures, view.error) == ("fresh", False, 0, "")
        assert view.last_outcome in {"changed", "quiet"}
        assert view.totals.rows_written or view.name not in FED
        assert view.last_seconds is not None
        assert view.last_seconds < 10
    for name in (job.name for job in JOBS if job.audit):
        assert (await operate.audit(connection, name)).is_clean
    for name in (job.name for job in JOBS if job.rebuild):
        assert not (await operate.rebuild(connection, name)).rows_written
    await runner.run_until_idle()  # prunes what the change log keeps of all that
    await runner.run_until_idle()
    assert {view.last_outcome for view in await served(connection)} == {"quiet"}
    [newest, first] = await operate.history(connection, "hourly_play_counts")
    assert (newest.outcome, first.outcome, first.rows_read) == ("quiet", "changed", 300)


async def test_an_old_success_is_late(runner: Runner, connection: AsyncConnection[Any]) -> None:
    await ChainWriter(connection).commit([])
    await runner.run_until_idle()
    await connection.execute("UPDATE backbeat.jobs SET succeeded_at = now() - interval '119 s'")
    assert (await operate.show(connection, "hourly_play_counts")).state == "fresh"
    await connection.execute("UPDATE backbeat.jobs SET succeeded_at = now() - interval '121 s'")
    view = await operate.show(connection, "hourly_play_counts")
    assert view.state == "late"
    assert view.age_seconds is not None
    assert view.age_seconds > 120


async def test_a_job_is_failing_from_its_second_failed_run_until_one_succeeds(
    runner: Runner, connection: AsyncConnection[Any]
) -> None:
    await ChainWriter(connection).commit([])
    await runner.run_until_idle()
    failed = (
        "UPDATE backbeat.jobs SET outcome = 'failed', failures = %s, error = 'no' WHERE name = 'hourly_play_counts'"
    )
    states = []
    for failures in (1, 2, 9, 0):
        await connection.execute(failed, [failures])
        states.append((await operate.show(connection, "hourly_play_counts")).state)
    assert states == ["fresh", "failing", "failing", "fresh"]
    await connection.execute("UPDATE backbeat.jobs SET succeeded_at = now() - interval '121 s', failures = 2")
    assert (await operate.show(connection, "hourly_play_counts")).state == "late", "it has its error as well"
    await connection.execute("UPDATE backbeat.jobs SET succeeded_at = NULL, failures = 1")
    assert (await operate.show(connection, "hourly_play_counts")).state == "waiting", "one failure is no alarm"


async def test_pause_resume_and_run_now_work_before_the_first_run(connection: AsyncConnection[Any]) -> None:
    name = "hourly_play_counts"
    await operate.pause(connection, name)
    assert (await operate.show(connection, name)).state == "paused"
    await operate.resume(connection, name)
    assert (await operate.show(connection, name)).state == "waiting"
    await operate.run_now(connection, name)
    found = await connection.execute("SELECT run_requested FROM backbeat.jobs WHERE name = %s", [name])
    assert await found.fetchone() == (True,)


async def test_a_job_is_not_off_where_the_settings_have_what_it_takes(connection: AsyncConnection[Any]) -> None:
    given = JobsSettings(delegate_private_key="01" * 32)
    assert (await operate.show(connection, "delists.users")).off_reason == "jobs.delegate_private_key is not set."
    assert (await operate.show(connection, "delists.users", given)).state == "waiting"


async def test_settings_pause_a_job_too(connection: AsyncConnection[Any]) -> None:
    held = JobsSettings(paused=("user_listening_history",))
    states = {view.name: view.state for view in await operate.list_jobs(connection, held)}
    assert states["user_listening_history"] == "paused"
    assert states["hourly_play_counts"] == "waiting"


@pytest.mark.parametrize(
    "verb",
    [operate.show, operate.history, operate.pause, operate.resume, operate.run_now, operate.audit, operate.rebuild],
)
async def test_an_unknown_job_is_named_with_a_cure(verb: Any, connection: AsyncConnection[Any]) -> None:
    with pytest.raises(JobError) as raised:
        await verb(connection, "hourly")
    assert raised.value.code == "job_unknown"
    assert "hourly_play_counts" in raised.value.cure


async def test_every_challenge_is_audited_or_says_why_not(connection: AsyncConnection[Any]) -> None:
    for job in (job for job in JOBS if job.name.startswith("challenges.")):
        if job.audit is None and job.unaudited:
            with pytest.raises(JobError) as raised:
                await operate.audit(connection, job.name)
            assert raised.value.code == "job_unaudited"
            assert job.unaudited in str(raised.value)
        elif job.audit is not None:
            assert (await operate.audit(connection, job.name)).is_clean
        else:
            assert job.rebuild is None, f"{job.name} keeps a table that nobody can audit, and does not say why"


def test_intervals_are_the_operators_to_set() -> None:
    [hourly, *_] = catalog(Settings(jobs=JobsSettings(every_seconds={"hourly_play_counts": 600.0})))
    assert (hourly.every_seconds, hourly.freshness_seconds) == (600, 2400)


@pytest.mark.parametrize(
    "settings",
    [
        JobsSettings(paused=("no_such_job",)),
        JobsSettings(every_seconds={"no_such_job": 1.0}),
        JobsSettings(every_seconds={"hourly_play_counts": 0.0}),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: JobsSettings) -> None:
    with pytest.raises(ConfigError):
        catalog(Settings(jobs=settings))
