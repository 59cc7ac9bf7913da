"""Where a window ends, and who may move a checkpoint."""

from typing import Any

import msgspec
import pytest
from psycopg import AsyncConnection

from backbeat.incremental import ledger as feeds
from backbeat.incremental.feed import BlockFeed, Stamp, StampWindow
from backbeat.incremental.window import peek
from harness import ChainWriter, Play, User
from harness.advancing import advance

PLAYS = BlockFeed("plays_seen", "plays", Stamp.PLAY, rows_max=5)
USERS = BlockFeed("users_seen", "users", Stamp.BLOCK, rows_max=5)


@pytest.fixture
def chain(connection: AsyncConnection[Any]) -> ChainWriter:
    return ChainWriter(connection)


def people(*ids: int) -> list[User]:
    return [User(user_id) for user_id in ids]


async def keep(connection: AsyncConnection[Any], checkpoint: str, position: int) -> None:
    await connection.execute("INSERT INTO indexing_checkpoints VALUES (%s, %s)", [checkpoint, position])


async def windows(feed: BlockFeed, connection: AsyncConnection[Any]) -> list[tuple[int, int]]:
    """Follow the feed to its end."""
    seen = []
    while not (window := await peek(connection, feed)).is_quiet:
        seen.append((window.after, window.upto))
        async with connection.transaction():
            assert await feeds.lock(connection, [window])
            await advance(connection, [window])
    return seen


async def test_nothing_at_all_is_quiet(connection: AsyncConnection[Any]) -> None:
    window = await peek(connection, PLAYS)
    assert window == StampWindow(
        checkpoint="plays_seen", known=False, signature=None, after=0, upto=0, last=0, frontier=0
    )
    assert window.is_quiet
    assert not window.has_more


async def test_ids_are_cut_anywhere(chain: ChainWriter) -> None:
    await chain.commit([Play(1)] * 12)
    assert await windows(PLAYS, chain.connection) == [(0, 5), (5, 10), (10, 12)]


async def test_gaps_between_ids_are_jumped(chain: ChainWriter) -> None:
    await chain.commit([Play(1)] * 3)
    chain.play_id = 1_000_000
    await chain.commit([Play(1)] * 4)
    assert await windows(PLAYS, chain.connection) == [(0, 1_000_002), (1_000_002, 1_000_004)]


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ([[1, 2], [3, 4]], [(0, 2)]),
        ([[1, 2, 3, 4, 5]], [(0, 1)]),
        ([[1, 2, 3], [4, 5], [6]], [(0, 2), (2, 3)]),
        ([[1, 2, 3], [4, 5, 6], [7]], [(0, 1), (1, 3)]),
        ([[1], [2, 3, 4, 5, 6, 7, 8, 9]], [(0, 1), (1, 2)]),
        ([[1, 2, 3, 4, 5, 6, 7, 8], [9]], [(0, 1), (1, 2)]),
        ([[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]], [(0, 1), (1, 2)]),
    ],
)
async def test_a_block_is_never_cut(
    chain: ChainWriter, blocks: list[list[int]], expected: list[tuple[int, int]]
) -> None:
    await chain.commit(*[people(*block) for block in blocks])
    assert await windows(USERS, chain.connection) == expected


async def test_rows_beyond_the_frontier_do_not_exist_yet(chain: ChainWriter) -> None:
    await chain.commit([Play(1)])
    await chain.connection.execute("INSERT INTO plays (id, play_item_id) VALUES (2, 1)")
    assert await windows(PLAYS, chain.connection) == [(0, 1)]


async def test_a_checkpoint_above_the_frontier_is_quiet(chain: ChainWriter) -> None:
    await keep(chain.connection, "plays_seen", 100)
    await chain.commit([Play(1)] * 90)
    window = await peek(chain.connection, PLAYS)
    assert (window.after, window.upto, window.is_quiet) == (100, 100, True)


async def test_a_checkpoint_never_moves_back(connection: AsyncConnection[Any]) -> None:
    await keep(connection, "plays_seen", 100)
    window = await peek(connection, PLAYS)
    await advance(connection, [msgspec.structs.replace(window, upto=90)])
    assert (await peek(connection, PLAYS)).after == 100


async def test_a_window_that_another_worker_used_cannot_be_locked(chain: ChainWriter) -> None:
    await chain.commit([Play(1)] * 3)
    window = await peek(chain.connection, PLAYS)
    await windows(PLAYS, chain.connection)
    async with chain.connection.transaction():
        assert not await feeds.lock(chain.connection, [window])
