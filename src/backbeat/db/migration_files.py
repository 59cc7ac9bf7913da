"""The migrations that this program has, the ledger of those that a database has had, and what the two say together."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal, NamedTuple

import msgspec
from psycopg import AsyncConnection

from backbeat.db import objects
from backbeat.db.objects import ObjectKey
from backbeat.db.query import every, value
from backbeat.db.sql import load
from backbeat.errors import DatabaseError, UnfitDatabaseError

Phase = Literal["all", "pre", "post"]

NO_TRANSACTION = "-- backbeat: no-transaction"
INDEX_AGAIN = (
    "Index from the chain again, into a new database (--database) or data directory (--data-dir); "
    "this version cannot bring a draft's database along, and leaves it as it is."
)
FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+?)(\.post)?\.sql")
NEEDS = re.compile(r"^-- backbeat: needs (\w+)/(\w+)$", re.MULTILINE)
TABLE = re.compile(r"^CREATE TABLE (?:IF NOT EXISTS )?(\w+) \(", re.MULTILINE)

FIND_LEDGER = load(__package__, "find_ledger.sql")
READ_LEDGER = load(__package__, "read_ledger.sql")


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
    def tables(self) -> tuple[str, ...]:
        """Return the tables that it makes outside the schema ``backbeat``: the network's."""
        return tuple(TABLE.findall(self.script))

    @property
    def transactional(self) -> bool:
        """Say whether the file is one transaction."""
        return not self.script.startswith(NO_TRANSACTION)


class Folders(NamedTuple):
    """Where the files of the schema are."""

    migrations: Traversable = files(__package__) / "migrations"
    objects: Traversable = objects.SCHEMA


FOLDERS = Folders()


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
        raise UnfitDatabaseError(
            "database_newer_than_program",
            f"The database has had the migration {label}, which this version of Backbeat does not know.",
            cure="Run the newer version of Backbeat.",
        )
    if migration.name != name:
        raise UnfitDatabaseError(
            "database_of_an_older_draft",
            f"The database was made by a draft of Backbeat before 0.1.0: it has had the migration {label}.",
            cure=INDEX_AGAIN,
        )
    if migration.checksum != checksum:
        raise UnfitDatabaseError(
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


async def applied(connection: AsyncConnection[Any]) -> dict[int, tuple[str, str]]:
    """Return name and checksum of the migrations that a database has had, by number; none without a ledger."""
    if not await value(connection, FIND_LEDGER):
        return {}
    return {number: (name, checksum) for number, name, checksum in await every(connection, tuple, READ_LEDGER)}
