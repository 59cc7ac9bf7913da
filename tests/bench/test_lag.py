"""The benchmark of lag: connections in line, tickers, ways, figures, tables, picture; and that it still runs."""

import asyncio
import itertools
from argparse import Namespace
from asyncio import Semaphore
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast
from xml.etree import ElementTree as ET

import pytest
from clusters import cluster_folder
from depth import DEPTH
from psycopg import AsyncConnection, OperationalError

from backbeat.db.pool import LanePool
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session
from bench.freshness_cost import costs
from bench.lag.connections import Entrance
from bench.lag.cost import Ages, Costed, cost_table, costed, costed_ways, parted
from bench.lag.cost_picture import draw_costs
from bench.lag.machine import Load
from bench.lag.picture import draw
from bench.lag.prepared import prepared
from bench.lag.table import Outcome, number, short, table
from bench.lag.tickers import Tally, Ticker, keep
from bench.lag.watch import Figures, Lag, worst_of_each_second
from bench.lag.ways import FIX, INCIDENT, WAYS, ingredients
from bench.synthetic.library import opened
from bench.trending_lag import measure

TINY = 0.001
SVG = "{http://www.w3.org/2000/svg}"


class Lending:
    """A lane that lends a connection to every caller."""

    @asynccontextmanager
    async def connection(self, _timeout: float | None, *, user: str) -> AsyncIterator[AsyncConnection[Any]]:
        """Lend one that does nothing, to any user."""
        del user
        yield cast(AsyncConnection[Any], object())


def entrance(pool: Semaphore | None) -> Entrance:
    return Entrance(cast(LanePool, Lending()), pool)


def outcome(way: str, lags: list[Lag]) -> Outcome:
    return Outcome(
        way=way,
        pool_size=4,
        lead=lags[:1],
        busy=lags,
        blocks_made=10,
        blocks_written=9,
        waits_seconds={"indexing": [0.5], "jobs": []},
        load=Load(busy_share=0.5, wal_bytes=2**20, buffers=12_345, client_seconds=1.5, server_seconds=2.5),
        tallies={"trending": Tally(3, 12.3, 1_000)},
    )


async def test_who_comes_to_a_pool_that_is_lent_out_waits_in_line() -> None:
    pool = Semaphore(1)
    blocks, jobs, order = entrance(pool), entrance(pool), list[str]()

    async def take(name: str, through: Entrance) -> None:
        async with through.connection():
            order.append(name)
            await asyncio.sleep(0)

    async with jobs.connection():
        waiting = [asyncio.create_task(take("job", jobs)), asyncio.create_task(take("blocks", blocks))]
        await asyncio.sleep(0)  # both came, however long that took
        await asyncio.sleep(0.01)
        assert order == []
    await asyncio.gather(*waiting)
    assert order == ["job", "blocks"]
    assert blocks.waits_seconds[0] >= 0.01
    assert jobs.waits_seconds[0] < 0.01


async def test_a_ticker_works_off_batches_and_outlives_what_fails() -> None:
    calls, done = itertools.count(1), asyncio.Event()

    async def work(_session: Session) -> RunReport:
        call = next(calls)
        if call == 3:
            raise OperationalError("gone")
        if call == 5:
            done.set()
            await asyncio.Event().wait()
        return RunReport(name="work", inserted=10, more=call == 1)

    tally, lane = Tally(), entrance(None)
    ticking = asyncio.create_task(keep(Ticker("work", (work,), 0.0), lane, tally))
    await asyncio.wait_for(done.wait(), 5)
    ticking.cancel()
    with suppress(asyncio.CancelledError):
        await ticking
    assert (tally.ticks, tally.rows_written, tally.failed) == (3, 30, 1)
    assert len(lane.waits_seconds) == 5


def test_figures_are_values_that_were_seen() -> None:
    assert Figures.of([float(value) for value in range(1, 101)]) == Figures(51.0, 100.0, 100.0)
    assert Figures.of([3.0]) == Figures(3.0, 3.0, 3.0)
    assert Figures.of([]) == Figures(0.0, 0.0, 0.0)


def test_the_worst_look_of_a_second_stands_for_it() -> None:
    looks = [Lag(0.0, 0, 0.0), Lag(0.99, 0, 0.0), Lag(1.01, 1, 0.2), Lag(1.4, 3, 2.5), Lag(1.9, 0, 0.0)]
    assert worst_of_each_second(looks) == [0.0, 2.5]


def test_the_incident_recomputes_what_the_fix_follows() -> None:
    incident = {work for ticker in INCIDENT for work in ticker.works}
    fix = {work for ticker in FIX for work in ticker.works}
    recomputed = {work for work in incident if getattr(work, "__name__", "") == "rebuild"}
    assert len(recomputed) > 10
    assert 1 <= len(recomputed & fix) < len(recomputed) / 2  # of the bounded cadence
    assert [way.pool_size for way in ingredients() if way.tickers is INCIDENT] == [None, 20, WAYS[0].pool_size]


def test_tables_and_picture_show_every_way() -> None:
    outcomes = [outcome("worse", [Lag(0.0, 12, 12.0)]), outcome("better", [Lag(0.0, 0, 0.04)])]
    lines = list(table(outcomes))
    assert {line.count("|") for line in lines} == {4}
    assert "| runs of trending, the longest, s | 3, 12 | 3, 12 |" in lines
    assert "| better | one pool of 4 | 0.04 | 0.04 | 0.50 | 0.50 | 9 of 10 |" in list(short(outcomes))
    drawn = ET.fromstring(draw(outcomes))  # noqa: S314 - our own
    assert len(drawn.findall(f"{SVG}polyline")) == 2
    assert "worse: at most 12 s" in [text.text for text in drawn.findall(f"{SVG}text")]


def test_a_number_has_three_digits_at_most() -> None:
    assert [number(value) for value in (0.0, 1.0, 0.046, 3.14159, 12.3, 4_321.0)] == [
        "0", "1", "0.05", "3.14", "12", "4,321",
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_the_incident_and_ours_live_beside_the_block_loop() -> None:
    options = Namespace(rate=20.0, block_seconds=0.1, lead=0, seconds=3)
    with cluster_folder() as folder:
        async with opened(folder, TINY) as library, prepared(library) as source:
            incident, fresh, ours = [await measure(source, WAYS[which], options) for which in (0, 2, 3)]
    assert incident.tally("challenges").longest_seconds > 0
    assert ours.tally("challenges").ticks > 0
    assert fresh.tally("challenges").ticks > 3
    for one in (incident, fresh, ours):
        assert min(one.blocks_written, one.load.wal_bytes, one.load.buffers) > 0
        assert min(one.load.client_seconds, one.load.server_seconds) > 0


def test_works_that_come_seldom_cost_by_their_share() -> None:
    fix = next(way for way, _ in costed_ways() if way.name == "the fix, an hour")
    often, seldom = parted(fix, 120.0)
    assert {ticker.name for ticker in seldom} == {"challenges", "scores", "trending"}
    assert {ticker.every_seconds for ticker in often.tickers or ()} == {5.0, 10.0, 30.0, 120.0}
    run = Load(wal_bytes=1_000, buffers=200, client_seconds=10.0, server_seconds=20.0, wall_seconds=100.0)
    single = [(ticker, Load(server_seconds=36.0, wal_bytes=7_200)) for ticker in seldom if ticker.name == "trending"]
    cost = costed(fix, Ages(30.0, 3_600.0), 0.04, run, single)
    assert [cost.processors, cost.wal_bytes, cost.buffers] == pytest.approx([0.31, 12.0, 2.0])


def test_the_picture_of_costs_has_a_line_from_rewards_to_lists() -> None:
    costs = [
        Costed(way.name, way.tickers is None, ages, 0.1 * (number + 1), 1e5, 1e3, 0.05)
        for number, (way, ages) in enumerate(costed_ways())
    ]
    assert {line.count("|") for line in cost_table(costs)} == {8}
    drawn = ET.fromstring(draw_costs(costs))  # noqa: S314 - our own
    assert len(drawn.findall(f"{SVG}circle")) == 2 * (len(costs) - 1)
    named = [text.text for text in drawn.findall(f"{SVG}text")]
    assert set(named) >= {"no jobs", "the fix, a minute", "ours", "ours, 5 s"}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(DEPTH != "long", reason="eight ways in turn: make histories asks for it")
async def test_every_way_is_costed_beside_the_block_loop() -> None:
    options = Namespace(rate=20.0, block_seconds=0.1, lead=0, seconds=1)
    with cluster_folder() as folder:
        async with opened(folder, TINY) as library, prepared(library) as source:
            found = await costs(source, options)
    assert [one.name for one in found] == [way.name for way, _ in costed_ways()]
    assert all(min(one.processors, one.wal_bytes, one.buffers) > 0 for one in found)
