"""The list of challenges and the catalog of jobs agree with what they are made of."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from backbeat.app import Options, run, up
from backbeat.cli.watcher import make_watcher
from backbeat.clock import SystemClock
from backbeat.codes import Part
from backbeat.derived.challenges.all import CHALLENGES, FACTS_OF
from backbeat.derived.challenges.challenge import Challenge
from backbeat.errors import ConfigError
from backbeat.jobs import schedule
from backbeat.jobs.catalog import AREAS, JOBS, SECONDS_MAX, catalog, everything
from backbeat.jobs.job import Job
from backbeat.settings import JobsSettings, Settings

JOB_OF = {job.name: job for job in JOBS}


class Unasked(SystemClock):
    """A clock of what does not wait for anything."""

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


each = pytest.mark.parametrize("challenge", CHALLENGES, ids=lambda challenge: challenge.keeper.name)


@each
def test_a_challenge_declares_the_rows_that_its_keeper_writes(challenge: Challenge) -> None:
    keeper: Any = challenge.keeper
    assert keeper.target.within == ("challenge_id", challenge.ids)


@each
def test_a_challenge_is_a_job_that_can_be_rebuilt_where_its_past_can_be_judged(challenge: Challenge) -> None:
    job = JOB_OF[challenge.keeper.name]
    assert (job.rebuild is None, job.difference is None) == (challenge.recomputed is None,) * 2
    assert (job.audit is None) == bool(job.unaudited)
    assert job.every_seconds == challenge.every_seconds
    assert {JOB_OF[one.name].group for one in challenge.beside} <= {job.group}


@pytest.mark.parametrize(
    ("nodes", "on"),
    [
        ((), set()),
        (("https://a.example",), {"repairs.audio_analysis"}),
        (("https://a.example", "https://A.example/"), {"repairs.audio_analysis"}),
        (("https://a.example", "https://b.example"), {"repairs.audio_analysis", "repairs.track_cid"}),
    ],
)
def test_a_job_that_lacks_a_setting_is_listed_and_off(nodes: tuple[str, ...], on: set[str]) -> None:
    settings = Settings(jobs=JobsSettings(content_nodes=nodes))
    repairs = {job.name: job.lacks for job in everything(settings) if job.name.startswith("repairs.")}
    assert {name for name, lacks in repairs.items() if not lacks} == on
    assert all("jobs.content_nodes" in lacks for lacks in repairs.values() if lacks)
    assert {job.name for job in catalog(settings) if job.name.startswith("repairs.")} == on


def test_no_challenge_is_declared_twice() -> None:
    ids = [one for challenge in CHALLENGES for one in challenge.ids]
    assert len(ids) == len(set(ids)) == len(FACTS_OF)
    assert len(JOB_OF) == len(JOBS)


def test_every_job_is_of_one_area() -> None:
    made: list[Job] = [job for area in AREAS.values() for job in area(Settings())]
    assert [job.name for job in made] == [job.name for job in JOBS]


@pytest.mark.parametrize(
    ("jobs", "code"),
    [
        (JobsSettings(off=("plays.hourly", "nosuch")), "job_unknown"),
        (JobsSettings(paused=("Listen_Streak_Reminder",)), "job_unknown"),
        (JobsSettings(every_seconds={"refresh.v": 1.0}), "job_unknown"),
        (JobsSettings(every_seconds={"listen_streak_reminder": 0.0}), "job_interval_invalid"),
        (JobsSettings(every_seconds={"listen_streak_reminder": SECONDS_MAX * 2}), "job_interval_invalid"),
        (JobsSettings(refresh_views={"v": -1.0}), "job_interval_invalid"),
        (JobsSettings(timeout_seconds={"listen_streak_reminder": float("nan")}), "job_timeout_invalid"),
        (JobsSettings(timeout_seconds={"listen_streak_reminder": 1e300}), "job_timeout_invalid"),
        (JobsSettings(content_nodes=("node.example",)), "content_node_invalid"),
    ],
)
async def test_settings_that_no_job_can_have_are_refused_before_anything_starts(jobs: JobsSettings, code: str) -> None:
    nowhere, settings, stop = "postgresql://127.0.0.1:1/none", Settings(jobs=jobs), asyncio.Event()
    with pytest.raises(ConfigError) as refused:
        await up(nowhere, settings, Options(), make_watcher(as_json=True), stop, Unasked())
    assert refused.value.code == code
    for part in Part:
        with pytest.raises(ConfigError) as refused:
            await run(nowhere, settings, {part}, Options(), make_watcher(as_json=True), stop, Unasked())
        assert refused.value.code == code


def test_the_longest_interval_still_has_a_date() -> None:
    jobs = JobsSettings(every_seconds={job.name: SECONDS_MAX for job in JOBS})
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for job in catalog(Settings(jobs=jobs)):
        planned = schedule.on_start(now, schedule.first(now), job.every_seconds)
        assert schedule.on_success(now, planned, more=False).next_run_at.year > now.year


def test_settings_choose_who_keeps_trending_and_scores() -> None:
    chosen = Settings(jobs=JobsSettings(trending_mode="refresh", scores_mode="full_pass", refresh_views={"v": 9.0}))
    names = {job.name for job in everything(chosen)}
    assert names ^ JOB_OF.keys() == {
        "trending.refresh", "trending.tracks", "trending.playlists", "scores.verify", "refresh.v"
    }  # fmt: skip


def test_a_least_gap_holds_for_all_jobs_that_follow_blocks_and_for_no_other() -> None:
    own = {job.name: job.run_soon_seconds for job in everything(Settings())}
    chosen = {job.name: job.run_soon_seconds for job in everything(Settings(jobs=JobsSettings(follow_seconds=5.0)))}
    assert {name for name, gap in chosen.items() if gap is None} == {name for name, gap in own.items() if gap is None}
    assert all(gap is None or gap == max(5.0, own[name] or 0.0) for name, gap in chosen.items())
    assert {10.0, 5.0} <= set(chosen.values())


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), 2 * SECONDS_MAX])
def test_a_gap_that_no_job_can_keep_is_refused(seconds: float) -> None:
    with pytest.raises(ConfigError, match=r"jobs\.follow_seconds") as refused:
        everything(Settings(jobs=JobsSettings(follow_seconds=seconds)))
    assert refused.value.code == "job_interval_invalid"


def test_no_block_is_followed_before_it_is_there() -> None:
    with pytest.raises(ConfigError, match=r"jobs\.blocks_behind") as refused:
        everything(Settings(jobs=JobsSettings(blocks_behind=-1)))
    assert refused.value.code == "blocks_behind_invalid"
