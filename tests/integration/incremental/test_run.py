"""A run moves its positions if it did its work, and then alone."""

from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.db.query import value
from backbeat.incremental.report import Moved, RunReport
from backbeat.incremental.rolling import Rolling
from backbeat.incremental.run import Positions, Work, open_at_frontier, taking
from backbeat.incremental.sweep import END, START, Sweep
from backbeat.incremental.transaction import Session, checked_by, fenced, one_snapshot

NAME = "made_up"
SWEEP = Sweep("test:sweep", "users", "user_id", 10)
OTHER = Sweep("test:other", "users", "user_id", 10)
WORK = Work(keys=3, rows_read=5, inserted=1, updated=2, deleted=4)
DONE = RunReport(
    name=NAME,
    keys=3,
    rows_read=5,
    inserted=1,
    updated=2,
    deleted=4,
    moved=(Moved(SWEEP.checkpoint, START, END),),
)


async def looked(connection: AsyncConnection[Any]) -> Positions:
    return await Positions.peek(connection, [SWEEP])


async def kept(connection: AsyncConnection[Any]) -> list[tuple[Any, ...]]:
    return await (await connection.execute("SELECT name, after_key FROM backbeat.rounds ORDER BY 1")).fetchall()


async def test_work_moves_the_positions_and_is_reported(connection: AsyncConnection[Any]) -> None:
    async with taking(Session(connection), NAME, await looked(connection)) as run:
        assert run.is_ours
        run.did(WORK)
    assert run.report == DONE
    assert await kept(connection) == [(SWEEP.checkpoint, END)]
    assert (await looked(connection)).are_quiet


async def test_without_work_the_positions_stay(connection: AsyncConnection[Any]) -> None:
    async with taking(Session(connection), NAME, await looked(connection)) as run:
        assert run.is_ours
    assert run.report == RunReport(name=NAME)
    assert await kept(connection) == [(SWEEP.checkpoint, START)]


async def test_work_that_fails_leaves_nothing(connection: AsyncConnection[Any]) -> None:
    positions = await looked(connection)
    with pytest.raises(ValueError, match="half way"):
        async with taking(Session(connection), NAME, positions):
            raise ValueError("half way")
    assert await kept(connection) == []


async def test_a_conflict_is_reported_and_work_is_refused(connection: AsyncConnection[Any]) -> None:
    late = await looked(connection)
    async with taking(Session(connection), NAME, await looked(connection)) as run:
        run.did(WORK)
    async with taking(Session(connection), NAME, late) as run:
        assert not run.is_ours
    assert run.report == RunReport(name=NAME, more=True, conflict=True)
    with pytest.raises(AssertionError, match="without the lock"):
        async with taking(Session(connection), NAME, late) as run:
            run.did(WORK)
    assert await kept(connection) == [(SWEEP.checkpoint, END)]


async def test_the_fence_comes_last(connection: AsyncConnection[Any]) -> None:
    seen: list[Any] = []

    async def fence(session: AsyncConnection[Any]) -> None:
        seen.append(await kept(session))
        raise RuntimeError("taken over")

    positions = await looked(connection)
    with pytest.raises(RuntimeError, match="taken over"):
        async with taking(Session(connection, checked_by(fence)), NAME, positions) as run:
            run.did(WORK)
    assert seen == [[(SWEEP.checkpoint, END)]]
    assert await kept(connection) == []


async def test_a_position_may_stay_and_a_run_may_become_a_whole_one(connection: AsyncConnection[Any]) -> None:
    both = await Positions.peek(connection, [SWEEP, OTHER])
    async with taking(Session(connection), NAME, both) as run:
        run.stay(OTHER)
        run.did(WORK)
    assert await kept(connection) == [(OTHER.checkpoint, START), (SWEEP.checkpoint, END)]
    assert run.report.more
    async with taking(Session(connection), NAME, await Positions.peek(connection, [SWEEP, OTHER])) as run:
        await run.widen()
        run.did(WORK)
    assert await kept(connection) == [(OTHER.checkpoint, START), (SWEEP.checkpoint, START)]


async def test_positions_are_opened_once(connection: AsyncConnection[Any]) -> None:
    opened = await open_at_frontier(Session(connection), NAME, await looked(connection))
    assert opened == RunReport(name=NAME, moved=(Moved(SWEEP.checkpoint, END, END),))
    assert (await open_at_frontier(Session(connection), NAME, await looked(connection))).is_quiet


async def test_only_a_pass_over_everything_reads_tables_whole_where_the_session_does_not(
    connection: AsyncConnection[Any],
) -> None:
    await connection.execute("SET enable_seqscan = off")
    session = Session(connection)
    async with fenced(session):
        assert await value(connection, "SHOW enable_seqscan") == "off"
    async with fenced(session, whole=True):
        assert await value(connection, "SHOW enable_seqscan") == "on"
    assert await value(connection, "SHOW enable_seqscan") == "off"


async def test_only_a_pass_over_everything_may_take_longer_than_the_session_allows(
    connection: AsyncConnection[Any],
) -> None:
    await connection.execute("SET statement_timeout = '7s'")
    session = Session(connection)
    async with fenced(session):
        assert await value(connection, "SHOW statement_timeout") == "7s"
    async with fenced(session, whole=True):
        assert await value(connection, "SHOW statement_timeout") == "1h"
    async with one_snapshot(connection):
        assert await value(connection, "SHOW statement_timeout") == "1h"
    assert await value(connection, "SHOW statement_timeout") == "7s"


async def test_a_run_that_lost_its_positions_leaves_nothing(connection: AsyncConnection[Any]) -> None:
    late = await Positions.peek(connection, [OTHER, SWEEP])
    async with taking(Session(connection), NAME, late.part(SWEEP)) as run:
        run.did(WORK)

    async def fence(_: AsyncConnection[Any]) -> None:
        raise AssertionError("what a fence writes stands for work that was done")

    async with taking(Session(connection, checked_by(fence)), NAME, late) as run:
        assert not run.is_ours
    assert run.report == RunReport(name=NAME, more=True, conflict=True)
    assert await kept(connection) == [(SWEEP.checkpoint, END)]


async def test_a_round_does_not_move_when_another_of_the_same_run_was_lost(connection: AsyncConnection[Any]) -> None:
    rounds = [Rolling(name, "users", "user_id", seconds=60, keys_max=10) for name in ("one", "two")]
    late = await Positions.peek(connection, rounds)
    async with taking(Session(connection), NAME, late.part(rounds[1])) as run:
        run.did(WORK)
    async with taking(Session(connection), NAME, late) as run:
        assert not run.is_ours
    assert [window.known for window in (await Positions.peek(connection, rounds)).windows] == [False, True]
