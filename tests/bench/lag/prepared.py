"""The database at rest in every respect, and copies of it.

The library's has worked off trending and challenges. A worker that has lived on it for long has also filled the views,
counted plays, and scored all users; otherwise that is what would be measured.
"""

import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from urllib.parse import urlsplit

from psycopg.sql import SQL, Identifier

from backbeat.derived.trending.compatible import VIEWS
from backbeat.jobs.catalog import JOBS
from bench.server import connect
from bench.synthetic.clock import connect_at
from bench.synthetic.library import Library
from bench.synthetic.settle import settled, work_through


class Prepared:
    """A database to copy; use :func:`prepared`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._numbers = count(1)

    @asynccontextmanager
    async def copy(self) -> AsyncIterator[str]:
        """Yield the address of a copy; it is on the disk by then."""
        name, source = Identifier(f"copy_of_lag_{next(self._numbers)}"), Identifier(urlsplit(self._url).path[1:])
        async with await connect(_beside(self._url, "postgres")) as admin:
            await admin.execute(SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY = FILE_COPY").format(name, source))
            await admin.execute("CHECKPOINT")
            try:
                yield _beside(self._url, name.as_string().strip('"'))
            finally:
                await admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@asynccontextmanager
async def prepared(library: Library) -> AsyncIterator[Prepared]:
    """Bring a copy of the library's database to rest for all jobs."""
    began = time.monotonic()
    async with library.copy() as url:
        async with await connect_at(url) as connection:
            await connection.execute("SET work_mem = '256MB'")
            for job in JOBS:
                if job not in settled():
                    await work_through(job, connection)
            for view in VIEWS:
                await connection.execute(SQL("REFRESH MATERIALIZED VIEW {}").format(Identifier(view)))
            await connection.execute("VACUUM (ANALYZE)")
        sys.stderr.write(f"  prepared in {time.monotonic() - began:.0f} s\n")
        yield Prepared(url)


def _beside(url: str, database: str) -> str:
    return urlsplit(url)._replace(path=f"/{database}").geturl()
