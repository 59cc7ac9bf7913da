"""What people ask of challenges: what there is, what a user earned, why not, and what is still to be paid out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import every, value
from backbeat.db.sql import load
from backbeat.derived.challenges.all import FACTS_OF
from backbeat.derived.challenges.audited import audit_user
from backbeat.derived.challenges.names import NAMES, named
from backbeat.errors import ChallengeError
from backbeat.incremental.ranges import Audited, Outcome
from backbeat.nearest import meant

LIST = load(__package__, "challenges_list.sql")
KNOWS_USER = load(__package__, "challenges_knows_user.sql")
EARNED = load(__package__, "challenges_earned.sql")
FACTS = load(__package__, "challenges_facts.sql")
UNDISBURSED = load(__package__, "challenges_undisbursed.sql")

NO_CAP = 2**31 - 1  # in step_count
EARNED_MAX = 1_000
GENERAL_FACTS = 2  # of every challenge: that it is active, and the user is
UNDISBURSED_MAX = 10_000


class Offer(msgspec.Struct, frozen=True):
    """A row of the catalogue, and how many rows it has led to."""

    id: str
    """The challenge."""
    type: str
    """As in the catalogue."""
    active: bool
    """Whether it can be earned."""
    amount: str
    """As the operator wrote it."""
    step_count: int | None
    """Steps to complete, or a cap."""
    starting_block: int | None
    """Events before it do not count."""
    cooldown_days: int | None
    """Days from completion to payout."""
    first_run: str | None
    """How it began on this database; None before its first run."""
    complete: int
    """Complete rows."""
    incomplete: int
    """Incomplete rows."""
    name: str = ""
    """What people call it; empty: nobody gave it a name."""


class EarnedRow(msgspec.Struct, frozen=True):
    """A row of ``user_challenges``."""

    challenge_id: str
    """The challenge."""
    specifier: str
    """The occasion."""
    is_complete: bool
    """Whether it was earned."""
    current_step_count: int | None
    """Steps so far."""
    amount: int
    """Whole AUDIO."""
    completed_at: datetime | None
    """When it was earned."""
    completed_blocknumber: int | None
    """The block in which it was earned."""
    disbursed: bool
    """Whether it was paid out."""


class Fact(msgspec.Struct, frozen=True):
    """Something that bears on a challenge: what is so, what is wanted, and whether that holds."""

    fact: str
    found: str
    wanted: str
    holds: bool


class Undisbursed(msgspec.Struct, frozen=True):
    """A complete row that was not paid out."""

    challenge_id: str
    """The challenge."""
    specifier: str
    """The occasion."""
    user_id: int
    """The user who earned it."""
    amount: int
    """Whole AUDIO."""
    completed_at: datetime | None
    """When it was earned."""
    completed_blocknumber: int
    """The block in which it was earned."""


class Explanation(msgspec.Struct, frozen=True):
    """Why a user has or has not earned a challenge, in one sentence, by the facts of now, the rows and their audit."""

    verdict: str
    facts: list[Fact]
    rows: list[EarnedRow]
    outcome: Outcome
    audit: Audited


async def list_offers(connection: AsyncConnection[Any]) -> list[Offer]:
    """Return the whole catalogue by id."""
    found = await every(connection, Offer, LIST)
    return [msgspec.structs.replace(offer, name=NAMES.get(offer.id, "")) for offer in found]


async def earned_by(connection: AsyncConnection[Any], user_id: int, challenge_id: str | None = None) -> list[EarnedRow]:
    """Return a user's rows, newest first, at most 1000; of one challenge or of all."""
    values = {"user_id": user_id, "challenge_id": challenge_id, "limit": EARNED_MAX}
    return await every(connection, EarnedRow, EARNED, values)


async def require_user(connection: AsyncConnection[Any], user_id: int) -> None:
    """Raise ChallengeError for a user whom nobody has heard of: no row of theirs, and no reward."""
    if not await value(connection, KNOWS_USER, {"user_id": user_id}):
        raise ChallengeError(
            "user_unknown",
            f"No user {user_id} was indexed.",
            cure="Look the id up in the table users; a user of a later block comes when the indexer is there.",
        )


async def explain(connection: AsyncConnection[Any], user_id: int, challenge_id: str) -> Explanation:
    """Return why. Raises ChallengeError where there is no such challenge or user."""
    known = [offer.id for offer in await list_offers(connection)]
    if challenge_id not in known:
        told = f"{meant(challenge_id, known)}The challenges are {', '.join(known)}."
        raise ChallengeError(
            "challenge_unknown",
            f"The catalogue has no challenge {challenge_id[:100]!r}.",
            cure=told if known else "Run `backbeat migrate`, which fills it.",
        )
    await require_user(connection, user_id)
    facts = await facts_about(connection, user_id, challenge_id)
    rows = await earned_by(connection, user_id, challenge_id)
    audit = await audit_user(connection, challenge_id, user_id)
    verdict = _verdict(f"User {user_id}", challenge_id, facts, rows)
    return Explanation(verdict, facts, rows, audit.outcome, audit)


def _verdict(user: str, challenge_id: str, facts: Sequence[Fact], rows: Sequence[EarnedRow]) -> str:
    challenge = named(challenge_id)
    complete = sum(row.is_complete for row in rows)
    if complete:
        again = any(row.disbursed for row in rows)
        return f"{user} has earned {challenge}{f', {complete} times' if complete > 1 else ''}" + (
            ", and some of it was paid out." if again else ", and nothing of it was paid out."
        )
    if wrong := [fact for fact in facts if not fact.holds]:
        reasons = "; ".join(f"{fact.fact}: {fact.found}, wanted: {fact.wanted}" for fact in wrong)
        return f"{user} has not earned {challenge}. {reasons}."
    if len(facts) <= GENERAL_FACTS:
        return f"{user} has not earned {challenge}. Nothing that would earn it is on record."
    return (
        f"{user} has not earned {challenge}, although everything for it is there: the next run of its job pays, "
        "unless it was refused when it was judged, or came before the challenge began here."
    )


async def facts_about(connection: AsyncConnection[Any], user_id: int, challenge_id: str) -> list[Fact]:
    """Return the present facts that decide whether a user earns a challenge; some that hold suffice for each event."""
    values = {"user_id": user_id, "challenge_id": challenge_id}
    found: list[Fact] = []
    for facts in (FACTS, *FACTS_OF.get(challenge_id, ())):
        found += await every(connection, Fact, facts, values, prepare=False)
    return found


async def undisbursed(
    connection: AsyncConnection[Any], *, after: int = 0, limit: int = UNDISBURSED_MAX
) -> list[Undisbursed]:
    """Return complete rows of active challenges and active users that were not paid out, in order of their block.

    ``after``: only rows completed in later blocks; 0 or less: all. Rows without a block, which an adopted database may
    hold, stand at the newest one, so a reader that pages by block never loses them.
    """
    values = {"after": after, "limit": min(limit, UNDISBURSED_MAX)}
    return await every(connection, Undisbursed, UNDISBURSED, values)
