"""What a look costs the system that is watched grows with what changed, and not with what is there."""

from typing import Any

import psycopg
import pytest
from integration.adopt.conftest import name_of
from integration.watch.conftest import LeapingClock, Pair, watching
from psycopg import AsyncConnection

from backbeat.watch.subjects import STIRS
from backbeat.watch.watching import RANGE_ROWS, Watch
from builders.indexing import rows

pytestmark = [pytest.mark.newest, pytest.mark.slow]

LOOKS = 1 + len(STIRS["follows"])
"""One of the rows, and one of each count that goes with them; a look takes so many keys of each."""
BUFFERS_OF_A_KEY = 12
"""Of a follow three pages of an index and one of the table, and as many of a count at each of its two ends."""
BUFFERS_OF_A_LOOK = 150
"""The height, and what planning a statement reads of the catalogue."""
ROWS_OF_A_KEY = 3
"""A follow, and a count at each of its ends."""
ROWS_OF_A_LOOK = 40
"""As above, of rows of the catalogue."""
ASIDE = 3
"""That which asks the counters to be written, and what the server does by itself."""
NAMES = ("transactions", "buffers", "rows")

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
    SELECT xact_commit, blks_hit + blks_read, tup_fetched FROM pg_stat_database WHERE datname = %s
"""


async def spent_there(watch: Watch, here: AsyncConnection[Any], there: str) -> tuple[int, ...]:
    """Return the counters of the other database, with what the session that looks has done; ours is asked."""
    session = await watch._there.session()
    await session.execute("SELECT pg_stat_force_next_flush()")
    return tuple((await rows(here, COUNTERS, there))[0])


async def cost(pair: Pair, changed: int) -> dict[str, int]:
    """Return what a look at so many follows, which blocks of ours wrote, costs the other database."""
    async with watching(pair, LeapingClock()) as (watch, here):
        there = name_of(pair.there)
        await watch.changed("follows")
        found = [await spent_there(watch, here, there)]
        for _ in range(2):  # a session's first statements read the catalogue
            await here.execute(CHANGE.encode(), [changed])
            assert await watch.changed("follows") == changed
            found.append(await spent_there(watch, here, there))
    return dict(zip(NAMES, (late - early for early, late in zip(found[1], found[2], strict=True)), strict=True))


async def test_a_look_costs_what_changed_in_it(pair: Pair) -> None:
    for url in pair:
        with psycopg.connect(url, autocommit=True, options="-c search_path=public") as connection:
            connection.execute(GROW.encode())
    few, many = await cost(pair, 20), await cost(pair, RANGE_ROWS)
    for spent, changed in ((few, 20), (many, RANGE_ROWS)):
        assert 0 < spent["rows"] <= ROWS_OF_A_KEY * changed + ROWS_OF_A_LOOK * LOOKS, spent
        assert spent["buffers"] <= BUFFERS_OF_A_KEY * changed + BUFFERS_OF_A_LOOK * LOOKS, spent
        assert LOOKS <= spent["transactions"] <= LOOKS + ASIDE, spent
