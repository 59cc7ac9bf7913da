"""The catalogue of rewards: data that operators edit, read again on every run (domain: challenges, 1)."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.incremental.derivation import Parameters

ACTIVE = load(__package__, "catalog.sql")
OPEN = load(__package__, "catalog_open.sql")

NEVER_OPENED = ("cs", "e")
"""Rewards that the network has and does not pay at present; both follow from what a chain alone tells."""


class Reward(msgspec.Struct, frozen=True):
    """An active row of ``challenges``. ``amount`` is in whole AUDIO; one that is no integer counts as 0.

    ``starting_block``: events before it earn nothing; its unit is that of the event's source.
    """

    id: str
    amount: int
    step_count: int | None
    starting_block: int | None


async def active(connection: AsyncConnection[Any], ids: Sequence[str]) -> list[Reward]:
    """Return the active rewards among ``ids``, by id; a missing row is as good as an inactive one."""
    return await every(connection, Reward, ACTIVE, {"ids": list(ids)})


def terms_of(challenge_id: str, *required: str) -> Parameters:
    """Return the parameters ``amount``, ``step_count`` and ``starting_block`` of a challenge that follows its row.

    An edit of the row recomputes everybody. Without an active row, or with NULL in a ``required`` column, the challenge
    is switched off.
    """

    async def read(connection: AsyncConnection[Any]) -> Mapping[str, Any] | None:
        for reward in await active(connection, [challenge_id]):
            if all(getattr(reward, column) is not None for column in required):
                return {
                    "amount": reward.amount,
                    "step_count": reward.step_count,
                    "starting_block": reward.starting_block or 0,
                }
        return None

    return read


def while_active(challenge_id: str) -> Parameters:
    """Return no parameters while a challenge is active: its query reads the row, and an edit recomputes nothing."""

    async def read(connection: AsyncConnection[Any]) -> Mapping[str, Any] | None:
        return {} if await active(connection, [challenge_id]) else None

    return read


async def open_to_a_new_chain(connection: AsyncConnection[Any]) -> None:
    """Let whatever a chain tells be earned from its first block on; changes nothing once a block is indexed.

    The catalogue that comes along is production's, whose rewards begin at blocks that a chain of one's own never sees.
    """
    await connection.execute(OPEN, {"switched_on": list(NEVER_OPENED)})
