"""``r`` and ``rv``: brought another user to the network (domain: challenges, 3.14).

Which of the two a referral earns depends on whether the referrer is verified at the end of its block, and a pair earns
one of them ever, so one derivation judges both. Each keeps its own position: while one is off, its referrals wait. A
referrer earns up to the catalogue's cap. Rows read per dirty user: its events, the referrer and the referrer's rows.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.db.together import answer
from backbeat.derived.challenges import challenge, feeds
from backbeat.derived.challenges.catalog import Terms, terms
from backbeat.derived.challenges.judged import judged_once
from backbeat.derived.challenges.progress import progress_of
from backbeat.incremental.derivation import ENDS, Derivation, Dirty
from backbeat.incremental.report import AuditReport, RunReport
from backbeat.incremental.transaction import Session
from backbeat.incremental.window import AnyFeed

IDS = ("r", "rv")
SETS = (("r",), ("rv",), IDS)
NAME = "challenges.referral"


def _feeds(challenge_id: str) -> tuple[Dirty, Dirty]:
    if challenge_id == "r":
        changed, edited = load(__package__, "referral_r.sql"), load(__package__, "referral_r_edits.sql")
    else:
        changed, edited = load(__package__, "referral_rv.sql"), load(__package__, "referral_rv_edits.sql")
    return (
        feeds.blocks(f"{challenge_id}:last_blocknumber", "user_events", changed),
        feeds.edits(challenge_id, "arrival", keys=edited, rebuilds=False),
    )


def _judging(ids: tuple[str, ...]) -> Derivation:
    def told(found: list[Terms]) -> Mapping[str, Any]:
        return {ENDS: {feed: end for one in found for feed, end in one.ends.items()}}

    return judged_once(
        NAME,
        *ids,
        dirty=[dirty for challenge_id in ids for dirty in _feeds(challenge_id)],
        query=load(__package__, "referral.sql"),
        parameters=terms(ids, told),
    )


async def _known(connection: AsyncConnection[Any]) -> tuple[str, ...]:
    """Return those that are on, or were."""
    return await answer(connection, terms(IDS, lambda found: tuple(one.id for one in found)))


class Referral:
    """Judges the referrals of whichever of the two challenges is on, or was."""

    name = NAME
    target = progress_of(*IDS)

    def __init__(self) -> None:
        self._judging: dict[tuple[str, ...], Derivation] = {ids: _judging(ids) for ids in SETS}

    @property
    def feeds(self) -> tuple[AnyFeed, ...]:
        """Return what a run looks at while both are active."""
        return self._judging[IDS].feeds

    async def incremental(self, session: Session) -> RunReport:
        """Judge what came since the last run.

        Whichever of the two was never judged here is first judged whole.
        """
        if fresh := await self._never_judged(session.connection):
            return (await self._judging[fresh].incremental(session)).then(RunReport(name=self.name, more=True))
        return await self.follow(session)

    async def follow(self, session: Session) -> RunReport:
        """Judge what came since the last run, and nothing that came before the first."""
        judge = await self._now(session.connection)
        if judge is None:
            return RunReport(name=self.name, off=True)
        report = await judge.follow(session)
        is_partly_off = judge is not self._judging[IDS]
        return msgspec.structs.replace(report, off=report.off or (is_partly_off and report.is_quiet))

    async def is_new(self, connection: AsyncConnection[Any]) -> bool:
        """Tell whether this database does not know the position of one of the two that are on, or were."""
        return bool(await self._never_judged(connection))

    async def begin(self, session: Session) -> RunReport:
        """Leave everything that came so far as it is."""
        judge = await self._now(session.connection)
        return RunReport(name=self.name) if judge is None else await judge.begin(session)

    async def rebuild(self, session: Session) -> RunReport:
        """Judge all referrals, each by the facts of its block."""
        judge = await self._now(session.connection)
        return RunReport(name=self.name) if judge is None else await judge.rebuild(session)

    async def audit(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Compare with what judging all referrals would give."""
        judge = await self._now(connection)
        return AuditReport(name=self.name) if judge is None else await judge.audit(connection)

    async def difference(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Tell what judging all referrals would add."""
        judge = await self._now(connection)
        return AuditReport(name=self.name) if judge is None else await judge.difference(connection)

    async def _never_judged(self, connection: AsyncConnection[Any]) -> tuple[str, ...]:
        return tuple([one for one in await _known(connection) if await self._judging[one,].is_new(connection)])

    async def _now(self, connection: AsyncConnection[Any]) -> Derivation | None:
        return self._judging.get(await _known(connection))


REFERRAL = Referral()

CHALLENGE = challenge.judged_once(*IDS, keeper=REFERRAL, facts=(load(__package__, "referral_facts.sql"),))
