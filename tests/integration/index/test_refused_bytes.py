"""However many plays of a transaction are refused, it is kept once, in few rows and statements."""

import hashlib
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection

from backbeat.chain.proto import core_pb2
from backbeat.db.pool import Lanes
from backbeat.index.applied import PLAYS_LISTED_MAX
from backbeat.index.refused import ROW_BYTES
from backbeat.reads.rejected import Position, read_bytes, read_rejected
from builders.chain import ListSource, entity, play, plays
from builders.indexing import index, rows

pytestmark = pytest.mark.newest

TAKEN = """
    SELECT sum(pg_total_relation_size(name::regclass))::bigint
    FROM unnest(ARRAY['backbeat.rejected_transactions', 'backbeat.rejected_bytes']) AS name
"""


def text(length: int) -> str:
    """Return text that does not compress to next to nothing."""
    return "".join(hashlib.sha256(str(at).encode()).hexdigest() for at in range(length // 64 + 1))[:length]


def without_tracks(count: int, characters: int) -> core_pb2.SignedTransaction:
    """Return a transaction of plays without track ids, one of them with a long text."""
    first = play("1", "", country=text(characters))
    return plays(first, *(core_pb2.TrackPlay(user_id="1") for _ in range(count - 1)))


async def taken_bytes(connection: AsyncConnection[Any]) -> int:
    [(size,)] = await rows(connection, TAKEN)
    return int(size)


async def test_the_largest_transaction_of_refused_plays_is_kept_once(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    refused = without_tracks(5_000, 270_000)
    raw = refused.SerializeToString()
    assert 290_000 < len(raw) <= 307_200
    before = await taken_bytes(connection)
    await index(lanes, ListSource([[refused, plays(play("", "7"))]]))
    found = await read_rejected(connection, limit=200)
    assert [row.play_index for row in reversed(found)] == list(range(PLAYS_LISTED_MAX))
    assert {(row.tx_index, row.refused_plays, row.field) for row in found} == {(0, 5_000, "track_id")}
    assert await read_bytes(connection, Position(1, 0)) == raw
    assert await rows(connection, "SELECT count(*) FROM backbeat.rejected_bytes") == [(1,)]
    assert await taken_bytes(connection) - before < 2 * len(raw)
    assert await rows(connection, "SELECT id, play_item_id FROM plays") == [(1, 7)]
    assert await rows(connection, "SELECT outcome, sum(count) FROM backbeat.transaction_counts GROUP BY 1") == [
        ("applied", 2)
    ]


async def test_more_refusals_take_no_more_statements(
    lanes: Lanes, connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[str] = []
    execute = psycopg.AsyncCursor.execute

    async def counted(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        if "rejected_" in str(query):
            statements.append(str(query))
        return await execute(self, query, *args, **kwargs)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", counted)
    await index(lanes, ListSource([[without_tracks(30, 300) for _ in range(200)]]))
    assert len(statements) == 2
    assert await rows(connection, "SELECT count(*), sum(refused_plays) FROM rejected_transactions") == [
        (200 * PLAYS_LISTED_MAX, 200 * PLAYS_LISTED_MAX * 30)
    ]


async def test_what_is_kept_is_summed_up_in_the_order_of_the_chain(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    unknown = core_pb2.SignedTransaction(signature="0x00")
    chain = [[unknown, without_tracks(2, 10)], [], [entity(9, 3_999_999, "User/Follow", 3_000_001), unknown]]
    await index(lanes, ListSource(chain[:1]))
    await index(lanes, ListSource(chain))
    kept = await rows(
        connection, "SELECT height, tx_index, upto_bytes, length(raw) FROM backbeat.rejected_bytes ORDER BY 1, 2"
    )
    assert [(height, index) for height, index, _, _ in kept] == [(1, 0), (1, 1), (3, 0), (3, 1)]
    sizes = [after - before for (_, _, after, _), (_, _, before, _) in zip(kept, [(0, 0, 0, 0), *kept], strict=False)]
    rows_of = (1, 2, 1, 1)
    for size, count, (*_, length) in zip(sizes, rows_of, kept, strict=True):
        assert length + count * ROW_BYTES < size < length + count * (ROW_BYTES + 400)


async def test_names_of_any_length_are_listed_short_and_kept_whole(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    long = entity(1, 3_000_001, f"{'T' * 50_000}/{'A' * 50_000}", 1, signer="0x" + "f" * 50_000)
    await index(lanes, ListSource([[long]]))
    [row] = await read_rejected(connection)
    assert [len(found or "") for found in (row.entity_type, row.action, row.signer)] == [200, 200, 200]
    assert await read_bytes(connection, Position(1, 0)) == long.SerializeToString()
