"""Numbers and weeks as text, at the bounds of what columns hold."""

from typing import Any

import pytest
from psycopg import AsyncConnection


async def one(connection: AsyncConnection[Any], query: str, *values: Any) -> Any:
    found = await (await connection.execute(query.encode(), values)).fetchone()
    assert found is not None
    return found[0]


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("1", 1), ("0", 0), ("+7", 7), ("-7", -7), ("007", 7), ("999999999", 999999999), ("1000000000", 1000000000),
        ("2147483647", 2**31 - 1), ("2147483648", 0), ("-2147483648", -(2**31)), ("-2147483649", 0),
        ("9999999999", 0), ("99999999999999999999", 0), ("00000000000000000001", 1), ("", 0), ("1.5", 0), ("x", 0),
    ],
)  # fmt: skip
async def test_amounts_of_the_catalogue(connection: AsyncConnection[Any], amount: str, expected: int) -> None:
    assert await one(connection, "SELECT backbeat.audio(%s)", amount) == expected


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("0", 0), ("9", 9), ("999999999", 999999999), ("1000000000", 1000000000), ("2147483647", 2**31 - 1),
        ("2147483648", None), ("9999999999", None), ("10000000000", None), ("01", None), ("-1", None), ("+1", None),
        ("", None), ("1e3", None), ("1.0", None), ("\u0661", None),
    ],
)  # fmt: skip
async def test_ids_as_text(connection: AsyncConnection[Any], digits: str, expected: int | None) -> None:
    assert await one(connection, "SELECT backbeat.id_of(%s)", digits) == expected


async def test_every_week_leads_back_to_its_monday(connection: AsyncConnection[Any]) -> None:
    query = """
        SELECT count(*) FROM generate_series(0, 3700) AS n
        CROSS JOIN unnest(ARRAY[timestamp '0001-01-08', '0025-12-20', '2024-12-20', '9999-12-01', '99999-12-20']) AS day
        CROSS JOIN LATERAL (SELECT day + n * interval '1 day' AS at) AS day_after
        WHERE backbeat.monday_of(to_char(at, 'IYYYIW')) IS DISTINCT FROM date_trunc('week', at)
    """
    assert await one(connection, query) == 0


@pytest.mark.parametrize("count", [999_999_999, 1_000_000_000, 2**31])
async def test_counts_of_a_history(connection: AsyncConnection[Any], count: int) -> None:
    entry = f'[{{"track_id": 1, "timestamp": "2025-01-01 00:00:00", "play_count": {count}}}]'
    assert await one(connection, "SELECT play_count FROM backbeat.listening_entries(%s::jsonb)", entry) == count


@pytest.mark.parametrize("year", [1, 26, 999, 2999, 3000, 9999, 10_000, 200_000])
async def test_times_of_a_history(connection: AsyncConnection[Any], year: int) -> None:
    query = """
        SELECT entry.played_at = stored.played_at
        FROM (SELECT timestamp '2025-03-31 23:59:59.5' + make_interval(years => %s) AS played_at) AS stored
        CROSS JOIN backbeat.listening_entries(
            jsonb_build_array(backbeat.listening_entry(1, stored.played_at, 1, NULL))
        ) AS entry
    """
    assert await one(connection, query, year - 2025) is True
