"""Bring a target table to what a query computes, touching only the rows that differ.

Differ first, then write: ``ON CONFLICT ... WHERE x IS DISTINCT FROM`` locks every row that it skips, a join does not.
One statement computes, compares and writes, so there are no staging tables to create and drop at every tick.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, LiteralString, NamedTuple, TypeVar

import msgspec
from psycopg import AsyncConnection
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal
from psycopg.types.numeric import Int4

from backbeat.db.query import column, one
from backbeat.db.sql import compose, load
from backbeat.db.together import KEEPS_PLANS_SINCE
from backbeat.incremental.backlog import NEVER
from backbeat.incremental.report import Compared

LOCK_TIMEOUT = load(__package__, "allow_no_waiting.sql")
PLAN_WHOLE = load(__package__, "plan_whole.sql")

FEW_KEYS = 10
"""So many a plan that is kept is made for: what the planner takes an array for that it does not know."""

ALL_KEYS = re.compile(rb"%\(keys\)b::\w+ ?\[\] IS (NOT )?NULL")

BEGINNING = re.compile(rb"%\(since\)s::integer (= -1|> -1)")
"""Where a query tells apart whether it is told which blocks are new."""

REPEATED_KEYS = re.compile(rb"(?<!DISTINCT )unnest\(%\(keys\)")
"""A query that answers a key twice if it is given twice."""

R = TypeVar("R")


class Shared(msgspec.Struct, frozen=True):
    """Rows that others write too: at most ``rows_max`` in a transaction, and none that another session has locked.

    The keys of those that must wait are logged to ``stream``, which the derivation follows.
    """

    stream: LiteralString
    rows_max: int


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A derived table, or the part of it that one derivation owns."""

    table: str | tuple[str, str]
    """Its name, with the schema if that is not the network's."""

    key: tuple[str, ...]
    """The columns that identify a row."""

    values: tuple[str, ...]
    """Columns that are compared and updated."""

    once: tuple[str, ...] = ()
    """Columns that are written with a new row alone, and not compared."""

    owner: str | None = None
    """The column of ``once`` that tells whose a row is.

    One that stands under the same key for another is left as it is. Not beside ``shared``.
    """

    stamps: tuple[str, ...] = ()
    """Columns that are written with every change, and not compared."""

    scope: str | None = None
    """The column of the dirty keys; None: it is only ever written whole."""

    scope_type: LiteralString = "int[]"
    """The array type of that column."""

    within: tuple[str, tuple[str, ...]] | None = None
    """A column, and the values in it of the rows that are the derivation's own; None: all are."""

    frozen: str | None = None
    """A boolean column: rows where it is true are final."""

    keeps_vanished: bool = False
    """Rows are never deleted, ``shared`` or not."""

    shared: Shared | None = None
    """Others write the rows too."""

    @property
    def name(self) -> tuple[str, ...]:
        """Return the parts of the table's name."""
        return self.table if isinstance(self.table, tuple) else (self.table,)


class Written(NamedTuple):
    """How many rows the query computed, what that changed, and how many changes are beyond what fits a transaction."""

    computed: int
    inserted: int
    updated: int
    deleted: int
    beyond: int = 0


NOTHING_WRITTEN = Written(0, 0, 0, 0)
"""What comes of no keys."""


class Merge:
    """The statements of one (query, target) pair, composed once.

    ``query`` answers the columns ``key + values + once + stamps``. It may bind ``keys`` (an array, NULL for all) and
    whatever else the caller passes.
    """

    def __init__(self, query: LiteralString, target: Target) -> None:
        self.query = query
        self.target = target
        self._shared = target.shared is not None
        whole = _compose("merge_shared.sql" if target.shared else "merge.sql", query, target).as_bytes()
        self._write = whole
        self._write_some = ALL_KEYS.sub(lambda found: b"true" if found[1] else b"false", whole)
        self._write_news = BEGINNING.sub(lambda found: b"false" if found[1][:1] == b"=" else b"true", self._write_some)
        self._may_repeat = REPEATED_KEYS.search(whole) is None
        self._audit = _compose("audit.sql", query, target)
        self._differing = _compose("differing.sql", query, target)

    async def write(
        self, connection: AsyncConnection[Any], keys: Sequence[Any] | None, values: Mapping[str, Any]
    ) -> Written:
        """Insert what is new, update what changed, delete what vanished, for ``keys`` (None: for all)."""
        if self._shared:
            await connection.execute(LOCK_TIMEOUT)
        if keys is None:
            await connection.execute(PLAN_WHOLE)
            return await one(connection, Written, self._write, {**values, "keys": None}, prepare=False)
        if not 0 < len(keys) <= FEW_KEYS or connection.info.server_version < KEEPS_PLANS_SINCE:
            # planned for these very values: the same text serves a handful of keys and thousands
            return await one(connection, Written, self._write_some, {**values, "keys": keys}, prepare=False)
        text = self._write_news if values.get("since", NEVER) > NEVER else self._write_some
        return await one(connection, Written, text, {**values, "keys": self._as_foreseen(keys)})

    def _as_foreseen(self, keys: Sequence[Any]) -> list[Any]:
        """Return a few keys as a plan that is kept expects them: none to be converted, and as many as it is made for.

        Otherwise a plan for the very values would seem the cheaper one each time, and be made each time.
        """
        typed = [Int4(key) if isinstance(key, int) else key for key in keys]
        return typed + typed[-1:] * (FEW_KEYS - len(typed)) if self._may_repeat else typed

    async def audit(
        self, connection: AsyncConnection[Any], pending: Sequence[Any], values: Mapping[str, Any]
    ) -> Compared:
        """Compare all rows, except those of the keys in ``pending``."""
        bound = {**values, "keys": None, "pending": list(pending)}
        return await one(connection, Compared, self._audit, bound, prepare=False)

    async def find_drift(
        self, connection: AsyncConnection[Any], keys: Sequence[Any], values: Mapping[str, Any]
    ) -> list[Any]:
        """Return those of ``keys`` whose rows are not what the query answers."""
        return await column(connection, self._differing, {**values, "keys": list(keys)}, prepare=False)


def _compose(name: str, query: LiteralString, target: Target) -> Composed:
    key, compared = target.key, target.key + target.values
    return compose(
        __package__,
        name,
        query=SQL("(\n") + SQL(query) + SQL("\n)"),
        target=target.table,
        **_lists(
            key=key,
            values=target.values,
            written=target.values + target.stamps,
            columns=compared + target.once + target.stamps,
            compared=compared,
        ),
        at_frozen=_frozen(target),
        foreign=_foreign(target),
        deletes=SQL("false") if target.keeps_vanished or target.shared else SQL("true"),
        stream=Literal(target.shared.stream if target.shared else ""),
        rows_max=Literal(target.shared.rows_max if target.shared else 0),
        at_within=_within(target),
        **_scopes(target),
    )


def _lists(**lists: tuple[str, ...]) -> dict[str, Composable]:
    """Return every list of columns three times: bare, of the target, of the fresh rows."""
    out: dict[str, Composable] = {}
    for name, columns in lists.items():
        out[name] = SQL(", ").join(Identifier(column) for column in columns)
        for side in ("at", "fresh"):
            out[f"{side}_{name}"] = SQL(", ").join(Identifier(side, column) for column in columns)
    return out


def _frozen(target: Target) -> Composable:
    return Identifier("at", target.frozen) if target.frozen else SQL("false")


def _foreign(target: Target) -> Composable:
    """Return whether the stored row is another owner's than the computed one."""
    if target.owner is None:
        return SQL("false")
    return SQL("{} IS DISTINCT FROM {}").format(Identifier("at", target.owner), Identifier("fresh", target.owner))


def _within(target: Target) -> Composable:
    if target.within is None:
        return SQL("true")
    column, values = target.within
    return SQL("{} = ANY ({})").format(Identifier("at", column), Literal(list(values)))


def _scopes(target: Target) -> dict[str, Composable]:
    scope = Identifier(target.scope or target.key[0])
    if target.scope is None:
        return {"scope": scope, **dict.fromkeys(("at_in_scope", "at_settled", "fresh_settled"), SQL("true"))}
    kind = SQL(target.scope_type)
    in_scope = SQL("(%(keys)b::{kind} IS NULL OR {column} = ANY (%(keys)b::{kind}))")
    settled = SQL("NOT {column} = ANY (%(pending)b::{kind})")
    return {
        "scope": scope,
        "at_in_scope": in_scope.format(kind=kind, column=Identifier("at", target.scope)),
        "at_settled": settled.format(kind=kind, column=Identifier("at", target.scope)),
        "fresh_settled": settled.format(kind=kind, column=Identifier("fresh", target.scope)),
    }
