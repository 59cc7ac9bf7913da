"""Trials of an adoption that are of no other file, by their numbers (domain: adoption, 7)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from foreign_database.indexer import index_block
from integration.adopt.audience import CHOICES, Heard, adopted
from integration.adopt.conftest import BLOCKS, HANDED_OVER
from integration.adopt.test_adopt import dump_foreign
from psycopg import AsyncConnection

from backbeat.adopt.step import Step
from backbeat.clock import SystemClock
from backbeat.db import address
from backbeat.db.migrate import migrate
from backbeat.db.network_tables import tables
from backbeat.db.pool import open_lanes
from backbeat.errors import AdoptionError, BackbeatError, Exit
from backbeat.incremental.transaction import Session
from backbeat.jobs.catalog import catalog
from backbeat.settings import DatabaseSettings, Settings
from builders.chain import ListSource
from builders.indexing import index, rows
from builders.terminal import backbeat
from harness.connections import ScriptedConnection

pytestmark = pytest.mark.newest

VERBS = (
    ("migrate",),
    ("migrate", "--dry-run"),
    ("index",),
    ("status",),
    ("jobs", "list"),
    ("jobs", "run", "hourly_play_counts"),
    ("jobs", "audit", "hourly_play_counts"),
    ("jobs", "rebuild", "hourly_play_counts", "--dry-run"),
    ("trending", "top"),
    ("rejected", "list"),
    ("challenges", "undisbursed"),
)
PLAYS = "SELECT count(*), max(id) FROM plays"
SCORES = """
    INSERT INTO track_trending_scores (track_id, type, version, time_range, score, created_at)
    SELECT n, 'TRACKS', 'pnagD', 'week', n, now() FROM generate_series(1, 3000) AS n
"""
FILE = "SELECT relfilenode::bigint FROM pg_class WHERE oid = to_regclass(%s)"
DEADLOCKS = "SELECT deadlocks::bigint FROM pg_stat_database WHERE datname = current_database()"
ABRIDGED = """
    DROP TABLE chat_message, chat, user_balances, user_bank_accounts, rpc_log, api_metrics_counts CASCADE
"""
"""Tables of which the made-up database has but a part of the columns."""
OWNER, TRACK = 3_000_001, 2_000_001


def test_t1_every_verb_says_in_one_sentence_whose_the_database_is(foreign_url: str) -> None:
    before = dump_foreign(foreign_url)
    for verb in VERBS:
        answer = backbeat(*verb, "--database", foreign_url)
        told = " ".join(answer.err.split())
        assert answer.status == Exit.CONFIG, verb
        assert "is another program's" in told, verb
        assert "`backbeat adopt --dry-run`" in told, verb
        assert "Traceback" not in answer.out + answer.err, verb
    doctor = backbeat("doctor", "--database", foreign_url)
    assert (doctor.status, "`backbeat adopt --dry-run`" in " ".join(doctor.out.split())) == (Exit.FAILURE, True)
    assert dump_foreign(foreign_url) == before


async def test_t7_a_database_of_another_chain_is_not_taken_over(foreign: AsyncConnection[Any]) -> None:
    plays = await rows(foreign, PLAYS)
    elsewhere = msgspec.structs.replace(CHOICES, chain_ids=("elsewhere",))
    with pytest.raises(AdoptionError) as refused:
        await adopted(foreign, elsewhere)
    assert refused.value.code == "chain_not_chosen"
    assert await rows(foreign, "SELECT to_regnamespace('backbeat')") == [(None,)]
    assert await rows(foreign, PLAYS) == plays


async def test_t7_one_that_was_taken_over_takes_no_block_of_another_chain(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await adopted(foreign)
    plays = await rows(foreign, PLAYS)
    async with await open_lanes(foreign_url, DatabaseSettings()) as lanes:
        with pytest.raises(BackbeatError) as refused:
            await index(lanes, ListSource(BLOCKS, chain_id="elsewhere"))
    assert "elsewhere" in refused.value.message
    assert await rows(foreign, PLAYS) == plays
    assert await rows(foreign, "SELECT chain_id, height FROM backbeat.cursor") == [("dev", HANDED_OVER)]


async def test_t13_what_the_networks_server_reads_is_there_in_both(
    foreign_url: str, foreign: AsyncConnection[Any], database_url: str, connection: AsyncConnection[Any]
) -> None:
    """Its answers can only be compared with the server itself; what it reads can be read in both."""
    await adopted(foreign)
    await foreign.execute(ABRIDGED)
    await migrate(foreign_url, clock=SystemClock(), network_tables=True)
    await migrate(database_url, clock=SystemClock(), network_tables=True)
    for table in (*tables(), "users", "tracks", "playlists", "aggregate_user", "track_trending_scores", "notification"):
        query = f"SELECT * FROM public.{table} LIMIT 1"  # noqa: S608 - names of ours
        await rows(foreign, query)
        await rows(connection, query)
    assert await rows(connection, "SELECT splits FROM public.usdc_purchases") == []


class Beside(Heard):
    """Does something of the test's beside every exchange of steps of a name, while no lock may be waited for."""

    def __init__(self, connection: ScriptedConnection, of: str, act: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._connection, self._of, self._act = connection, of, act

    def begins(self, step: Step) -> None:
        """Begin to act with a step of the name, and cease with the next."""
        self._connection.after_each = self._act if step.name.startswith(self._of) else None


async def test_t14_the_copy_of_scores_stands_in_no_readers_way_and_is_put_in_place_as_it_is(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await foreign.execute(SCORES.encode())
    reads, files = 0, set[int]()
    session = address.parse(foreign_url).session("backbeat/adopt", statement_timeout=0)
    async with (
        await ScriptedConnection.connect(autocommit=True, **session) as adopting,
        await AsyncConnection.connect(foreign_url, autocommit=True, options="-c lock_timeout=1ms") as reader,
    ):

        async def read() -> None:
            nonlocal reads
            await rows(reader, "SELECT max(score) FROM track_trending_scores")
            reads += 1
            files.update(each for (each,) in await rows(reader, FILE, "backbeat.track_trending_scores"))

        await adopted(adopting, audience=Beside(adopting, "new track_trending_scores", read))
    assert reads > 3
    [(placed,)] = await rows(foreign, FILE, "public.track_trending_scores")
    assert placed in files
    assert await rows(foreign, "SELECT count(*), count(magnitude) FROM track_trending_scores") == [(3_000, 3_000)]


@pytest.mark.slow
async def test_t15_jobs_beside_another_writer_are_in_no_deadlock(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await adopted(foreign)
    before = await rows(foreign, DEADLOCKS)
    jobs = list(catalog(Settings()))
    heights = list[int]()

    async def write() -> None:
        async with await AsyncConnection.connect(foreign_url, autocommit=True) as theirs:
            for user in range(60):
                track = TRACK + user % 5
                heights.append(await index_block(theirs, follower=user, followee=OWNER + user % 3, track=track))

    async def work() -> None:
        async with await address.connect(address.parse(foreign_url), "backbeat/jobs", statement_timeout=0) as ours:
            while not writer.done():
                for job in jobs:
                    await job.run(Session(ours))

    writer = asyncio.create_task(write())
    await asyncio.gather(writer, work())
    assert len(heights) == 60
    await foreign.execute("SELECT pg_stat_clear_snapshot()")
    assert await rows(foreign, DEADLOCKS) == before
