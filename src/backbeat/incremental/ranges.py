"""Auditing a table by ranges: every row of it, and every row that there should be, a bounded number of keys at a time.

A range is the next keys, of the target and of the facts alike, so rows that no fact explains are found, and facts
without a row. Their rows are computed again by the query that a run uses, and compared column by column. Each range is
a snapshot of its own, the last key is all that has to be remembered, and final rows are no exception. What cannot be
said is counted, with the reason: nothing that was not compared counts as clean.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any, LiteralString, NamedTuple, Self

import msgspec
from psycopg import AsyncConnection
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from backbeat.db.query import column, one, value
from backbeat.db.sql import Name, compose, load
from backbeat.incremental.merge import Target
from backbeat.incremental.transaction import one_snapshot

KEYS_MAX = 500  # a second at most, where a key has a thousand rows
SAMPLES_MAX = 100  # rows of a report; all are counted


class KeyKind(NamedTuple):
    """The type of the keys that ranges are made of, and what lies before each of them."""

    name: LiteralString
    start: str


INTEGERS = KeyKind("integer", "-2147483648")
INSTANTS = KeyKind("timestamp", "-infinity")
DATES = KeyKind("date", "-infinity")
ONE_ROW = KeyKind("boolean", "false")
"""Of a table of a single row, whose key is true."""


class Why(StrEnum):
    """Why a row, or a range, cannot be verified."""

    OFF = "off"  # what keeps it is switched off
    NOT_BUILT = "not_built"  # it was never computed, or a rebuild is due
    WAITS = "waits_for_run"  # changes of these keys are still to be taken up
    KEPT = "kept_without_cause"  # its kind of row stays when what led to it is gone
    JUDGED_THEN = "judged_by_facts_of_then"  # facts of today do not tell what they were then
    BEFORE_HISTORIES = "before_histories"  # what it was judged by is not known as of its block
    FROM_NOW = "before_it_began_here"  # a first run was told to leave the past
    PLAYS_PRUNED = "plays_pruned"  # of the plays that it came from no sum was kept
    PLAYS_LOST = "plays_lost"  # plays went and nobody summed them up
    UNTOLD = "nobody_was_told"  # nobody heard of it, or was paid for it
    CAUSE = "cause_not_kept"  # what it tells of is not kept


class Held(NamedTuple):
    """What a range is computed with, of one snapshot."""

    values: Mapping[str, Any] = {}
    """What the query binds beside ``keys``."""

    waiting: Collection[Any] = ()
    """Keys of the range that wait for a run."""

    why: Why | None = None
    """Why nothing can be said of any of its keys; None: it can."""


Look = Callable[[AsyncConnection[Any], Sequence[Any]], Awaitable[Held]]
Repair = Callable[[AsyncConnection[Any], Sequence[Any]], Awaitable[None]]
"""Puts the rows of some keys right, or has the next runs do so, in the caller's transaction."""


async def hold_nothing(_connection: AsyncConnection[Any], _keys: Sequence[Any]) -> Held:
    """Return what holds of rows that are written together with what they follow from."""
    return Held()


class Difference(msgspec.Struct, frozen=True):
    """A value that is not what it should be."""

    table: str
    key: dict[str, Any]
    column: str | None
    """None: the row itself, which is missing or should not be there."""
    stored: Any
    expected: Any


class Audited(msgspec.Struct, frozen=True):
    """What the audit of a range, or of a whole table, found."""

    keys: int = 0
    """Keys visited."""
    same: int = 0
    """Rows that are as they should be."""
    differing: int = 0
    """Rows that are not, are missing, or should not be there."""
    unverifiable: dict[str, int] = {}
    """Rows, or keys of a range that waits, of which nothing can be said: by reason."""
    samples: tuple[Difference, ...] = ()
    """Of the rows that differ, at most a hundred."""

    @property
    def rows(self) -> int:
        """Return how many rows were looked at."""
        return self.same + self.differing + sum(self.unverifiable.values())

    @property
    def outcome(self) -> "Outcome":
        """Return it in a word."""
        if self.differing:
            return Outcome.DIFFERS
        if self.same:
            return Outcome.CLEAN
        return Outcome.UNVERIFIABLE if self.unverifiable else Outcome.NOTHING

    def and_then(self, later: Self) -> "Audited":
        """Return this range and the one after it as one."""
        reasons = {*self.unverifiable, *later.unverifiable}
        return Audited(
            keys=self.keys + later.keys,
            same=self.same + later.same,
            differing=self.differing + later.differing,
            unverifiable={
                reason: self.unverifiable.get(reason, 0) + later.unverifiable.get(reason, 0)
                for reason in sorted(reasons)
            },
            samples=(*self.samples, *later.samples)[:SAMPLES_MAX],
        )


class Outcome(StrEnum):
    """What an audit comes to. Only rows that were compared can be clean."""

    CLEAN = "clean"
    DIFFERS = "differs"
    UNVERIFIABLE = "unverifiable"
    NOTHING = "nothing_compared"


class Range(NamedTuple):
    """An audited range: what was found, the key that the next one begins after, and the keys of rows that differ."""

    found: Audited
    after: str
    wrong: list[Any]
    is_last: bool


class _Checked(NamedTuple):
    same: int
    differing: int
    unverifiable: dict[str, int]
    samples: list[dict[str, Any]]
    keys: list[Any]


class Ranged(msgspec.Struct, frozen=True, kw_only=True):
    """A target that is audited by ranges of keys."""

    name: str
    """The audit's; unique, and drift is counted by it."""

    target: Target
    """The rows. Its scope, or else the first column of its key, is what ranges are made of, and indexed."""

    query: LiteralString
    """Binds what ``look`` answers, and ``keys`` where it does better with them; answers the target's key and values.

    Rows of other keys are left out.
    """

    sources: tuple[Composable, ...]
    """Statements that answer the next keys, see :func:`keys_of`: of the target, and of what its rows follow from."""

    asks: LiteralString | None = None
    """Where the query goes by other keys: binds ``keys``, and answers what the query binds as such."""

    look: Look = hold_nothing
    """Tells what the query binds, and which keys wait for a run."""

    also: tuple[str, ...] = ()
    """Columns that a run writes once, and an audit compares all the same."""

    excuses: LiteralString | None = None
    """Binds ``keys``; answers key columns and a ``reason`` for rows that may differ without being wrong."""

    kept: Why | None = None
    """Why a row that nothing explains may stand; None: it may not."""

    hides: bool = False
    """The query reads the target's own rows, as if those of the range were not there."""

    kind: KeyKind = INTEGERS
    """Of the keys."""

    keys_max: int = KEYS_MAX
    """Keys of a range."""

    repair: Repair | None = None
    """Puts rows right; None: they are reported, and nothing else."""

    unverified: Mapping[str, str] = {}
    """Columns that no audit compares, each with a sentence that says why."""

    @property
    def table(self) -> str:
        """Return the table as people write it."""
        return ".".join(self.target.name)

    @property
    def scope(self) -> str:
        """Return the column that ranges are made of."""
        return self.target.scope or self.target.key[0]

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that are compared."""
        return self.target.key + tuple(name for name in self.also + self.target.values if name not in self.target.key)

    def statements(self) -> tuple[Composed, Composed]:
        """Return the statement that answers a range's keys and the one that compares it."""
        return _next(self), _check(self)

    async def rows_about(self, connection: AsyncConnection[Any]) -> int:
        """Return about how many rows it is about, as the server estimates; nothing is counted."""
        size = compose(__package__, "ranges_size.sql", target=self.target.table, within=_within(self.target, "at"))
        [plan] = await value(connection, size, prepare=False)
        return int(plan["Plan"]["Plan Rows"])

    async def check(self, connection: AsyncConnection[Any], after: str | None = None) -> Range:
        """Audit the range behind the key ``after`` (None: the first), in a snapshot of its own."""
        async with one_snapshot(connection):
            return await self.check_next(connection, after)

    async def check_next(self, connection: AsyncConnection[Any], after: str | None) -> Range:
        """Audit that range in the caller's snapshot."""
        next_keys, compare = self.statements()
        values = {"after": self.kind.start if after is None else after, "keys_max": self.keys_max}
        keys = await column(connection, next_keys, values, prepare=False)
        if not keys:
            return Range(Audited(), str(values["after"]), [], is_last=True)
        found, wrong = await self._compare(connection, compare, keys)
        return Range(found, str(keys[-1]), wrong, is_last=len(keys) < self.keys_max)

    async def check_keys(self, connection: AsyncConnection[Any], keys: Sequence[Any]) -> Audited:
        """Audit the rows of some keys, in one snapshot."""
        async with one_snapshot(connection):
            found, _ = await self._compare(connection, _check(self), list(keys))
        return found

    async def _compare(
        self, connection: AsyncConnection[Any], compare: Composed, keys: list[Any]
    ) -> tuple[Audited, list[Any]]:
        held = await self.look(connection, keys)
        if held.why is not None:
            return Audited(keys=len(keys), unverifiable={str(held.why): len(keys)}), []
        waiting = set(held.waiting)
        asked = [key for key in keys if key not in waiting]
        values = {**held.values, "keys": asked, "samples_max": SAMPLES_MAX}
        if self.asks is not None:
            values["asked"] = await column(connection, self.asks, {"keys": keys}, prepare=False)
            if not waiting.isdisjoint(values["asked"]):
                return Audited(keys=len(keys), unverifiable={str(Why.WAITS): len(keys)}), []
        checked = await one(connection, _Checked, compare, values, prepare=False)
        left = {str(Why.WAITS): len(keys) - len(asked)} if len(asked) < len(keys) else {}
        found = Audited(
            keys=len(keys),
            same=checked.same,
            differing=checked.differing,
            unverifiable={**checked.unverifiable, **left},
            samples=tuple(one for sample in checked.samples for one in self._differences(**sample)),
        )
        return found, checked.keys

    def _differences(self, stored: dict[str, Any] | None, expected: dict[str, Any] | None) -> list[Difference]:
        whole = stored or expected or {}
        key = {name: whole[name] for name in self.target.key}
        if stored is None or expected is None:
            return [Difference(self.table, key, None, stored, expected)]
        return [
            Difference(self.table, key, name, stored[name], expected[name])
            for name in self.columns
            if stored[name] != expected[name]
        ]


ONE = SQL(load(__package__, "ranges_one.sql"))


def keys_of(table: Name, column_name: str, kind: KeyKind = INTEGERS) -> Composed:
    """Return the statement that answers the next keys in an indexed column of a table."""
    return compose(__package__, "ranges_keys.sql", table=table, column=column_name, kind=SQL(kind.name))


def _next(ranged: Ranged) -> Composed:
    own = ONE if ranged.kind is ONE_ROW else keys_of(ranged.target.table, ranged.scope, ranged.kind)
    return compose(
        __package__,
        "ranges_next.sql",
        sources=SQL("\nUNION ALL\n").join(SQL("({})").format(source) for source in (own, *ranged.sources)),
    )


def _check(ranged: Ranged) -> Composed:
    target = ranged.target
    key, compared = target.key, ranged.columns
    no_excuse = SQL("(SELECT {}, NULL::text AS reason FROM stored WHERE false)").format(_list(key))
    return compose(
        __package__,
        "ranges_check.sql",
        query=_query(ranged),
        target=target.table,
        scope=ranged.scope,
        kind=SQL(ranged.kind.name),
        first=key[0],
        key=_list(key),
        compared=_list(compared),
        stored_key=_list(key, "stored"),
        fresh_key=_list(key, "fresh"),
        compared_key=_list(key, "compared"),
        excused_key=_list(key, "excused"),
        judged_key=_list(key, "judged"),
        stored_compared=_list(compared, "stored"),
        fresh_compared=_list(compared, "fresh"),
        either_key=SQL(", ").join(
            SQL("coalesce(stored.{0}, fresh.{0}) AS {0}").format(Identifier(name)) for name in key
        ),
        excuses=SQL("(\n{}\n)").format(SQL(ranged.excuses)) if ranged.excuses else no_excuse,
        stays=Literal(str(ranged.kept) if ranged.kept else None),
        at_within=_within(target, "at"),
        computed_within=_within(target, "computed"),
    )


def _query(ranged: Ranged) -> Composable:
    text = ranged.query.replace("%(keys)b", "%(asked)b") if ranged.asks is not None else ranged.query
    query = SQL("(\n{}\n)").format(SQL(text))
    if not ranged.hides:
        return query
    hidden = compose(
        __package__,
        "ranges_hidden.sql",
        shadow=ranged.target.name[-1],
        target=ranged.target.table,
        others_within=_within(ranged.target, "others"),
        scope=ranged.scope,
        kind=SQL(ranged.kind.name),
        query=query,
    )
    return SQL("(\n{}\n)").format(hidden)


def _list(columns: Sequence[str], of: str | None = None) -> Composed:
    return SQL(", ").join(Identifier(of, name) if of else Identifier(name) for name in columns)


def _within(target: Target, of: str) -> Composable:
    if target.within is None:
        return SQL("true")
    name, values = target.within
    return SQL("{} = ANY ({})").format(Identifier(of, name), Literal(list(values)))
