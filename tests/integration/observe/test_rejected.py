from typing import Any

import psycopg
import pytest

from backbeat.reads import rejected
from backbeat.reads.rejected import Position, read_bytes, read_one_rejected, read_rejected
from builders.indexed import seed, seed_rejected

Connection = psycopg.AsyncConnection[Any]


async def test_the_newest_come_first_and_pages_join(connection: Connection) -> None:
    await seed(connection)
    await seed_rejected(connection, 7)
    first = await read_rejected(connection, limit=3)
    second = await read_rejected(connection, after=first[-1].position, limit=3)
    third = await read_rejected(connection, after=second[-1].position, limit=3)
    places = [(row.height, row.tx_index) for row in (*first, *second, *third)]
    assert places == [(4, 0), (3, 1), (3, 0), (2, 1), (2, 0), (1, 1), (1, 0)]
    assert first[0].raw_bytes == 2
    whole = await read_one_rejected(connection, first[0].position)
    assert whole is not None
    assert (whole.position, whole.raw) == (Position(4, 0, -1), b"\x00\xff")


async def test_the_bytes_of_one_transaction_are_read_alone(connection: Connection) -> None:
    await seed(connection)
    await seed_rejected(connection, 3)
    assert await read_bytes(connection, Position(1, 1)) == b"\x00\xff"
    assert await read_bytes(connection, Position(9, 9)) is None


async def test_one_reason_is_paged_alone(connection: Connection) -> None:
    await seed(connection)
    await seed_rejected(connection, 2)
    assert await read_rejected(connection, reason="duplicate") == []
    found = await read_rejected(connection, reason="not_owner", limit=1)
    assert [row.position for row in found] == [Position(1, 1, -1)]
    assert len(await read_rejected(connection, reason="not_owner", after=found[0].position)) == 1


async def test_a_page_is_bounded_whatever_is_asked(connection: Connection) -> None:
    await seed(connection)
    await seed_rejected(connection, 230)
    assert len(await read_rejected(connection, limit=10_000)) == 200


async def test_both_statements_read_an_index(connection: Connection) -> None:
    await seed(connection)
    await connection.execute("SET enable_seqscan = off; SET enable_sort = off")
    values = {"height": 9, "tx_index": 0, "play_index": -1, "chain_id": None, "limit": 5, "reason": "x"}
    values |= {"user_id": None, "entity_type": None, "action": None, "since": 0}
    for statement in (rejected._NEWEST, rejected._BY_REASON):
        plan = await (await connection.execute("EXPLAIN " + statement, values)).fetchall()
        text = "\n".join(line for (line,) in plan)
        assert "Index Scan" in text
        assert "Seq Scan on rejected" not in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "1.2",
        "1.2.3.4",
        "a.b.c",
        "-1.0.0",
        "1.0.-2",
        f"{2**63}.0.0",
        "1.99999999999.0",
        ":1.2.3",
        "a\x00:1.2.3",
        "\udcff:1.2.3",
    ],
)
def test_a_position_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - int() words most of them
        Position.parse(text)


@pytest.mark.parametrize("chain_id", [None, "old", "old-1.2:x", "a b"])
def test_a_position_reads_what_it_writes(chain_id: str | None) -> None:
    position = Position(7, 3, -1, chain_id)
    assert Position.parse(str(position)) == position
