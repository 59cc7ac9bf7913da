"""Plays that are taken away, by the job or by another program, while the same history goes on beside it untouched."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import strategies as st
from psycopg import AsyncConnection

from backbeat.derived.plays.prune import READERS, Pruning, Reader
from backbeat.incremental.transaction import Session
from harness.chain_writer import GENESIS
from harness.check import Derived, World, settle
from harness.histories import History, histories

DAYS = 400.0
KEPT = (
    "SELECT play_item_id, count FROM aggregate_plays ORDER BY 1",
    "SELECT play_item_id, timestamp, country, count FROM aggregate_monthly_plays ORDER BY 1, 2, 3",
    "SELECT id, name, threshold, slot, timestamp FROM milestones ORDER BY 1, 2, 3",
)
"""What is counted as plays are written, and never again."""


class Pruned(NamedTuple):
    """Plays up to an instant go."""

    until: datetime
    is_foreign: bool = False


PruningHistory = list[Any]  # of steps of a history, and of Pruned


def reader_of(derived: Derived) -> tuple[Reader, ...]:
    return tuple(reader for reader in READERS if reader.job == derived.name)


def pruning(until: datetime, readers: tuple[Reader, ...] = (), **changed: Any) -> Pruning:
    """Return the job as it runs when plays up to ``until`` are too old."""

    async def clock(_connection: AsyncConnection[Any]) -> datetime:
        return (until + timedelta(days=DAYS)).replace(tzinfo=UTC)

    return Pruning(**{"days": DAYS, "readers": readers, "clock": clock, **changed})


async def come_to(connection: AsyncConnection[Any], block_time: datetime) -> None:
    """Let the chain be so late."""
    await connection.execute("UPDATE backbeat.cursor SET block_time = %s", [block_time])


async def prune(connection: AsyncConnection[Any], until: datetime, *readers: Reader, **changed: Any) -> int:
    """Run the job until nothing is left to prune; return how many plays it deleted."""
    await come_to(connection, until + timedelta(days=DAYS))
    job, deleted = pruning(until, readers, **changed), 0
    while True:
        report = await job.run(Session(connection))
        deleted += report.deleted
        if not report.more:
            return deleted


async def take(connection: AsyncConnection[Any], until: datetime) -> None:
    """Delete plays as another program does."""
    await connection.execute("DELETE FROM plays WHERE created_at <= %s", [until])


async def take_unseen(connection: AsyncConnection[Any], until: datetime) -> None:
    """Let plays go as a partition does that is dropped: no trigger of the rows sees it."""
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await take(connection, until)


async def all_rows(connection: AsyncConnection[Any], query: str) -> list[tuple[Any, ...]]:
    return await (await connection.execute(query.encode())).fetchall()


async def check_pruned(
    derived: Derived, history: PruningHistory, connection: AsyncConnection[Any], twin: AsyncConnection[Any]
) -> None:
    """After each step a table is what it is where nothing was ever pruned, and so it is rebuilt."""
    pruned, whole = await World.empty(connection), await World.empty(twin)
    for step in history:
        if isinstance(step, Pruned):
            await come_to(twin, step.until + timedelta(days=DAYS))
            await come_to(connection, step.until + timedelta(days=DAYS))
            if step.is_foreign:
                await take(connection, step.until)
            else:
                await prune(connection, step.until, *reader_of(derived), rows_max=3)
        else:
            await pruned.apply(step)
            await whole.apply(step)
        await settle(derived, connection)
        await settle(derived, twin)
        expected = await whole.rows(derived)
        assert await pruned.rows(derived) == expected
        audit = await derived.audit(connection)
        assert audit.is_clean, audit
        await derived.rebuild(Session(connection))
        assert await pruned.rows(derived) == expected
        for query in KEPT:
            assert await all_rows(connection, query) == await all_rows(twin, query)


_cuts = st.sampled_from(
    [datetime(2014, 6, 1), datetime(2025, 1, 1), GENESIS + timedelta(hours=2), GENESIS + timedelta(hours=9)]  # noqa: DTZ001
)
_pruned = st.builds(Pruned, _cuts, is_foreign=st.booleans())


@st.composite
def pruning_histories(draw: st.DrawFn) -> PruningHistory:
    """Return a history in which plays are pruned now and then."""
    history: History = draw(histories(steps_max=5))
    steps: PruningHistory = []
    for step in history:
        steps.append(step)
        if draw(st.booleans()):
            steps.append(draw(_pruned))
    return steps
