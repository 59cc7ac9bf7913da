"""What was refused is kept for so long and up to so much, and no longer."""

from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.chain.proto import core_pb2
from backbeat.db.pool import Lanes
from backbeat.incremental.transaction import Session
from backbeat.jobs import refusals
from backbeat.jobs.catalog import find
from backbeat.jobs.refusals import Refusals
from backbeat.observe.rejected import kept_bytes
from backbeat.reads.rejected import read_rejected
from backbeat.settings import JobsSettings, Settings
from builders.chain import ListSource, play, plays
from builders.indexing import index, rows

BLOCKS = 20
DAY = 86_400
EVERYTHING = Refusals(days=0.0, bytes_max=0)


@pytest.fixture
async def refused(lanes: Lanes, connection: AsyncConnection[Any]) -> AsyncConnection[Any]:
    """A session on a database whose 20 blocks, a day apart, hold a refused transaction and a refused play each."""
    unknown = core_pb2.SignedTransaction(signature="0x" + "ab" * 400)
    source = ListSource([[unknown, plays(play("", ""), play("", "7"))] for _ in range(BLOCKS)])
    for block in source.chain:
        block.timestamp.FromDatetime(block.timestamp.ToDatetime() + timedelta(days=block.height))
    await index(lanes, source)
    return connection


async def heights(connection: AsyncConnection[Any]) -> list[int]:
    listed = await rows(connection, "SELECT DISTINCT height FROM rejected_transactions ORDER BY 1")
    kept = await rows(connection, "SELECT DISTINCT height FROM backbeat.rejected_bytes ORDER BY 1")
    assert listed == kept
    return [height for (height,) in kept]


async def test_without_bounds_everything_is_kept(refused: AsyncConnection[Any]) -> None:
    report = await EVERYTHING.prune(Session(refused))
    assert (report.deleted, report.more) == (0, False)
    assert await heights(refused) == list(range(1, BLOCKS + 1))


async def test_age_is_told_by_the_chain(refused: AsyncConnection[Any]) -> None:
    assert (await Refusals(days=4.5, bytes_max=0).prune(Session(refused))).deleted == 2 * 15
    assert await heights(refused) == [16, 17, 18, 19, 20]
    assert (await Refusals(days=4.5, bytes_max=0).prune(Session(refused))).deleted == 0


@pytest.mark.parametrize(("seconds", "oldest"), [(4 * (DAY + 1) - 1, 17), (4 * (DAY + 1), 16)])
async def test_a_day_is_as_long_as_it_is(refused: AsyncConnection[Any], seconds: int, oldest: int) -> None:
    """The blocks are a day and a second apart."""
    await Refusals(days=seconds / DAY, bytes_max=0).prune(Session(refused))
    assert await heights(refused) == list(range(oldest, BLOCKS + 1))


async def test_the_newest_are_kept_up_to_their_size(refused: AsyncConnection[Any]) -> None:
    before = await kept_bytes(refused)
    bound = before // 4
    deleted = (await Refusals(days=0.0, bytes_max=bound).prune(Session(refused))).deleted
    assert 2 * 14 <= deleted <= 2 * 16
    assert bound - 2_000 < await kept_bytes(refused) <= bound
    assert (await read_rejected(refused, limit=1))[0].height == BLOCKS
    raw = "SELECT sum(octet_length(raw))::bigint FROM backbeat.rejected_bytes"
    [(size,)] = await rows(refused, raw)
    assert size < await kept_bytes(refused)


async def test_a_run_is_bounded_and_asks_for_another(
    refused: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "PRUNED_MAX", 15)
    kept = Refusals(days=4.5, bytes_max=0)
    reports = [await kept.prune(Session(refused)) for _ in range(3)]
    assert [(report.deleted, report.more) for report in reports] == [(15, True), (15, True), (0, False)]
    assert await rows(refused, "SELECT count(*) FROM backbeat.transaction_counts WHERE outcome = 'rejected'") == [(1,)]


async def test_what_is_refused_later_is_summed_up_behind_what_was_deleted(
    refused: AsyncConnection[Any], lanes: Lanes
) -> None:
    await Refusals(days=0.5, bytes_max=0).prune(Session(refused))
    before = await kept_bytes(refused)
    source = ListSource([[] for _ in range(BLOCKS)] + [[core_pb2.SignedTransaction(signature="0x00")]])
    await index(lanes, source)
    assert before < await kept_bytes(refused) < before + 1_000


async def test_of_nothing_nothing_is_deleted(connection: AsyncConnection[Any]) -> None:
    assert (await Refusals(days=1.0, bytes_max=1).prune(Session(connection))).deleted == 0
    assert await kept_bytes(connection) == 0


def test_the_job_goes_by_the_settings() -> None:
    job = find(refusals.NAME, Settings(jobs=JobsSettings(rejected_days=1.5, rejected_bytes_max=7)))
    assert job.run.__self__ == Refusals(days=1.5, bytes_max=7)  # type: ignore[attr-defined]  # it is a method
