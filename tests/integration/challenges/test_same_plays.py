"""The same blocks give the same rewards for plays, purchases and tips, however jobs take them up."""

import random
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from depth import at_depth
from psycopg import AsyncConnection

from backbeat.derived.challenges.audio_matching import AUDIO_MATCHING_BUYER, AUDIO_MATCHING_SELLER
from backbeat.derived.challenges.first_tip import FIRST_TIP
from backbeat.derived.challenges.listen_streak import LISTEN_STREAK
from backbeat.derived.challenges.play_count_milestones import PLAY_COUNT_MILESTONES
from harness.challenge_jobs import in_batches_of
from harness.challenge_world import EPOCH, ChallengeWorld, Row, play, purchase, tip, track, user, wipe_challenges

pytestmark = pytest.mark.slow

SEEDS = at_depth(1, 3, 10)
BLOCKS = 60
USERS, TRACKS = 4, 5
IDS = ("e", "p1", "p2", "p3", "b", "s", "ft")
STEPS = {"p1": 6, "p2": 14, "p3": 40}
JOBS = (LISTEN_STREAK, PLAY_COUNT_MILESTONES, AUDIO_MATCHING_BUYER, AUDIO_MATCHING_SELLER, FIRST_TIP)
COLUMNS = """
    SELECT
        challenge_id, specifier, user_id, is_complete, current_step_count, amount, completed_blocknumber, completed_at,
        created_at AT TIME ZONE 'UTC'
    FROM user_challenges ORDER BY challenge_id, specifier
"""
STREAKS = "SELECT user_id, last_listen_date, listen_streak, began_at FROM challenge_listen_streak ORDER BY user_id"
TOLD = """
    SELECT type, group_id, specifier, user_ids, blocknumber, "timestamp", data
    FROM notification WHERE type IN ('challenge_reward', 'claimable_reward') ORDER BY group_id, specifier
"""

Edit = tuple[str, str, Any]
"""A challenge, a column of its row, and what that becomes."""


class Pace(NamedTuple):
    """After how many blocks jobs run, None: at the end; and how many rows a window holds."""

    blocks: int | None
    rows_max: int | None = None


class Days:
    """Draws hours in which people listen, come and go, and hand on tracks."""

    def __init__(self, source: random.Random) -> None:
        self._random = source
        self._now = EPOCH
        self._bought = 0

    def block(self) -> list[Row]:
        """Return what the next block holds; it is dated with ``now``."""
        self._now += timedelta(hours=self._random.choice([1, 3, 8, 16, 17, 24, 24, 47, 48, 50]))
        rows = [self._random.choice(self._kinds)(self) for _ in range(self._random.randint(1, 6))]
        return [*rows, *(self._play() for _ in range(self._random.randint(0, 5)))]

    @property
    def now(self) -> Any:
        """Return the time of the block that was drawn last."""
        return self._now

    def edit(self) -> Edit | None:
        """Return what an operator does behind a block, seldom anything."""
        if self._random.randrange(6):
            return None
        return self._random.choice(
            [
                (self._random.choice(IDS), "active", self._random.choice([True, False, True])),
                (self._random.choice(IDS), "amount", self._random.choice(["2", "9"])),
                (self._random.choice(list(STEPS)), "step_count", self._random.choice([3, 8, 20])),
            ]
        )

    def _play(self) -> Row:
        late = timedelta(hours=self._random.choice([0, 0, 0, 1, 20, 100]))
        listener = self._random.choice([None, *range(1, USERS + 1)])
        return play(self._random.randint(1, TRACKS), listener, created_at=self._now - late)

    def _user(self) -> Row:
        seldom = self._random.randrange
        return user(self._random.randint(1, USERS), verified=seldom(3) > 0, deactivated=seldom(3) == 0)

    def _track(self) -> Row:
        gone = self._random.randrange(4) == 0
        return track(self._random.randint(1, TRACKS), self._random.randint(1, USERS), is_delete=gone)

    def _purchase(self) -> Row:
        self._bought += 1
        earlier = self._now - timedelta(seconds=self._random.choice([0, 1, 3600]))
        who, what = self._random.randint(1, USERS), self._random.randint(1, TRACKS)
        return purchase(who, what, 3_000_000, signature=f"p{self._bought}", created_at=earlier)

    def _tip(self) -> Row:
        self._bought += 1
        return tip(self._random.randint(1, USERS), 1, signature=f"t{self._bought}", created_at=self._now)

    _kinds = (_play, _play, _play, _user, _track, _purchase, _tip)


@pytest.fixture
async def session(module_database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    options = "-c timezone=UTC"
    async with await AsyncConnection.connect(module_database_url, autocommit=True, options=options) as connection:
        yield connection


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_the_pace_of_jobs_does_not_show(session: AsyncConnection[Any], seed: int) -> None:
    expected = await _left(session, seed, Pace(1))
    assert {row[0] for row in expected[0]} >= {"e", "p1", "p2", "b", "ft"}
    for pace in (Pace(25), Pace(400), Pace(None, 1), Pace(None, 7), Pace(3, 2)):
        assert await _left(session, seed, pace) == expected, pace


async def _left(session: AsyncConnection[Any], seed: int, pace: Pace) -> list[list[tuple[Any, ...]]]:
    """Return what a history leaves in an empty world."""
    await wipe_challenges(session)
    world, days = ChallengeWorld(session), Days(random.Random(seed))
    jobs = [one if pace.rows_max is None else in_batches_of(pace.rows_max, one) for one in JOBS]
    await session.execute("UPDATE challenges SET active = true, starting_block = 0 WHERE id = ANY (%s)", [list(IDS)])
    for challenge_id, count in STEPS.items():
        await world.set(challenge_id, step_count=count)
    for number in range(1, BLOCKS + 1):
        rows = days.block()
        await world.block(rows, at=days.now)
        if pace.blocks is not None and number % pace.blocks == 0:
            await world.run(*jobs)
        if (edit := days.edit()) is not None:
            await world.set(edit[0], **{edit[1]: edit[2]})
    await world.run(*jobs)
    left = [await world.all(query) for query in (COLUMNS, STREAKS, TOLD)]
    for challenge_id in IDS:  # what happened while one was off is paid now
        await world.set(challenge_id, active=True)
    await world.block([])
    await world.run(*jobs)
    return left + [await world.all(query) for query in (COLUMNS, STREAKS, TOLD)]
