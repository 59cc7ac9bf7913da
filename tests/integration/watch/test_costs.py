"""What a look costs the system that is watched grows with what changed, and not with what is there."""

from typing import Any

import psycopg
import pytest
from integration.watch.conftest import LeapingClock, Pair, watching
from psycopg import AsyncConnection

from backbeat.watch.subjects import STIRS
from backbeat.watch.watching import RANGE_ROWS, Watch

pytestmark = [pytest.mark.newest, pytest.mark.slow]

LOOKS = 1 + len(STIRS["follows"])
"""One of the rows, and one of each count that goes with them; a look takes so many keys of each."""
BUFFERS_OF_A_KEY = 12
"""Of a follow three pages of an index and one of the table, and as many of a count at each of its two ends."""
BUFFERS_OF_A_LOOK = 400
"""The height, and what planning a statement reads of the catalogue."""
ROWS_OF_A_KEY = 3
"""A follow, and a count at each of its ends."""

GROW = """
    INSERT INTO users (user_id, is_current, handle, handle_lc, txhash, created_at, updated_at)
    SELECT 20000 + n, true, 'crowd' || n, 'crowd' || n, 'u' || n, now(), now() FROM generate_series(1, 6000) AS n;
    INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, created_at, txhash)
    SELECT 20000 + n, 20001 + n % 100, true, false, now(), 'crowd' || n FROM generate_series(101, 6000) AS n;
    ANALYZE
"""
CHANGE = """
    WITH block AS (
        INSERT INTO blocks (blockhash, number) SELECT 'b' || max(number), max(number) + 1 FROM blocks RETURNING number
    )
    UPDATE follows SET blocknumber = block.number FROM block
    WHERE is_current AND follower_user_id > 20100 AND follower_user_id <= 20100 + %s
"""
COUNTERS = """
    SELECT xact_commit, blks_hit + blks_read, tup_fetched FROM pg_stat_database WHERE datname = current_database()
"""


class Watched:
    """A watched database whose counters are read."""

    def __init__(self, watch: Watch, there: AsyncConnection[Any]) -> None:
        self._watch, self._there = watch, there

    async def spent(self) -> tuple[int, ...]:
        """Return the counters, with what the session that looks has done."""
        session = await self._watch._there.session()
        await session.execute("SELECT pg_stat_force_next_flush()")
        return tuple((await (await self._there.execute(COUNTERS.encode())).fetchall())[0])


async def cost(pair: Pair, changed: int) -> dict[str, int]:
    """Return what a look at so many follows, which blocks of ours wrote, costs the other database."""
    async with watching(pair, LeapingClock()) as (watch, here):
        await watch.changed("follows")
        async with await AsyncConnection.connect(pair.there, autocommit=True) as there:
            await here.execute(CHANGE.encode(), [changed])
            watched = Watched(watch, there)
            await watched.spent()
            before = await watched.spent()
            assert await watch.changed("follows") == changed
            after = await watched.spent()
            counting = await watched.spent()
    names = ("statements", "buffers", "rows")
    alone = [late - early for early, late in zip(after, counting, strict=True)]
    return {name: late - early - idle for name, early, late, idle in zip(names, before, after, alone, strict=True)}


async def test_a_look_costs_what_changed_in_it(pair: Pair) -> None:
    for url in pair:
        with psycopg.connect(url, autocommit=True, options="-c search_path=public") as connection:
            connection.execute(GROW.encode())
    few, many = await cost(pair, 20), await cost(pair, RANGE_ROWS)
    for spent, changed in ((few, 20), (many, RANGE_ROWS)):
        assert 0 < spent["rows"] <= ROWS_OF_A_KEY * changed + 40, spent
        assert spent["buffers"] <= BUFFERS_OF_A_KEY * changed + BUFFERS_OF_A_LOOK * LOOKS, spent
        assert spent["statements"] == LOOKS, spent  # transactions, of a height and of one statement each
