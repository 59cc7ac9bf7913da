"""Sums of tips, how many support whom, and who rose among a user's five first supporters (domain: derived state, 4.10).

Tips come from programs that follow Solana, in any order and late, and may be corrected or taken back, so the change log
tells of them, not their slot. Sums, counts and ranks are what all tips that are there give, whatever runs they were
counted in: a rank is reached at a slot, by who tipped in it, where fewer than five gave more up to then. A late tip
corrects the ranks of slots from its own on.

A table whose keys are receivers would be read whole for a tip to a star, so what was counted of each tip is kept, and a
run adds the difference. Rows read per tip: the tips of its slot, its sum and the counts of both users; of the receiver,
the tips and ranks from its slot on, the sums of who sent those, and of five more.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from backbeat.db.query import every, one, value
from backbeat.db.sql import load
from backbeat.incremental.change_feed import ChangeFeed
from backbeat.incremental.change_log import log_keys
from backbeat.incremental.derivation import REBUILD_KEYS_MIN, TARGET_ROWS
from backbeat.incremental.keys import CHANGED_KEYS
from backbeat.incremental.merge import Merge, Target, Written
from backbeat.incremental.ranges import Held, Why
from backbeat.incremental.report import AuditReport, Compared, RunReport
from backbeat.incremental.run import (
    NO_PARAMETERS,
    Action,
    Missing,
    Policy,
    Positions,
    Run,
    Work,
    decide,
    taking,
)
from backbeat.incremental.transaction import Session, one_snapshot
from backbeat.incremental.window import AnyFeed

ADD = load(__package__, "add.sql")
BEGIN = load(__package__, "begin.sql")
REACHED = load(__package__, "reached.sql")
TELL = load(__package__, "told.sql")

STREAM = "given_tips"  # db/schema/triggers/log_tips.sql
NAME = "tips.supporters"
POLICY = Policy(Missing.REBUILD)
TIPS_MAX = 5_000  # in a batch, and in a run where one transaction wrote more: about half a second; no slot is divided
REBUILD_SHARE = 0.1  # of all tips, from where counting all of them again costs no more

COUNTED = Merge(
    load(__package__, "tips.sql"),
    Target(
        table=("backbeat", "counted_tips"),
        key=("receiver_user_id", "slot", "sender_user_id"),
        values=("amount",),
        scope="receiver_user_id",
    ),
)
RANKS = Target(
    table="supporter_rank_ups", key=("slot", "sender_user_id", "receiver_user_id"), values=("rank",), scope=None
)
FOLLOWING = (
    Merge(
        load(__package__, "totals.sql"),
        Target(table="aggregate_user_tips", key=("sender_user_id", "receiver_user_id"), values=("amount",)),
    ),
    Merge(
        load(__package__, "counts.sql"),
        Target(table=("backbeat", "supporters"), key=("user_id",), values=("supporter_count", "supporting_count")),
    ),
    Merge(load(__package__, "ranks.sql"), RANKS),
)
"""What follows from the tips that were counted, each from those before it."""


class Added(NamedTuple):
    """What counting some tips changed of sums and ranks."""

    inserted: int
    updated: int
    deleted: int


class Supporters:
    """Keeps what follows from tips. ``tips_max`` bounds a batch."""

    name = NAME
    target = RANKS

    def __init__(self, tips_max: int = TIPS_MAX) -> None:
        self._tips_max = tips_max
        self._tips = ChangeFeed(NAME, STREAM, tips_max)
        self._paid = ChangeFeed(f"{NAME}:paid", "paid_slots", tips_max)

    @property
    def feeds(self) -> tuple[AnyFeed, ...]:
        """Return what a run looks at."""
        return (self._tips, self._paid)

    async def incremental(self, session: Session) -> RunReport:
        """Count the tips that changed, and tell of ranks whose slots became known."""
        positions = await self._peek(session.connection)
        action = decide(positions, NO_PARAMETERS, POLICY)
        if action is Action.QUIET:
            return RunReport(name=self.name)
        if action is Action.REBUILD:
            return await self._rebuild(session, positions)
        tips = await _keys(session.connection, positions, self._tips)
        if None in tips or await self._are_too_many(session.connection, tips):
            return await self._rebuild(session, positions)
        slots = await _keys(session.connection, positions, self._paid)
        async with taking(session, self.name, positions) as run:
            if run.is_ours:
                run.did(await self._work(run, tips, slots))
        return run.report

    async def rebuild(self, session: Session) -> RunReport:
        """Count all tips again."""
        return await self._rebuild(session, await self._peek(session.connection))

    async def audit(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Compare with a full count; of receivers whose tips wait for a run, the tips are left out."""
        async with one_snapshot(connection):
            positions = await self._peek(connection)
            if decide(positions, NO_PARAMETERS, POLICY) is Action.REBUILD:
                return AuditReport(name=self.name, stale=True)
            tips = await _keys(connection, positions.pending(), self._tips)
            if None in tips:
                return AuditReport(name=self.name, stale=True)
            found = await _compare(connection, sorted({int(tip.split(":")[0]) for tip in tips}))
        return AuditReport.of(self.name, found, pending=len(tips))

    async def hold(self, connection: AsyncConnection[Any], _receivers: Sequence[Any]) -> Held:
        """Return whose tips wait for a run, in the caller's snapshot."""
        positions = await self._peek(connection)
        if decide(positions, NO_PARAMETERS, POLICY) is Action.REBUILD:
            return Held(why=Why.NOT_BUILT)
        tips = await _keys(connection, positions.pending(), self._tips)
        if None in tips:
            return Held(why=Why.NOT_BUILT)
        return Held(waiting={int(tip.split(":")[0]) for tip in tips})

    async def difference(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Tell what a rebuild would change, but for what follows from tips that were never counted."""
        async with one_snapshot(connection):
            return AuditReport.of(self.name, await _compare(connection, []))

    async def _work(self, run: Run, tips: Sequence[str], slots: Sequence[str]) -> Work:
        taken, left = _divided(sorted(tips, key=_place), self._tips_max)
        if left:
            await log_keys(run.connection, STREAM, left)
        added = await one(run.connection, Added, ADD, {"keys": taken}, prepare=False)
        known = [int(slot) for slot in slots if slot is not None]
        if known:
            await run.connection.execute(TELL, {"slots": known}, prepare=False)
        return Work(len(taken) + len(known), len(taken) + len(known), *added, more=bool(left))

    async def _rebuild(self, session: Session, positions: Positions) -> RunReport:
        positions = (await positions.reserve(session.connection)).whole()
        async with taking(session, self.name, positions, whole=True) as run:
            if run.is_ours:
                await run.connection.execute(BEGIN)
                written = [await part.write(run.connection, None, {}) for part in (COUNTED, *FOLLOWING)]
                await run.connection.execute(REACHED)
                run.did(_sum(written))
        return run.report

    async def _are_too_many(self, connection: AsyncConnection[Any], tips: Sequence[str]) -> bool:
        if len(tips) < REBUILD_KEYS_MIN:
            return False
        rows = await value(connection, TARGET_ROWS, {"name": ["backbeat", "counted_tips"]})
        return len(tips) > (self._tips_max if rows is None else REBUILD_SHARE * rows)

    async def _peek(self, connection: AsyncConnection[Any]) -> Positions:
        return await Positions.peek(connection, self.feeds)


async def _keys(connection: AsyncConnection[Any], positions: Positions, feed: ChangeFeed) -> list[Any]:
    window = positions.of(feed)
    if window.is_quiet:
        return []
    return [key for key, _ in await every(connection, tuple, CHANGED_KEYS, window.bounds(), prepare=False)]


def _place(tip: str) -> list[int]:
    """Return what orders the tips of a receiver by slot: batches then go on where the last one ended."""
    return [int(part) for part in tip.split(":")]


def _divided(tips: Sequence[str], tips_max: int) -> tuple[Sequence[str], Sequence[str]]:
    """Return the first tips and the rest. A user's tips of one slot stay together: ranks of a part would be told."""
    end = min(tips_max, len(tips))
    while 0 < end < len(tips) and _place(tips[end])[:2] == _place(tips[end - 1])[:2]:
        end += 1
    return tips[:end], tips[end:]


async def _compare(connection: AsyncConnection[Any], receivers: Sequence[int]) -> Compared:
    found = await COUNTED.audit(connection, receivers, {})
    for part in FOLLOWING:
        found = found.and_also(await part.audit(connection, [], {}))
    return found


def _sum(written: Sequence[Written]) -> Work:
    return Work(
        keys=written[0].computed,
        rows_read=written[0].computed,
        inserted=sum(each.inserted for each in written),
        updated=sum(each.updated for each in written),
        deleted=sum(each.deleted for each in written),
    )


SUPPORTERS = Supporters()
