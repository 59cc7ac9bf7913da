"""What every keeper of derived state offers to the jobs that run it."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from psycopg import AsyncConnection

from backbeat.incremental.report import AuditReport, RunReport
from backbeat.incremental.transaction import Lend, Session
from backbeat.incremental.window import AnyFeed

Step = Callable[[Session], Awaitable[RunReport]]
"""One bounded batch of work; every transaction that it commits ends with the session's fence."""

StepApart = Callable[[Lend], Awaitable[RunReport]]
"""The same, of work that asks others than the database: it borrows sessions, and has none while it waits for them."""

Audit = Callable[[AsyncConnection[Any]], Awaitable[AuditReport]]


class Keeper(Protocol):
    """Keeps rows that follow from others. Its name is that of its job."""

    name: str

    @property
    def feeds(self) -> tuple[AnyFeed, ...]:
        """Return what a run looks at to find whether there is anything to do; empty: it goes by other things too."""

    async def incremental(self, session: Session) -> RunReport:
        """Take up what changed since the last run."""


class Asking(Protocol):
    """A keeper that asks other programs, and holds no session while it waits for them."""

    name: str

    async def run(self, lend: Lend) -> RunReport:
        """Take up what changed and what others know, with borrowed sessions."""

    async def incremental(self, session: Session) -> RunReport:
        """Do the same with a session that is there anyway."""


class Verifies(Protocol):
    """Goes round a table in search of what is wrong."""

    name: str

    @property
    def feeds(self) -> tuple[AnyFeed, ...]:
        """Return what a run looks at to find whether anything is due."""

    async def run(self, session: Session) -> RunReport:
        """Look at what is due."""


class Recomputed(Keeper, Protocol):
    """A keeper whose rows can be computed again from the base tables."""

    async def rebuild(self, session: Session) -> RunReport:
        """Recompute everything."""

    async def audit(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Compare with a full recompute."""

    async def difference(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Tell what a rebuild would change, and write nothing."""


class Startable(Keeper, Protocol):
    """A keeper that knows two ways to begin on a database that it has not seen.

    ``incremental`` begins with everything that is there. ``begin`` opens positions at the frontier, and ``follow`` goes
    on from there.
    """

    async def is_new(self, connection: AsyncConnection[Any]) -> bool:
        """Tell whether the database knows no position."""

    async def begin(self, session: Session) -> RunReport:
        """Open the positions."""

    async def follow(self, session: Session) -> RunReport:
        """Take up what changed since."""


class Judge(Recomputed, Startable, Protocol):
    """A keeper that can be recomputed, and knows both ways to begin."""
