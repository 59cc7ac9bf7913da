"""A batch is applied while the one before it is being written, and comes to what it would have come to behind it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection

from backbeat.chain.model import Block
from backbeat.db.pool import Lanes, open_lanes
from backbeat.errors import LeaseLostError
from backbeat.index import early
from backbeat.index.applying import BatchRunner
from backbeat.index.batch import Batch
from backbeat.index.loader import Loader
from backbeat.index.opening import Opening
from backbeat.index.wire.transaction import EntityRules
from backbeat.settings import DatabaseSettings
from builders.chain import ListSource, entity, play, plays
from builders.indexing import index, rows
from builders.waiting import eventually
from builders.writing import begun_early, blocks, take_over, writer

USER, OTHER = 3_000_001, 3_000_002
CREATE = entity(1, USER, "User/Create", USER, '{"cid":null,"data":null}', nonce=1)
CREATE_OTHER = entity(2, OTHER, "User/Create", OTHER, '{"cid":null,"data":null}', nonce=2)
FOLLOW = entity(1, USER, "User/Follow", OTHER, nonce=3)


def updated(nonce: int, data: str) -> Any:
    return entity(1, USER, "User/Update", USER, f'{{"cid":"c","data":{data}}}', nonce=nonce)


NAMED, TOLD = updated(11, '{"name":"ours"}'), updated(12, '{"bio":"told"}')
USERS = "SELECT user_id, name, bio, blocknumber FROM users WHERE is_current ORDER BY 1"
OPEN = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'backbeat/indexing%%' "
    "AND xact_start IS NOT NULL AND datname = current_database()"
)
WAITING = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
EMPTY = (
    "TRUNCATE users, follows, plays, aggregate_user, blocks, core_indexed_blocks, skipped_transactions, "
    "backbeat.cursor, backbeat.chains, backbeat.signed_messages, backbeat.replayed_transactions, backbeat.acts, "
    "backbeat.transaction_counts, backbeat.rejected_transactions CASCADE"
)
KEPT = (
    USERS,
    "SELECT follower_user_id, followee_user_id, blocknumber FROM follows",
    "SELECT id, play_item_id, slot FROM plays ORDER BY id",
    "SELECT * FROM backbeat.signed_messages ORDER BY number",
    "SELECT * FROM backbeat.replay_counts",
    "SELECT * FROM backbeat.replayed_transactions ORDER BY number",
    "SELECT height, tx_index, reason FROM backbeat.rejected_transactions ORDER BY 1, 2",
    "SELECT kind, outcome, reason, count FROM backbeat.transaction_counts ORDER BY 1, 2, 3",
    "SELECT txhash, blocknumber FROM skipped_transactions ORDER BY 1",
    "SELECT blocknumber, place, ordinal, kind, actor_id, item_id FROM backbeat.acts ORDER BY 1, 2, 3",
)


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Begin early with whatever follows, and note it."""
    monkeypatch.setattr(early, "LONG_BYTES", 0)
    return begun_early(monkeypatch)


class Held:
    """Holds batches up where they are about to be written, and where they begin; ``begun`` are those behind another."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_applied, self.may_write = asyncio.Event(), asyncio.Event()
        self.may_begin = asyncio.Event()
        self.may_begin.set()
        write, mark, held = BatchRunner.write, Opening.mark, self

        async def written(self: BatchRunner, connection: AsyncConnection[Any], batch: Batch, play_id: int) -> int:
            held.is_applied.set()
            await held.may_write.wait()
            return await write(self, connection, batch, play_id)

        async def marked(self: Opening, connection: AsyncConnection[Any]) -> None:
            if held.is_applied.is_set():
                await held.may_begin.wait()
            await mark(self, connection)

        monkeypatch.setattr(BatchRunner, "write", written)
        monkeypatch.setattr(Opening, "mark", marked)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    return Held(monkeypatch)


def taking(*batches: list[Block]) -> early.Take:
    left = list(batches)

    async def take(_size_bytes: int) -> list[Block]:
        return left.pop(0) if left else []

    return take


async def until(condition: Callable[[], bool]) -> None:
    async def holds() -> bool:
        return condition()

    assert await eventually(holds)


def counted(connection: AsyncConnection[Any], query: str, number: int) -> Awaitable[bool]:
    async def holds() -> bool:
        return await rows(connection, query) == [(number,)]

    return eventually(holds)


async def change_between_blocks(url: str) -> None:
    """Do as a release does."""
    async with await AsyncConnection.connect(url) as other:
        await other.execute("SELECT backbeat.hold_blocks()")
        await other.execute("UPDATE users SET name = 'released' WHERE user_id = 3000001")


async def test_a_change_between_blocks_waits_for_the_batch_that_is_begun(
    database_url: str, lanes: Lanes, connection: AsyncConnection[Any], begun: list[int], held: Held
) -> None:
    first, second = blocks([[CREATE, NAMED], [TOLD]])
    async with writer(lanes, taking([second])) as (writing, start):
        committing = asyncio.create_task(writing.write(start, [first]))
        await until(lambda: begun == [2])
        changing = asyncio.create_task(change_between_blocks(database_url))
        assert await counted(connection, WAITING, 1)
        held.may_write.set()
        at = (await committing).cursor
        assert await rows(connection, USERS) == [(USER, "ours", None, 1)]
        assert not changing.done()
        await writing.write(at, writing.take_over())
        await changing
    assert await rows(connection, USERS) == [(USER, "released", "told", 2)]


async def test_a_change_that_came_first_is_loaded(
    database_url: str, lanes: Lanes, connection: AsyncConnection[Any], begun: list[int], held: Held
) -> None:
    held.may_begin.clear()
    first, second = blocks([[CREATE, NAMED], [TOLD]])
    async with writer(lanes, taking([second])) as (writing, start):
        committing = asyncio.create_task(writing.write(start, [first]))
        await held.is_applied.wait()
        changing = asyncio.create_task(change_between_blocks(database_url))
        assert await counted(connection, WAITING, 1)
        held.may_begin.set()
        assert await counted(connection, WAITING, 2)
        held.may_write.set()
        at = (await committing).cursor
        await changing
        await until(lambda: begun == [2])
        await writing.write(at, writing.take_over())
    assert await rows(connection, USERS) == [(USER, "released", "told", 2)]


async def test_what_was_begun_behind_a_batch_that_fails_is_given_up(
    lanes: Lanes, connection: AsyncConnection[Any], begun: list[int], held: Held
) -> None:
    first, second = blocks([[CREATE], [TOLD]])
    async with writer(lanes, taking([second])) as (writing, start):
        committing = asyncio.create_task(writing.write(start, [first]))
        await until(lambda: begun == [2])
        assert await rows(connection, OPEN) == [(2,)]
        await take_over(lanes, connection)
        held.may_write.set()
        with pytest.raises(LeaseLostError):
            await committing
        assert await counted(connection, OPEN, 0)
        assert writing.take_over() == [second], "its blocks come next all the same"
    assert await rows(connection, USERS) == []


async def test_what_was_begun_proves_the_lease_itself(
    lanes: Lanes, connection: AsyncConnection[Any], begun: list[int], held: Held
) -> None:
    first, second = blocks([[CREATE], [TOLD]])
    held.may_write.set()
    async with writer(lanes, taking([second])) as (writing, start):
        at = (await writing.write(start, [first])).cursor
        await until(lambda: begun == [2])
        await take_over(lanes, connection)
        with pytest.raises(LeaseLostError):
            await writing.write(at, writing.take_over())
    assert await counted(connection, OPEN, 0)
    assert await rows(connection, USERS) == [(USER, None, None, 1)]


async def test_what_was_begun_and_is_not_wanted_is_rolled_back(
    lanes: Lanes, connection: AsyncConnection[Any], begun: list[int], held: Held
) -> None:
    first, second, third = blocks([[CREATE], [TOLD], [NAMED]])
    held.may_write.set()
    async with writer(lanes, taking([second, third])) as (writing, start):
        at = (await writing.write(start, [first])).cursor
        await until(lambda: begun == [2])
        at = (await writing.write(at, [second])).cursor
        assert at.height == 2, "as one that is tried again in pieces"
        assert await rows(connection, OPEN) == [(0,)]
    async with writer(lanes, taking([third])) as (writing, start):
        await writing.write(start, [third])
    assert await rows(connection, USERS) == [(USER, "ours", "told", 3)]
    assert await rows(connection, OPEN) == [(0,)]


async def test_what_could_not_be_begun_is_written_all_the_same(
    lanes: Lanes, connection: AsyncConnection[Any], begun: list[int], held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = Loader.load

    async def cut(self: Loader, *given: Any) -> None:
        if held.is_applied.is_set() and not held.may_write.is_set():
            held.may_write.set()
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        await load(self, *given)

    monkeypatch.setattr(Loader, "load", cut)
    first, second = blocks([[CREATE], [TOLD]])
    async with writer(lanes, taking([second])) as (writing, start):
        at = (await writing.write(start, [first])).cursor
        await writing.write(at, writing.take_over())
    assert begun == []
    assert await rows(connection, USERS) == [(USER, None, "told", 2)]


async def test_what_was_begun_lets_go_of_its_tables_where_the_batch_before_takes_long(
    database_url: str,
    lanes: Lanes,
    connection: AsyncConnection[Any],
    begun: list[int],
    held: Held,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else it would be waited for by whom the batch before waits for."""
    monkeypatch.setattr(early, "TURN_SECONDS_MAX", 0.1)
    first, second, third = blocks([[CREATE], [plays(play(str(USER), "7"))], [TOLD]])
    async with writer(lanes, taking([second], [third])) as (writing, start):
        committing = asyncio.create_task(writing.write(start, [first]))
        await until(lambda: begun == [2])
        held.may_write.set()
        at = (await committing).cursor
        held.may_write.clear()
        committing = asyncio.create_task(writing.write(at, writing.take_over()))
        await until(lambda: 3 in begun)
        async with await AsyncConnection.connect(database_url) as other:
            await other.execute("ALTER TABLE users ADD COLUMN another integer")
        held.may_write.set()
        at = (await committing).cursor
        await writing.write(at, writing.take_over())
    assert await rows(connection, USERS) == [(USER, None, "told", 2)]


def chain() -> list[list[Any]]:
    """Return blocks with what reaches from one into the next: rows, plays, messages that come again."""
    heard = [plays(play(str(USER), "7"))]
    return [
        [CREATE, *heard],
        [NAMED, FOLLOW],
        [NAMED, CREATE_OTHER],
        [TOLD, FOLLOW, *heard * 70],
        [NAMED, *heard],
        [],
        [TOLD, FOLLOW],
    ]


@pytest.mark.parametrize("refuse_replays", [True, False])
@pytest.mark.parametrize("refused", ["", "CHECK (user_id <> 3000002)", "CHECK (bio IS NULL)"])
async def test_it_comes_to_the_same(
    lanes: Lanes,
    connection: AsyncConnection[Any],
    begun: list[int],
    monkeypatch: pytest.MonkeyPatch,
    refuse_replays: bool,
    refused: str,
) -> None:
    """With messages that come again, and with rows that the database refuses."""
    if refused:
        await connection.execute(f"ALTER TABLE users ADD CONSTRAINT refused {refused}".encode())
    found = []
    for batch_blocks_max, early_from in ((1, 10**9), (1, 0), (3, 0)):
        monkeypatch.setattr(early, "LONG_BYTES", early_from)
        begun.clear()
        rules = EntityRules(refuse_replays=refuse_replays)
        await index(lanes, ListSource(chain()), rules, batch_blocks_max=batch_blocks_max)
        assert bool(begun) is (early_from == 0)
        found.append([await rows(connection, query) for query in KEPT])
        await connection.execute(EMPTY.encode())
        await connection.execute("UPDATE backbeat.replay_counts SET messages = 0, replays = 0, refused = 0")
    assert found[0][0]
    assert found[1] == found[0]
    assert found[2] == found[0]


async def test_short_batches_begin_nothing(lanes: Lanes, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = begun_early(monkeypatch)
    await index(lanes, ListSource(chain()))
    assert begun == []


async def test_with_one_session_nothing_is_begun(
    database_url: str, connection: AsyncConnection[Any], begun: list[int]
) -> None:
    async with await open_lanes(database_url, DatabaseSettings(indexing_pool=1)) as lanes:
        await index(lanes, ListSource(chain()), batch_blocks_max=1)
    assert begun == []
    assert await rows(connection, "SELECT height FROM backbeat.cursor") == [(7,)]
