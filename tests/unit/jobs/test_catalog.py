"""The list of challenges and the catalog of jobs agree with what they are made of."""

from typing import Any

import pytest

from backbeat.derived.challenges.all import CHALLENGES, FACTS_OF
from backbeat.derived.challenges.challenge import Challenge
from backbeat.jobs.catalog import AREAS, JOBS, everything
from backbeat.jobs.job import Job
from backbeat.settings import JobsSettings, Settings

JOB_OF = {job.name: job for job in JOBS}
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


def test_no_challenge_is_declared_twice() -> None:
    ids = [one for challenge in CHALLENGES for one in challenge.ids]
    assert len(ids) == len(set(ids)) == len(FACTS_OF)
    assert len(JOB_OF) == len(JOBS)


def test_every_job_is_of_one_area() -> None:
    made: list[Job] = [job for area in AREAS.values() for job in area(Settings())]
    assert [job.name for job in made] == [job.name for job in JOBS]


def test_settings_choose_who_keeps_trending_and_scores() -> None:
    chosen = Settings(jobs=JobsSettings(trending_mode="refresh", scores_mode="full_pass", refresh_views={"v": 9.0}))
    names = {job.name for job in everything(chosen)}
    assert names ^ JOB_OF.keys() == {
        "trending.refresh", "trending.tracks", "trending.playlists", "scores.verify", "refresh.v"
    }  # fmt: skip
