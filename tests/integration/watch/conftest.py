"""A database of ours, and that of another indexer of the same blocks, which a test spoils as it likes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from conftest import new_database
from foreign_database import make_foreign
from integration.adopt.conftest import index_up_to, name_of
from psycopg import AsyncConnection

from backbeat.db.embedded import EmbeddedPostgres
from backbeat.observe.watched import WatchStatus, read_watch
from backbeat.watch.side import Side
from backbeat.watch.store import Store
from backbeat.watch.watching import Watch

HEIGHT = 60
BEGUN = datetime(2026, 1, 3, tzinfo=UTC)
LEAP = timedelta(hours=3)  # longer than any patience
MORE = Path(__file__).with_name("more.sql").read_bytes()


class LeapingClock:
    """A wait between looks takes three hours; any other its time."""

    def __init__(self, leap: timedelta = LEAP) -> None:
        self.at = BEGUN
        self.leap = leap

    def now(self) -> datetime:
        """Return the instant."""
        return self.at

    def monotonic(self) -> float:
        """Return the seconds since the beginning."""
        return (self.at - BEGUN).total_seconds()

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.at += self.leap if seconds >= 5 else timedelta(seconds=seconds)


class Pair(NamedTuple):
    """The addresses of a database of ours and of another indexer's, with the same rows."""

    here: str
    there: str

    def spoil(self, *statements: str) -> None:
        """Do something to the other one, past its triggers' sight where it says so."""
        with psycopg.connect(self.there, autocommit=True, options="-c search_path=public") as connection:
            for statement in statements:
                connection.execute(statement.encode())


@pytest.fixture(scope="module")
def grown(postgres: EmbeddedPostgres, admin: psycopg.Connection[Any], template: str) -> Iterator[Pair]:
    """Both as they are before a test."""
    with new_database(postgres, admin, template) as here:
        asyncio.run(index_up_to(here, HEIGHT))
        with psycopg.connect(here, autocommit=True, options="-c search_path=public") as connection:
            connection.execute(MORE)
        with new_database(postgres, admin, name_of(here)) as there:
            make_foreign(there)
            yield Pair(here, there)


@pytest.fixture
def pair(postgres: EmbeddedPostgres, admin: psycopg.Connection[Any], grown: Pair) -> Iterator[Pair]:
    """Copies of both."""
    with (
        new_database(postgres, admin, name_of(grown.here)) as here,
        new_database(postgres, admin, name_of(grown.there)) as there,
    ):
        yield Pair(here, there)


@asynccontextmanager
async def watching(pair: Pair, clock: LeapingClock) -> AsyncIterator[tuple[Watch, AsyncConnection[Any]]]:
    """Lend a comparison of both that has begun, and a session on ours."""
    here, there = Side(pair.here, clock, is_ours=True), Side(pair.there, clock, is_ours=False)
    async with await AsyncConnection.connect(pair.here, autocommit=True) as session:
        watch = Watch(here, there, Store(session), database="theirs", clock=clock, rows_per_second=1e6)
        try:
            await watch.begin()
            yield watch, session
        finally:
            await here.close()
            await there.close()


async def watched(pair: Pair) -> WatchStatus:
    """Compare all of both once, and return what was found."""
    async with watching(pair, LeapingClock()) as (watch, session):
        await watch.once(seconds_max=1e9)
        found = await read_watch(session)
    assert found is not None
    return found


def causes(found: WatchStatus) -> set[tuple[str, str, str]]:
    """Return what was found to differ: subjects, kinds and causes."""
    return {(each.subject, each.kind, each.cause) for each in found.differences}
