"""What is asked of a running system is found by its indexes: nothing is read that is not asked for."""

from typing import Any

import pytest
from integration.watch.conftest import BEGUN, LeapingClock, Pair, watching
from psycopg.sql import SQL, Composable

from backbeat.watch.statements import key_arrays, key_values
from backbeat.watch.subjects import SUBJECTS

pytestmark = pytest.mark.newest

VALUES = {
    "integer": "9001",
    "date": "2026-01-02",
    "timestamp": "2026-01-02",
    "savetype": "track",
    "reposttype": "track",
}
LISTS = "trending lists"  # three of them


@pytest.mark.parametrize("name", [name for name in SUBJECTS if name != LISTS])
async def test_keys_and_rows_are_found_by_an_index(grown: Pair, name: str) -> None:
    subject = SUBJECTS[name]
    key = tuple(VALUES.get(kind, "x") for kind in subject.key.values())
    async with watching(grown, LeapingClock()) as (watch, _):
        _, shape = watch._shapes[name]
        asked: dict[str, tuple[Composable, dict[str, Any]]] = {
            "keys": (shape.next_keys(key), {"limit": 200, **key_values(subject, key)}),
            "rows": (shape.lookup(), dict(key_arrays(subject, [key, key]))),
        }
        if subject.recounted_there:
            asked["recount"] = (subject.recounted_there, {"keys": [9001, 9002]})
        if subject.stamp:
            async with watch._here.look() as session:
                for way in ("seqscan", "bitmapscan", "sort"):
                    await session.execute(f"SET LOCAL enable_{way} = off".encode())
                mine, _ = watch._shapes[name]
                found = await session.execute(SQL("EXPLAIN {}").format(mine.changed()), {"above": 50, "limit": 200})
                plan = "\n".join(line for (line,) in await found.fetchall())
                assert "Seq Scan" not in plan, plan
        async with watch._there.look() as session:
            for way in ("seqscan", "bitmapscan", "sort"):  # which a planner likes where there are so few rows
                await session.execute(f"SET LOCAL enable_{way} = off".encode())
            for what, (statement, values) in asked.items():
                found = await session.execute(
                    SQL("EXPLAIN {}").format(statement), {**values, "kept_since": BEGUN.replace(tzinfo=None)}
                )
                plan = "\n".join(line for (line,) in await found.fetchall())
                assert "Seq Scan" not in plan, f"{what}: {plan}"
                assert what != "keys" or "Sort" not in plan, plan
