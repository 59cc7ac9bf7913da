"""Playlists are scored at the cost of what changed: as many rows in a network twenty times as large.

Rows are counted by the server. docs/explanation/trending-playlists.md says what k is made of.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.db import address
from backbeat.derived.trending.playlists import trending_playlists
from backbeat.incremental.due import chain_time
from harness import settle
from harness.challenge_world import Row, repost, save, track
from harness.playlist_world import PlaylistWorld, Step, followed
from harness.trending_crowd import crowded, rows_read

SCORES = trending_playlists(chain_time)
SMALL, LARGE = 1_000, 20_000  # playlists; four of their users' saves and reposts on each within the year
ACTS = 4
# Rows read of a dirty playlist: it, its owner and totals, its scores three times over; and of an act on it: it, its
# user, and the user's followers. What names a key: a row of its own, and its scores once more.
K_PLAYLIST, K_ACT = 24, 4
LISTS = 6 * 1_000  # six lists read again: the scores of the magnitudes that the best thirty have, and what those hold
# Tables of a few pages are read whole because that costs less; they are to be read as large ones are.
AS_IF_LARGE = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"


@pytest.fixture
async def session(database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    async with await address.connect(address.parse(database_url), "test") as connection:
        yield connection


async def filled(session: AsyncConnection[Any], playlists: int) -> PlaylistWorld:
    world = await crowded(session, playlists)
    await settle(SCORES, session)
    await session.execute("VACUUM (ANALYZE)")
    return world


CAUSES: dict[str, list[Row | Any]] = {
    "saves and reposts": [
        *(save(number, number + 300, "playlist") for number in range(1, 11)),
        *(repost(number, number + 400, "playlist") for number in range(1, 11)),
    ],
    "followers": [followed(number, 77) for number in range(501, 521)],
    "tracks": [track(number, number, genre="Pop") for number in range(601, 606)],
    "nothing but a minute": [],
}


@pytest.mark.parametrize("playlists", [SMALL, LARGE])
async def test_a_run_reads_what_changed(session: AsyncConnection[Any], playlists: int) -> None:
    world = await filled(session, playlists)
    if playlists == SMALL:
        await session.execute(AS_IF_LARGE)
    for name, changes in CAUSES.items():
        await world.apply(Step(timedelta(minutes=1), changes))
        report, rows = await rows_read(SCORES.incremental, session)
        assert rows <= (K_PLAYLIST + K_ACT * ACTS) * (report.keys + 2 * len(changes)) + LISTS, (name, report, rows)
