"""Passes over everything that a job keeps, and how far they are.

A rebuild by ranges tells where it is by its position. What is one statement tells nothing until it ends: then people
see how much there is, and for how long it has been going on, and no percentage that nobody measured.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection

from backbeat.cli.onlooker import looked_on
from backbeat.cli.progress import Work, shown
from backbeat.incremental.sweep import END, Sweep, progress_of
from backbeat.jobs.catalog import find
from backbeat.reads import audits
from backbeat.settings_layers import Loaded


@asynccontextmanager
async def pass_over(
    connection: AsyncConnection[Any], name: str, loaded: Loaded, *, does: str, as_json: bool
) -> AsyncIterator[Work]:
    """Show a pass over the rows of a job while the body makes it."""
    with shown(await _work(connection, find(name, loaded.settings).name, does), as_json=as_json) as work:
        yield work


@asynccontextmanager
async def rebuilding(
    connection: AsyncConnection[Any], url: str, name: str, loaded: Loaded, *, as_json: bool
) -> AsyncIterator[None]:
    """Show a rebuild while the body makes it: how far, where it goes by ranges."""
    job = find(name, loaded.settings)
    sweeps = [feed for feed in job.feeds if isinstance(feed, Sweep)]
    work = await _work(connection, name, "Recomputing")

    async def look(beside: AsyncConnection[Any]) -> None:
        if (reached := await _reached(beside, sweeps)) is not None:
            work.tell_of("keys", *reached)

    with shown(work, as_json=as_json):
        if sweeps:
            async with looked_on(url, look):
                yield
        else:
            yield


async def _work(connection: AsyncConnection[Any], name: str, does: str) -> Work:
    """Return the work of a pass, with about how many rows it is over, where that is known."""
    sizes = await audits.rows_about(connection, [each for each in audits.chosen(()) if each.name == name])
    return Work(f"{does} {name}", "rows", sum(sizes) or None, is_about=True)


async def _reached(connection: AsyncConnection[Any], sweeps: Sequence[Sweep]) -> tuple[int, int] | None:
    """Return how far sweeps are that go one after another, and how far they go; None where none is under way."""
    ways = [way for sweep in sweeps if (way := await progress_of(connection, sweep)) is not None]
    under_way = next((number for number, (after, _) in enumerate(ways) if after < END), None)
    if under_way is None:
        return None
    before = sum(newest for _, newest in ways[:under_way])
    after, newest = ways[under_way]
    return before + max(0, min(after, newest)), sum(newest for _, newest in ways)
