"""How a challenge begins on a database that has not seen it, as the operator chose (domain: challenges, 4.4).

Backfill: everything that is there is judged, with or without notifications. From now: the positions open at the
frontier, and what is there stays unpaid until something about it changes. Positions that an adopted database brings are
gone on from either way. What was decided is recorded with the first run of the active challenge, and stands.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import structlog
from psycopg import AsyncConnection

from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.derived.keeper import Startable
from backbeat.errors import ConfigError
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session, checked_by, fenced
from backbeat.settings import ChallengesSettings, FirstRunPolicy

LOOK = load(__package__, "first_run_look.sql")
RECORD = load(__package__, "first_run_record.sql")
CAUGHT_UP = load(__package__, "first_run_caught_up.sql")

log = structlog.get_logger(__name__)


class Start(NamedTuple):
    """An active challenge and how it began here; ``first_run`` is None before its first run.

    ``others_began``: it, or one that is judged with it, has been judged here.
    """

    challenge_id: str
    first_run: FirstRunPolicy | None
    caught_up: bool
    others_began: bool


class FirstRun:
    """Runs what keeps the challenges ``ids``; once all of them began, a tick costs nothing more.

    ``in_batches``: the checkpoint of what does not judge the past in one pass.
    """

    def __init__(
        self, kept: Startable, ids: Sequence[str], chosen: ChallengesSettings, *, in_batches: str | None = None
    ) -> None:
        self._kept = kept
        self._in_batches = in_batches
        self._ids = tuple(ids)
        self._policy = policy_of(self._ids, chosen)
        self._notifies = chosen.backfill_notifies
        self._settled: Mapping[str, FirstRunPolicy] = {}

    async def run(self, session: Session) -> RunReport:
        """Begin if that is to be done, else run."""
        if self._settled:
            return await self._go_on(session, self._settled.values())
        starts = await self._look(session.connection)
        fresh = [start.challenge_id for start in starts if start.first_run is None]
        if fresh:
            return await self._begin(session, fresh, joins=starts[0].others_began)
        policies = {start.challenge_id: start.first_run for start in starts if start.first_run is not None}
        if not policies:
            return RunReport(name=self._kept.name, off=True)
        if all(start.caught_up for start in starts):
            if len(starts) == len(self._ids):
                self._settled = policies
            return await self._go_on(session, policies.values())
        return await self._catch_up(session, policies)

    async def _begin(self, session: Session, fresh: Sequence[str], *, joins: bool) -> RunReport:
        """Record how these begin; opening the positions and the record are one transaction."""
        # positions without any record were brought along; beside one they are those of challenges judged with these
        has_past = joins or await self._kept.is_new(session.connection)
        values = {
            "ids": list(fresh),
            "first_run": self._policy,
            "notifies": self._notifies,
            "caught_up": self._policy == "from_now" or not has_past,
        }

        async def record(connection: AsyncConnection[Any]) -> None:
            await connection.execute(RECORD, values)
            if session.fence is not None:
                await session.fence(connection)

        report = RunReport(name=self._kept.name)
        if self._policy == "from_now":
            report = await self._kept.begin(session._replace(fence=checked_by(record)))
            if report.more:
                return report
        async with fenced(session):
            await session.connection.execute(RECORD, values)
        log.info(
            "challenge_began", job=self._kept.name, challenges=list(fresh), first_run=self._policy, has_past=has_past
        )
        return report.then(RunReport(name=self._kept.name, more=True))

    async def _catch_up(self, session: Session, policies: Mapping[str, FirstRunPolicy]) -> RunReport:
        """Run, and record in the transaction that ends the backfill that it is over."""
        values = {"ids": list(policies), "checkpoint": self._in_batches}

        async def end(connection: AsyncConnection[Any]) -> None:
            await connection.execute(CAUGHT_UP, values)
            if session.fence is not None:
                await session.fence(connection)

        report = await self._go_on(session._replace(fence=checked_by(end)), policies.values())
        if report.is_quiet:
            async with fenced(session):
                await session.connection.execute(CAUGHT_UP, {**values, "checkpoint": None})
        return report

    async def _go_on(self, session: Session, policies: Collection[FirstRunPolicy]) -> RunReport:
        if "from_now" in policies:
            return await self._kept.follow(session)
        return await self._kept.incremental(session)

    async def _look(self, connection: AsyncConnection[Any]) -> list[Start]:
        return await every(connection, Start, LOOK, {"ids": list(self._ids)})


def policy_of(ids: Sequence[str], chosen: ChallengesSettings) -> FirstRunPolicy:
    """Return how challenges that are judged together begin. Raises ConfigError where the settings say both."""
    policies = {one: chosen.first_run_of.get(one, chosen.first_run) for one in ids}
    if len(set(policies.values())) > 1:
        raise ConfigError(
            "first_run_mixed",
            f"The challenges {', '.join(ids)} are judged together and cannot begin each in its own way.",
            cure=f"Name all of them in challenges.first_run_of, or none: {', '.join(ids)}.",
        )
    return policies[ids[0]]
