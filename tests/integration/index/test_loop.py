"""The block loop where something goes wrong: commits that fail, are cut, or whose answer is lost, and being stopped."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from typing import Any

import psycopg
import pytest
import structlog
from psycopg import AsyncConnection

from backbeat.chain.model import Block
from backbeat.chain.proto import core_pb2
from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes, open_lanes
from backbeat.errors import ChainDataError, DatabaseError
from backbeat.index.applied import Committed
from backbeat.index.applying import BatchRunner
from backbeat.index.committing import Committing, check_order
from backbeat.index.cursor import Cursor
from backbeat.index.frontier import Frontier
from backbeat.index.lease import Lease
from backbeat.index.loop import BlockLoop
from backbeat.index.rows.users import UserRow
from backbeat.index.writer import Writer
from backbeat.settings import DatabaseSettings
from builders.chain import ListSource, entity, make_block, play, plays
from builders.indexing import block_loop, index, rows
from builders.waiting import eventually
from builders.writing import blocks

pytestmark = pytest.mark.newest

CREATE_USER = {
    key: entity(key, 3_000_000 + key, "User/Create", 3_000_000 + key, '{"cid":null,"data":null}', nonce=key)
    for key in range(1, 4)
}
CUT = "consuming input failed: server closed the connection unexpectedly"
HEIGHTS = "SELECT height FROM core_indexed_blocks ORDER BY height"
PLAYS = [[plays(play("", str(height)))] for height in range(1, 41)]


class Tries:
    """Notes what a writer is asked to commit, and may do something of the test's before or after it does so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[tuple[int, int, bool]] = []  # first height, blocks, one by one
        self.before: Callable[[int, list[Block]], None] = lambda _number, _blocks: None
        self.after: Callable[[int, list[Block]], None] = lambda _number, _blocks: None
        write, tries = Writer.write, self

        async def noted(self: Writer, before: Cursor, batch: list[Block], *, one_by_one: bool = False) -> Committed:
            tries.made.append((batch[0].height, len(batch), one_by_one))
            tries.before(len(tries.made), batch)
            written = await write(self, before, batch, one_by_one=one_by_one)
            tries.after(len(tries.made), batch)
            return written

        monkeypatch.setattr(Writer, "write", noted)


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> Tries:
    return Tries(monkeypatch)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait before a commit is tried again."""

    async def sleep(_self: SystemClock, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01))

    monkeypatch.setattr(SystemClock, "sleep", sleep)


async def heights(connection: AsyncConnection[Any]) -> list[int]:
    return [height for (height,) in await rows(connection, HEIGHTS)]


async def ready(loop: BlockLoop, lanes: Lanes) -> tuple[Committing, Cursor]:
    """Return what a loop commits with, for a test that uses it alone, and where the database stands."""
    clock = SystemClock()
    lease = Lease(lanes.control, "index", 60.0, clock)
    await lease.acquire()
    writer = Writer(lanes.indexing, lease, BatchRunner(await loop._describe(), loop._chain.rules))
    commits = Committing(
        writer, lease, loop._frontier, loop._stop, clock, loop._note, loop._look, loop.progress.commits
    )
    return commits, await loop._frontier.read()


# Stopping


async def test_asked_to_stop_while_catching_up_it_ends_after_the_batch_in_hand(
    lanes: Lanes, connection: AsyncConnection[Any], tries: Tries
) -> None:
    loop = block_loop(lanes, ListSource(PLAYS), batch_blocks_max=1)
    tries.after = lambda number, _blocks: loop.drain() if number == 3 else None
    await loop.run()
    assert await heights(connection) == [1, 2, 3]


async def test_asked_to_stop_it_does_not_take_what_an_endless_source_has_ready(lanes: Lanes, tries: Tries) -> None:
    class Endless(ListSource):
        async def blocks(self, after: int) -> AsyncIterator[core_pb2.Block]:
            for height in itertools.count(after + 1):
                yield make_block("dev", height, [])

    loop = block_loop(lanes, Endless([[]]), batch_blocks_max=1)
    tries.after = lambda _number, _blocks: loop.drain()
    async with asyncio.timeout(60):
        await loop.run()
    assert len(tries.made) == 1


async def test_asked_to_stop_before_it_began_it_commits_nothing(
    lanes: Lanes, connection: AsyncConnection[Any], tries: Tries
) -> None:
    loop = block_loop(lanes, ListSource(PLAYS))
    loop.drain()
    await loop.run()
    assert await heights(connection) == []
    assert tries.made == []


@pytest.fixture
async def impatient(database_url: str) -> AsyncIterator[Lanes]:
    """Lanes whose statements wait for a lock for a moment only."""
    async with await open_lanes(database_url, DatabaseSettings(lock_timeout_seconds=0.05)) as opened:
        yield opened


async def test_asked_to_stop_while_a_commit_is_tried_again_it_ends_and_accuses_nobody(
    impatient: Lanes, connection: AsyncConnection[Any], database_url: str, tries: Tries
) -> None:
    async def tried_again() -> bool:
        return len(tries.made) > 1

    chain = [[CREATE_USER[1]], [CREATE_USER[2]], [CREATE_USER[3]]]
    loop = block_loop(impatient, ListSource(chain), batch_blocks_max=1)
    async with await AsyncConnection.connect(database_url) as holder:
        await holder.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        running = asyncio.create_task(loop.run())
        assert await eventually(tried_again)
        loop.drain()
        await running
    assert await heights(connection) == []
    assert await rows(connection, "SELECT count(*) FROM backbeat.leases WHERE expires_at > now()") == [(0,)]
    await index(impatient, ListSource(chain))
    assert await heights(connection) == [1, 2, 3]


async def test_asked_to_stop_between_the_pieces_of_a_refused_batch_it_leaves_the_rest(
    lanes: Lanes, connection: AsyncConnection[Any], tries: Tries
) -> None:
    await connection.execute("ALTER TABLE users ADD CONSTRAINT refused CHECK (user_id <> 3000002)")
    loop = block_loop(lanes, ListSource([]))
    commits, cursor = await ready(loop, lanes)
    tries.after = lambda _number, _blocks: loop.drain()
    reached = await commits.commit(cursor, blocks([[CREATE_USER[1]], [CREATE_USER[2]], [CREATE_USER[3]]]))
    assert [(first, count) for first, count, _ in tries.made] == [(1, 3), (1, 1)]
    assert reached.height == 1
    assert await heights(connection) == [1]


async def test_asked_to_stop_while_the_database_is_away_at_the_start_it_ends(
    lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = block_loop(lanes, ListSource(PLAYS))
    failed = asyncio.Event()

    async def away(_self: Frontier) -> Cursor:
        failed.set()
        raise psycopg.OperationalError(CUT)

    monkeypatch.setattr(Frontier, "_read", away)
    running = asyncio.create_task(loop.run())
    await failed.wait()
    loop.drain()
    async with asyncio.timeout(30):
        await running


# Refused and cut batches


async def test_a_refused_batch_is_bisected(lanes: Lanes, connection: AsyncConnection[Any], tries: Tries) -> None:
    await connection.execute("ALTER TABLE users ADD CONSTRAINT refused CHECK (user_id <> 3000002)")
    chain = [[CREATE_USER[1]], *PLAYS[:13], [CREATE_USER[2], CREATE_USER[3]], PLAYS[13]]
    loop = block_loop(lanes, ListSource([]))
    commits, cursor = await ready(loop, lanes)
    reached = await commits.commit(cursor, blocks(chain))
    assert [(first, count) for first, count, _ in tries.made] == [
        (1, 16), (1, 8), (9, 8), (9, 4), (13, 4), (13, 2), (15, 2), (15, 1), (16, 1),
    ]  # fmt: skip
    assert reached.height == 16
    assert await heights(connection) == list(range(1, 17))
    assert await rows(connection, "SELECT height, tx_index FROM rejected_transactions") == [(15, 0)]
    assert await rows(connection, "SELECT id, play_item_id FROM plays ORDER BY id") == [(at, at) for at in range(1, 15)]


@pytest.mark.usefixtures("at_once")
async def test_a_batch_that_is_cut_is_tried_in_smaller_pieces(
    lanes: Lanes, connection: AsyncConnection[Any], tries: Tries
) -> None:
    def cut(_number: int, batch: list[Block]) -> None:
        if len(batch) > 3:
            raise psycopg.OperationalError(CUT)

    tries.before = cut
    loop = block_loop(lanes, ListSource([]))
    commits, cursor = await ready(loop, lanes)
    reached = await commits.commit(cursor, blocks(PLAYS))
    assert [(first, count) for first, count, _ in tries.made][:5] == [(1, 40), (1, 10), (1, 2), (3, 2), (5, 2)]
    assert len(tries.made) == 2 + 20
    assert reached.height == 40
    assert await heights(connection) == list(range(1, 41))


@pytest.mark.usefixtures("at_once")
async def test_a_transaction_in_which_a_block_is_cut_again_and_again_is_named(
    lanes: Lanes, connection: AsyncConnection[Any], tries: Tries, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuts_left = [5]
    run = BatchRunner.run

    async def cut_in_the_second(self: BatchRunner, conn: AsyncConnection[Any], batch: Any) -> None:
        await run(self, conn, batch)
        if cuts_left[0] and 3_000_002 in {row.key()[0] for row in batch.state.changes().get(UserRow, [])}:
            cuts_left[0] -= 1
            await conn.close()
            raise psycopg.OperationalError(CUT)

    monkeypatch.setattr(BatchRunner, "run", cut_in_the_second)
    [block] = blocks([[CREATE_USER[1], CREATE_USER[2], CREATE_USER[3]]])
    loop = block_loop(lanes, ListSource([]))
    commits, cursor = await ready(loop, lanes)
    with structlog.testing.capture_logs() as logs:
        await commits.commit(cursor, [block])
    assert cuts_left == [0]
    named = [line for line in logs if line["event"] == "block_cut_again"]
    assert {"height": 1, "tx_index": 1, "tx_hash": block.transactions[1].hash, "cuts": 4}.items() <= named[1].items()
    assert [one_by_one for _, _, one_by_one in tries.made] == [False, True, False, True, False, True]
    assert await rows(connection, "SELECT user_id FROM users ORDER BY 1") == [(3_000_001,), (3_000_002,), (3_000_003,)]


@pytest.mark.usefixtures("at_once")
async def test_what_a_commit_did_whose_answer_was_lost_is_not_done_again(
    lanes: Lanes, connection: AsyncConnection[Any], tries: Tries
) -> None:
    lost = []

    def lose(number: int, batch: list[Block]) -> None:
        if number in (1, 3):
            lost.append(batch[-1].height)
            raise psycopg.OperationalError(CUT)

    tries.after = lose
    loop = block_loop(lanes, ListSource([]))
    commits, cursor = await ready(loop, lanes)
    first, second = blocks(PLAYS)[:7], blocks(PLAYS)[7:12]
    cursor = await commits.commit(cursor, first)
    assert (cursor.height, cursor.play_id) == (7, 7)
    cursor = await commits.commit(cursor, second[:2])
    cursor = await commits.commit(cursor, second[2:])
    assert lost == [7, 12]
    assert [(at, count) for at, count, _ in tries.made] == [(1, 7), (8, 2), (10, 3)]
    assert (cursor.height, cursor.play_id) == (12, 12)
    assert await rows(connection, "SELECT play_item_id FROM plays ORDER BY id") == [(at,) for at in range(1, 13)]
    assert await rows(connection, "SELECT count FROM backbeat.transaction_counts") == [(12,)]


@pytest.mark.usefixtures("at_once")
async def test_an_answer_lost_between_pieces_leaves_only_the_rest_to_do(
    lanes: Lanes, connection: AsyncConnection[Any], tries: Tries
) -> None:
    await connection.execute("ALTER TABLE users ADD CONSTRAINT refused CHECK (user_id <> 3000002)")

    def lose(number: int, _blocks: list[Block]) -> None:
        if number == 2:
            raise psycopg.OperationalError(CUT)

    tries.after = lose
    loop = block_loop(lanes, ListSource([]))
    commits, cursor = await ready(loop, lanes)
    chain = blocks([PLAYS[0], PLAYS[1], [CREATE_USER[2]], PLAYS[2]])
    await commits.commit(cursor, chain)
    assert [(at, count) for at, count, _ in tries.made] == [(1, 4), (1, 2), (3, 1), (4, 1)]
    assert await heights(connection) == [1, 2, 3, 4]


@pytest.mark.usefixtures("at_once")
async def test_a_commit_that_fails_for_another_reason_is_tried_ten_times_and_then_told(
    lanes: Lanes, connection: AsyncConnection[Any], tries: Tries
) -> None:
    await connection.execute("ALTER TABLE core_indexed_blocks RENAME COLUMN plays_slot TO other")
    with pytest.raises(DatabaseError) as told:
        await index(lanes, ListSource([[]]))
    assert told.value.code == "block_not_committed"
    assert "Block 1 " in told.value.message
    assert len(tries.made) == 11


# What the loop holds a source to, beside what fetching ahead does


@pytest.mark.parametrize(
    ("heights_served", "chain_id"),
    [([2], "dev"), ([1, 3], "dev"), ([1, 1], "dev"), ([2, 1], "dev"), ([1], "other"), ([0], "dev")],
)
async def test_blocks_that_do_not_follow_the_cursor_are_not_given_to_the_writer(
    lanes: Lanes, connection: AsyncConnection[Any], tries: Tries, heights_served: list[int], chain_id: str
) -> None:
    [block] = blocks([[]])
    served = [
        Block(chain_id, height, block.hash, block.time, block.transactions, block.size_bytes)
        for height in heights_served
    ]
    loop = block_loop(lanes, ListSource([]))
    commits, cursor = await ready(loop, lanes)
    with pytest.raises(ChainDataError) as refused:
        await commits.commit(cursor, served)
    assert refused.value.code == "block_out_of_order"
    assert tries.made == []
    assert await heights(connection) == []


def test_blocks_that_follow_are_taken() -> None:
    cursor = Cursor("dev", 2, None, None, 0, 0)
    check_order(cursor, blocks([[], [], [], []])[2:])
