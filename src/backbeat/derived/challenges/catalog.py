"""The catalogue of rewards: data that operators edit, read again on every run (domain: challenges, 1).

A run asks for its rewards together with what its feeds tell, so both are of one instant.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.db.together import Question, answer
from backbeat.incremental.derivation import Parameters

ACTIVE = load(__package__, "catalog.sql")
OPEN = load(__package__, "catalog_open.sql")

R = TypeVar("R")

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


def rewards(ids: Sequence[str], told: Callable[[list[Reward]], R]) -> Question[R]:
    """Return what to ask for the active rewards among ``ids``, by id, and what ``told`` makes of them.

    A missing row is as good as an inactive one.
    """

    def row(*, rewards: list[Mapping[str, Any]]) -> R:
        return told(msgspec.convert(rewards, list[Reward]))

    return Question(row, ACTIVE, {"ids": list(ids)}, is_fixed=True)


async def active(connection: AsyncConnection[Any], ids: Sequence[str]) -> list[Reward]:
    """Return the active rewards among ``ids``, by id."""
    return await answer(connection, rewards(ids, list))


def terms_of(challenge_id: str, *required: str) -> Parameters:
    """Return what asks for ``amount``, ``step_count`` and ``starting_block`` of a challenge that follows its row.

    An edit of the row recomputes everybody. Without an active row, or with NULL in a ``required`` column, the challenge
    is switched off.
    """

    def terms(found: list[Reward]) -> Mapping[str, Any] | None:
        for reward in found:
            if all(getattr(reward, column) is not None for column in required):
                return {
                    "amount": reward.amount,
                    "step_count": reward.step_count,
                    "starting_block": reward.starting_block or 0,
                }
        return None

    return rewards([challenge_id], terms)


def while_active(challenge_id: str) -> Parameters:
    """Ask whether a challenge is active, no more: its query reads the row, and an edit recomputes nothing."""
    return rewards([challenge_id], lambda found: {} if found else None)


async def open_to_a_new_chain(connection: AsyncConnection[Any]) -> None:
    """Let whatever a chain tells be earned from its first block on; changes nothing once a block is indexed.

    The catalogue that comes along is production's, whose rewards begin at blocks that a chain of one's own never sees.
    """
    await connection.execute(OPEN, {"switched_on": list(NEVER_OPENED)})
