"""The catalogue of rewards: data that operators edit, read again on every run (domain: challenges, 1).

A run asks for its rewards together with what its feeds tell, so both are of one instant.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import value
from backbeat.db.sql import load
from backbeat.db.together import Question
from backbeat.incremental.backlog import End, Ends
from backbeat.incremental.derivation import ENDS, Parameters

ACTIVE = load(__package__, "catalog.sql")
TERMS = load(__package__, "catalog_terms.sql")
OPEN = load(__package__, "catalog_open.sql")

R = TypeVar("R")

NEVER_OPENED = ("cs", "e")
"""Rewards that the network has and does not pay at present; both follow from what a chain alone tells."""


class Terms(msgspec.Struct, frozen=True):
    """What a challenge pays for, by what holds for the newest block or held last."""

    id: str
    """The challenge."""
    amount: int
    """Whole AUDIO; what is no integer counts as 0."""
    step_count: int | None
    """Steps, or what its cap is; None: none."""
    starting_block: int
    """Events before it earn nothing; its unit is that of the event's source."""
    edition: int
    """How many terms it has had so far."""
    spells: int
    """How often it has been switched on so far."""
    end: End | None
    """Where it was switched off; None: it is on."""

    @property
    def ends(self) -> Ends:
        """Return for its feeds where they end; nothing while it is on."""
        return {} if self.end is None else {f"challenges:{self.id}:": self.end}


async def is_on(connection: AsyncConnection[Any], challenge_id: str) -> bool:
    """Tell whether a challenge is active by its row of now, for what goes by the clock."""
    return bool(await value(connection, ACTIVE, {"challenge_id": challenge_id}))


def known(rows: list[Mapping[str, Any]]) -> list[Terms]:
    """Return what the answer to ``TERMS`` tells."""
    return msgspec.convert(rows, list[Terms])


def terms(ids: Sequence[str], told: Callable[[list[Terms]], R]) -> Question[R]:
    """Return what to ask for the terms of those of ``ids`` that are on or were, and what ``told`` makes of them."""

    def row(*, terms: list[Mapping[str, Any]]) -> R:
        return told(known(terms))

    return Question(row, TERMS, {"ids": list(ids)}, is_fixed=True)


def terms_of(challenge_id: str) -> Parameters:
    """Return the parameters of a challenge that follows its row: the terms that hold for the newest block.

    An edit of the row makes everybody be judged again once it holds, each block by what held for it. What happened
    while the challenge was on is judged when it is off again, too; before it was ever on, it is switched off.
    """

    def told(found: list[Terms]) -> Mapping[str, Any] | None:
        for one in found:
            paid = {"amount": one.amount, "step_count": one.step_count, "starting_block": one.starting_block}
            return {**paid, "edition": one.edition, ENDS: one.ends}
        return None

    return terms([challenge_id], told)


def while_active(challenge_id: str) -> Parameters:
    """Ask whether a challenge is on, no more: its query reads the terms, and an edit recomputes nothing."""
    return terms([challenge_id], lambda found: {ENDS: found[0].ends} if found else None)


async def open_to_a_new_chain(connection: AsyncConnection[Any]) -> None:
    """Let whatever a chain tells be earned from its first block on; changes nothing once a block is indexed.

    The catalogue that comes along is production's, whose rewards begin at blocks that a chain of one's own never sees.
    """
    await connection.execute(OPEN, {"switched_on": list(NEVER_OPENED)})
