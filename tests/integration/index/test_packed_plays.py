"""Blocks that are read in C come to the rows that they come to in Python, plays by either way out."""

from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.chain.native import NativeReader, reader_of
from backbeat.chain.proto import core_pb2
from backbeat.db.pool import Lanes
from builders.chain import GENESIS, ListSource, entity, play, plays
from builders.indexing import index, rows
from builders.reading import build, what_is_missing

TRACK = '{"title": "%s", "genre": "Rock", "track_cid": "cid", "owner_id": 3000001}'
READ = {
    "plays": """
        SELECT id, source, user_id, play_item_id, created_at, slot, signature, city, region, country
        FROM plays ORDER BY id
    """,
    "hours": "SELECT play_item_id, timestamp, country, count FROM aggregate_monthly_plays ORDER BY 1, 2, 3",
    "outcomes": "SELECT kind, pair, outcome, reason, count, plays FROM backbeat.transaction_counts ORDER BY 1, 2, 3, 4",
    "refused": "SELECT height, tx_index, play_index, reason, refused_plays FROM backbeat.rejected_transactions "
    "ORDER BY 1, 2, 3",
    "tracks": "SELECT track_id, title, owner_id, blocknumber FROM tracks ORDER BY 1",
}
TABLES = (
    "plays, aggregate_plays, aggregate_monthly_plays, backbeat.cursor, backbeat.chains, blocks, core_indexed_blocks, "
    "backbeat.transaction_counts, backbeat.rejected_transactions, backbeat.acts, tracks, users"
)


@pytest.fixture(scope="module")
def native_reader(tmp_path_factory: pytest.TempPathFactory) -> NativeReader:
    if missing := what_is_missing():
        pytest.skip(missing)
    reader = reader_of(build(tmp_path_factory.mktemp("native")))
    assert reader is not None
    return reader


def heard(number: int) -> core_pb2.TrackPlay:
    """Return a play that is unlike those beside it; some are handed back to Python."""
    at = [GENESIS, GENESIS - timedelta(days=20, microseconds=number), GENESIS + timedelta(days=900), None][number % 4]
    track = "none" if number % 31 == 0 else str(2_000_000 + number % 3)
    made = play("" if number % 3 == 0 else str(number), track, at, country="N\u00eemes \U0001f3b5"[number % 4 :])
    made.city = "cut \0 off" if number % 29 == 0 else "a" * number
    return made


def of_two(first: int) -> core_pb2.SignedTransaction:
    return plays(heard(first), heard(first + 1))


def chain(transactions: int) -> list[list[core_pb2.SignedTransaction]]:
    founding = [entity(1, 3_000_001, "User/Create", 3_000_001, '{"cid":null,"data":null}', nonce=1)]
    created = [
        entity(1, 3_000_001, "Track/Create", 2_000_000 + number, TRACK % number, nonce=2 + number)
        for number in range(3)
    ]
    other = core_pb2.SignedTransaction(attestation=core_pb2.Attestation())
    return [founding, [of_two(number * 2) for number in range(transactions)], [of_two(1), *created, other, of_two(5)]]


@pytest.mark.parametrize("transactions", [10, 100])
async def test_both_readers_come_to_the_same_rows(
    lanes: Lanes, connection: AsyncConnection[Any], native_reader: NativeReader, transactions: int
) -> None:
    found = []
    for native in (None, native_reader):
        await index(lanes, ListSource(chain(transactions)), native=native)
        found.append({name: await rows(connection, query) for name, query in READ.items()})
        await connection.execute(f"TRUNCATE {TABLES} CASCADE".encode())
    assert len(found[0]["plays"]) > transactions
    assert found[0]["refused"]
    assert len(found[0]["tracks"]) == 3
    assert found[0] == found[1]
