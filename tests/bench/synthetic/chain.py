"""Writes blocks on top of a made-up database, as the network's people would: who is active is who was."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from psycopg import AsyncConnection

from bench.synthetic.fill import FOLDER as FILL
from bench.synthetic.sizes import HOURS, Sizes

FOLDER = Path(__file__).with_name("changes")
LAST = "SELECT block_number, block_time FROM backbeat.cursor"
COUNTS = "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM tracks), (SELECT count(*) FROM playlists)"
HAS_CHANCE = "SELECT to_regnamespace('bench') IS NOT NULL"
SEEDS_PER_BLOCK = 10_000_000


class Chain:
    """One block after the other; use :meth:`on`. Triggers work as they do under the block loop."""

    def __init__(self, connection: AsyncConnection[Any], block: int, at: datetime, counts: Mapping[str, int]) -> None:
        self._connection = connection
        self._counts = counts
        self.block = block
        self.at = at

    @classmethod
    async def on(cls, connection: AsyncConnection[Any]) -> Self:
        """Go on from where the database stands."""
        (has_chance,) = await _only(connection, HAS_CHANCE)
        if not has_chance:
            await connection.execute(FILL.joinpath("functions.sql").read_bytes())
        block, at = await _only(connection, LAST)
        counts = dict(zip(("users", "tracks", "playlists"), await _only(connection, COUNTS), strict=True))
        return cls(connection, block, at, counts)

    async def commit(self, after: timedelta, changes: Mapping[str, int]) -> None:
        """Write a block so long after the last one; ``changes``: how many of each file of ``changes``."""
        self.block += 1
        self.at += after
        values = {
            **self._counts,
            "block": self.block,
            "at": self.at,
            "span": after,
            "seed": self.block * SEEDS_PER_BLOCK,
        }
        async with self._connection.transaction():
            for name, rows in {"block": 1, **changes, "cursor": 1}.items():
                if rows:
                    await self._connection.execute(
                        FOLDER.joinpath(f"{name}.sql").read_bytes(), {**values, "rows": rows}
                    )


def natural_hour(sizes: Sizes) -> dict[str, int]:
    """Return what an hour brings, at the rates of the whole network's two years."""
    rates = {
        "plays": sizes.plays / HOURS,
        "follows": sizes.follows / HOURS,
        "saves": sizes.saves / HOURS,
        "reposts": sizes.reposts / HOURS,
        "uploads": sizes.tracks / 3 / HOURS,
        "playlists": sizes.playlists / 2.5 / HOURS,
        "profiles": sizes.users / HOURS,
    }
    return {name: max(1, round(rate)) for name, rate in rates.items()}


async def _only(connection: AsyncConnection[Any], query: str) -> tuple[Any, ...]:
    row = await (await connection.execute(query.encode())).fetchone()
    assert row is not None
    return tuple(row)
