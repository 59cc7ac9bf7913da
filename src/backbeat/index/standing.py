"""Notes of a batch which users became verified or active, or ceased to be, with the block of the change.

Of what came and went within a batch the table of users shows nothing, so a trigger would note otherwise as blocks are
cut; it watches other writers alone.
"""

from collections.abc import Iterator
from typing import Any

from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.index.rows.users import UserRow
from backbeat.index.state import State, block_of

NOTE = load(__package__, "standings_note.sql")

ORDINARY = (False, False)
"""Neither verified nor deactivated, as what is not there."""


async def note_standings(connection: AsyncConnection[Any], state: State) -> None:
    """Note at the end of which blocks of the batch users stood otherwise than before."""
    changes = list(standing_changes(state))
    if changes:
        blocks, users = zip(*changes, strict=True)
        await connection.execute(NOTE, {"blocks": list(blocks), "users": list(users)})


def standing_changes(state: State) -> Iterator[tuple[int, int]]:
    """Yield block and user of each change."""
    for ends in state.ends(UserRow):
        is_stored = len(ends) > 1 and state.stored(ends[0]) is ends[0]
        stood = _standing(ends[0]) if is_stored else ORDINARY
        for row in ends:
            if (stands := _standing(row)) != stood:
                yield block_of(row), row.user_id
                stood = stands


def _standing(row: UserRow) -> tuple[bool, bool]:
    return row.is_verified, row.is_deactivated
