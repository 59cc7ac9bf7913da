"""What the doctor says of tables that autovacuum does not look after as it should, with the statement for each.

The network's indexer vacuums everything every night (domain: derived state, 1.1). Here autovacuum does it, as tables
change. A check is advice where it cannot: it was told to leave a table out, it does not keep up, or a table came with a
restored dump and has not been looked at. What autovacuum will come to by itself within the hour, on a fresh database or
in a catch-up, is left to it.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.cli.doctor_server import advised
from backbeat.db.migration_files import FIND_LEDGER
from backbeat.db.query import every, value
from backbeat.db.sql import load
from backbeat.observe import figures
from backbeat.observe.tree import Check

BYTES_MIN = 8 << 20  # below, a plan without statistics reads a thousand pages more than it need
ROWS_MIN = 100_000  # fewer dead or changed rows are a second's work, whenever it is done
OVERDUE_MIN = 5.0  # times what autovacuum acts at: by then it was due again and again
PATIENCE_SECONDS = 3_600.0  # autovacuum looks every minute (autovacuum_naptime); the largest table takes it an hour
AGE_SHARE_MAX = 1.5  # of the age at which autovacuum freezes a table in any case: it has been at it, or it cannot
NAMED_MAX = 5  # tables in a check, largest first; the rest are counted

_TABLES = load(__package__, "doctor_tables.sql")
_PREPARED = load(__package__, "doctor_prepared.sql")


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to judge of a table. Ages of a vacuum count from the server's start at the earliest."""

    name: str
    """With its schema, as a statement names it."""
    bytes: int
    """Its size, without indexes."""
    is_unknown: bool
    """It was never analysed or vacuumed."""
    live_rows: int
    """Rows, as counted since it was looked at last."""
    dead_rows: int
    """Rows that a vacuum would remove."""
    changed_rows: int
    """Rows written since it was analysed last."""
    vacuum_due: float
    """At how many dead rows autovacuum vacuums it."""
    analyze_due: float
    """At how many changed rows autovacuum analyses it."""
    vacuumed_seconds: float
    """Since a vacuum could have been expected to have been: the last one, or the database being prepared."""
    analyzed_seconds: float
    """Likewise of its statistics."""
    prepared_seconds: float
    """Since Backbeat first made its tables in the database; infinite where it has not, as in another's."""
    is_left_out: bool
    """``autovacuum_enabled`` is off for it."""
    age_share: float
    """The age of its oldest row, as a share of the age at which autovacuum freezes it."""
    multixact_share: float
    """Likewise of its oldest multixact."""


async def of_tables(connection: AsyncConnection[Any]) -> list[Check]:
    """Return the checks of all tables of the database, also those of others."""
    found = await read_tables(connection)
    return [judge(found) for judge in JUDGES]


async def read_tables(connection: AsyncConnection[Any]) -> list[Table]:
    """Return what there is to judge, the largest table first."""
    is_prepared = await value(connection, FIND_LEDGER)
    values = {"prepared_at": await value(connection, _PREPARED) if is_prepared else None}
    return await every(connection, Table, _TABLES, values)


def statistics(tables: Sequence[Table]) -> Check:
    """Name tables that plans know nothing of, or what was long ago."""
    return _named(
        "statistics",
        [table for table in tables if _lacks_statistics(table)],
        told=lambda table: (
            "was never analysed"
            if table.is_unknown
            else f"{figures.count(table.changed_rows)} changes since it was analysed"
        ),
        statement="ANALYZE {name}",
        fine="Plans know every large table.",
        why="plans are made for tables of another size",
    )


def dead_rows(tables: Sequence[Table]) -> Check:
    """Name tables whose dead rows autovacuum does not keep up with."""
    wanted = [
        table
        for table in tables
        if table.dead_rows >= max(ROWS_MIN, OVERDUE_MIN * table.vacuum_due)
        and table.vacuumed_seconds >= PATIENCE_SECONDS
    ]
    return _named(
        "dead rows",
        wanted,
        told=lambda table: (
            f"{figures.count(table.dead_rows)} dead rows, autovacuum acts at {figures.count(table.vacuum_due)}"
        ),
        statement="VACUUM (ANALYZE) {name}",
        fine="Autovacuum keeps up with every table.",
        why="every read passes over them. If they stay, a session, a prepared transaction or a replication slot still "
        "sees them: look at backend_xmin in pg_stat_activity, pg_prepared_xacts, and xmin in pg_replication_slots",
    )


def left_out(tables: Sequence[Table]) -> Check:
    """Name tables that autovacuum was told to leave out."""
    return _named(
        "autovacuum of tables",
        [table for table in tables if table.is_left_out],
        told=lambda _: "autovacuum_enabled is off",
        statement="ALTER TABLE {name} RESET (autovacuum_enabled)",
        fine="It leaves none out.",
        why="they only grow, and their statistics stay as they are",
    )


def freezing(tables: Sequence[Table]) -> Check:
    """Name tables whose oldest rows should have been frozen by now."""
    return _named(
        "freezing",
        [table for table in tables if max(table.age_share, table.multixact_share) > AGE_SHARE_MAX],
        told=lambda table: (
            f"{max(table.age_share, table.multixact_share):.1f} times the age at which autovacuum freezes it"
        ),
        statement="VACUUM (FREEZE) {name}",
        fine="No table is older than autovacuum lets it grow.",
        why="long before transaction ids run out, the server takes no more writes",
    )


JUDGES: tuple[Callable[[Sequence[Table]], Check], ...] = (statistics, dead_rows, left_out, freezing)


def _lacks_statistics(table: Table) -> bool:
    if table.bytes < BYTES_MIN:
        return False
    if table.is_unknown:
        return table.prepared_seconds >= PATIENCE_SECONDS
    overdue = max(ROWS_MIN, OVERDUE_MIN * table.analyze_due)
    return table.changed_rows >= overdue and table.analyzed_seconds >= PATIENCE_SECONDS


def _named(
    name: str, tables: Sequence[Table], *, told: Callable[[Table], str], statement: str, fine: str, why: str
) -> Check:
    named, more = tables[:NAMED_MAX], len(tables) - NAMED_MAX
    rest = f"; and {figures.plural(more, 'more table')}" if more > 0 else ""
    statements = "; ".join(statement.format(name=table.name) for table in named)
    return advised(
        name,
        fine=not tables,
        detail="; ".join(f"{table.name}: {told(table)}" for table in named) + rest + "." if tables else fine,
        cure=f"As their owner: {statements}{rest}; otherwise {why}.",
    )
