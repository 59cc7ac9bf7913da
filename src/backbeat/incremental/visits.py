"""Rounds of audits: the durable position of each, and what it has found, so that one that is cut off goes on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.incremental.ranges import Audited, Range

READ = load(__package__, "visits_read.sql")
MOVE = load(__package__, "visits_move.sql")


class Purpose(StrEnum):
    """For whom a round is made; each has its own position."""

    ASKED = "asked"
    ROLLING = "rolling"


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A round of one audit."""

    audit: str
    """Its name."""
    started_at: datetime
    """When the round began."""
    moved_at: datetime
    """When the last range was visited."""
    ended_at: datetime | None = None
    """When it came to its end; None: it is under way."""
    after_key: str | None = None
    """The last key that was visited; None: none yet."""
    found: Audited = Audited()
    """What was found so far."""
    last_found: Audited | None = None
    """What the last round that came to its end found."""
    last_ended_at: datetime | None = None
    """When that was."""

    def begun_again(self, now: datetime) -> "Visit":
        """Return the round that follows this one."""
        return Visit(
            audit=self.audit,
            started_at=now,
            moved_at=self.moved_at,
            last_found=self.last_found,
            last_ended_at=self.last_ended_at,
        )

    def and_also(self, made: Range, now: datetime) -> "Visit":
        """Return the round with one range more."""
        found = self.found.and_then(made.found)
        ended = {"ended_at": now, "last_found": found, "last_ended_at": now} if made.is_last else {}
        return msgspec.structs.replace(self, after_key=made.after, found=found, moved_at=now, **ended)


async def read(connection: AsyncConnection[Any], audits: Sequence[str], purpose: Purpose) -> Mapping[str, Visit]:
    """Return the rounds that there are, by audit."""
    rows = await every(connection, dict, READ, {"audits": list(audits), "purpose": str(purpose)})
    return {row["audit"]: msgspec.convert(row, Visit) for row in rows}


async def keep(connection: AsyncConnection[Any], purpose: Purpose, before: Visit | None, after: Visit) -> bool:
    """Put a round on record in the place of ``before``; False: another session has moved it since."""
    values = {
        **msgspec.structs.asdict(after),
        "purpose": str(purpose),
        "seen_at": before.moved_at if before else after.moved_at,
        "found": Jsonb(msgspec.to_builtins(after.found)),
        "last_found": Jsonb(msgspec.to_builtins(after.last_found)) if after.last_found else None,
    }
    return (await connection.execute(MOVE, values)).rowcount == 1
