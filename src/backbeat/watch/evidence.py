"""What is asked of both databases about a difference, to tell its cause."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import psycopg
from psycopg import AsyncConnection
from psycopg.sql import Composed, Identifier

from backbeat.db.query import column, every, value
from backbeat.db.sql import compose, load
from backbeat.watch.causes import ONCE_AN_HOUR, Case
from backbeat.watch.differences import Kept, Kind
from backbeat.watch.side import Facts, Side
from backbeat.watch.statements import Key
from backbeat.watch.subjects import PAYMENTS, Subject

TOLD_OF = load(__package__, "told_of.sql")
TOLD_NEARBY = load(__package__, "told_nearby.sql")
REACHED: Final[Mapping[str, Composed]] = {
    each.name: compose(__package__, "payments_reached.sql", table=Identifier(each.table)) for each in PAYMENTS
}
FACTS_SECONDS: Final = 600.0  # what their jobs do comes every ten minutes


class _Told(msgspec.Struct, frozen=True):
    group_id: str
    specifier: str
    user_id: int
    type: str
    at: datetime


class Evidence:
    """Asks for it; what is the same for many rows is asked for again after ten minutes."""

    def __init__(self, here: Side, there: Side) -> None:
        self._here = here
        self._there = there
        self._facts = Facts()
        self._odd_rules = frozenset[str]()
        self._read_at: datetime | None = None

    async def cases(
        self,
        subject: Subject,
        found: Sequence[Kept],
        differing: Collection[str],
        of_odd_rewards: Collection[Key],
        now: datetime,
    ) -> list[Case]:
        """Return the cases of differences of one subject.

        ``differing``: the subjects of which some are certain; ``of_odd_rewards``: what tells of rewards which differ.
        """
        await self._refresh(now)
        recounted = await self._proof(self._there, subject.recounted_there, found)
        expected = await self._proof(self._here, subject.expected_here, found)
        reached = await self._reached(subject)
        nearby = await self._told_nearby(found) if subject.name == "notification" else frozenset()
        return [
            Case(
                found=each,
                now=now,
                recounted=recounted.get(each.key, {}),
                expected=expected.get(each.key, {}),
                facts=self._facts,
                rules_differ=subject.name == "user_challenges" and each.key[0] in self._odd_rules,
                reached=reached,
                plays_differ="plays" in differing,
                payments_differ=not REACHED.keys().isdisjoint(differing),
                scores_differ="track_trending_scores" in differing,
                reward_differs=each.key in of_odd_rewards,
                is_told_nearby=each.key in nearby,
            )
            for each in found
        ]

    async def _refresh(self, now: datetime) -> None:
        if self._read_at is not None and now - self._read_at < timedelta(seconds=FACTS_SECONDS):
            return
        self._read_at = now
        try:
            self._facts = await self._there.facts()
        except psycopg.errors.QueryCanceled:  # it would have taken too long: then nothing is suspected by it
            self._facts = Facts(trended_at=now.replace(tzinfo=None))
        ours, theirs = await self._here.catalogue(), await self._there.catalogue()
        self._odd_rules = frozenset(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))

    async def _reached(self, subject: Subject) -> tuple[int | None, int | None]:
        """Return the last slots of a table that programs beside the chain write, here and there."""
        statement = REACHED.get(subject.name)
        if statement is None:
            return None, None
        slots = []
        for side in (self._here, self._there):
            async with side.look() as connection:
                slots.append(await value(connection, statement))
        return slots[0], slots[1]

    async def _proof(
        self, side: Side, statement: Composed | None, found: Sequence[Kept]
    ) -> Mapping[Key, Mapping[str, str | None]]:
        if statement is None:
            return {}
        try:
            return await side.proof(statement, [each.key for each in found])
        except psycopg.errors.QueryCanceled:  # as above
            return {}

    async def _told_nearby(self, found: Sequence[Kept]) -> frozenset[Key]:
        """Return the keys of notifications whose user heard the like within an hour in the database that lacks them."""
        asked = [each for each in found if each.key[0].startswith(ONCE_AN_HOUR)]
        told = set[Key]()
        for kind, has, lacks in (
            (Kind.MISSING_THERE, self._here, self._there),
            (Kind.MISSING_HERE, self._there, self._here),
        ):
            keys = [each.key for each in asked if each.kind == kind]
            if keys:
                told |= await _heard(has, lacks, keys)
        return frozenset(told)


async def _heard(has: Side, lacks: Side, keys: Sequence[Key]) -> set[Key]:
    values = {"groups": [key[0] for key in keys], "specifiers": [key[1] for key in keys]}
    async with has.look() as connection:
        rows = await every(connection, _Told, TOLD_OF, values)
    async with lacks.look() as connection:
        places = await _nearby(connection, rows)
    return {(rows[n - 1].group_id, rows[n - 1].specifier) for n in places}


async def _nearby(connection: AsyncConnection[Any], rows: Sequence[_Told]) -> list[int]:
    values = {
        "users": [each.user_id for each in rows],
        "types": [each.type for each in rows],
        "instants": [each.at for each in rows],
    }
    return await column(connection, TOLD_NEARBY, values)
