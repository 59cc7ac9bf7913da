"""Every challenge dies at any exchange with the server, or meets a second worker there; everybody is paid once.

Here every other exchange is cut in one of two ways, the COMMIT in all; ``BACKBEAT_TEST_DEPTH=long`` (``make chaos``)
cuts each in every way, and the first run as well; ``brief`` cuts the COMMIT alone.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import psycopg
import pytest
from conftest import new_database
from depth import at_depth
from psycopg import AsyncConnection

from backbeat.db.embedded import EmbeddedPostgres
from backbeat.derived.keeper import Keeper
from backbeat.incremental.transaction import Session
from harness.challenge_history import first_friday, second_friday
from harness.challenge_jobs import challenges_of
from harness.challenge_life import STEPPED, apply
from harness.challenge_world import ChallengeWorld
from harness.check import die, interleave, moments
from harness.connections import scripted
from harness.keepers import jobs_of

pytestmark = pytest.mark.newest

IS_LONG = at_depth(False, False, True)
HISTORIES = {"later_run": (first_friday(), second_friday()), "first_run": (first_friday(),)}
NAMES = jobs_of(__name__)
WEEKLY = {"challenges.trending_track", "challenges.trending_underground", "challenges.trending_playlist"}
BESIDE_NOTHING = {"challenges.profile_steps"}  # it pays nothing itself

# What runs write; a run begins from a copy of these as often as it has to die.
WRITTEN = (
    "user_challenges", "notification", "user_score_features", "challenge_profile_completion", "challenge_listen_streak",
    "trending_results", "indexing_checkpoints", "backbeat.consumers", "backbeat.clocks", "backbeat.challenge_starts",
)  # fmt: skip
SHOWN = (
    "SELECT * FROM user_challenges ORDER BY 1, 3",
    "SELECT group_id, specifier, user_ids, data, timestamp, blocknumber FROM notification ORDER BY 1, 2",
    "SELECT user_id, challenge_count FROM user_score_features ORDER BY 1",
    "SELECT * FROM challenge_profile_completion ORDER BY 1",
    "SELECT * FROM challenge_listen_streak ORDER BY 1",
    "SELECT * FROM trending_results ORDER BY type, week, rank",
)


class Stage:
    """A database in which the last step of a history waits for every challenge."""

    def __init__(self, world: ChallengeWorld, url: str) -> None:
        self.world = world
        self.url = url
        self.challenges = {one.name: one for one in challenges_of(world)}

    @classmethod
    async def set_up(cls, connection: AsyncConnection[Any], url: str, history: Any) -> "Stage":
        await connection.execute("UPDATE challenges SET active = true")
        stage = cls(ChallengeWorld(connection), url)
        for challenge_id, step_count in STEPPED.items():
            await stage.world.set(challenge_id, step_count=step_count)
        for step in history[:-1]:
            await apply(stage.world, step)
            await stage.world.run(*stage.challenges.values())
        await apply(stage.world, history[-1])
        for table in WRITTEN:
            await connection.execute(f"CREATE TABLE {_kept(table)} AS TABLE {table}".encode())
        return stage

    async def begin_again(self) -> None:
        restored = "".join(f"DELETE FROM {table}; INSERT INTO {table} TABLE {_kept(table)};" for table in WRITTEN)  # noqa: S608 - written above
        # no trigger: the copy holds what they did
        script = f"SET session_replication_role = replica; {restored} RESET session_replication_role"
        await self.world.connection.execute(script.encode())

    async def shown(self) -> list[Any]:
        return [await self.world.all(query) for query in SHOWN]

    async def run_until_idle(self, name: str) -> list[Any]:
        await self.world.run(self.challenges[name])
        return await self.shown()

    async def expected(self, name: str) -> tuple[Keeper, list[Any], int]:
        """Return the challenge, what an undisturbed run leaves, and how many exchanges that has."""
        await self.begin_again()
        before = await self.shown()
        async with await scripted(self.url) as session:
            report = await self.challenges[name].incremental(Session(session))
            exchanges = session.exchanges
        assert report.rows_written, "the history's last step must give every challenge something to do"
        after = await self.run_until_idle(name)
        assert after[0] != before[0] or name in BESIDE_NOTHING
        return self.challenges[name], after, exchanges


def _kept(table: str) -> str:
    return f"kept_{table.replace('.', '_')}"


@pytest.fixture(scope="module", params=list(HISTORIES) if IS_LONG else ["later_run"])
def staged_url(
    request: pytest.FixtureRequest, postgres: EmbeddedPostgres, admin: psycopg.Connection[Any], template: str
) -> Iterator[str]:
    async def prepare() -> None:
        async with await AsyncConnection.connect(url, autocommit=True, options="-c timezone=UTC") as connection:
            await Stage.set_up(connection, url, HISTORIES[request.param])

    with new_database(postgres, admin, template) as url:
        asyncio.run(prepare())
        yield url


@pytest.fixture
async def stage(staged_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    chosen = request.node.callspec.params
    if chosen["staged_url"] == "first_run" and chosen["name"] in WEEKLY:
        pytest.skip("a first run pays on a Friday alone, and the first history ends on a Wednesday")
    async with await AsyncConnection.connect(staged_url, autocommit=True, options="-c timezone=UTC") as connection:
        stage = Stage(ChallengeWorld(connection), staged_url)
        [[stage.world.now]] = await stage.world.all("SELECT block_time FROM backbeat.cursor")
        yield stage


def cuts(exchanges: int, salt: int) -> Iterator[tuple[int, str]]:
    """Yield where and how to die; ``salt`` makes those that are left out differ."""
    for at in range(1, exchanges + 1):
        if IS_LONG or at == exchanges:
            yield from ((at, moment) for moment in moments(at, exchanges))
        elif at_depth(False, at % 2 == salt % 2, True):
            yield at, ("before", "lost")[(at // 2 + salt // 2) % 2]


@pytest.mark.parametrize("name", NAMES)
async def test_death_at_any_exchange_pays_once(stage: Stage, name: str) -> None:
    challenge, expected, exchanges = await stage.expected(name)
    assert exchanges >= 5
    for at, moment in cuts(exchanges, NAMES.index(name)):
        await stage.begin_again()
        await die(challenge, stage.url, at, moment, stage.world.connection)
        assert await stage.run_until_idle(name) == expected, f"died {moment} exchange {at} of {exchanges}"


@pytest.mark.parametrize("name", NAMES)
async def test_a_second_worker_at_any_exchange_pays_nobody_twice(stage: Stage, name: str) -> None:
    challenge, expected, exchanges = await stage.expected(name)
    for at in at_depth([exchanges], [exchanges // 2, exchanges], range(1, exchanges + 1)):
        await stage.begin_again()
        async with await scripted(stage.url) as first, await scripted(stage.url) as second:
            await interleave(challenge, first, second, at, stage.world.connection)
        assert await stage.run_until_idle(name) == expected, f"second worker before exchange {at} of {exchanges}"
