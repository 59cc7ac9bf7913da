"""Gives up the oldest acts beyond a bound, so that their log stays bounded while nobody is told of them.

The job that tells of acts removes them. Where it is off, paused or failing they pile up. What is given up is not told
later; what is told later is right all the same, since only acts behind an act count for what was the case at it.
"""

import msgspec
import structlog

from backbeat.db.sql import load
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session, fenced

EXPIRE = load(__package__, "expire.sql")

NAME = "notifications.expire"
EXPIRED_MAX = 10_000  # in a run: some tens of milliseconds

log = structlog.get_logger(__name__)


class ActsKept(msgspec.Struct, frozen=True):
    """How many acts may wait until they are told."""

    rows_max: int

    async def expire(self, session: Session) -> RunReport:
        """Give up the oldest acts beyond the bound, at most 10,000, untold."""
        values = {"rows_max": self.rows_max, "expired_max": EXPIRED_MAX}
        async with fenced(session):
            deleted = (await session.connection.execute(EXPIRE, values)).rowcount
        if deleted:
            log.warning("acts_given_up", acts=deleted)
        return RunReport(name=NAME, deleted=deleted, more=deleted == EXPIRED_MAX)
