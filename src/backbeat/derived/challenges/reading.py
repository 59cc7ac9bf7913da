"""What people ask of challenges: what there is, what somebody earned, why not, and what is still to be paid out."""

from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import class_row

from backbeat.db.sql import load

LIST = load(__package__, "reading_list.sql")
EARNED = load(__package__, "reading_earned.sql")
FACTS = load(__package__, "reading_facts.sql")
UNDISBURSED = load(__package__, "reading_undisbursed.sql")

EARNED_MAX = 1_000
UNDISBURSED_MAX = 10_000


class Offer(msgspec.Struct, frozen=True):
    """A row of the catalogue, and how many rows it has led to. ``amount`` is as the operator wrote it."""

    id: str
    type: str
    active: bool
    amount: str
    step_count: int | None
    starting_block: int | None
    cooldown_days: int | None
    complete: int
    incomplete: int


class EarnedRow(msgspec.Struct, frozen=True):
    """A row of ``user_challenges``. ``disbursed``: it was paid out."""

    challenge_id: str
    specifier: str
    is_complete: bool
    current_step_count: int | None
    amount: int
    completed_at: datetime | None
    completed_blocknumber: int | None
    disbursed: bool


class Fact(msgspec.Struct, frozen=True):
    """Something that bears on a challenge: what is so, what is wanted, and whether that holds."""

    fact: str
    found: str
    wanted: str
    holds: bool


class Undisbursed(msgspec.Struct, frozen=True):
    """A complete row that nobody has paid out. ``amount`` is in whole AUDIO."""

    challenge_id: str
    specifier: str
    user_id: int
    amount: int
    completed_at: datetime | None
    completed_blocknumber: int


async def list_offers(connection: AsyncConnection[Any]) -> list[Offer]:
    """Return the whole catalogue by id."""
    async with connection.cursor(row_factory=class_row(Offer)) as cursor:
        return await (await cursor.execute(LIST)).fetchall()


async def earned_by(connection: AsyncConnection[Any], user_id: int, challenge_id: str | None = None) -> list[EarnedRow]:
    """Return a user's rows, newest first, at most 1000; of one challenge or of all."""
    values = {"user_id": user_id, "challenge_id": challenge_id, "limit": EARNED_MAX}
    async with connection.cursor(row_factory=class_row(EarnedRow)) as cursor:
        return await (await cursor.execute(EARNED, values)).fetchall()


async def facts_about(connection: AsyncConnection[Any], user_id: int, challenge_id: str) -> list[Fact]:
    """Return the present facts that decide whether a user earns a challenge; some that hold suffice for each event."""
    async with connection.cursor(row_factory=class_row(Fact)) as cursor:
        values = {"user_id": user_id, "challenge_id": challenge_id}
        return await (await cursor.execute(FACTS, values, prepare=False)).fetchall()


async def undisbursed(
    connection: AsyncConnection[Any], *, after: int = 0, limit: int = UNDISBURSED_MAX
) -> list[Undisbursed]:
    """Return complete rows of active challenges and active users that were not paid out, in order of their block.

    ``after``: only rows completed in later blocks; 0 or less: all.
    """
    values = {"after": after, "limit": min(limit, UNDISBURSED_MAX)}
    async with connection.cursor(row_factory=class_row(Undisbursed)) as cursor:
        return await (await cursor.execute(UNDISBURSED, values)).fetchall()
