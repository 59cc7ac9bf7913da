"""Built databases, kept in a folder: made once, copied for every measurement.

Two templates lie there per scale. The base holds what the network writes, in the schema's first version. The other one
is at rest: migrated to what this checkout has, trending and challenges rebuilt, so that a tick finds nothing to do.
Where the disk is too small for that, one database is made, of which nobody gets a copy: :func:`opened_alone`.
"""

import hashlib
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from importlib.resources import files
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from clusters import UNSAFE_AND_FAST, VERSION, chosen
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from backbeat.clock import SystemClock
from backbeat.db import objects
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.filelock import FileLock
from backbeat.db.migrate import migrate
from backbeat.db.migration_files import Folders, read
from backbeat.jobs.job import Job
from bench.server import connect
from bench.synthetic.fill import FOLDER, fill
from bench.synthetic.settle import settle, settled, state_of_the_program
from bench.synthetic.sizes import FULL, sizes

DEFAULT = Path(__file__).parents[3] / ".benchmarks" / "synthetic"
BUILDING = {
    **UNSAFE_AND_FAST, "shared_buffers": "1GB", "maintenance_work_mem": "512MB", "max_wal_size": "16GB",
    "wal_level": "minimal", "max_wal_senders": "0", "autovacuum": "off",
}  # fmt: skip
ROOM_IS_SHORT = {"max_wal_size": "2GB"}
MIGRATIONS = Path(str(files("backbeat.db") / "migrations"))
BASE_MIGRATIONS = 10  # all tables of the network; what comes later is applied to a copy, so it need not be filled again
# What benchmarks do and the program never does: write past triggers, set a database's clock, have the disk flushed.
BEYOND_AN_OWNER = """
    GRANT SET ON PARAMETER session_replication_role, bench.ahead TO backbeat;
    GRANT pg_checkpoint TO backbeat;
"""
EXISTS = "SELECT 1 FROM pg_database WHERE datname = %s"


class Library:
    """The server over the folder; use :func:`opened`."""

    def __init__(self, postgres: EmbeddedPostgres, admin: AsyncConnection[Any], template: str) -> None:
        self._postgres = postgres
        self._admin = admin
        self._template = template
        self._numbers = count(1)

    @property
    def pid(self) -> int:
        return self._postgres.pid

    @asynccontextmanager
    async def copy(self, of: str = "") -> AsyncIterator[str]:
        """Yield the address of a copy of the database at rest, or of the named one; it is on the disk by then."""
        name = f"copy_{next(self._numbers)}"
        await _copy(self._admin, of or self._template, name)
        await self._admin.execute("CHECKPOINT")
        try:
            yield _url(self._postgres, name)
        finally:
            await self._admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@asynccontextmanager
async def opened(place: Path, scale: float, configuration: Mapping[str, str] | None = None) -> AsyncIterator[Library]:
    """Build what is missing for ``scale``, then run a server with the program's own durable configuration.

    ``configuration`` overrides some of it. One process at a time may use the folder.
    """
    with _locked(place):
        async with _server(place, BUILDING) as (postgres, admin):
            template = await _build(postgres, admin, scale)
        async with _server(place, configuration) as (postgres, admin):
            yield Library(postgres, admin, template)


@asynccontextmanager
async def opened_alone(place: Path, scale: float, configuration: Mapping[str, str]) -> AsyncIterator[str]:
    """Yield the address of a database in which trending is at rest, built if it is missing and dropped afterwards."""
    base, rest = _names(scale)
    alone, used = f"alone_{_digest(base, rest)}_{scale:g}", "copy_used"
    with _locked(place):
        async with _server(place, {**BUILDING, **ROOM_IS_SHORT}) as (postgres, admin):
            await _sweep(admin, scale, keep=(base, rest, alone))
            if not await _exists(admin, alone):
                await _make(postgres, admin, alone, "template0", lambda url: _fill_and_rest(url, scale))
        async with _server(place, configuration) as (postgres, admin):
            await admin.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(alone), Identifier(used)))
            try:
                yield _url(postgres, used)
            finally:
                await admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(used)))


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    lock = FileLock(place / "in-use.lock")
    if not lock.try_exclusive():
        raise RuntimeError(f"another benchmark is using {place}")
    try:
        yield
    finally:
        lock.release()


@asynccontextmanager
async def _server(
    place: Path, configuration: Mapping[str, str] | None
) -> AsyncIterator[tuple[EmbeddedPostgres, AsyncConnection[Any]]]:
    async with (
        EmbeddedPostgres(place, chosen(), configuration=configuration) as postgres,
        await connect(postgres.bootstrap_url) as admin,
    ):
        await admin.execute(BEYOND_AN_OWNER)
        yield postgres, admin


def _names(scale: float) -> tuple[str, str]:
    made_of = (*sorted(FOLDER.glob("*.sql")), *_first_migrations())
    base = f"base_{_digest(*(file.read_text() for file in made_of), str(FULL))}_{scale:g}"
    return base, f"rest_{_digest(base, state_of_the_program())}_{scale:g}"


async def _build(postgres: EmbeddedPostgres, admin: AsyncConnection[Any], scale: float) -> str:
    base, rest = _names(scale)
    await _sweep(admin, scale, keep=(base, rest))
    if not await _exists(admin, base):
        await _make(postgres, admin, base, "template0", lambda url: _fill(url, scale))
    if not await _exists(admin, rest):
        await _make(postgres, admin, rest, base, lambda url: _rest(url, settled()))
    return rest


async def _fill(url: str, scale: float) -> None:
    with _folder_of(_first_migrations()) as folder:
        await migrate(url, clock=SystemClock(), folders=Folders(folder, _needed(folder)))
    await fill(url, sizes(scale), _say)


async def _rest(url: str, jobs: Iterable[Job]) -> None:
    await migrate(url, clock=SystemClock())
    await settle(url, jobs, _say)


async def _fill_and_rest(url: str, scale: float) -> None:
    await _fill(url, scale)
    await _rest(url, (job for job in settled() if job.name.startswith("trending.")))


async def _make(
    postgres: EmbeddedPostgres,
    admin: AsyncConnection[Any],
    name: str,
    source: str,
    work: Callable[[str], Awaitable[None]],
) -> None:
    """Make a template under a provisional name, so that one half made is never taken for it."""
    began, unfinished = time.monotonic(), f"new_{name}"
    await _copy(admin, source, unfinished)
    await work(_url(postgres, unfinished))
    await admin.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(unfinished), Identifier(name)))
    row = await (await admin.execute("SELECT pg_size_pretty(pg_database_size(%s))", [name])).fetchone()
    _say(f"{name} made in {time.monotonic() - began:.0f} s, {row[0] if row else '?'}")


def _first_migrations() -> list[Path]:
    return sorted(MIGRATIONS.glob("*.sql"))[:BASE_MIGRATIONS]


def _needed(folder: Path) -> Path:
    """Lay the objects beside the migrations that those cannot do without; the others come with the rest."""
    for each in read(folder).values():
        for kind, name in each.needs:
            place = folder / "needed" / kind / f"{name}.sql"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(objects.read()[objects.ObjectKey(kind, name)].script)
    return folder / "needed"


@contextmanager
def _folder_of(files: Iterable[Path]) -> Iterator[Path]:
    with TemporaryDirectory() as name:
        for file in files:
            Path(name, file.name).symlink_to(file)
        yield Path(name)


async def _sweep(admin: AsyncConnection[Any], scale: float, keep: tuple[str, ...]) -> None:
    """Drop what earlier runs left: copies, unfinished templates, and this scale's templates of other recipes."""
    for (name,) in await (await admin.execute("SELECT datname FROM pg_database WHERE NOT datistemplate")).fetchall():
        ours = name.startswith(("copy_", "new_")) or (
            name.startswith(("base_", "rest_", "alone_")) and name.endswith(f"_{scale:g}")
        )
        if ours and name not in keep:
            await admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


async def _exists(admin: AsyncConnection[Any], name: str) -> bool:
    return await (await admin.execute(EXISTS, [name])).fetchone() is not None


async def _copy(admin: AsyncConnection[Any], source: str, name: str) -> None:
    await admin.execute(
        SQL("CREATE DATABASE {} OWNER backbeat TEMPLATE {} STRATEGY = FILE_COPY").format(
            Identifier(name), Identifier(source)
        )
    )


def _url(postgres: EmbeddedPostgres, database: str) -> str:
    return urlsplit(postgres.url)._replace(path=f"/{database}").geturl()


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join((VERSION, *parts)).encode()).hexdigest()[:8]


def _say(line: str) -> None:
    sys.stderr.write(f"  {line}\n")
