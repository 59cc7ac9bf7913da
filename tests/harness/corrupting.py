"""Trying what audits find: of each derived table a row of each kind is changed column by column, deleted and added."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple

import psycopg
from psycopg import AsyncConnection

from backbeat.derived.audits import AUDITS
from backbeat.incremental.ranges import Audited, Outcome, Ranged
from harness.corruption import Column, Corruption, added, changed, columns_of, deleted, rows_of

TABLES: Mapping[str, list[Ranged]] = defaultdict(list)
for each in AUDITS:
    TABLES[each.table].append(each)

NOBODY = 2_000_000_011
VARIANTS: Mapping[str, tuple[str, ...]] = {
    "user_challenges": ("is_complete", "NOT is_complete"),
    "notification": (
        "type = 'follow'",
        "type = 'milestone'",
        "type = 'milestone_follower_count'",
        "type = 'claimable_reward'",
        "type = 'challenge_reward'",
        "type = 'repost'",
    ),
    "backbeat.trending_leaders": ("kind = 'TRACKS'", "kind = 'PLAYLISTS'"),
    "milestones": ("name = 'LISTEN_COUNT'", "name = 'FOLLOWER_COUNT'"),
}
"""Kinds of rows that are corrupted one by one; of other tables any."""

NOTICES = VARIANTS["notification"]
ALL_OF_ONE = ("specifier", "group_id", "slot", "blocknumber", "timestamp", "data", "user_ids")
UNVERIFIABLE = frozenset(
    {
        # ids are given in turn and mean nothing; what nobody is told of any more is a reward that nobody was told of, a
        # milestone that has no notification, or an act that is not kept
        *(("notification", where, what) for where in NOTICES for what in ("change id", "delete")),
        # a relation does not tell when it began
        ("notification", "type = 'follow'", "change blocknumber"),
        ("notification", "type = 'follow'", "change timestamp"),
        # with a slot it tells of a payment
        ("notification", "type = 'challenge_reward'", "change slot"),
        # acts are not kept
        *(("notification", "type = 'repost'", f"change {name}") for name in ALL_OF_ONE),
        ("notification", "type = 'repost'", "add"),
    }
)
"""Table, kind of row, and what nobody can tell of it."""


class Tried(NamedTuple):
    """A corruption, and what the audits of its table said."""

    table: str
    where: str
    what: str
    outcome: Outcome
    reasons: Mapping[str, int]


async def tried(intruder: AsyncConnection[Any], connection: AsyncConnection[Any], table: str) -> AsyncIterator[Tried]:
    """Corrupt a row of each kind in every way, one at a time, and put it back; what the schema refuses is left out."""
    columns = await columns_of(intruder, table)
    for where in VARIANTS.get(table, ("true",)):
        rows = await rows_of(intruder, table, where, 1)
        assert rows, (table, where)
        for row in rows:
            for what in corruptions(intruder, table, row, columns):
                try:
                    async with what as corruption:
                        outcome, reasons = await judged(connection, table, corruption)
                except psycopg.errors.IntegrityError:
                    continue  # no such row can be
                yield Tried(table, where, corruption.what, outcome, reasons)


def corruptions(
    intruder: AsyncConnection[Any], table: str, row: dict[str, Any], columns: list[Column]
) -> Iterable[AbstractAsyncContextManager[Corruption]]:
    unverified = {name for audit in TABLES[table] for name in audit.unverified}
    for column in columns:
        if not column.is_generated and column.name not in unverified:
            yield changed(intruder, table, row, column)
    yield deleted(intruder, table, row, columns)
    if (key := other_key(table, row)) is not None:
        yield added(intruder, table, row, columns, key)


def other_key(table: str, row: dict[str, Any]) -> dict[str, Any] | None:
    """Return a key that no row has and no fact explains; None of a table of one row."""
    if table == "notification":
        return {"id": NOBODY, "specifier": "nobody"}
    key = TABLES[table][0].target.key
    for name in key:
        if isinstance(row[name], int) and not isinstance(row[name], bool):
            return {name: NOBODY if table != "backbeat.trending_leaders" else 777}
    for name in key:
        if isinstance(row[name], str):
            return {name: f"{row[name]}:nobody"}
        if hasattr(row[name], "replace") and hasattr(row[name], "year"):
            return {name: row[name].replace(year=1999)}
    return None


async def judged(
    connection: AsyncConnection[Any], table: str, corruption: Corruption
) -> tuple[Outcome, dict[str, int]]:
    found = Audited()
    for audit in TABLES[table]:
        rows = [row for row in (corruption.before, corruption.after) if row is not None]
        keys = sorted({row[audit.scope] for row in rows if row[audit.scope] is not None})
        found = found.and_then(await audit.check_keys(connection, keys))
    return found.outcome, found.unverifiable
