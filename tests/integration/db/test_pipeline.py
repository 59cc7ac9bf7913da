"""A transaction in a pipeline: what is sent together, what becomes of it, and what is left of the session."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.pq import PipelineStatus, TransactionStatus

from backbeat.db.connection import LaneConnection
from backbeat.db.pipeline import apart, pipelined, pipelined_transaction
from backbeat.db.pool import Lanes

INSERT = "INSERT INTO backbeat.clocks (name, reached_at) VALUES (%s, now())"
NAMES = "SELECT name FROM backbeat.clocks WHERE name LIKE 'joined%' ORDER BY name"


@asynccontextmanager
async def lent(lanes: Lanes) -> AsyncIterator[LaneConnection]:
    async with lanes.indexing.connection() as session:
        assert isinstance(session, LaneConnection)
        yield session


async def names(connection: AsyncConnection[Any]) -> list[str]:
    return [name for [name] in await (await connection.execute(NAMES)).fetchall()]


def is_as_before(session: LaneConnection) -> bool:
    info = session.info
    return (info.transaction_status, info.pipeline_status, session.transaction_pipeline) == (
        TransactionStatus.IDLE,
        PipelineStatus.OFF,
        None,
    )


async def test_what_was_done_is_committed_at_the_end_and_not_before(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    async with lent(lanes) as session:
        async with pipelined_transaction(session):
            await session.execute(INSERT, ["joined 1"])
            async with pipelined(session):
                found = await session.execute(NAMES)
            assert await found.fetchall() == [("joined 1",)]
            assert await names(connection) == []
        assert is_as_before(session)
    assert await names(connection) == ["joined 1"]


async def test_what_the_server_refuses_is_not_committed_though_the_commit_was_sent_behind_it(lanes: Lanes) -> None:
    async def broken_off(session: LaneConnection) -> None:
        async with pipelined_transaction(session):
            await session.execute(INSERT, ["joined 1"])
            await session.execute("SELECT backbeat.break_off('enough', 'BB009')")

    async with lent(lanes) as session:
        with pytest.raises(psycopg.Error) as broken:
            await broken_off(session)
        assert broken.value.sqlstate == "BB009"
        assert is_as_before(session)
        assert await names(session) == []


async def test_what_we_break_off_is_not_committed(lanes: Lanes) -> None:
    async def broken_off(session: LaneConnection) -> None:
        async with pipelined_transaction(session):
            await session.execute(INSERT, ["joined 1"])
            raise ValueError("enough")

    async with lent(lanes) as session:
        with pytest.raises(ValueError, match="enough"):
            await broken_off(session)
        assert is_as_before(session)
        assert await names(session) == []


@pytest.mark.parametrize("fails", [False, True])
async def test_copy_is_a_part_of_the_transaction(
    lanes: Lanes, connection: AsyncConnection[Any], *, fails: bool
) -> None:
    async with lent(lanes) as session:
        try:
            async with pipelined_transaction(session):
                await session.execute(INSERT, ["joined 1"])
                async with apart(session), session.cursor() as cursor:
                    async with cursor.copy("COPY backbeat.clocks (name, reached_at) FROM STDIN") as copy:
                        await copy.write_row(("joined 2", "no date" if fails else "2026-01-01"))
                    assert await names(connection) == []
                await session.execute(INSERT, ["joined 3"])
        except psycopg.DataError:
            assert fails
        assert is_as_before(session)
    assert await names(connection) == ([] if fails else ["joined 1", "joined 2", "joined 3"])


async def test_a_session_that_is_cut_is_no_worse_than_another_that_is(lanes: Lanes) -> None:
    async def cut_off(session: LaneConnection) -> None:
        async with pipelined_transaction(session):
            await session.execute(INSERT, ["joined 1"])
            session.cut()
            await session.execute(NAMES)

    async with lent(lanes) as session:
        with pytest.raises(psycopg.OperationalError):
            await cut_off(session)
        assert session.closed


async def test_outside_of_it_pipelines_are_the_drivers_and_nothing_has_to_be_apart(
    connection: AsyncConnection[Any],
) -> None:
    seen = []
    for context in (pipelined(connection), apart(connection)):
        async with context:
            seen.append(connection.info.pipeline_status)
    assert seen == [PipelineStatus.ON, PipelineStatus.OFF]
