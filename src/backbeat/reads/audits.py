"""Audits by ranges, as people ask for them: made to their end, or gone on with."""

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.clock import Clock
from backbeat.derived.audits import chosen
from backbeat.errors import JobError
from backbeat.how_far import Tell, tell_nobody
from backbeat.incremental import visits
from backbeat.incremental.ranges import Audited, Ranged
from backbeat.incremental.visits import Purpose, Visit

__all__ = ["Finding", "chosen", "make", "rows_about"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit found, or has found so far."""

    audit: str
    """The audit."""
    table: str
    """Whose rows it holds to what they follow from."""
    found: Audited
    """What it found."""
    is_through: bool
    """It visited every row; otherwise the next call goes on."""
    cure: str
    """What to do where rows differ."""


async def rows_about(connection: AsyncConnection[Any], audits: Sequence[Ranged]) -> list[int]:
    """Return about how many rows each audit goes through, one at least; nothing is counted."""
    return [max(1, await audit.rows_about(connection)) for audit in audits]


async def make(
    connection: AsyncConnection[Any],
    audit: Ranged,
    clock: Clock,
    *,
    again: bool = False,
    ranges_max: int = 2**31 - 1,
    tell: Tell = tell_nobody,
) -> Finding:
    """Visit the ranges that are left of the round under way, or of a new one; at most ``ranges_max``.

    ``tell`` is called with how many rows the round has looked at so far.

    Each range is on record before the next one is read. Raises JobError where another session makes the same audit.
    """
    before = (await visits.read(connection, [audit.name], Purpose.ASKED)).get(audit.name)
    now = clock.now()
    visit = before or Visit(audit=audit.name, started_at=now, moved_at=now)
    if again or visit.ended_at is not None:
        visit = visit.begun_again(now)
    for _ in range(ranges_max):
        tell(visit.found.rows)
        made = await audit.check(connection, visit.after_key)
        moved = visit.and_also(made, clock.now())
        if not await visits.keep(connection, Purpose.ASKED, before, moved):
            raise JobError(
                "audit_disturbed",
                f"Another session makes the audit {audit.name!r}.",
                cure="Wait until that is through, and ask again.",
            )
        before = visit = moved
        if made.is_last:
            break
    return Finding(
        audit=audit.name,
        table=audit.table,
        found=visit.found,
        is_through=visit.ended_at is not None,
        cure=_cure(audit),
    )


def _cure(audit: Ranged) -> str:
    if audit.repair is not None:
        return "`backbeat jobs run audits.verify` puts it right when it comes to that range."
    if audit.table == "user_challenges":
        return "Rows that pay are never rewritten. See what led to them: `backbeat challenges explain USER CHALLENGE`."
    return "If the job that keeps the table has a rebuild: `backbeat jobs rebuild JOB`."
