"""What is kept of a comparison, in our database: differences, how far each way has come, and since when all is well."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import column, every, value
from backbeat.db.sql import load
from backbeat.watch.differences import Kept
from backbeat.watch.statements import Key
from backbeat.watch.subjects import SUBJECTS

DUE = load(__package__, "kept_due.sql")
OF_KEYS = load(__package__, "kept_of.sql")
PUT = load(__package__, "kept_put.sql")
DROP = load(__package__, "kept_drop.sql")
PUT_OFF = load(__package__, "kept_put_off.sql")
COUNT = load(__package__, "kept_count.sql")
CERTAIN = load(__package__, "certain_subjects.sql")
OPEN = load(__package__, "rounds_open.sql")
CLOSE = load(__package__, "rounds_close.sql")
CLOSE_DIFFERENCES = load(__package__, "kept_close.sql")
ROUNDS = load(__package__, "rounds_read.sql")
MOVE = load(__package__, "rounds_move.sql")
NOTE = load(__package__, "watched_note.sql")
OTHER = load(__package__, "watched_other.sql")
FORGET = (
    load(__package__, "forget_differences.sql"),
    load(__package__, "forget_rounds.sql"),
    load(__package__, "forget_watched.sql"),
)

KEPT_MAX: Final = 10_000  # differences of one subject: some MB; who has more has no use for a list of all


class Way(msgspec.Struct, frozen=True):
    """How far one way through a subject has come."""

    subject: str
    way: str
    after_key: list[str] | None
    rounds: int


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """How a way moves on."""

    subject: str
    """Of which subject."""
    way: str
    """There, here or blocks."""
    after: Key | None
    """The last key that was looked at; None: the round has ended."""
    rows: int
    """How many keys were looked at."""
    problem: str = ""
    """Why something was left out."""
    passed_over: int = 0
    """Keys that differ and are not kept."""
    ended: bool = False
    """Whether a round has ended."""


class Store:
    """What is kept, by a session on our database."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection

    @property
    def is_lost(self) -> bool:
        """Whether the session on our database is gone."""
        return self._connection.closed

    async def begin(self, database: str, ways: Sequence[tuple[str, str]]) -> None:
        """Forget what is known of another database than this one, and of what is compared no more; list what is."""
        subjects, names = ([way[n] for way in ways] for n in (0, 1))
        async with self._connection.transaction():
            if await value(self._connection, OTHER, {"database": database}) is not None:
                for statement in FORGET:
                    await self._connection.execute(statement)
            for statement in (CLOSE_DIFFERENCES, CLOSE, OPEN):
                await self._connection.execute(statement, {"subjects": subjects, "ways": names})

    async def ways(self) -> Mapping[tuple[str, str], Way]:
        """Return how far every way has come that was begun."""
        return {(way.subject, way.way): way for way in await every(self._connection, Way, ROUNDS)}

    async def due(self, soon: datetime, seldom: datetime, limit: int) -> list[Kept]:
        """Return differences of one subject that were not looked at since ``soon`` or, if not new, ``seldom``."""
        return _kept(await every(self._connection, dict, DUE, {"soon": soon, "seldom": seldom, "limit": limit}))

    async def of_keys(self, subject: str, keys: Sequence[Key]) -> Mapping[Key, Kept]:
        """Return what is kept of these keys."""
        found = await every(self._connection, dict, OF_KEYS, {"subject": subject, "keys": _json(keys)})
        return {each.key: each for each in _kept(found)}

    async def room(self, subject: str) -> int:
        """Return how many more differences of a subject may be kept."""
        return KEPT_MAX - int(await value(self._connection, COUNT, {"subject": subject, "limit": KEPT_MAX}))

    async def certain_subjects(self) -> list[str]:
        """Return the subjects that have differences that are certain."""
        return await column(self._connection, CERTAIN, {"subjects": list(SUBJECTS)})

    async def keep(
        self, subject: str, found: Sequence[Kept], gone: Sequence[Key], move: Move | None, now: datetime
    ) -> None:
        """Write what a look found, forget what is alike now, and move the way that led to it; all or nothing."""
        async with self._connection.transaction():
            if gone:
                await self._connection.execute(DROP, {"subject": subject, "keys": _json(gone)})
            if found:
                await self._connection.execute(PUT, {"rows": msgspec.json.encode(found).decode()})
            if move is not None:
                await self.move(move, now)

    async def put_off(self, subject: str, keys: Sequence[Key], now: datetime) -> None:
        """Note that keys could not be looked at."""
        await self._connection.execute(PUT_OFF, {"subject": subject, "keys": _json(keys), "now": now})

    async def move(self, move: Move, now: datetime) -> None:
        """Move a way on."""
        values = msgspec.structs.asdict(move)
        after = None if move.after is None else list(move.after)
        await self._connection.execute(MOVE, {**values, "after": after, "now": now})

    async def note(self, database: str, heights: tuple[int, int], now: datetime) -> None:
        """Note where both databases stand, and since when nothing is unexplained."""
        values = {"database": database, "here_height": heights[0], "there_height": heights[1], "now": now}
        await self._connection.execute(NOTE, values)


def _kept(rows: Sequence[Mapping[str, Any]]) -> list[Kept]:
    return [msgspec.convert(row, Kept) for row in rows]


def _json(keys: Sequence[Key]) -> str:
    return msgspec.json.encode(keys).decode()
