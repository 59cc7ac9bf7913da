"""What a database is: ours, empty, another indexer's, half migrated, or of a newer version. Everything asks here.

Our own ledger decides first: a database that was taken over keeps the ledgers of those who had it before.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db.migration_files import FOLDERS, Folders, Migration, applied, outstanding, read
from backbeat.db.query import one
from backbeat.db.sql import load
from backbeat.errors import DatabaseError, UnfitDatabaseError

LEDGERS = ("alembic_version", "schema_version", "schema_migrations", "etl_db_migrations", "etl_blocks")
"""Where the network's indexers, and most other programs, note the migrations that they made."""

NEWER = "database_newer_than_program"

LOOK = load(__package__, "kind.sql")


class DatabaseKind(StrEnum):
    """What a database is."""

    OWN = "own"
    """It has had every migration that has to be there before this version runs."""
    EMPTY = "empty"
    """It has nothing of Backbeat, and nothing that Backbeat would make."""
    FOREIGN = "foreign"
    """It has tables of the network, or another program's ledger, and no ledger of ours."""
    HALF_MIGRATED = "half_migrated"
    """It is ours and lacks migrations."""
    NEWER = "newer"
    """It has had a migration that only a newer version knows."""
    CONTRADICTORY = "contradictory"
    """Our ledger tells of other migrations than our files: a draft made it, or a file was changed."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at a database found."""

    kind: DatabaseKind
    """What it is."""
    database: str
    """Its name."""
    ledgers: tuple[str, ...]
    """Relations in which another program notes its migrations or blocks."""
    tables: tuple[str, ...]
    """Relations of the names that our migrations make."""
    ledger: Mapping[int, tuple[str, str]]
    """Name and checksum of our migrations that it has had, by number."""
    has_steps: bool = False
    """It has steps of an adoption, which is not complete or was given back unless the database is ours."""
    pending: tuple[Migration, ...] = ()
    """Our migrations that it lacks and that have to be there before this version runs."""
    contradiction: DatabaseError | None = None
    """What our ledger and our files disagree about."""


class _Relations(msgspec.Struct, frozen=True):
    database: str
    has_ledger: bool
    has_steps: bool
    ledgers: tuple[str, ...]
    tables: tuple[str, ...]


async def look(connection: AsyncConnection[Any], folders: Folders = FOLDERS) -> Found:
    """Return what a database is, whatever is in it; nothing of it is changed."""
    known = read(folders.migrations)
    tables = [table for migration in known.values() for table in migration.tables]
    seen = await one(connection, _Relations, LOOK, {"ledgers": list(LEDGERS), "tables": tables})
    ledger = await applied(connection) if seen.has_ledger else {}
    kind, pending, contradiction = _judged(seen, known, ledger)
    return Found(
        kind=kind,
        database=seen.database,
        ledgers=tuple(seen.ledgers),
        tables=tuple(seen.tables),
        ledger=ledger,
        has_steps=seen.has_steps,
        pending=pending,
        contradiction=contradiction,
    )


def _judged(
    seen: _Relations, known: Mapping[int, Migration], ledger: Mapping[int, tuple[str, str]]
) -> tuple[DatabaseKind, tuple[Migration, ...], DatabaseError | None]:
    if not ledger:
        is_foreign = not seen.has_ledger and (seen.ledgers or seen.tables)
        return DatabaseKind.FOREIGN if is_foreign else DatabaseKind.EMPTY, tuple(known.values()), None
    try:
        pending = tuple(outstanding(known, ledger, "pre"))
    except DatabaseError as error:
        return DatabaseKind.NEWER if error.code == NEWER else DatabaseKind.CONTRADICTORY, (), error
    return DatabaseKind.HALF_MIGRATED if pending else DatabaseKind.OWN, pending, None


async def require_own(connection: AsyncConnection[Any], folders: Folders = FOLDERS) -> None:
    """Raise UnfitDatabaseError unless the database has every migration that this version needs."""
    if (error := refusal(await look(connection, folders))) is not None:
        raise error


def fit_to_migrate(found: Found) -> Found:
    """Return ``found``; raises DatabaseError for a database that migrations would not prepare: another's, or newer."""
    error = refusal(found)
    if error is not None and found.kind not in {DatabaseKind.EMPTY, DatabaseKind.HALF_MIGRATED}:
        raise error
    return found


def refusal(found: Found) -> DatabaseError | None:
    """Return why this version does not work on a database, and what to do; None if it does."""
    return found.contradiction or REFUSALS[found.kind](found)


def _empty(found: Found) -> DatabaseError:
    return UnfitDatabaseError(
        "database_empty",
        f"The database {found.database!r} has nothing of Backbeat in it.",
        cure="Run `backbeat migrate`. `backbeat up` does so by itself. If it should have data, you named another "
        "database: look at --database.",
    )


def _foreign(found: Found) -> DatabaseError:
    if found.has_steps:
        return UnfitDatabaseError(
            "database_foreign",
            f"The database {found.database!r} is another program's: an adoption is not complete, or it was given back.",
            cure="Nothing was changed. `backbeat adopt` goes on with it or takes it over again; "
            "`backbeat adopt --purge` removes what is left of Backbeat.",
        )
    return UnfitDatabaseError(
        "database_foreign",
        f"The database {found.database!r} is another program's: it has {told(found)}, and no ledger of Backbeat.",
        cure="Nothing was changed. `backbeat adopt --dry-run` tells what taking over a database of the network would "
        "change; else name another with --database.",
    )


def _half_migrated(found: Found) -> DatabaseError:
    return UnfitDatabaseError(
        "migrations_pending",
        f"The database {found.database!r} lacks {len(found.pending)} migrations, the first being "
        f"{found.pending[0].label}.",
        cure="Run `backbeat migrate`.",
    )


REFUSALS: Mapping[DatabaseKind, Callable[[Found], DatabaseError | None]] = {
    DatabaseKind.OWN: lambda _: None,
    DatabaseKind.EMPTY: _empty,
    DatabaseKind.FOREIGN: _foreign,
    DatabaseKind.HALF_MIGRATED: _half_migrated,
}


def told(found: Found) -> str:
    """Return what a database has that is not ours, in words."""
    count = len(found.tables)
    tables = [f"{count} of the network's tables" if count > 1 else f"a table {found.tables[0]}"] if count else []
    return " and ".join([", ".join(found.ledgers), *tables] if found.ledgers else tables)
