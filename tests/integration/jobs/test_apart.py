"""A job that asks others than the database has no connection while it waits for them, and is fenced all the same."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from jobs_bench import Bench, Work
from psycopg import AsyncConnection

from backbeat.db.pool import Lanes
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Lend, fenced
from backbeat.jobs import record
from backbeat.jobs.job import Job

MakeBench = Callable[..., Bench]
NAME = "asks"


class Asks:
    """Writes a row, asks, and writes another."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.answered = asyncio.Event()

    async def run(self, lend: Lend) -> RunReport:
        await self._write(lend, 1)
        self.asked.set()
        await self.answered.wait()
        await self._write(lend, 2)
        return RunReport(name=NAME, inserted=2)

    async def _write(self, lend: Lend, number: int) -> None:
        async with lend() as session, fenced(session):
            await session.connection.execute("INSERT INTO public.told VALUES (%s)", [number])

    def job(self) -> Job:
        return msgspec.structs.replace(Work(NAME).job(name=NAME), run_apart=self.run)


async def told(connection: AsyncConnection[Any]) -> list[int]:
    found = await (await connection.execute("SELECT number FROM public.told ORDER BY 1")).fetchall()
    return [number for (number,) in found]


async def test_no_connection_is_held_while_others_are_asked(
    bench: MakeBench, lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await connection.execute("CREATE TABLE public.told (number integer)")
    asks = Asks()
    running = asyncio.create_task(bench(asks.job()).runner.run_once(NAME))
    await asks.asked.wait()
    stats = lanes.jobs.get_stats()
    assert stats["pool_available"] == stats["pool_size"]
    assert await told(connection) == [1]
    asks.answered.set()
    assert (await running).inserted == 2
    assert await told(connection) == [1, 2]


async def test_what_all_its_sessions_did_is_its_cost(bench: MakeBench, connection: AsyncConnection[Any]) -> None:
    await connection.execute("CREATE TABLE public.told (number integer)")
    asks = Asks()
    asks.answered.set()
    await bench(asks.job()).runner.run_once(NAME)
    [run] = await record.history(connection, NAME, 1)
    assert run.blocks_hit is not None
    assert run.blocks_hit > 0


async def test_who_lost_the_lease_while_asking_writes_nothing_more(
    bench: MakeBench, connection: AsyncConnection[Any]
) -> None:
    await connection.execute("CREATE TABLE public.told (number integer)")
    asks = Asks()
    at = bench(asks.job())
    running = asyncio.create_task(at.runner.run_once(NAME))
    await asks.asked.wait()
    await connection.execute("UPDATE backbeat.jobs SET term = term + 1 WHERE name = %s", [NAME])
    asks.answered.set()
    await asyncio.wait([running])
    assert running.exception() is not None
    assert await told(connection) == [1]
