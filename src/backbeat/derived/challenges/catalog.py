"""The catalogue of rewards: data that operators edit, read anew on every run (domain: challenges, 1)."""

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import class_row

from backbeat.db.sql import load

ACTIVE = load(__package__, "catalog.sql")


class Reward(msgspec.Struct, frozen=True):
    """An active row of ``challenges``. ``amount`` is in whole AUDIO; one that is no integer counts as 0."""

    id: str
    amount: int
    step_count: int | None


async def active(connection: AsyncConnection[Any], ids: Sequence[str]) -> list[Reward]:
    """Return the active rewards among ``ids``, by id; a missing row is as good as an inactive one."""
    async with connection.cursor(row_factory=class_row(Reward)) as cursor:
        return await (await cursor.execute(ACTIVE, {"ids": list(ids)})).fetchall()
