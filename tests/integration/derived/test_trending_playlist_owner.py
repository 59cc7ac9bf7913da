"""One more playlist costs as much for an owner of thousands that no list shows as for any other.

Buffers of tables and their indexes are counted by the server, as it works where it was never told how large they are.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.db.pool import open_lanes, report_statistics
from backbeat.db.query import value
from backbeat.derived.trending.playlists import trending_playlists
from backbeat.incremental.due import chain_time
from backbeat.incremental.transaction import Session
from backbeat.settings import DatabaseSettings
from harness import settle
from harness.challenge_world import Row, held, save, track
from harness.playlist_world import PlaylistWorld, Sql, Step, followed, listed, person

pytestmark = [pytest.mark.slow, pytest.mark.newest]

SCORES = trending_playlists(chain_time)
TOUCHED = "SELECT coalesce(sum(pg_stat_get_blocks_fetched(oid)), 0)::bigint FROM pg_class WHERE oid >= 16384"
OWNER = 1
FULL = 35  # playlists that are listed, more than a list shows
SHOWN = range(10, 10 + FULL)
LOOK = 150
LISTS = 6_000  # six lists of thirty, each with what the playlists in it hold
MINUTE = timedelta(minutes=1)

OWNED = """
    INSERT INTO playlists (playlist_id, playlist_owner_id, is_current, is_delete, is_album, is_private,
        playlist_contents, created_at, updated_at)
    SELECT 1000 + n, 1, true, false, n %% 5 = 0, false, '{"track_ids": [1, 2, 3]}', now.at, now.at
    FROM generate_series(1, 5000) AS n CROSS JOIN (SELECT %s::timestamp AS at) AS now
"""


@pytest.fixture
async def session(database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    async with (
        await open_lanes(database_url, DatabaseSettings()) as lanes,
        lanes.jobs.connection() as connection,
    ):
        yield connection


async def filled(session: AsyncConnection[Any], followers: int, shown: int) -> PlaylistWorld:
    """An owner with thousands of playlists of no track that is there, and so many others that hold enough."""
    world = await PlaylistWorld.empty(session)
    people = [person(number) for number in range(1, 8)]
    tracks = [track(number, number) for number in range(1, 8)]
    everybody = [followed(number, 10) for number in range(2, 8)]
    others = [row for number in SHOWN[:shown] for row in holding(number, 2)]
    await world.apply(Step(MINUTE, [*people, *tracks, *everybody, followed(OWNER, followers), *others]))
    await world.apply(Step(MINUTE, [Sql(OWNED, (world.chain.now,))]))
    await settle(SCORES, session)
    return world


def holding(playlist_id: int, owner_id: int) -> list[Row]:
    return [listed(playlist_id, owner_id), *(held(playlist_id, number) for number in range(2, 8))]


CHANGES: Mapping[str, Sequence[Row | Sql]] = {
    "nothing": [],
    "one more": [listed(9_001, OWNER)],
    "another that is listed": holding(9_002, 2),
    "one more that is listed": holding(9_003, OWNER),
    "a save of one that is not": [save(3, 1_001, "playlist")],
    "a save of one that is listed": [save(3, SHOWN[0], "playlist")],
    "one of the list is hidden": [listed(9_002, 2, is_private=True)],
}


async def touched(connection: AsyncConnection[Any]) -> int:
    await report_statistics(connection)
    return int(await value(connection, TOUCHED))


@pytest.mark.parametrize(("followers", "shown"), [(0, 0), (50, 0), (50, 5), (0, FULL), (50, FULL)])
async def test_what_no_list_shows_is_not_passed_over(session: AsyncConnection[Any], followers: int, shown: int) -> None:
    world = await filled(session, followers, shown)
    for name, changes in CHANGES.items():
        await world.apply(Step(MINUTE, changes))
        before = await touched(session)
        report = await SCORES.incremental(Session(session))
        buffers = await touched(session) - before
        assert buffers <= LOOK + LISTS * (report.keys > 0), (name, report.keys, buffers)
    assert (await SCORES.audit(session)).is_clean
