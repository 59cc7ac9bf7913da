"""Forward-only migrations: numbered SQL files, each applied once, held to what was applied by a checksum.

``NNNN_name.sql`` runs before a new version of the program goes live, ``NNNN_name.post.sql`` after the old one is
gone. A file is one transaction unless its first line is ``-- backbeat: no-transaction``: then each statement runs
alone, and the file is written so that running it again from the start is harmless.

Functions, views and triggers are put in place after the migrations, as their files say now; see
:mod:`backbeat.db.objects`. A migration names those that its tables cannot be made without:
``-- backbeat: needs functions/NAME``.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.sql import SQL

from backbeat.clock import Clock
from backbeat.db import address, kind, objects, server, statements
from backbeat.db.address import Address
from backbeat.db.migration_files import FOLDERS, Folders, Migration, Phase, applied, outstanding, read
from backbeat.db.network_tables import absent, make
from backbeat.db.objects import Difference
from backbeat.db.outage import OutageError, trouble_of
from backbeat.db.sql import load
from backbeat.errors import DatabaseError, MigrationFailedError, UnfitDatabaseError

APPLICATION = "backbeat/migrate"
LOCK_KEY = int.from_bytes(b"backbeat", "big")  # one lock per database; any number that no other program takes
TURN_TIMEOUT = "30min"  # another process is migrating: wait for it
LOCK_TIMEOUT = "30s"  # then the operator starts again: a waiting ALTER TABLE would block all traffic behind it
PLACING_TRIES = 5  # a writer would have to be in the way each time, from the second on for seconds on end

LOCK = load(__package__, "lock_migrations.sql")
BEGIN = load(__package__, "begin_migration.sql")
CREATE_SCHEMA = load(__package__, "create_ledger_schema.sql")
CREATE_LEDGER = load(__package__, "create_ledger.sql")
FINISH = load(__package__, "finish_migrations.sql")
HOLD_TABLES = load(__package__, "hold_tables.sql")
RECORD = load(__package__, "record_migration.sql")

log = structlog.get_logger(__name__)


class AppliedMigration(msgspec.Struct, frozen=True):
    """A migration that this run applied."""

    migration: Migration
    duration_seconds: float


class MigrationReport(msgspec.Struct, frozen=True):
    """What was pending when the run began, and what it applied (nothing in a dry run)."""

    pending: tuple[Migration, ...]
    applied: tuple[AppliedMigration, ...]
    objects: Difference
    """Functions, views and triggers that were put in place and dropped; in a dry run, that would be."""
    dry_run: bool
    network_tables: tuple[str, ...] = ()
    """Tables for the network's API server that were asked for and not there."""


TellStep = Callable[[str, int, int], None]
"""Is called before each step with what it does, how many are done and how many there are."""


def _tell_nobody(_step: str, _done: int, _of: int) -> None:
    pass


async def migrate(
    url: str,
    *,
    clock: Clock,
    dry_run: bool = False,
    phase: Phase = "all",
    folders: Folders = FOLDERS,
    network_tables: bool = False,
    tell: TellStep = _tell_nobody,
) -> MigrationReport:
    """Apply what is pending, in order of number, then put objects in place; several processes may do so at once.

    ``network_tables``: make, empty, the tables as well that only the network's own programs write. ``tell``
    hears of each step.

    Raises DatabaseError for another program's database, and when files and ledger contradict each other, before
    anything is changed, also in a dry run; and when a migration or an object fails: a transactional one then left
    nothing, the ones before it stay.
    """
    known = read(folders.migrations)
    where = address.parse(url)
    async with await address.connect(where, APPLICATION) as keeper:
        server.check_database(await server.read_info(keeper))
        pending = tuple(outstanding(known, kind.fit_to_migrate(await kind.look(keeper, folders)).ledger, phase))
        missing = await absent(keeper) if network_tables else ()
        if dry_run:
            return MigrationReport(pending, (), await objects.difference(keeper, folders.objects), dry_run, missing)
        done = []
        for number, migration in enumerate(pending):
            tell(migration.label, number, len(pending) + 1)
            if each := await _apply(where, keeper, migration, clock, folders):
                done.append(each)
        tell("functions, views and triggers", len(pending), len(pending) + 1)
        if network_tables:
            async with _turn(keeper):
                await make(keeper)
        placed = await _place(keeper, remove=phase != "pre", folders=folders)
        return MigrationReport(pending, tuple(done), placed, dry_run, missing)


async def _place(keeper: AsyncConnection[Any], *, remove: bool, folders: Folders) -> Difference:
    """Put objects in place; grant and revoke what holds for all that was made, also once a reader was added, say."""
    for left in reversed(range(PLACING_TRIES)):
        try:
            async with _turn(keeper):
                if left < PLACING_TRIES - 1:
                    await keeper.execute(HOLD_TABLES)
                placed = await objects.put_in_place(keeper, remove=remove, directory=folders.objects)
                if await applied(keeper):
                    await keeper.execute(FINISH)
                return placed
        except (DatabaseError, psycopg.errors.DeadlockDetected) as error:
            # a writer had the tables of two triggers in the other order
            if not (left and isinstance(error.__cause__ or error, psycopg.errors.DeadlockDetected)):
                raise
    raise AssertionError


async def record_all(connection: AsyncConnection[Any]) -> None:
    """Record every migration, in the transaction that is open, of a database that has come to what they make."""
    for migration in read().values():
        await _record(connection, migration, 0.0)


async def verify(connection: AsyncConnection[Any], *, folders: Folders = FOLDERS, by_ledger: bool = False) -> None:
    """Raise DatabaseError unless the database has what the program needs; "post" migrations may wait.

    ``by_ledger``: believe the ledger, which does not know what was done to objects by hand.
    """
    await kind.require_own(connection, folders)
    changed = (await objects.difference(connection, folders.objects, by_ledger=by_ledger)).changed
    if changed:
        raise UnfitDatabaseError(
            "schema_objects_differ",
            f"{len(changed)} objects of the schema are not as this version has them, the first being {changed[0].key}.",
            cure="Run `backbeat migrate`. If a newer version of Backbeat uses this database already, run that version.",
        )


async def _apply(
    where: Address, keeper: AsyncConnection[Any], migration: Migration, clock: Clock, folders: Folders
) -> AppliedMigration | None:
    """Apply one migration unless another process did in the meantime."""
    started = clock.monotonic()
    try:
        async with _turn(keeper):
            if migration.number in await applied(keeper):
                return None
            await objects.make(keeper, migration.needs, folders.objects)
            if migration.transactional:
                await keeper.execute(_as_is(migration.script))
            else:
                await _run_alone(where, migration)
            duration_seconds = clock.monotonic() - started
            await _record(keeper, migration, duration_seconds)
    except psycopg.Error as error:
        if (trouble := trouble_of(error)) and trouble.kind.of_server:
            raise OutageError(
                trouble.kind.code,
                f"Migration {migration.label} was interrupted. {trouble.message}",
                cure=f"{trouble.kind.cure} Then run `backbeat migrate` again; what was applied before it stays.",
            ) from error
        raise MigrationFailedError(
            "migration_failed",
            f"Migration {migration.label} failed: {' '.join(str(error).split())}",
            cure="Find out what the message names and who made it: Backbeat did not, so drop nothing for its sake. "
            "Then run `backbeat migrate` again, or name another database; what was applied before it stays.",
        ) from error
    log.info("migration_applied", migration=migration.label, duration_seconds=round(duration_seconds, 3))
    return AppliedMigration(migration, duration_seconds)


@asynccontextmanager
async def _turn(keeper: AsyncConnection[Any]) -> AsyncIterator[None]:
    """Hold the lock of all migrations in an open transaction of ``keeper``, which a pooler cannot move elsewhere.

    The lock takes no snapshot and no transaction id, so a concurrent index build on a second connection does not wait
    for it.
    """
    async with keeper.transaction():
        await keeper.execute(BEGIN, {"lock_timeout": TURN_TIMEOUT})
        await keeper.execute(LOCK, {"key": LOCK_KEY})
        await keeper.execute(BEGIN, {"lock_timeout": LOCK_TIMEOUT})
        yield


async def _run_alone(where: Address, migration: Migration) -> None:
    async with await address.connect(where, APPLICATION, statement_timeout=0, lock_timeout=0) as connection:
        for statement in statements.split(migration.script):
            await connection.execute(_as_is(statement))


async def _record(keeper: AsyncConnection[Any], migration: Migration, duration_seconds: float) -> None:
    await keeper.execute(CREATE_SCHEMA)
    await keeper.execute(CREATE_LEDGER)
    values = {"number": migration.number, "name": migration.name, "checksum": migration.checksum}
    await keeper.execute(RECORD, {**values, "duration_seconds": duration_seconds})


def _as_is(script: str) -> SQL:
    return SQL(script)
