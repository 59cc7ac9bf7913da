"""Writes few plays by a statement among the others of a pipeline: COPY takes three trips of its own."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.index.applied import Plays

INSERT = load(__package__, "few_plays.sql")

FEW: Final = 64  # with as many, what JSON costs more than COPY is a third of what three trips cost


def are_few(plays: Sequence[Plays]) -> bool:
    """Tell whether plays are better written by a statement than by COPY."""
    return sum(map(len, plays)) <= FEW


async def insert_plays(connection: AsyncConnection[Any], plays: Sequence[Plays], last_id: int) -> int:
    """Append plays with gapless ids after ``last_id``, the last of the table; return the new last id."""
    rows = list(_rows(plays, last_id))
    if rows:
        await connection.execute(INSERT, {"plays": msgspec.json.encode(rows).decode()})
    return last_id + len(rows)


def _rows(plays: Sequence[Plays], last_id: int) -> Iterator[dict[str, Any]]:
    """Yield rows but for ``source``, and for ``updated_at``, which is left to the column's default."""
    for batch in plays:
        for height, play in batch.heard():
            last_id += 1
            yield {
                "id": last_id,
                "play_item_id": play.track_id,
                "user_id": play.user_id,
                "created_at": play.played_at,
                "slot": height,
                "signature": play.signature,
                "city": play.city,
                "region": play.region,
                "country": play.country,
            }
