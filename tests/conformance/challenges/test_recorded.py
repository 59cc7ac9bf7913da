"""What an hour of the main network earns: every row as the naive reference has it, and each explained."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection
from reference_challenges import Reference, load_tables
from shared_dir import shared_file

from backbeat.chain.recording import iter_transactions
from backbeat.clock import SystemClock
from backbeat.db.pool import open_lanes
from backbeat.index.payload.metadata import parse
from backbeat.jobs.catalog import JOBS, find
from backbeat.jobs.runner import Runner
from backbeat.reads import challenges
from backbeat.settings import DatabaseSettings, JobsSettings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

RECORDING = "recordings/mainnet-a.pb"
# Complete and incomplete rows; docs/explanation/challenges.md says why.
EXPECTED = {
    "c": (11, 0), "e": (0, 85), "fp": (11, 0), "m": (30, 0), "p": (2, 147), "t": (10, 0), "u": (3, 10),
}  # fmt: skip


@pytest.fixture(scope="module")
def replayed(module_database_url: str) -> str:
    """A database after the replay, and after every challenge, active from the first block on, was run at its end.

    Run beside the replay, a job sees some tracks that are deleted soon after, more of them on a busy machine, and what
    was counted stays.
    """
    recording = shared_file(RECORDING)
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        connection.execute("UPDATE challenges SET active = true, starting_block = 0")
    command = [sys.executable, "-m", "backbeat", "up", "--no-web", "--exit-at-tip", "--infer-snapshot", "--json"]
    command += ["--recording", str(recording), "--database", module_database_url]
    off = ",".join(job.name for job in JOBS if job.name.startswith("challenges."))
    environ = os.environ | {"BACKBEAT_JOBS_OFF": off}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    assert done.returncode == 0, done.stderr[-2000:]
    asyncio.run(reward(module_database_url))
    return module_database_url


async def reward(url: str) -> None:
    """Run every challenge to its end, after what its winners are taken from."""
    jobs = [find("trending.tracks"), *(job for job in JOBS if job.name.startswith("challenges."))]
    async with await open_lanes(url, DatabaseSettings()) as lanes:
        await Runner(lanes, jobs, JobsSettings(), SystemClock()).run_until_idle()


@pytest.fixture
async def connection(replayed: str) -> AsyncIterator[AsyncConnection[Any]]:
    async with await AsyncConnection.connect(replayed, autocommit=True, options="-c timezone=UTC") as connection:
        yield connection


async def rows(connection: AsyncConnection[Any]) -> dict[tuple[str, str], tuple[Any, ...]]:
    found = await connection.execute(
        "SELECT challenge_id, specifier, user_id, is_complete, current_step_count, amount FROM user_challenges"
    )
    return {(challenge_id, specifier): (*rest,) for challenge_id, specifier, *rest in await found.fetchall()}


async def test_how_many_of_each(connection: AsyncConnection[Any]) -> None:
    counted: dict[str, Counter[bool]] = {}
    for (challenge_id, _), (_, is_complete, *_) in (await rows(connection)).items():
        counted.setdefault(challenge_id, Counter())[is_complete] += 1
    assert {one: (count[True], count[False]) for one, count in counted.items()} == EXPECTED


async def test_each_row_is_what_the_reference_has(connection: AsyncConnection[Any]) -> None:
    reference = Reference()
    tables = await load_tables(connection)
    reference.tick(tables)
    reference.run(tables)
    # weekly trending is paid by the wall clock, which is not that of the recording
    expected = {
        key: (row.user_id, row.complete, row.steps, row.amount)
        for key, row in reference.rows.items()
        if key[0] not in {"tt", "tut", "tp", "u"}
    }
    # of what was uploaded and soon deleted the tables do not tell any more
    assert {key: row for key, row in (await rows(connection)).items() if key[0] != "u"} == expected


async def test_each_row_is_explained(connection: AsyncConnection[Any]) -> None:
    for (challenge_id, _), (user_id, is_complete, *_) in (await rows(connection)).items():
        told = await challenges.explain(connection, user_id, challenge_id)
        if challenge_id != "u" or not is_complete:  # a track may be gone since
            assert all(fact.holds for fact in told.facts) == is_complete, (user_id, challenge_id, told)
        assert told.verdict.startswith(f"User {user_id} has {'earned' if is_complete else 'not earned'} {challenge_id}")


async def test_every_complete_row_can_be_paged_by_its_block(connection: AsyncConnection[Any]) -> None:
    found = await connection.execute(
        """
        SELECT count(*) FROM user_challenges
        WHERE is_complete AND (completed_blocknumber IS NULL OR completed_at IS NULL)
        """
    )
    assert await found.fetchall() == [(0,)]


async def test_who_used_the_app_is_who_said_so(connection: AsyncConnection[Any]) -> None:
    """``m`` straight from the recorded bytes."""
    said = {user_id for user_id, events in _arrivals() if events.get("is_mobile_user") is True}
    assert {user_id for (one, _), (user_id, *_) in (await rows(connection)).items() if one == "m"} == said


def _arrivals() -> Iterator[tuple[int, dict[str, Any]]]:
    for signed in iter_transactions(shared_file(RECORDING)):
        entity = signed.manage_entity
        if signed.WhichOneof("transaction") == "manage_entity" and entity.entity_type == "User":
            events = (parse(entity.metadata) or {}).get("events")
            if isinstance(events, dict):
                yield entity.user_id, events
