"""Forward-only migrations: numbered SQL files, each applied once, held to what was applied by a checksum.

``NNNN_name.sql`` runs before a new version of the program goes live, ``NNNN_name.post.sql`` after the old one is
gone. A file is one transaction unless its first line is ``-- backbeat: no-transaction``: then each statement runs
alone, and the file is written so that running it again from the start is harmless.

Functions, views and triggers are put in place after the migrations, as their files say now; see
:mod:`backbeat.db.objects`. A migration names those that its tables cannot be made without:
``-- backbeat: needs functions/NAME``.
"""

import hashlib
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal, NamedTuple

import msgspec
import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.sql import SQL

from backbeat.clock import Clock
from backbeat.db import address, objects, server, statements
from backbeat.db.address import Address
from backbeat.db.objects import Difference, ObjectKey
from backbeat.db.outage import OutageError, trouble_of
from backbeat.db.query import every, value
from backbeat.db.sql import load
from backbeat.errors import DatabaseError

Phase = Literal["all", "pre", "post"]

APPLICATION = "backbeat/migrate"
NO_TRANSACTION = "-- backbeat: no-transaction"
LOCK_KEY = int.from_bytes(b"backbeat", "big")  # one lock per database; any number that no other program takes
TURN_TIMEOUT = "30min"  # another process is migrating: wait for it
LOCK_TIMEOUT = "30s"  # then the operator starts again: a waiting ALTER TABLE would block all traffic behind it
PLACING_TRIES = 5  # a writer would have to be in the way each time, from the second on for seconds on end
INDEX_AGAIN = (
    "Index from the chain again, into a new database (--database) or data directory (--data-dir); "
    "this version cannot bring a draft's database along, and leaves it as it is."
)
FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+?)(\.post)?\.sql")
NEEDS = re.compile(r"^-- backbeat: needs (\w+)/(\w+)$", re.MULTILINE)

LOCK = load(__package__, "lock_migrations.sql")
BEGIN = load(__package__, "begin_migration.sql")
FIND_LEDGER = load(__package__, "find_ledger.sql")
CREATE_SCHEMA = load(__package__, "create_ledger_schema.sql")
CREATE_LEDGER = load(__package__, "create_ledger.sql")
READ_LEDGER = load(__package__, "read_ledger.sql")
FINISH = load(__package__, "finish_migrations.sql")
HOLD_TABLES = load(__package__, "hold_tables.sql")
RECORD = load(__package__, "record_migration.sql")

log = structlog.get_logger(__name__)


class Migration(msgspec.Struct, frozen=True):
    """One file. ``script`` is its text."""

    number: int
    name: str
    phase: Literal["pre", "post"]
    checksum: str
    script: str

    @property
    def label(self) -> str:
        """Return the name that people know it by."""
        return f"{self.number:04}_{self.name}"

    @property
    def needs(self) -> tuple[ObjectKey, ...]:
        """Return the objects that have to be there before its tables."""
        return tuple(ObjectKey(*found) for found in NEEDS.findall(self.script))

    @property
    def transactional(self) -> bool:
        """Say whether the file is one transaction."""
        return not self.script.startswith(NO_TRANSACTION)


class AppliedMigration(msgspec.Struct, frozen=True):
    """A migration that this run applied."""

    migration: Migration
    duration_seconds: float


class Folders(NamedTuple):
    """Where the files of the schema are."""

    migrations: Traversable = files(__package__) / "migrations"
    objects: Traversable = objects.SCHEMA


FOLDERS = Folders()


class MigrationReport(msgspec.Struct, frozen=True):
    """What was pending when the run began, and what it applied (nothing in a dry run)."""

    pending: tuple[Migration, ...]
    applied: tuple[AppliedMigration, ...]
    objects: Difference
    """Functions, views and triggers that were put in place and dropped; in a dry run, that would be."""
    dry_run: bool


async def migrate(
    url: str, *, clock: Clock, dry_run: bool = False, phase: Phase = "all", folders: Folders = FOLDERS
) -> MigrationReport:
    """Apply what is pending, in order of number, then put objects in place; several processes may do so at once.

    Raises DatabaseError when the files and the database's ledger contradict each other, before anything is changed,
    and when a migration or an object fails: a transactional one then left nothing, the ones before it stay.
    """
    known = read(folders.migrations)
    where = address.parse(url)
    async with await address.connect(where, APPLICATION) as keeper:
        server.check_database(await server.read_info(keeper))
        pending = tuple(outstanding(known, await _ledger(keeper), phase))
        if dry_run:
            return MigrationReport(pending, (), await objects.difference(keeper, folders.objects), dry_run)
        applied = [done for migration in pending if (done := await _apply(where, keeper, migration, clock, folders))]
        placed = await _place(keeper, remove=phase != "pre", folders=folders)
        return MigrationReport(pending, tuple(applied), placed, dry_run)


async def _place(keeper: AsyncConnection[Any], *, remove: bool, folders: Folders) -> Difference:
    """Put objects in place; grant and revoke what holds for all that was made, also once a reader was added, say."""
    for left in reversed(range(PLACING_TRIES)):
        try:
            async with _turn(keeper):
                if left < PLACING_TRIES - 1:
                    await keeper.execute(HOLD_TABLES)
                placed = await objects.put_in_place(keeper, remove=remove, directory=folders.objects)
                if await _ledger(keeper):
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
    pending = list(outstanding(read(folders.migrations), await _ledger(connection), "pre"))
    if pending:
        raise DatabaseError(
            "migrations_pending",
            f"The database lacks {len(pending)} migrations, the first being {pending[0].label}.",
            cure="Run `backbeat migrate`.",
        )
    changed = (await objects.difference(connection, folders.objects, by_ledger=by_ledger)).changed
    if changed:
        raise DatabaseError(
            "schema_objects_differ",
            f"{len(changed)} objects of the schema are not as this version has them, the first being {changed[0].key}.",
            cure="Run `backbeat migrate`. If a newer version of Backbeat uses this database already, run that version.",
        )


def read(directory: Traversable = FOLDERS.migrations) -> dict[int, Migration]:
    """Return the migrations in a folder by number. Raises DatabaseError unless they are numbered 1, 2, 3 ..."""
    return _of_the_program() if directory is FOLDERS.migrations else _read(directory)


@cache
def _of_the_program() -> dict[int, Migration]:
    return _read(FOLDERS.migrations)


def _read(directory: Traversable) -> dict[int, Migration]:
    names = sorted(entry.name for entry in directory.iterdir() if entry.name.endswith(".sql"))
    migrations = [_parsed(directory / name) for name in names]
    for number, migration in enumerate(migrations, 1):
        if migration.number != number:
            raise DatabaseError(
                "migration_misnumbered",
                f"{migration.label} stands where number {number:04} belongs: a number is missing or used twice.",
                cure="Number the files without gaps, the newest last.",
            )
    return {migration.number: migration for migration in migrations}


def outstanding(known: Mapping[int, Migration], ledger: Mapping[int, Any], phase: Phase) -> Iterator[Migration]:
    """Yield what the ledger lacks of a phase, in order. Raises DatabaseError when it contradicts the files."""
    for number, (name, checksum) in ledger.items():
        _check_applied(known.get(number), name, f"{number:04}_{name}", checksum)
    newest = max(ledger, default=0)
    for number in sorted(known.keys() - ledger.keys()):
        migration = known[number]
        if migration.phase == "pre" and number < newest:
            raise DatabaseError(
                "migration_out_of_order",
                f"{migration.label} is new, but {newest:04} was applied already.",
                cure="Give it the next free number.",
            )
        if phase == "post" and migration.phase == "pre":
            raise DatabaseError(
                "migration_before_its_turn",
                f"{migration.label} must be applied before any that run afterwards.",
                cure="Run `backbeat migrate` without a phase, or with the phase pre first.",
            )
        if phase in ("all", migration.phase):
            yield migration


def _check_applied(migration: Migration | None, name: str, label: str, checksum: str) -> None:
    if migration is None:
        raise DatabaseError(
            "database_newer_than_program",
            f"The database has had the migration {label}, which this version of Backbeat does not know.",
            cure="Run the newer version of Backbeat.",
        )
    if migration.name != name:
        raise DatabaseError(
            "database_of_an_older_draft",
            f"The database was made by a draft of Backbeat before 0.1.0: it has had the migration {label}.",
            cure=INDEX_AGAIN,
        )
    if migration.checksum != checksum:
        raise DatabaseError(
            "migration_changed",
            f"The file of {migration.label} is not what was applied to the database as {label}.",
            cure="If you edited the file, restore it, and put what you want changed into a new migration. "
            f"If you did not, a draft of Backbeat before 0.1.0 made the database. {INDEX_AGAIN}",
        )


def _parsed(file: Traversable) -> Migration:
    found = FILE_NAME.fullmatch(file.name)
    if found is None:
        raise DatabaseError(
            "migration_name_invalid",
            f"The migration {file.name} is not named NNNN_name.sql or NNNN_name.post.sql.",
            cure="Rename it.",
        )
    script = file.read_text(encoding="utf-8").replace("\r\n", "\n")  # a checkout may have translated line ends
    return Migration(
        number=int(found[1]),
        name=found[2],
        phase="post" if found[3] else "pre",
        checksum=hashlib.sha256(script.encode()).hexdigest(),
        script=script,
    )


async def _ledger(connection: AsyncConnection[Any]) -> dict[int, tuple[str, str]]:
    if not await value(connection, FIND_LEDGER):
        return {}
    return {number: (name, checksum) for number, name, checksum in await every(connection, tuple, READ_LEDGER)}


async def _apply(
    where: Address, keeper: AsyncConnection[Any], migration: Migration, clock: Clock, folders: Folders
) -> AppliedMigration | None:
    """Apply one migration unless another process did in the meantime."""
    started = clock.monotonic()
    try:
        async with _turn(keeper):
            if migration.number in await _ledger(keeper):
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
        raise DatabaseError(
            "migration_failed",
            f"Migration {migration.label} failed: {' '.join(str(error).split())}",
            cure="Remove the cause and run `backbeat migrate` again; what was applied before it stays.",
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
