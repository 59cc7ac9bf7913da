"""Statements as the indexer and the jobs write them, drawn at random: many rows each, and few keys to collide on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any, Protocol

import psycopg
from hypothesis import strategies as st
from psycopg.sql import SQL, Composable, Identifier, Placeholder
from psycopg.types.json import Jsonb

AT = datetime.fromisoformat("2026-03-01 12:00")
Row = dict[str, Any]


class Statement(Protocol):
    def run(self, connection: psycopg.Connection, serial: Callable[[], str]) -> None: ...


@dataclass(frozen=True)
class Table:
    """A table, the keys that its upserts conflict on, and the columns that decide what counts."""

    name: str
    keys: Mapping[str, st.SearchStrategy[Any]]
    flags: Mapping[str, st.SearchStrategy[Any]]
    constants: Row = field(default_factory=dict)
    is_versioned: bool = True  # keeps superseded rows beside the current one


@dataclass(frozen=True)
class Upsert:
    """INSERT ... ON CONFLICT on the current rows: inserts some and updates others in one statement."""

    table: Table
    rows: list[Row]

    def run(self, connection: psycopg.Connection, serial: Callable[[], str]) -> None:
        full = [{"txhash": serial(), **self.table.constants, **row} for row in self.rows]
        columns = list(full[0])
        statement = SQL("INSERT INTO {} ({}) VALUES {} ON CONFLICT ({}) {} DO UPDATE SET {}").format(
            Identifier(self.table.name),
            _names(columns),
            SQL(", ").join(SQL("({})").format(SQL(", ").join([Placeholder()] * len(columns))) for _ in full),
            _names(self.table.keys),
            SQL("WHERE is_current" if self.table.is_versioned else ""),
            SQL(", ").join(
                SQL("{0} = excluded.{0}").format(Identifier(column))
                for column in columns
                if column not in self.table.keys
            ),
        )
        connection.execute(statement, [row[column] for row in full for column in columns])


@dataclass(frozen=True)
class Rewrite:
    """UPDATE of every row with one key: superseding, deleting and restoring, hiding, no change at all."""

    table: Table
    where: Row
    values: Row

    def run(self, connection: psycopg.Connection, serial: Callable[[], str]) -> None:  # noqa: ARG002 - the protocol's
        statement = SQL("UPDATE {} SET {} WHERE {}").format(
            Identifier(self.table.name), _equalities(self.values, ", "), _equalities(self.where, " AND ")
        )
        connection.execute(statement, [*self.values.values(), *self.where.values()])


@dataclass(frozen=True)
class Remove:
    """DELETE of every row with one key, as taking back a block does."""

    table: Table
    where: Row

    def run(self, connection: psycopg.Connection, serial: Callable[[], str]) -> None:  # noqa: ARG002 - the protocol's
        statement = SQL("DELETE FROM {} WHERE {}").format(Identifier(self.table.name), _equalities(self.where, " AND "))
        connection.execute(statement, list(self.where.values()))


def _names(columns: Any) -> Composable:
    return SQL(", ").join(map(Identifier, columns))


def _equalities(values: Row, separator: str) -> Composable:
    return SQL(separator).join(SQL("{} = {}").format(Identifier(name), Placeholder()) for name in values)


USER, TRACK, PLAYLIST = st.integers(1, 4), st.integers(1, 3), st.integers(1, 3)
FLAG = st.booleans()
NOW: Row = {"created_at": AT, "updated_at": AT}

TABLES = (
    Table(
        "follows",
        {"follower_user_id": USER, "followee_user_id": USER},
        {"is_delete": FLAG},
        {"is_current": True, "created_at": AT},
    ),
    Table(
        "saves",
        {"user_id": USER, "save_item_id": TRACK, "save_type": st.sampled_from(["track", "playlist", "album"])},
        {"is_delete": FLAG},
        {"is_current": True, "created_at": AT},
    ),
    Table(
        "reposts",
        {"user_id": USER, "repost_item_id": TRACK, "repost_type": st.sampled_from(["track", "playlist", "album"])},
        {"is_delete": FLAG},
        {"is_current": True, "created_at": AT},
    ),
    Table(
        "tracks",
        {"track_id": TRACK},
        {
            "owner_id": USER,
            "is_delete": FLAG,
            "is_unlisted": FLAG,
            "is_available": st.sampled_from([True, True, False]),
            "stem_of": st.sampled_from([None, None, Jsonb({"parent_track_id": 9}), Jsonb(None)]),
            "access_authorities": st.sampled_from([None, None, ["0xabc"]]),
        },
        {"is_current": True, **NOW},
    ),
    Table(
        "playlists",
        {"playlist_id": PLAYLIST},
        {"playlist_owner_id": USER, "is_delete": FLAG, "is_private": FLAG, "is_album": FLAG},
        {"is_current": True, "playlist_contents": Jsonb({"track_ids": []}), **NOW},
    ),
    Table(
        "comments",
        {"comment_id": st.integers(1, 6)},
        {
            "entity_id": TRACK,
            "entity_type": st.sampled_from(["Track", "Track", "Event"]),
            "is_delete": st.sampled_from([False, True, None]),
            "is_visible": st.sampled_from([True, False, None]),
        },
        {"user_id": 1, "text": "so good", "blockhash": "0x0", **NOW},
        is_versioned=False,
    ),
    Table(
        "shares",
        {
            "user_id": USER,
            "share_item_id": TRACK,
            "share_type": st.sampled_from(["track", "playlist"]),
            "txhash": st.sampled_from(["a", "b"]),
        },
        {},
        {"created_at": AT},
        is_versioned=False,
    ),
)


def _upserts(table: Table) -> st.SearchStrategy[Statement]:
    row = st.fixed_dictionaries({**table.keys, **table.flags})
    return st.lists(row, min_size=1, max_size=8, unique_by=lambda row: tuple(row[key] for key in table.keys)).map(
        lambda rows: Upsert(table, rows)
    )


def _one_key(table: Table) -> st.SearchStrategy[Row]:
    return st.sampled_from(sorted(table.keys)).flatmap(lambda key: st.fixed_dictionaries({key: table.keys[key]}))


def _rewrites(table: Table) -> st.SearchStrategy[Statement]:
    flags = dict(table.flags) | ({"is_current": st.just(False)} if table.is_versioned else {})
    values = st.sampled_from(sorted(flags)).flatmap(lambda flag: st.fixed_dictionaries({flag: flags[flag]}))
    return st.builds(Rewrite, st.just(table), _one_key(table), values)


def _removals(table: Table) -> st.SearchStrategy[Statement]:
    return st.builds(Remove, st.just(table), _one_key(table))


def _statements(tables: Sequence[Table]) -> st.SearchStrategy[Statement]:
    upserts = [_upserts(table) for table in tables]
    rewrites = [_rewrites(table) for table in tables if table.flags]
    return st.one_of(*upserts, *upserts, *rewrites, *map(_removals, tables))


def histories() -> st.SearchStrategy[list[Statement]]:
    """Draw statements on a few of the tables, so that they meet each other's rows; upserts are the most frequent."""
    few = st.lists(st.sampled_from(TABLES), min_size=1, max_size=3, unique_by=lambda table: table.name)
    return few.flatmap(lambda tables: st.lists(_statements(tables), min_size=1, max_size=14))


def run_all(connection: psycopg.Connection, history: list[Statement]) -> None:
    serials = count(1)
    for statement in history:
        statement.run(connection, lambda: f"0x{next(serials)}")
