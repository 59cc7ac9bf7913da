"""What is to be done to a database so that Backbeat can go on with it, in order: what is there already is left out.

All but the last step changes nothing that the indexer which writes it now would notice. The last one, the switch, is
planned in :mod:`backbeat.adopt.switch`.
"""

import re
from collections.abc import Iterator
from typing import Any

from psycopg import AsyncConnection
from psycopg.sql import SQL, Composed, Identifier, Literal

from backbeat.adopt import scores
from backbeat.adopt.lock import Lock
from backbeat.adopt.refusals import DROPPED_KEYS, WIDENED
from backbeat.adopt.step import OWN, Step, running, text
from backbeat.adopt.survey import FoundIndex, Survey
from backbeat.adopt.wanted import Table, Wanted
from backbeat.db import objects
from backbeat.db.migrate import FINISH
from backbeat.db.objects import ObjectKey
from backbeat.db.sql import compose, load
from backbeat.db.statements import split
from backbeat.observe import figures

CREATE_SCHEMA = load("backbeat.db", "create_ledger_schema.sql")
PREPARE = load("backbeat.db", "prepare_objects.sql")

ENTRY_BYTES = 32  # of an index: two numbers, where the row is, a tenth of a page free; one over texts takes more
FUNCTION = re.compile(r"^CREATE OR REPLACE FUNCTION", re.MULTILINE)
OBJECTS = "functions and views"
MAGNITUDE = ObjectKey("functions", "magnitude")
"""What a table of scores cannot be made without."""


def steps(found: Survey, wanted: Wanted) -> Iterator[Step]:
    """Yield what is to be done before the switch, in order."""
    yield from _own(found, wanted)
    yield from _enums(found, wanted)
    yield from _missing_tables(found, wanted)
    yield from _missing_columns(found, wanted)
    yield from _widened(found)
    for table in wanted.tables.values():
        if table.is_rewritten and lacking(found, table):
            yield from scores.steps(found, table)
    yield from _objects(found)
    yield from _indexes(found, wanted)
    yield from _dropped_keys(found)
    yield from _storage(found, wanted)


def lacking(found: Survey, table: Table) -> list[str]:
    """Return the columns that a table which is there lacks, by name."""
    there = found.columns.get(table.name, {})
    return [column.name for column in table.columns if there and column.name not in there]


def _own(found: Survey, wanted: Wanted) -> Iterator[Step]:
    missing = [(name, statement) for _, name, statement in wanted.own if name not in found.ours.names]

    async def work(connection: AsyncConnection[Any]) -> None:
        await connection.execute(CREATE_SCHEMA)
        await connection.execute(PREPARE)
        for _, statement in missing:
            await connection.execute(text(statement))
        await objects.make(connection, [MAGNITUDE])

    if missing:
        tables = len({name for name, _ in missing} & {name for kind, name, _ in wanted.own if kind == "table"})
        yield Step(
            name=OWN, does=f"make the schema backbeat with {figures.plural(tables, 'table')} of our own", work=work
        )


def _objects(found: Survey) -> Iterator[Step]:
    """Yield what makes functions, those of triggers too, and views: nothing calls them before the switch."""

    async def work(connection: AsyncConnection[Any]) -> None:
        await connection.execute(PREPARE)
        changed = (await objects.difference(connection)).changed
        await objects.make(connection, [each.key for each in changed if each.key.kind in {"functions", "views"}])
        for each in changed:
            if each.key.kind == "triggers":  # the switch makes them again, with their triggers
                for statement in split(each.script):
                    if FUNCTION.search(statement):
                        await connection.execute(text(statement))
        await connection.execute(FINISH)

    if OBJECTS not in found.ours.steps:
        yield Step(name=OBJECTS, does="make the functions and views of our own", work=work)


def _enums(found: Survey, wanted: Wanted) -> Iterator[Step]:
    for enum in wanted.enums.values():
        labels = found.enums.get(enum.name)
        if labels is None:
            yield Step(name=f"type {enum.name}", does=f"make the type {enum.name}", work=running(text(enum.statement)))
            continue
        for label in enum.labels:
            if label not in labels:
                add = compose(__package__, "add_label.sql", type=("public", enum.name), label=Literal(label))
                does = f"let the type {enum.name} have the value {label}"
                yield Step(name=f"type {enum.name} {label}", does=does, work=running(add))


def _missing_tables(found: Survey, wanted: Wanted) -> Iterator[Step]:
    for table in wanted.tables.values():
        if table.name not in found.columns:
            statements = [text(table.statement), *(text(index.statement) for index in table.indexes)]
            yield Step(name=f"table {table.name}", does=f"make the table {table.name}", work=running(*statements))


def _missing_columns(found: Survey, wanted: Wanted) -> Iterator[Step]:
    for table in wanted.tables.values():
        missing = lacking(found, table)
        if missing and not table.is_rewritten:
            added = [column for column in table.columns if column.name in missing]
            additions = SQL(", ").join(SQL("ADD COLUMN ") + text(column.definition) for column in added)
            yield Step(
                name=f"columns of {table.name}",
                does=f"add {', '.join(missing)} to {table.name}",
                lock=Lock.ALL,
                tables=[table.name],
                work=running(
                    compose(__package__, "add_columns.sql", table=("public", table.name), additions=additions)
                ),
            )


def _indexes(found: Survey, wanted: Wanted) -> Iterator[Step]:
    """Yield unique ones first: what is written from the switch on needs them."""
    missing = [
        index
        for table in wanted.tables.values()
        if table.name in found.columns and not (table.is_rewritten and lacking(found, table))
        for index in table.indexes
        if not found.has_index(index.definition)
    ]
    for index in sorted(missing, key=lambda each: not each.definition.is_unique):
        statement = text(index.statement.replace(" INDEX ", " INDEX CONCURRENTLY ", 1))
        yield _index_step(found, index.table, index.name, statement)
    for table in wanted.tables.values():
        for columns in table.unique_keys:
            if table.name in found.columns and not found.has_key(table.name, columns):
                name = "_".join((table.name, *columns, "key"))
                key = SQL(", ").join(map(Identifier, columns))
                place = ("public", table.name)
                unique = compose(__package__, "make_unique.sql", index=name, table=place, columns=key)
                yield _index_step(found, table.name, name, unique)


def _index_step(found: Survey, table: str, name: str, statement: SQL | Composed) -> Step:
    broken = any(index.name == name and not index.is_valid for index in found.indexes.get(table, ()))
    left = [compose(__package__, "drop_index_beside.sql", index=("public", name))] if broken else []
    return Step(
        name=f"index {name}",
        does=f"build the index {name} on {table}" + (", of which a build was cut off" if broken else ""),
        lock=Lock.BESIDE,
        tables=[table],
        bytes=found.rows(table) * ENTRY_BYTES,
        work=running(*left, statement),
        alone=True,
    )


def dropped_keys(found: Survey) -> list[FoundIndex]:
    """Return the unique indexes that would refuse rows of ours."""
    return [
        index
        for indexes in found.indexes.values()
        for index in indexes
        if (definition := index.definition) is not None
        and definition.is_unique
        and not index.is_primary
        and DROPPED_KEYS.get((index.table_name, frozenset(name or "" for name in index.columns)))
        == definition.predicate
    ]


def _dropped_keys(found: Survey) -> Iterator[Step]:
    for index in dropped_keys(found):
        table = ("public", index.table_name)
        drop = (
            compose(__package__, "drop_constraint.sql", table=table, constraint=index.constraint_name)
            if index.constraint_name
            else compose(__package__, "drop_index.sql", index=("public", index.name))
        )
        yield Step(
            name=f"key {index.name}",
            does=f"drop the unique key {index.name} of {index.table_name}, which would refuse a new version of a row",
            lock=Lock.ALL,
            tables=[index.table_name],
            work=running(drop),
        )


def _widened(found: Survey) -> Iterator[Step]:
    for (table, name), type_ in WIDENED.items():
        there = found.columns.get(table, {}).get(name)
        if there is not None and there.type == type_:
            yield Step(
                name=f"type of {table}.{name}",
                does=f"make {table}.{name} a bigint, which writes the small table again",
                lock=Lock.ALL,
                tables=[table],
                bytes=found.bytes(table),
                work=running(compose(__package__, "widen.sql", table=("public", table), column=name)),
            )


def _storage(found: Survey, wanted: Wanted) -> Iterator[Step]:
    """Parameters hold for pages that are written from now on."""
    for table in wanted.tables.values():
        wanted_here = {each.replace(" ", "") for each in table.storage.split(",") if each.strip()}
        if table.name in found.columns and not table.is_rewritten and not wanted_here <= found.storage(table.name):
            parameters = text(table.storage)
            yield Step(
                name=f"storage of {table.name}",
                does=f"set {table.storage.strip()} for pages of {table.name} that are written from now on",
                lock=Lock.BESIDE,
                tables=[table.name],
                work=running(
                    compose(__package__, "set_storage.sql", table=("public", table.name), parameters=parameters)
                ),
            )
