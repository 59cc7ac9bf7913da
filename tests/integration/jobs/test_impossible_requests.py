"""What operators ask of jobs that cannot be done, each under a code of its own."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from psycopg import AsyncConnection

from backbeat.errors import Exit, JobError
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session
from backbeat.jobs import operate
from backbeat.jobs.catalog import JOBS, find
from builders.indexed import seed
from builders.terminal import backbeat

TABLELESS = [
    *((operate.rebuild, job.name) for job in JOBS if job.rebuild is None),
    *((operate.difference, job.name) for job in JOBS if job.difference is None),
    *((operate.audit, job.name) for job in JOBS if job.audit is None and not job.unaudited),
]


@pytest.mark.parametrize(("verb", "name"), TABLELESS)
async def test_a_job_without_a_table_is_neither_rebuilt_nor_compared(
    connection: AsyncConnection[Any], verb: Callable[..., Awaitable[Any]], name: str
) -> None:
    with pytest.raises(JobError, match=name) as refused:
        await verb(connection, name)
    assert refused.value.code == "job_keeps_no_table"


async def test_a_rebuild_that_loses_every_race_gives_up(
    connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    await seed(connection)
    tries = 0

    async def lose(session: Session) -> RunReport:
        nonlocal tries
        assert session.fence is None
        tries += 1
        return RunReport.conflicted("hourly_play_counts")

    job = msgspec.structs.replace(find("hourly_play_counts"), rebuild=lose)
    monkeypatch.setattr(operate, "find", lambda *_: job)
    with pytest.raises(JobError, match="kept running") as refused:
        await operate.rebuild(connection, job.name)
    assert refused.value.code == "rebuild_disturbed"
    assert tries == operate.REBUILD_TRIES_MAX


def test_a_consumer_that_nobody_knows_is_not_forgotten(database_url: str) -> None:
    answer = backbeat("jobs", "forget", "nobody", "--database", database_url)  # consumer_unknown
    assert answer.status == Exit.USAGE
    assert "The change log has no consumer 'nobody'." in answer.err
    assert "The consumers are (none)." in answer.err
