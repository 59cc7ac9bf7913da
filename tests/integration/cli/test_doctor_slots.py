"""The doctor names the slots of Solana that nobody has looked at."""

import json
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.cli.doctor_slots import SLOTS_MIN, of_slots
from backbeat.observe.tree import Advice

Ranges = list[tuple[str, int, int]]
BACKFILL = "a backfill"
STATEMENT = """
    INSERT INTO sol_slot_checkpoints (subscription_hash, from_slot, to_slot, subscription) VALUES (%s, %s, %s, %s)
"""


async def seen(connection: AsyncConnection[Any], ranges: Ranges) -> None:
    for subscription, first, last in ranges:
        is_backfill = subscription == BACKFILL
        said = {"type": "gap-backfill", "name": "tips", "fromSlot": first, "toSlot": last} if is_backfill else {"a": 1}
        await connection.execute(STATEMENT, [subscription, first, last, json.dumps(said)])


async def test_where_nobody_indexes_solana_nothing_is_said(connection: AsyncConnection[Any]) -> None:
    assert list(await of_slots(connection)) == []


@pytest.mark.parametrize(
    "ranges",
    [
        [("a", 1, 1_000)],
        [("a", 1, 1_000), ("a", 1_001, 2_000), ("a", 500, 1_500)],
        [("a", 1, 1_000), ("a", 1_000 + SLOTS_MIN, 9_000)],  # one slot less
        [("a", 1, 9_000), ("a", 10, 20), ("a", 9_001, 9_100)],  # within another
        [("a", 1, 1_000), ("a", 90_000, 80_000)],  # inverted
        [("a", 1, 1_000), (BACKFILL, 1_001, 8_000), ("a", 8_001, 9_000)],
        [("a", 1, 1_000), ("b", 9_000, 9_900)],  # each of its own
    ],
)
async def test_slots_without_a_gap_are_well(connection: AsyncConnection[Any], ranges: Ranges) -> None:
    await seen(connection, ranges)
    [check] = await of_slots(connection)
    assert not isinstance(check, Advice)


@pytest.mark.parametrize(
    ("ranges", "detail"),
    [
        (
            [("a", 1, 1_000), ("a", 1_001 + SLOTS_MIN, 9_000)],
            "2,500 slots were never looked at: 1001 to 3500.",
        ),
        (
            [("a", 9_000, 9_900), ("a", 1, 1_000), ("a", 200, 300), ("b", 500, 600), ("b", 50_000, 50_001)],
            "57,398 slots were never looked at: 601 to 49999, 1001 to 8999.",
        ),
        (
            [("a", 1, 1_000), (BACKFILL, 1_001, 8_000), ("a", 20_001, 30_000)],
            "12,000 slots were never looked at: 8001 to 20000.",
        ),
    ],
)
async def test_gaps_are_named_with_a_cure(connection: AsyncConnection[Any], ranges: Ranges, detail: str) -> None:
    await seen(connection, ranges)
    [check] = await of_slots(connection)
    assert isinstance(check, Advice)
    assert (check.name, check.ok, check.detail) == ("solana slots", True, detail)
    assert "gap backfill" in check.cure


async def test_of_many_gaps_the_first_are_named(connection: AsyncConnection[Any]) -> None:
    await seen(connection, [("a", at * 10_000, at * 10_000) for at in range(11)])
    [check] = await of_slots(connection)
    assert check.detail.count(" to ") == 8
    assert check.detail.endswith("70001 to 79999 and 2 more.")
