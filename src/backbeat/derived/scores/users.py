"""User scores at the cost of what changed (domain: derived state, 8.4): features first, then the score.

Each part is a derivation of its own with transactions of its own, and the parts know nothing of each other: what one
writes, triggers log for the next. So they run one after another, and a death between two of them loses nothing.
"""

from collections.abc import Sequence
from functools import reduce
from typing import Any, Protocol

import msgspec
from psycopg import AsyncConnection

from backbeat.derived.keeper import Recomputed
from backbeat.derived.scores.early_challenges import EARLY_CHALLENGES
from backbeat.derived.scores.karma import KARMA
from backbeat.derived.scores.listeners import LISTENERS
from backbeat.derived.scores.score import SCORE
from backbeat.incremental.report import SAMPLES_MAX, AuditReport, RunReport
from backbeat.incremental.sweep import Sweep, is_under_way
from backbeat.incremental.transaction import Session
from backbeat.incremental.window import AnyFeed


class ScorePart(Recomputed, Protocol):
    """A feature, or the score itself."""

    @property
    def sweep(self) -> Sweep | None:
        """Return what goes through everything in a first run, if it does not take everything at once."""


class Chain:
    """Derivations of which each follows from those before it, run as one."""

    def __init__(self, name: str, parts: Sequence[ScorePart]) -> None:
        self.name = name
        self.parts = tuple(parts)

    @property
    def feeds(self) -> tuple[AnyFeed, ...]:
        """Return what a run looks at; nothing where a part goes by none."""
        parts = [part.feeds for part in self.parts]
        return tuple(feed for feeds in parts for feed in feeds) if all(parts) else ()

    async def incremental(self, session: Session) -> RunReport:
        """Run the next batch of each part.

        What follows from a part that is going through everything waits until that is through: a score would use
        partial data.
        """
        reports = []
        for part in self.parts:
            reports.append(await part.incremental(session))
            if reports[-1].more and await is_under_way(session.connection, part.sweep):
                break
        return self._joined(reports)

    async def rebuild(self, session: Session) -> RunReport:
        """Rebuild each part, up to one whose positions another worker moved; ``more``: it has to be done again."""
        reports = []
        for part in self.parts:
            reports.append(await part.rebuild(session))
            if reports[-1].conflict:
                break
        return self._joined(reports)

    async def audit(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Compare each part with a full recompute from what it follows from."""
        return self._summed([await part.audit(connection) for part in self.parts])

    async def difference(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Tell what rebuilding each part would change."""
        return self._summed([await part.difference(connection) for part in self.parts])

    def _joined(self, reports: Sequence[RunReport]) -> RunReport:
        whole = reduce(RunReport.then, reports)
        return msgspec.structs.replace(whole, name=self.name, more=any(report.more for report in reports))

    def _summed(self, reports: Sequence[AuditReport]) -> AuditReport:
        samples: dict[str, list[dict[str, Any]]] = {}
        for report in reports:
            for kind, rows in report.samples.items():
                samples.setdefault(kind, []).extend({"part": report.name, **row} for row in rows)
        return AuditReport(
            name=self.name,
            compared=sum(report.compared for report in reports),
            missing=sum(report.missing for report in reports),
            extra=sum(report.extra for report in reports),
            pending=sum(report.pending for report in reports),
            stale=any(report.stale for report in reports),
            samples={kind: rows[:SAMPLES_MAX] for kind, rows in samples.items()},
        )


USER_SCORES = Chain("scores.users", (LISTENERS, EARLY_CHALLENGES, KARMA, SCORE))
