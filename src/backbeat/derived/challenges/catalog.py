"""The catalogue of rewards: data that operators edit, read again on every run (domain: challenges, 1)."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import every, first
from backbeat.db.sql import load
from backbeat.incremental.derivation import LAST_BLOCKS, Parameters

ACTIVE = load(__package__, "catalog.sql")
TERMS = load(__package__, "catalog_terms.sql")
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


class Terms(msgspec.Struct, frozen=True):
    """What a challenge pays for. ``last_block``: it was on up to that block, and is off now."""

    amount: int
    step_count: int | None
    starting_block: int
    last_block: int | None


async def active(connection: AsyncConnection[Any], ids: Sequence[str]) -> list[Reward]:
    """Return the active rewards among ``ids``, by id; a missing row is as good as an inactive one."""
    return await every(connection, Reward, ACTIVE, {"ids": list(ids)})


async def terms_now(connection: AsyncConnection[Any], challenge_id: str) -> Terms | None:
    """Return the terms that hold for the newest block, or held last; None if the challenge was never on."""
    return await first(connection, Terms, TERMS, {"challenge_id": challenge_id})


def ends_of(challenge_id: str, terms: Terms) -> Mapping[str, int]:
    """Return for the feeds of a challenge the block that they end with; nothing while it is on."""
    return {} if terms.last_block is None else {f"challenges:{challenge_id}:": terms.last_block}


def terms_of(challenge_id: str) -> Parameters:
    """Return the parameters of a challenge that follows its row: the terms that hold for the newest block.

    An edit of the row makes everybody be judged again once it holds, each block by what held for it. What happened
    while the challenge was on is judged when it is off again, too; before it was ever on, it is switched off.
    """

    async def read(connection: AsyncConnection[Any]) -> Mapping[str, Any] | None:
        terms = await terms_now(connection, challenge_id)
        if terms is None:
            return None
        kept = {name: one for name, one in msgspec.structs.asdict(terms).items() if name != "last_block"}
        return {**kept, LAST_BLOCKS: ends_of(challenge_id, terms)}

    return read


def while_active(challenge_id: str) -> Parameters:
    """Return no parameters while a challenge is on: its query reads the terms, and an edit recomputes nothing."""

    async def read(connection: AsyncConnection[Any]) -> Mapping[str, Any] | None:
        terms = await terms_now(connection, challenge_id)
        return None if terms is None else {LAST_BLOCKS: ends_of(challenge_id, terms)}

    return read


async def open_to_a_new_chain(connection: AsyncConnection[Any]) -> None:
    """Let whatever a chain tells be earned from its first block on; changes nothing once a block is indexed.

    The catalogue that comes along is production's, whose rewards begin at blocks that a chain of one's own never sees.
    """
    await connection.execute(OPEN, {"switched_on": list(NEVER_OPENED)})
