"""A short batch goes on before it knows what the database holds, and comes to what a long one comes to."""

from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.db.connection import LaneCursor
from backbeat.db.pool import Lanes
from backbeat.index import few_plays, short
from builders.chain import GENESIS, ListSource, entity, play, plays
from builders.indexing import index, rows
from builders.writing import blocks, writer

USERS = [
    entity(key, 3_000_000 + key, "User/Create", 3_000_000 + key, '{"cid":null,"data":null}', nonce=key)
    for key in range(1, 4)
]
ODD = 'a "quoted" \\ {bracketed, text}\n\u2028 \U0001f3b5'
COLUMNS = """
    SELECT id, source, user_id, play_item_id, created_at, slot, signature, city, region, country FROM plays ORDER BY id
"""
COUNTED = "SELECT play_item_id, timestamp, country, count FROM aggregate_monthly_plays ORDER BY 1, 2, 3"


def heard(number: int) -> Any:
    """Return a play whose texts, times and listeners are like those of few others."""
    at = [GENESIS, GENESIS - timedelta(days=20, microseconds=number), GENESIS + timedelta(days=900), None][number % 4]
    made = play("" if number % 3 == 0 else str(number), str(number % 5 + 1), at, country="" if number % 2 else ODD)
    made.city, made.region = ODD[number % 7 :], "" if number % 2 else "\u00e4"
    return made


async def test_few_plays_become_the_rows_that_copy_makes_of_them(
    lanes: Lanes, connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for few in (few_plays.FEW, 0):
        monkeypatch.setattr(few_plays, "FEW", few)
        await index(lanes, ListSource([[plays(*map(heard, range(40)))], [plays(heard(41))]]))
        found.append([await rows(connection, COLUMNS), await rows(connection, COUNTED)])
        await connection.execute(
            "TRUNCATE plays, aggregate_plays, aggregate_monthly_plays, backbeat.cursor, backbeat.chains, blocks, "
            "core_indexed_blocks, backbeat.transaction_counts CASCADE"
        )
    assert len(found[0][0]) == 41
    assert found[0] == found[1]


@pytest.mark.parametrize("others", [1, 70])
async def test_ids_that_another_writer_gave_to_plays_are_passed_over(
    lanes: Lanes, connection: AsyncConnection[Any], others: int
) -> None:
    first, second = blocks([[plays(play("", "7"))], [plays(*[play("", "8")] * others)]])
    async with writer(lanes) as (writing, start):
        at = (await writing.write(start, [first])).cursor
        await connection.execute("INSERT INTO plays (id, play_item_id, created_at) VALUES (5, 9, now())")
        at = (await writing.write(at, [second])).cursor
    assert at.play_id == 5 + others
    assert await rows(connection, "SELECT sum(plays) FROM backbeat.transaction_counts") == [(1 + others,)]
    ids = await rows(connection, "SELECT id FROM plays ORDER BY id")
    assert ids == [(1,), (5,), *((5 + number,) for number in range(1, others + 1))]
    assert await rows(connection, "SELECT count FROM aggregate_plays WHERE play_item_id = 8") == [(others,)]


@pytest.mark.parametrize("is_short", [True, False])
async def test_a_number_that_another_writer_gave_is_behind_what_was_foreseen(
    lanes: Lanes, connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch, is_short: bool
) -> None:
    if not is_short:
        monkeypatch.setattr(short, "SHORT_BYTES", 0)
    first, second = blocks([[USERS[0]], [USERS[1], USERS[2]]])
    async with writer(lanes) as (writing, start):
        at = (await writing.write(start, [first])).cursor
        await connection.execute("INSERT INTO blocks (blockhash, parenthash, number) VALUES ('foreign', NULL, 41)")
        at = (await writing.write(at, [second])).cursor
    assert at.block_number == 42
    assert await rows(connection, "SELECT user_id, blocknumber FROM users ORDER BY 1") == [
        (3_000_001, 1), (3_000_002, 42), (3_000_003, 42),
    ]  # fmt: skip
    assert await rows(connection, "SELECT parenthash FROM blocks WHERE number = 42") == [("foreign",)]


async def test_where_a_message_stood_first_is_written_alike_in_batches_of_any_size(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    found = []
    for batch_blocks_max in (1, 100):
        chain = ListSource([[USERS[0]], [USERS[1]], [USERS[0], USERS[2]]])
        await index(lanes, chain, batch_blocks_max=batch_blocks_max)
        found.append(await rows(connection, "SELECT * FROM backbeat.signed_messages ORDER BY number"))
        await connection.execute(
            "TRUNCATE users, blocks, core_indexed_blocks, skipped_transactions, backbeat.cursor, backbeat.chains, "
            "backbeat.signed_messages, backbeat.replayed_transactions, backbeat.transaction_counts, "
            "backbeat.rejected_transactions CASCADE"
        )
        await connection.execute("UPDATE backbeat.replay_counts SET messages = 0, replays = 0, refused = 0")
    assert len(found[0]) == 3
    assert found[0] == found[1]


async def test_a_short_batch_is_one_pipeline_from_begin_to_commit(
    lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = blocks([[USERS[0]], [USERS[1], plays(play("3000001", "7"))]])
    sent: list[str] = []
    execute = LaneCursor.execute

    async def noted(self: LaneCursor[Any], query: Any, *args: Any, **named: Any) -> Any:
        sent.append(query.decode() if isinstance(query, bytes) else str(query))
        return await execute(self, query, *args, **named)

    async with writer(lanes) as (writing, start):
        at = (await writing.write(start, [first])).cursor
        with monkeypatch.context() as patched:
            patched.setattr(LaneCursor, "execute", noted)
            await writing.write(at, [second])
    assert (sent[0], sent[-1]) == ("BEGIN", "COMMIT")
    assert "FOR SHARE" in sent[-2], "the lease is proved last"
    assert not any("COPY" in statement for statement in sent)
