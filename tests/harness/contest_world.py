"""Contests and whom they concern: hosts, tracks, followers, savers, subscribers, remixers, written by blocks and edits.

The time of the newest block is what the job takes for the clock.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier, Placeholder
from psycopg.types.json import Jsonb

from backbeat.derived.contests.notices import ContestNotices
from backbeat.incremental.due import chain_time
from harness.challenge_world import EPOCH, IDENTITIES, ChallengeWorld, Row, contest, track, wipe_challenges

SHOWN = """
    SELECT type, group_id, specifier, user_ids, data, "timestamp", blocknumber FROM notification ORDER BY 2, 3
"""
TABLES = ("events", "tracks", "follows", "saves", "subscriptions")


class Edit(NamedTuple):
    """What another program writes into a row that may be there or not; it stamps no block. Without columns it goes."""

    row: Row
    columns: dict[str, Any] | None


class Step(NamedTuple):
    """Some hours later: a block of rows, then edits; the job runs unless it is down."""

    hours: float = 0.0
    rows: Sequence[Row] = ()
    edits: Sequence[Edit] = ()
    is_down: bool = False


class Heard(NamedTuple):
    """A notification as it is stored, but for its id."""

    type: str
    """What it tells."""
    group_id: str
    """Of which contest."""
    specifier: str
    """To whom."""
    user_ids: list[int]
    """The same user."""
    data: dict[str, Any]
    """The track, and whose it is."""
    timestamp: datetime
    """When the job ran."""
    blocknumber: int | None
    """Of no block."""


def job(**limits: int) -> ContestNotices:
    """Return the job, with limits of its batches, by the chain's time."""
    return ContestNotices(clock=chain_time, **limits)


def identity(row: Row) -> dict[str, Any]:
    """Return the columns that tell rows of a table apart."""
    return {name: row.columns[name] for name in IDENTITIES[row.table].columns}


def remix_of(track_id: int, owner_id: int, *parents: Any, **columns: Any) -> Row:
    """Return a track that is a remix."""
    tracks = [{"parent_track_id": parent} for parent in parents]
    return track(track_id, owner_id, remix_of={"tracks": tracks}, **columns)


def ending(event_id: int, host: int, track_id: int, at: datetime | None, **columns: Any) -> Row:
    """Return a contest that ends at an instant."""
    return contest(event_id, host, entity_id=track_id, end_date=at, **columns)


class ContestWorld:
    """A database, its chain and its clock."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self.connection = connection
        self._chain = ChallengeWorld(connection)

    @classmethod
    async def empty(cls, connection: AsyncConnection[Any]) -> Self:
        """Empty the database; the chain begins with a block."""
        await wipe_challenges(connection)
        world = cls(connection)
        await world._chain.block(at=EPOCH)
        return world

    @property
    def now(self) -> datetime:
        """Return the time of the newest block."""
        return self._chain.now

    async def apply(self, step: Step) -> None:
        """Write a step; the job is run by who asks."""
        await self._chain.block(*step.rows, at=self.now + timedelta(hours=step.hours))
        for edit in step.edits:
            await self._edit(edit)

    async def rows(self, _derived: Any = None) -> list[Heard]:
        """Return what was told."""
        return [Heard(*row) for row in await self._chain.all(SHOWN)]

    async def notices(self) -> list[tuple[Any, ...]]:
        """Return the notices, by event and type: up to whom all were told, whether all were."""
        return await self._chain.all(
            """
            SELECT event_id, type, after_user_id, told_at IS NOT NULL FROM backbeat.contest_notices ORDER BY 1, 2
            """
        )

    async def _edit(self, edit: Edit) -> None:
        table, key = Identifier(edit.row.table), identity(edit.row)
        where = SQL(" AND ").join(SQL("{} = {}").format(Identifier(name), Placeholder(name)) for name in key)
        if edit.columns is None:
            await self.connection.execute(SQL("DELETE FROM {} WHERE {}").format(table, where), key)
            return
        changed = {name: Jsonb(value) if isinstance(value, dict) else value for name, value in edit.columns.items()}
        sets = SQL(", ").join(SQL("{} = {}").format(Identifier(name), Placeholder(f"new_{name}")) for name in changed)
        bound = {**key, **{f"new_{name}": value for name, value in changed.items()}}
        statement = SQL("UPDATE {} SET {} WHERE {}").format(table, sets, where)
        if not (await self.connection.execute(statement, bound)).rowcount:
            await self._insert(edit.row, changed)

    async def _insert(self, row: Row, changed: dict[str, Any]) -> None:
        """Insert as a program does that stamps rows with a block which is long indexed."""
        stamped = {"blocknumber": self._chain.block_number - 1, "created_at": self.now, **row.columns, **changed}
        if row.table in {"events", "tracks"}:
            stamped.setdefault("updated_at", self.now)
        columns = {name: Jsonb(value) if isinstance(value, dict) else value for name, value in stamped.items()}
        names = SQL(", ").join(map(Identifier, columns))
        values = SQL(", ").join(map(Placeholder, columns))
        statement = SQL("INSERT INTO {} ({}) VALUES ({})").format(Identifier(row.table), names, values)
        await self.connection.execute(statement, columns)
