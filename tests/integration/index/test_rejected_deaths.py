"""A replay that dies at any exchange with the server, or is overtaken there, loses nothing and repeats nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from chaos.content import Content, content
from conftest import new_database
from depth import at_depth
from psycopg import AsyncConnection

from backbeat.chain import plays as chain_plays
from backbeat.clock import SystemClock
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.pool import open_lanes
from backbeat.errors import LeaseLostError
from backbeat.index.rejected import picking
from backbeat.settings import DatabaseSettings
from builders.chain import ListSource, entity, play, plays
from builders.indexing import index
from builders.replaying import LEASE_SECONDS, replaying, without
from harness.connections import ScriptedConnection, end_session, scripted

FIRST = 3_000_001
CHAIN = [
    [
        entity(key, FIRST - 1 + key, "User/Create", FIRST - 1 + key, '{"cid":"","data":{}}', nonce=key)
        for key in (1, 2, 3)
    ],
    [entity(1, FIRST, "User/Follow", FIRST + 1, nonce=11), plays(*(play("", str(at)) for at in range(1, 13)))],
    [entity(2, FIRST + 1, "User/Follow", FIRST + 1, nonce=12), entity(3, FIRST + 2, "User/Follow", FIRST, nonce=13)],
]  # the second follow is refused by every version
STRIDE = at_depth(9, 5, 1)  # of the exchanges that are disturbed
OVERTAKE = """
    UPDATE backbeat.leases SET holder = gen_random_uuid(), term = term + 1
    WHERE name IN (SELECT name FROM backbeat.leases FOR UPDATE NOWAIT)
"""
EXPIRE = "UPDATE backbeat.leases SET expires_at = '-infinity'"

Disturb = Callable[[ScriptedConnection], Awaitable[None]]


class Impatient(SystemClock):
    """Does not wait between tries."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.05))


@pytest.fixture(scope="module")
def upgraded(postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str) -> Iterator[str]:
    """The name of a database into which an older version indexed, to copy."""

    async def fill(url: str) -> None:
        async with await open_lanes(url, DatabaseSettings()) as lanes:
            await index(lanes, ListSource(CHAIN))

    with new_database(postgres, admin, template) as url:
        with pytest.MonkeyPatch.context() as old, without("*/Follow"):
            old.setattr(chain_plays, "PLAYS_MAX", 10)
            asyncio.run(fill(url))
        yield urlsplit(url).path.removeprefix("/")


class Script:
    """Sessions for a replay, all counted together; around the exchange numbered ``at`` something happens."""

    def __init__(self, url: str, at: int = 0, before: Disturb | None = None, after: Disturb | None = None) -> None:
        self._url = url
        self._left = at
        self._before, self._after = before, after
        self.exchanges = 0

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[Any]]:
        session = await scripted(self._url)
        session.at = self._left
        if self._before:
            session.before = lambda: self._before(session)
        if self._after:
            session.after = lambda: self._after(session)
        try:
            yield session
        finally:
            self.exchanges += session.exchanges
            self._left -= session.exchanges
            await session.close()


async def run(url: str, script: Script) -> None:
    async with await open_lanes(url, DatabaseSettings(), ("control",)) as lanes:
        scripted_lanes = SimpleNamespace(control=lanes.control, indexing=script)
        one = replaying(scripted_lanes, clock=Impatient())
        await one.run(LEASE_SECONDS, asyncio.Event(), lambda _done, _total: None)


@pytest.fixture
async def expected(
    postgres: EmbeddedPostgres, admin: psycopg.Connection, upgraded: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[Content, int]:
    """What an undisturbed replay comes to, and how many exchanges it has; in more than one step."""
    monkeypatch.setattr(picking, "TRANSACTIONS_MAX", 2)
    with new_database(postgres, admin, upgraded) as url:
        script = Script(url)
        await run(url, script)
        return content(url), script.exchanges


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_death_at_any_exchange(
    moment: str, postgres: EmbeddedPostgres, admin: psycopg.Connection, upgraded: str, expected: tuple[Content, int]
) -> None:
    rows, exchanges = expected
    for at in range(1, exchanges + 1, STRIDE):
        with new_database(postgres, admin, upgraded) as url:
            async with await AsyncConnection.connect(url, autocommit=True) as executioner:

                async def die(session: ScriptedConnection, by: AsyncConnection[Any] = executioner) -> None:
                    await end_session(by, session.info.backend_pid)

                await run(url, Script(url, at, **{moment: die}))
            assert content(url) == rows, f"died {moment} exchange {at} of {exchanges}"


@pytest.mark.slow
async def test_a_rival_at_any_exchange(
    postgres: EmbeddedPostgres, admin: psycopg.Connection, upgraded: str, expected: tuple[Content, int]
) -> None:
    """It takes the lease, unless what is under way has proved it; who lost it ends, and the next one does the rest."""
    rows, exchanges = expected
    for at in range(1, exchanges + 1, STRIDE):
        with new_database(postgres, admin, upgraded) as url:
            async with await AsyncConnection.connect(url, autocommit=True) as rival:

                async def overtake(_session: ScriptedConnection, by: AsyncConnection[Any] = rival) -> None:
                    try:
                        await by.execute(OVERTAKE)
                    except psycopg.errors.LockNotAvailable:
                        return

                try:
                    await run(url, Script(url, at, before=overtake))
                except LeaseLostError:
                    assert content(url) != rows
                await rival.execute(EXPIRE)
            await run(url, Script(url))
            assert content(url) == rows, f"overtaken at exchange {at} of {exchanges}"
