"""Tables of scores: a column that they lack is computed and stored, and adding it would write each again, locked.

So a table with that column is filled beside the one that is there, and put in its place. Its rows are derived: what
another program writes to the old one in between comes back with the first run of trending.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from backbeat.adopt.lock import Lock
from backbeat.adopt.patience import Work
from backbeat.adopt.refusals import depended_on
from backbeat.adopt.step import Step, text
from backbeat.adopt.survey import Survey
from backbeat.adopt.wanted import Table
from backbeat.db.query import column
from backbeat.db.sql import compose, load

GRANTS = load(__package__, "scores_grants.sql")

MADE = "backbeat"
"""The schema in which the new table stands until it is put in place: its indexes may have the names of the old ones."""


def steps(found: Survey, table: Table) -> Iterator[Step]:
    """Yield what gives a table of scores the columns that it lacks."""
    name = f"new {table.name}"
    if name not in found.ours.steps:
        yield Step(
            name=name,
            does=f"copy {table.name} to a table beside it, which has what it lacks, with its indexes",
            bytes=2 * found.bytes(table.name),
            work=_copying(found, table),
        )
    yield Step(
        name=f"put {table.name} in place",
        does=f"put the copy of {table.name} in its place, and drop the old one",
        lock=Lock.ALL,
        tables=[table.name],
        work=_putting(table),
    )


def _copying(found: Survey, table: Table) -> Work:
    made, there = (MADE, table.name), ("public", table.name)
    kept = [name for name in found.columns[table.name] if name in {each.name for each in table.columns}]
    columns = SQL(", ").join(map(Identifier, kept))
    create = table.statement.replace(f"CREATE TABLE {table.name} ", f"CREATE TABLE {MADE}.{table.name} ", 1)
    others = [
        index.statement.replace(f" ON public.{table.name} ", f" ON {MADE}.{table.name} ", 1)
        for index in found.indexes.get(table.name, ())
        if index.is_valid and not index.is_primary and index.definition not in {own.definition for own in table.indexes}
    ]
    ours = [each.statement.replace(f" ON {table.name} ", f" ON {MADE}.{table.name} ", 1) for each in table.indexes]

    async def work(connection: AsyncConnection[Any]) -> None:
        await connection.execute(text(create))
        await connection.execute(compose(__package__, "scores_copy.sql", made=made, there=there, columns=columns))
        for statement in (*ours, *others):
            await connection.execute(text(statement))
        names = {"made": ".".join(made), "there": ".".join(there), "schema": MADE}
        for statement in await column(connection, GRANTS, names):
            await connection.execute(text(statement))

    return work


def _putting(table: Table) -> Work:
    made, there = (MADE, table.name), ("public", table.name)

    async def work(connection: AsyncConnection[Any]) -> None:
        await connection.execute(compose(__package__, "scores_lock.sql", table=there))
        try:
            await connection.execute(compose(__package__, "scores_drop.sql", table=there))
        except psycopg.errors.DependentObjectsStillExist as error:
            raise depended_on(table.name, str(error.diag.message_detail)) from error
        await connection.execute(compose(__package__, "scores_put.sql", table=made))

    return work
