"""The catalogue of rewards: data that operators edit, read again on every run (domain: challenges, 1).

A run asks for its rewards together with what its feeds tell, so both are of one instant.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.db.together import Question, answer
from backbeat.incremental.derivation import LAST_BLOCKS, Parameters

ACTIVE = load(__package__, "catalog.sql")
TERMS = load(__package__, "catalog_terms.sql")
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

    return Question(row, ACTIVE, {"ids": list(ids)})


class Terms(msgspec.Struct, frozen=True):
    """What a challenge pays for by what holds for the newest block, or held last."""

    id: str
    """The challenge."""
    amount: int
    """Whole AUDIO."""
    step_count: int | None
    """Steps, or what its cap is; None: none."""
    starting_block: int
    """What comes before it earns nothing."""
    edition: int
    """How many terms it had so far."""
    last_block: int | None
    """It was on up to that block, and is off now."""

    @property
    def ends(self) -> Mapping[str, int]:
        """Return for its feeds the block that they end with; nothing while it is on."""
        return {} if self.last_block is None else {f"challenges:{self.id}:": self.last_block}

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Return what its query may bind."""
        return {
            "amount": self.amount,
            "step_count": self.step_count,
            "starting_block": self.starting_block,
            "edition": self.edition,
        }


async def active(connection: AsyncConnection[Any], ids: Sequence[str]) -> list[Reward]:
    """Return the active rewards among ``ids``, by id."""
    return await answer(connection, rewards(ids, list))


def terms(ids: Sequence[str], told: Callable[[list[Terms]], R]) -> Question[R]:
    """Return what to ask for the terms of those of ``ids`` that are on or were, and what ``told`` makes of them."""

    def row(*, terms: list[Mapping[str, Any]]) -> R:
        return told(msgspec.convert(terms, list[Terms]))

    return Question(row, TERMS, {"ids": list(ids)})


def terms_of(challenge_id: str) -> Parameters:
    """Return the parameters of a challenge that follows its row: the terms that hold for the newest block.

    An edit of the row makes everybody be judged again once it holds, each block by what held for it. What happened
    while the challenge was on is judged when it is off again, too; before it was ever on, it is switched off.
    """

    def told(found: list[Terms]) -> Mapping[str, Any] | None:
        return {**one.parameters, LAST_BLOCKS: one.ends} if (one := _only(found)) else None

    return terms([challenge_id], told)


def while_active(challenge_id: str) -> Parameters:
    """Ask whether a challenge is on, no more: its query reads the terms, and an edit recomputes nothing."""
    return terms([challenge_id], lambda found: {LAST_BLOCKS: one.ends} if (one := _only(found)) else None)


def _only(found: list[Terms]) -> Terms | None:
    return found[0] if found else None


async def open_to_a_new_chain(connection: AsyncConnection[Any]) -> None:
    """Let whatever a chain tells be earned from its first block on; changes nothing once a block is indexed.

    The catalogue that comes along is production's, whose rewards begin at blocks that a chain of one's own never sees.
    """
    await connection.execute(OPEN, {"switched_on": list(NEVER_OPENED)})
