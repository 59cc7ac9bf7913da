"""Two batches are under way, and a session dies at any exchange: nothing is lost, nothing is written twice."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest
from chaos.content import Content, content
from conftest import new_database
from depth import at_depth
from psycopg import AsyncConnection
from psycopg.abc import PQGen

from backbeat.chain.networks import DEV
from backbeat.chain.signatures import Verifier
from backbeat.clock import SystemClock
from backbeat.db.connection import LaneConnection
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.pool import open_lanes
from backbeat.index import early
from backbeat.index.followed import FollowedChain
from backbeat.index.loop import BlockLoop
from backbeat.index.wire.transaction import EntityRules
from backbeat.settings import DatabaseSettings, IndexSettings
from builders.chain import ListSource, entity, play, plays
from builders.writing import begun_early

pytestmark = [pytest.mark.slow, pytest.mark.newest]

FIRST = 3_000_001
HEARD = [plays(*(play(str(FIRST), str(track)) for track in range(1, 75)))]


def said(user: int, pair: str, entity_id: int, metadata: str = "", nonce: int = 0) -> Any:
    """Return what one of the users says."""
    return entity(user + 1, FIRST + user, pair, entity_id, metadata, nonce)


def named(user: int, name: str, nonce: int) -> Any:
    """Return a new name."""
    return said(user, "User/Update", FIRST + user, f'{{"cid":"c","data":{{"name":"{name}"}}}}', nonce)


def made(user: int) -> Any:
    """Return the creation of a user."""
    return said(user, "User/Create", FIRST + user, '{"cid":null,"data":null}', user)


CHAIN = [
    [made(0), made(1), *HEARD],
    [named(0, "one", 11), said(1, "User/Follow", FIRST, nonce=12)],
    [made(2), said(0, "User/Follow", FIRST + 1, nonce=13), *HEARD],
    [named(0, "two", 14), said(1, "User/Unfollow", FIRST, nonce=15), said(2, "User/Follow", FIRST, nonce=16)],
    [named(0, "one", 11), *HEARD, said(1, "User/Follow", FIRST, nonce=17)],  # the first came before
    [named(2, "three", 18)],
]

INDEXING = (
    "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'backbeat/indexing%' AND datname = current_database()"
)
END = "SELECT pg_terminate_backend(%s, 5000)"

Disturb = Callable[[LaneConnection], Awaitable[None]]


class Impatient(SystemClock):
    """Does not wait between tries."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.02))


class Script:
    """Counts the exchanges of the block loop's sessions together, and does something around the one numbered ``at``."""

    def __init__(self, at: int = 0, before: Disturb | None = None, after: Disturb | None = None) -> None:
        self.exchanges = 0
        self._at, self._before, self._after = at, before, after

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have it count from here on."""
        wait, script = LaneConnection.wait, self

        async def counted(self: LaneConnection, gen: PQGen[Any], *args: Any, **kwargs: Any) -> Any:
            if not self.name.startswith("backbeat/indexing"):
                return await wait(self, gen, *args, **kwargs)
            script.exchanges += 1
            mine = script.exchanges == script._at
            if mine and script._before:
                await script._before(self)
            answer = await wait(self, gen, *args, **kwargs)
            if mine and script._after:
                await script._after(self)
            return answer

        monkeypatch.setattr(LaneConnection, "wait", counted)


async def indexed(url: str, script: Script) -> Content:
    """Index the chain, a block in a batch; return what the database holds then."""
    with pytest.MonkeyPatch.context() as patched:
        async with await open_lanes(url, DatabaseSettings()) as lanes:
            script.install(patched)
            chain = FollowedChain(
                source=ListSource(CHAIN), rules=EntityRules(), verifier=Verifier(DEV), exit_at_tip=True
            )
            settings = IndexSettings(lease_seconds=1.0, batch_blocks_max=1)
            await BlockLoop(chain, lanes, settings, Impatient()).run()
    return content(url)


async def end(url: str, pids: list[int]) -> None:
    """End sessions."""
    async with await AsyncConnection.connect(url, autocommit=True) as executioner:
        for pid in pids:
            await executioner.execute(END, [pid])


async def end_all(url: str) -> None:
    """End both of the block loop's sessions, as a server that crashes does."""
    async with await AsyncConnection.connect(url, autocommit=True) as executioner:
        found = await (await executioner.execute(INDEXING.encode())).fetchall()
    await end(url, [pid for (pid,) in found])


def disturbed(how: str, url: str, at: int) -> Script:
    """Return a script in which a session dies."""

    async def die(session: LaneConnection) -> None:
        await end(url, [session.info.backend_pid])

    async def all_die(_session: LaneConnection) -> None:
        await end_all(url)

    async def go_unheard(session: LaneConnection) -> None:
        session.cut()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    return {
        "before": Script(at, before=die),
        "after": Script(at, after=die),
        "both": Script(at, after=all_die),
        "unheard": Script(at, after=go_unheard),
    }[how]


@pytest.mark.parametrize("how", ["before", "after", "both", "unheard"])
async def test_a_death_at_any_exchange(
    how: str, postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(early, "LONG_BYTES", 0)
    begun = begun_early(monkeypatch)
    with new_database(postgres, admin, template) as url:
        undisturbed = Script()
        expected = await indexed(url, undisturbed)
    assert len(begun) >= len(CHAIN) - 2
    for at in range(1, undisturbed.exchanges + 1, at_depth(9, 5, 1)):
        with new_database(postgres, admin, template) as url:
            assert await indexed(url, disturbed(how, url, at)) == expected, (how, at, undisturbed.exchanges)
