"""Everything comes out once and is told of once, whatever cuts a run off at any exchange, or runs beside it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Self

import pytest
from psycopg import AsyncConnection

from backbeat.derived.releases.scheduled import SCHEDULED_RELEASES
from harness import check_deaths, check_two_workers
from harness.challenge_world import EPOCH, ChallengeWorld, Row, follow, user, wipe_challenges
from harness.emptying import empty
from harness.keepers import jobs_of
from harness.releases import releases, waiting_album, waiting_track

pytestmark = pytest.mark.newest

SHOWN = (
    "SELECT track_id, is_unlisted, updated_at FROM tracks ORDER BY 1",
    "SELECT playlist_id, is_private, updated_at FROM playlists ORDER BY 1",
    "SELECT user_id, track_count, total_track_count, album_count, total_album_count FROM aggregate_user ORDER BY 1",
    "SELECT blocknumber, place, ordinal, kind, time, item_type, item_id FROM backbeat.acts ORDER BY 1, 2, 3",
    "SELECT stream, key FROM backbeat.changes CROSS JOIN unnest(keys) AS key WHERE stream <> 'edits' ORDER BY 1, 2",
)


class ReleaseWorld:
    """A world of things that come out, looked at for all that follows from it."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self.connection = connection
        self._world = ChallengeWorld(connection)

    @classmethod
    async def empty(cls, connection: AsyncConnection[Any]) -> Self:
        await wipe_challenges(connection)
        await empty(connection, ["backbeat.acts"])
        return cls(connection)

    async def apply(self, rows: Sequence[Row]) -> None:
        await self._world.block(*rows)
        await self._world.block(at=self._world.now + timedelta(hours=1))

    async def rows(self, _derived: Any) -> list[tuple[Any, ...]]:
        return [(shown, await self._world.all(shown)) for shown in SHOWN]


JOBS = {SCHEDULED_RELEASES.name: releases()}
HISTORY = [
    [user(1), user(2), follow(2, 1), waiting_track(1, 1, EPOCH), waiting_album(1, 1, EPOCH, 1)],
    [waiting_track(2, 1, EPOCH), waiting_track(3, 2, EPOCH), waiting_album(2, 2, EPOCH, 3), waiting_album(3, 1, None)],
]

each = pytest.mark.parametrize("job", jobs_of(__name__))


@each
async def test_death_at_any_exchange_releases_once(
    job: str, database_url: str, connection: AsyncConnection[Any]
) -> None:
    released: Any = JOBS[job]
    world: Any = ReleaseWorld
    assert await check_deaths(released, HISTORY, database_url, connection, world) == 7


@each
async def test_second_worker_at_any_exchange_releases_nothing_twice(
    job: str, database_url: str, connection: AsyncConnection[Any]
) -> None:
    released: Any = JOBS[job]
    world: Any = ReleaseWorld
    assert await check_two_workers(released, HISTORY, database_url, connection, world) == 7
