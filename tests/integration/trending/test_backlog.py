"""An indexer that comes back after three days makes trending read no more than a rebuild reads."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.derived.trending.playlists import trending_playlists
from backbeat.derived.trending.tracks import TrendingTracks
from backbeat.incremental.derivation import Derivation
from backbeat.incremental.due import chain_time
from harness import settle
from harness.challenge_world import play
from harness.playlist_world import DAY, Sql, Step
from harness.trending_crowd import crowded, rows_read

pytestmark = pytest.mark.slow

PEOPLE = 5_000
SAVES = Sql(
    """
    INSERT INTO saves (user_id, save_item_id, save_type, is_current, is_delete, created_at)
    SELECT n, n + 9, kind::savetype, true, false, (SELECT block_time FROM backbeat.cursor)
    FROM generate_series(1, 1000) AS n, unnest(ARRAY['track', 'playlist']) AS kind
    """
)
FOLLOWERS = Sql("UPDATE aggregate_user SET follower_count = 77 WHERE user_id <= 1000")
FINDING_OUT = 1.1  # how much more than a rebuild: what it takes to see that one is due


@pytest.fixture
async def session(database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    options = "-c timezone=UTC"
    async with await AsyncConnection.connect(database_url, autocommit=True, options=options) as connection:
        yield connection


@pytest.mark.parametrize(
    "derived", [TrendingTracks(clock=chain_time), trending_playlists(chain_time)], ids=lambda derived: derived.name
)
async def test_three_days_behind_cost_no_more_than_a_rebuild(
    session: AsyncConnection[Any], derived: TrendingTracks | Derivation
) -> None:
    world = await crowded(session, PEOPLE)
    await settle(derived, session)
    await session.execute("VACUUM (ANALYZE)")
    plays = [play(number, number + 99) for number in range(1, 300)]
    await world.apply(Step(3 * DAY, [*plays, SAVES, FOLLOWERS]))
    report, rows = await rows_read(derived.incremental, session)
    assert report.updated > 0
    while report.more:
        report, more = await rows_read(derived.incremental, session)
        rows += more
    assert (await derived.audit(session)).is_clean
    _, rebuilt = await rows_read(derived.rebuild, session)
    assert rows <= FINDING_OUT * rebuilt, (rows, rebuilt)
