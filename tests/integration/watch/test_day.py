"""A day beside a running indexer, which lags, computes trending by the hour, and has defects that are known."""

from random import Random
from typing import Any

import pytest
from foreign_database.indexer import FAN, index_block
from integration.watch.conftest import LEAP, LeapingClock, Pair, watching
from psycopg import AsyncConnection

from backbeat.observe.watched import UNKNOWN, Cause, Verdict, WatchStatus, read_watch

pytestmark = [pytest.mark.newest, pytest.mark.slow, pytest.mark.timeout(900)]

Connection = AsyncConnection[Any]

QUARTERS = 96
LOST_PLAYS_AT, WEIGHTS_LOST_FROM, STARVED_FROM, DRIFT_AT = 30, 40, 44, 50

CURSOR = """
    UPDATE backbeat.cursor
    SET height = %s, block_number = (SELECT max(number) FROM blocks), play_id = (SELECT max(id) FROM plays)
"""
TOLD = """
    INSERT INTO notification (blocknumber, user_ids, timestamp, type, specifier, group_id, data)
    SELECT
        blocknumber, ARRAY[followee_user_id], created_at, 'follow', follower_user_id, 'follow:' || followee_user_id,
        jsonb_build_object('followee_user_id', followee_user_id, 'follower_user_id', follower_user_id)
    FROM follows
    WHERE txhash = 'T' || %s
"""
# their triggers count saves and reposts in the row that a user's own trigger made; these users have none
COUNTED = "INSERT INTO aggregate_user (user_id, repost_count, track_save_count) VALUES (%(fan)s, 1, 1)"
LOSE = (
    "DELETE FROM plays WHERE slot = %(height)s",
    "DELETE FROM aggregate_plays WHERE play_item_id = %(track)s",
    "DELETE FROM aggregate_monthly_plays WHERE play_item_id = %(track)s",
)
TREND = """
    UPDATE track_trending_scores SET score = score + 10, created_at = %(at)s
    WHERE track_id = 8006 + %(quarter)s %% 10 AND time_range = 'week'
"""
COMPUTED = "SELECT track_id, time_range, score FROM track_trending_scores WHERE type = 'TRACKS' AND version = 'pnagD'"
COMPUTE = """
    UPDATE track_trending_scores SET score = %(score)s, created_at = %(at)s
    WHERE track_id = %(track)s AND time_range = %(range)s AND type = 'TRACKS' AND version = 'pnagD'
"""
EARN = """
    INSERT INTO user_challenges (
        challenge_id, user_id, specifier, is_complete, current_step_count, completed_blocknumber, amount, completed_at
    )
    SELECT 'u', n, 'starved' || n, true, 3, 7, 1, '2025-11-01' FROM generate_series(1, 510) AS n
"""
CLAIMABLE = """
    INSERT INTO notification (group_id, specifier, type, user_ids, timestamp, data)
    SELECT
        'claimable_reward:' || n || ':challenge:u:specifier:starved' || n, 'starved' || n, 'claimable_reward', ARRAY[n],
        '2025-11-01', '{}'
    FROM generate_series(1, 510) AS n
    ON CONFLICT DO NOTHING
"""
STARVE = "DELETE FROM notification WHERE specifier LIKE 'starved%'"


class Chain:
    """Blocks that both index, ours at once and the other up to two later; each has its own track."""

    def __init__(self, here: Connection, there: Connection) -> None:
        self.height = 0
        self._waiting: list[int] = []
        self._here = here
        self._there = there
        self._draw = Random(7)

    async def grow(self) -> None:
        """Index a block here, and there those that are due."""
        self.height += 1
        height = await index_block(self._here, **self._block(self.height))
        await self._here.execute(TOLD.encode(), [height])
        await self._here.execute(CURSOR.encode(), [height])
        self._waiting.append(self.height)
        while len(self._waiting) > self._draw.choice((0, 0, 1, 2)):
            number = self._waiting.pop(0)
            values = {"height": await index_block(self._there, **self._block(number)), "track": 10_000 + number}
            await self._there.execute(COUNTED.encode(), {"fan": FAN + values["height"]})
            for statement in LOSE if number == LOST_PLAYS_AT else ():
                await self._there.execute(statement.encode(), values)

    def _block(self, number: int) -> dict[str, int]:
        return {"follower": 9_100 + number, "followee": 9_011, "track": 10_000 + number}


async def their_hour(here: Connection, there: Connection, clock: LeapingClock, *, weighted: bool) -> None:
    """Have the other compute its trending, with the weights of all reposts and saves or without."""
    for track, span, score in await (await here.execute(COMPUTED.encode())).fetchall():
        lost = 26.0 if 8001 <= track <= 8005 and not weighted else 0.0
        values = {"score": score - lost, "at": clock.now(), "track": track, "range": span}
        await there.execute(COMPUTE.encode(), values)


async def found_by(session: Connection) -> WatchStatus:
    found = await read_watch(session)
    assert found is not None
    return found


async def test_each_defect_of_a_day_is_named_and_nothing_else(pair: Pair) -> None:
    clock = LeapingClock(LEAP / 36)  # what waits at all waits five minutes
    async with (
        watching(pair, clock) as (watch, session),
        await AsyncConnection.connect(pair.here, autocommit=True, options="-c timezone=UTC") as here,
        await AsyncConnection.connect(pair.there, autocommit=True, options="-c timezone=UTC") as there,
    ):
        chain = Chain(here, there)
        await there.execute("ALTER TABLE user_challenges DISABLE TRIGGER on_user_challenge")
        for quarter in range(QUARTERS):
            begun = clock.at
            await chain.grow()
            await here.execute(TREND.encode(), {"quarter": quarter, "at": clock.now()})
            if quarter % 4 == 3:
                await their_hour(here, there, clock, weighted=quarter < WEIGHTS_LOST_FROM)
            if quarter == STARVED_FROM:
                for each in (here, there):
                    await each.execute(EARN.encode())
                    await each.execute(STARVE.encode())  # of what its own triggers told
                await here.execute(CLAIMABLE.encode())
            if quarter == DRIFT_AT:
                await there.execute(
                    "UPDATE aggregate_user SET follower_count = follower_count - 2 WHERE user_id = 9012"
                )
            for _ in range(2):
                await watch.step()
            clock.at = max(clock.at, begun + LEAP / 12)
            if quarter == LOST_PLAYS_AT - 2:
                before = await found_by(session)
                assert (before.unexplained, before.known) == (0, {})
        await watch.once(seconds_max=1e9)
        found = await found_by(session)
    assert [each for each in found.differences if each.cause == UNKNOWN] == []
    assert {each.cause for each in found.differences} - {""} == {
        Cause.PLAYS_LOST, Cause.WEIGHTS_LOST, Cause.SCORES_DIFFER, Cause.NOTIFICATIONS_STARVED, Cause.COUNT_DRIFTED,
    }  # fmt: skip
    assert (found.unexplained, found.problems) == (0, ())
    assert found.verdict in {Verdict.EQUAL, Verdict.WAITING}
    assert found.equal_seconds is not None
    assert found.equal_seconds >= 86_400
