"""The database at rest in every respect, and copies of it.

The library's has worked off trending and challenges. A worker that has lived on it for long has also filled the views,
counted plays, and scored all users; otherwise that is what would be measured.
"""

import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from psycopg.sql import SQL, Identifier

from backbeat.derived.trending.compatible import VIEWS
from backbeat.jobs.catalog import JOBS
from bench.synthetic.clock import connect_at
from bench.synthetic.library import Library
from bench.synthetic.settle import settled, work_through


class Prepared:
    """A database to copy; use :func:`prepared`."""

    def __init__(self, library: Library, url: str) -> None:
        self._library = library
        self._name = urlsplit(url).path.removeprefix("/")

    @asynccontextmanager
    async def copy(self) -> AsyncIterator[str]:
        """Yield the address of a copy; it is on the disk by then."""
        async with self._library.copy(of=self._name) as url:
            yield url


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
        yield Prepared(library, url)
