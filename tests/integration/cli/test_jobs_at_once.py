"""Jobs that are paused together, and a run that is ended."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from backbeat.errors import Exit, JobCancelledError
from backbeat.jobs import store
from backbeat.jobs.catalog import JOBS
from backbeat.jobs.store import Claim, Wanted
from builders.terminal import backbeat

JOB = JOBS[0]


def states(url: str) -> dict[str, str]:
    return {job["name"]: job["state"] for job in backbeat("jobs", "list", "--database", url, "--json").json}


def test_a_group_is_paused_and_all_jobs_are_resumed(database_url: str) -> None:
    at = ("--database", database_url)
    group = [job.name for job in JOBS if job.group == JOB.group]
    assert "Would pause" in backbeat("jobs", "pause", "--group", JOB.group, *at, "--dry-run").out
    assert "paused" not in states(database_url).values()
    answer = backbeat("jobs", "pause", "--group", JOB.group, *at, "--json").json
    assert answer == {"dry_run": False, "jobs": group, "action": "pause"}
    assert [name for name, state in states(database_url).items() if state == "paused"] == group
    assert f"{len(JOBS)} jobs" in backbeat("jobs", "resume", "--all", *at).out
    for meant in ((JOB.name,), ("--group", JOB.group), ("--all",)):
        assert f"To go on: `backbeat jobs resume {' '.join(meant)}`" in backbeat("jobs", "pause", *meant, *at).out
        assert "To go on" not in backbeat("jobs", "resume", *meant, *at).out
    assert "paused" not in states(database_url).values()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("jobs", "pause"), "job_choice"),
        (("jobs", "pause", JOB.name, "--all"), "job_choice"),
        (("jobs", "resume", "--group", "trendings"), "job_group_unknown"),
        (("jobs", "cancel", JOB.name), "job_not_running"),
        (("challenges", "show", "999999999"), "user_unknown"),
        (("challenges", "explain", "999999999", "p"), "user_unknown"),
        (("trending", "top", "--genre", "Polka"), "genre_unknown"),
        (("status", "--watch"), "watch_needs_terminal"),
    ],
)
def test_what_does_not_exist_is_never_shown_as_nothing(
    database_url: str, arguments: tuple[str, ...], code: str
) -> None:
    answer = backbeat(*arguments, "--database", database_url, "--json")
    assert answer.status == Exit.USAGE
    assert json.loads(answer.err)["error"]["code"] == code


def test_a_machine_without_psql_is_told_so(database_url: str) -> None:
    answer = backbeat("psql", "--database", database_url, "--json", env={"PATH": "/nowhere"})
    assert (answer.status, json.loads(answer.err)["error"]["code"]) == (Exit.USAGE, "psql_not_found")


async def claimed(connection: psycopg.AsyncConnection[Any]) -> Claim:
    await store.register(connection, [JOB])
    row = (await store.look(connection, [JOB.name]))[JOB.name]
    [claim] = await store.claim(connection, [Wanted(row, uuid4(), row.timing)], 30.0)
    return claim


async def test_a_run_under_way_is_asked_to_end_and_sees_that(database_url: str) -> None:
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        held = await claimed(connection)
        assert not await store.is_to_end(connection, held)
        at = ("--database", database_url)
        asked = await asyncio.to_thread(backbeat, "jobs", "cancel", JOB.name, *at)
        assert f"{JOB.name} is asked to end; its worker sees that within 10 s." in asked.out
        assert await store.is_to_end(connection, held)
        error = store.cancelled(held)
        assert isinstance(error, JobCancelledError)
        assert error.code == "job_cancelled"
        await connection.execute("UPDATE backbeat.jobs SET lease_until = NULL, holder = NULL")
        again = await claimed(connection)
        assert not await store.is_to_end(connection, again)
        assert again.started_at <= datetime.now(UTC)
