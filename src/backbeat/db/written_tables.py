"""The tables that the block loop writes, as it knows them, held to what is there: another program may change them."""

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.errors import UnfitDatabaseError

READ = load(__package__, "written_tables.sql")


class WrittenTable(msgspec.Struct, frozen=True):
    """A table as those who write it know it."""

    name: str
    """Its name."""
    columns: list[str]
    """The columns that are read or written."""
    written: list[str] | None
    """All columns that get a value; None: it is only read."""
    key: list[str]
    """The columns of the unique index that rows are merged by, in the order of their names."""
    is_versioned: bool
    """Whether that index is over current rows alone."""


class Fault(msgspec.Struct, frozen=True):
    """What is not as it was known. ``code`` is that of the refusal."""

    code: str
    table: str
    columns: list[str]
    is_versioned: bool


async def faults(connection: AsyncConnection[Any], tables: Sequence[WrittenTable]) -> list[Fault]:
    """Return all that is not as ``tables`` know it: the columns that are missing first, then the keys."""
    return await every(connection, Fault, READ, {"tables": msgspec.json.encode(tables).decode()})


def refusal(fault: Fault) -> UnfitDatabaseError:
    """Return why no block may be written."""
    return REFUSALS[fault.code](fault)


def columns_missing(table: str, columns: Sequence[str]) -> UnfitDatabaseError:
    """Return the error for a table that lacks columns."""
    return UnfitDatabaseError(
        "columns_missing",
        f"Table {table} lacks the columns {', '.join(columns)}.",
        cure="Run `backbeat migrate`; an adopted database may need the network's newer columns first.",
    )


def _columns_missing(fault: Fault) -> UnfitDatabaseError:
    return columns_missing(fault.table, fault.columns)


def _column_not_written(fault: Fault) -> UnfitDatabaseError:
    table, name = fault.table, fault.columns[0]
    return UnfitDatabaseError(
        "column_not_written",
        f"Column {name} of table {table} must have a value, and Backbeat does not know it.",
        cure=f"Nothing was written. ALTER TABLE {table} ALTER COLUMN {name} DROP NOT NULL, or SET DEFAULT.",
    )


def _key_missing(fault: Fault) -> UnfitDatabaseError:
    return UnfitDatabaseError(
        "key_missing",
        f"Table {fault.table} has no unique index over {', '.join(fault.columns)}"
        f"{' where is_current' if fault.is_versioned else ''}.",
        cure="Nothing was written. Find out who dropped it, and make it again as `backbeat migrate` did in an empty "
        "database.",
    )


REFUSALS = {
    "columns_missing": _columns_missing,
    "column_not_written": _column_not_written,
    "key_missing": _key_missing,
}
