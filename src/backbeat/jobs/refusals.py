"""The chore that keeps refused transactions from growing for ever: by age on the chain and by what they take."""

import msgspec

from backbeat.db.sql import load
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session, fenced

PRUNE = load(__package__, "refusals_prune.sql")

NAME = "rejected.prune"
PRUNED_MAX = 1_000  # transactions with up to five rows each in a run: tens of milliseconds
DAY_SECONDS = 86_400.0


class Refusals(msgspec.Struct, frozen=True):
    """How much of what was refused is kept: of the last ``days`` of the chain, at most ``bytes_max``; 0: all of it."""

    days: float
    bytes_max: int

    async def prune(self, session: Session) -> RunReport:
        """Delete the oldest refused transactions beyond the bounds, rows and bytes, at most 1,000."""
        values = {"seconds": self.days * DAY_SECONDS, "bytes_max": self.bytes_max, "transactions_max": PRUNED_MAX}
        async with fenced(session):
            deleted = (await session.connection.execute(PRUNE, values)).rowcount
        return RunReport(name=NAME, deleted=deleted, more=deleted == PRUNED_MAX)
