"""The switch: from one instant on Backbeat counts and the indexer before it does not, and it is the same for both.

All tables that either counts from are locked against writers at once, at a moment when nobody writes to any of them.
Until that moment nothing is locked, so nobody waits for us while we wait, and nobody can be in a deadlock with us.
What only we read is written before it, for where everything stood a moment ago, which is looked at again under the
locks. From then on there are but changes of the catalogue, and the locks end with the transaction.
"""

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final, cast

import psycopg
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from backbeat.adopt.lock import Lock
from backbeat.adopt.patience import Patience
from backbeat.adopt.step import SWITCH, Step
from backbeat.adopt.survey import Position, Survey, position
from backbeat.db import objects
from backbeat.db.foreign_triggers import ForeignTrigger
from backbeat.db.migrate import FINISH, record_all
from backbeat.db.objects import SchemaObject
from backbeat.db.sql import compose, load
from backbeat.derived.challenges.all import CHALLENGES
from backbeat.derived.keeper import Startable
from backbeat.errors import AdoptionError
from backbeat.incremental.transaction import Session
from backbeat.index.histories import begin_behind_others
from backbeat.index.rows import ROW_TYPES
from backbeat.index.tables import describe
from backbeat.observe import figures

PREPARE = load("backbeat.db", "prepare_objects.sql")
SAVE_TRIGGER = load(__package__, "switch_triggers_save.sql")
CURSOR = load(__package__, "switch_cursor.sql")
CHAIN = load(__package__, "switch_chain.sql")
RECORD = load(__package__, "switch_record.sql")
CATALOGUE = load(__package__, "switch_catalogue.sql")
FROM_BESIDE = load(__package__, "switch_from_beside.sql")
CHALLENGES_BEGIN = load(__package__, "switch_challenges.sql")
SEQUENCES = load(__package__, "sequences.sql")

IN_ORDER = ("users", "tracks", "playlists", "follows", "saves", "reposts", "shares", "comments", "plays")
"""The tables that most writers are at, in the order in which all of ours lock them."""
WRITTEN_WITH_BLOCKS = ("blocks", "core_indexed_blocks")
TRIES: Final = 100  # with their pauses a second, after which those in the way are named
BETWEEN_TRIES_SECONDS: Final = 0.01  # a transaction of a block or a row is over by then
TRIGGER = re.compile(r"^CREATE OR REPLACE TRIGGER \w+ .*?\bON (?:public\.)?(\w+(?:\.\w+)?)\s", re.MULTILINE | re.DOTALL)
CAPTURED = re.compile(r"backbeat\.capture(?:_edits)?\(\s*'(?:public\.)?([\w.]+)'")


def step(found: Survey, chain_id: str, *, keep_notify: bool, patience: Patience) -> Step:
    """Return the switch as a step."""
    disabled = to_disable(found.triggers, keep_notify=keep_notify)
    tables = locked(found, disabled)

    async def work(connection: AsyncConnection[Any]) -> None:
        if found.ours.is_beside:
            await objects.take_in(connection)
        else:
            await record_all(connection)
        await connection.execute(CURSOR, {"chain_id": chain_id})
        if found.ours.is_beside:
            await connection.execute(FROM_BESIDE)
        await connection.execute(CHAIN)
        await begin_behind_others(connection, await describe(connection, ROW_TYPES))
        await connection.execute(CATALOGUE)
        await connection.execute(RECORD)
        await begin_challenges(connection)
        await connection.execute(SEQUENCES)
        changed = (await objects.difference(connection)).changed
        await connection.execute(PREPARE)
        await hold(connection, tables, patience)
        await _check_still(connection, found)
        await _disable(connection, disabled)
        await objects.make(connection, [each.key for each in changed], quietly=True)
        await connection.execute(FINISH)

    return Step(
        name=SWITCH,
        does=f"disable {figures.plural(len(disabled), 'trigger')} of the indexer before, make ours, set the cursor "
        "behind its last block",
        lock=Lock.WRITERS,
        tables=tables,
        work=work,
    )


def to_disable(triggers: Iterable[ForeignTrigger], *, keep_notify: bool) -> list[ForeignTrigger]:
    """Return those beside which no block is written, and those that tell listeners, unless these are kept."""
    return [each for each in triggers if each.forbids_blocks or (each.slows_blocks and not keep_notify)]


def locked(found: Survey, disabled: Iterable[ForeignTrigger] = ()) -> list[str]:
    """Return the tables that are locked, in the order in which that is done."""
    tables = {each.table for each in disabled} | set(WRITTEN_WITH_BLOCKS) | our_triggers_are_on()
    return in_order(tables & found.columns.keys())


def in_order(tables: AbstractSet[str]) -> list[str]:
    """Return tables in the order in which all of ours lock them."""
    first = [table for table in IN_ORDER if table in tables]
    return first + sorted(tables - set(first))


def our_triggers_are_on() -> set[str]:
    """Return the tables of the network that triggers of ours are on."""
    made = [each for key, each in objects.read().items() if key.kind in {"triggers", "captures"}]
    return {name for each in made for name in tables_of(each)}


def tables_of(each: SchemaObject) -> set[str]:
    """Return the tables of the network that the triggers of one object are on."""
    named = (*TRIGGER.findall(each.script), *CAPTURED.findall(each.script))
    return {name for name in named if "." not in name}


async def hold(connection: AsyncConnection[Any], tables: Sequence[str], patience: Patience) -> None:
    """Lock all tables against writers when nobody writes; raises LockNotAvailable if there is no such moment."""
    names = SQL(", ").join(Identifier("public", table) for table in tables)
    lock = compose(__package__, "switch_lock.sql", tables=names)
    for left in reversed(range(TRIES)):
        try:
            async with connection.transaction():
                await connection.execute(lock)
                return
        except psycopg.errors.LockNotAvailable:
            if not left:
                raise
            await patience.pause(BETWEEN_TRIES_SECONDS)


async def _check_still(connection: AsyncConnection[Any], found: Survey) -> None:
    if await position(connection, found.columns) != found.after:
        raise alive(found.after)


def alive(seen: Position) -> AdoptionError:
    """Return the error for a database that its indexer still writes to."""
    return AdoptionError(
        "writer_alive",
        f"An indexer writes to the database: it was at height {seen.height} and has moved on since.",
        cure="All but the switch is done, and is not done again. Stop that indexer, and run `backbeat adopt` again.",
    )


async def _disable(connection: AsyncConnection[Any], triggers: Iterable[ForeignTrigger]) -> None:
    for each in triggers:
        names = {"table_name": each.table, "name": each.name, "function": each.function}
        await connection.execute(SAVE_TRIGGER, {**names, "digest": each.digest, "enabled": each.enabled})
        table = ("public", each.table)
        await connection.execute(compose(__package__, "switch_disable.sql", table=table, trigger=each.name))


async def begin_challenges(connection: AsyncConnection[Any]) -> None:
    """Open their positions at the cursor that was just set."""
    await connection.execute(CHALLENGES_BEGIN)
    for challenge in CHALLENGES:
        if challenge.begins:
            await cast("Startable", challenge.keeper).begin(Session(connection))
