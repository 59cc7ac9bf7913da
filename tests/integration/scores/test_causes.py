"""Each cause of a changed score (domain: derived state, 8.4) by itself, and that nothing else makes up for its loss."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from psycopg import AsyncConnection

from backbeat.derived.scores.users import USER_SCORES
from harness import settle
from harness.chain_writer import GENESIS, Play
from harness.score_world import (
    AllAtOnce,
    Block,
    Challenge,
    Counts,
    Follows,
    Forgotten,
    Lost,
    Plays,
    Profile,
    ScoreWorld,
    Swapped,
)

pytestmark = pytest.mark.newest


class Cause(NamedTuple):
    """What happens, after what, and the trigger without which nobody hears of it."""

    name: str
    before: Sequence[Any]
    then: Any
    trigger: tuple[str, str]


def hour(number: int) -> Any:
    return GENESIS - timedelta(hours=number)


TWO = [Profile(1), Profile(2)]
FOLLOWED = [*TWO, Follows([(1, 2)]), Counts(1, 149, 3)]
COUNTS = ("aggregate_user", "log_followings_u")
PROFILES = ("users", "log_public_users_to_score_profiles_u")
CHALLENGES = "log_public_user_challenges_to_early_challenges"
BLOCKED = "log_public_chat_blocked_users_to_scored_users"

CAUSES = [
    Cause(
        "1 a play in a new hour",
        [*TWO, Plays([Play(1, 1, hour(1))])],
        Plays([Play(1, 1, hour(2))]),
        ("user_distinct_play_hours", "log_public_user_distinct_play_hours_to_scored_users_u"),
    ),
    Cause(
        "1 a play of a fourth track",
        [*TWO, Plays([Play(track, 1, hour(1)) for track in (1, 2, 3)])],
        Plays([Play(4, 1, hour(1))]),
        ("user_distinct_play_tracks", "log_public_user_distinct_play_tracks_to_scored_users_u"),
    ),
    Cause("2 a follower more", [*TWO, Counts(2, 5, 9)], Counts(2, 6, 9), COUNTS),
    Cause("2 a fifth followed", [*TWO, Counts(2, 5, 4)], Counts(2, 5, 5), COUNTS),
    Cause(
        "2 one follower for another, in one statement",
        [
            *TWO,
            Profile(3),
            *[Follows([edge]) for edge in ((1, 2), (3, 2), (3, 2))],
            Counts(1, 500, 1),
            Counts(3, 900, 1),
        ],
        Swapped(2),
        ("follows", "log_public_follows_to_follow_edges_u"),
    ),
    Cause("3 a follower has more followers", FOLLOWED, Counts(1, 150, 3), COUNTS),
    Cause("4 a follower follows too many", FOLLOWED, Counts(1, 149, 10_000), COUNTS),
    Cause("4 a follower follows few enough again", [*FOLLOWED, Counts(1, 149, 10_000)], Counts(1, 149, 9_999), COUNTS),
    Cause("5 a thousand followers become one more", [*FOLLOWED, Counts(2, 1_000, 9)], Counts(2, 1_001, 9), COUNTS),
    Cause("5 and one less", [*FOLLOWED, Counts(2, 1_001, 9)], Counts(2, 1_000, 9), COUNTS),
    Cause("5 the last follower goes", FOLLOWED, Counts(2, 0, 9), COUNTS),
    Cause("6 a chat block", TWO, Block(1, 2), ("chat_blocked_users", f"{BLOCKED}_i")),
    Cause("6 a chat block lifted", [*TWO, Block(1, 2)], Block(1, 2), ("chat_blocked_users", f"{BLOCKED}_d")),
    Cause(
        "7 a challenge within three minutes",
        TWO,
        Challenge(1, "u", 180.0),
        ("user_score_features", "log_public_user_score_features_to_scored_users_i"),
    ),
    Cause(
        "7 and taken back",
        [*TWO, Challenge(1, "u", 1.0)],
        Challenge(1, "u", None),
        ("user_challenges", f"{CHALLENGES}_u"),
    ),
    Cause("7 created at another time", [*TWO, Challenge(1, "u", 185.0)], Profile(1, seconds=9), PROFILES),
    Cause("8 another name", TWO, Profile(1, "The Airdrop"), PROFILES),
    Cause("8 another handle", TWO, Profile(1, handle_lc="audiusfan"), PROFILES),
    Cause("8 verified", [Profile(1, "Audius"), Profile(2)], Profile(1, "Audius", is_verified=True), PROFILES),
    Cause("8 a handle at last", [Profile(1, handle_lc=None)], Profile(1), PROFILES),
    Cause("8 a new user", [Profile(2)], Profile(1), ("users", "log_public_users_to_score_profiles_i")),
    Cause("9 a row of counts lost", [*TWO, Counts(2, 5, 9)], Lost(2), ("aggregate_user", "log_followings_d")),
]

each = pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)


@pytest.fixture
async def connection(module_database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    """A session on the database that the tests of this module share; each begins with an empty world."""
    async with await AsyncConnection.connect(
        module_database_url, autocommit=True, options="-c timezone=UTC"
    ) as session:
        yield session


async def lived(cause: Cause, connection: AsyncConnection[Any]) -> ScoreWorld:
    """Return the world after what comes before the cause, scored."""
    world = await ScoreWorld.empty(connection)
    await world.apply(AllAtOnce(cause.before))
    await settle(USER_SCORES, connection)
    assert await world.scores() == await world.expected()
    return world


@each
async def test_the_score_follows(cause: Cause, connection: AsyncConnection[Any]) -> None:
    world = await lived(cause, connection)
    before = await world.scores()
    await world.apply(cause.then)
    await settle(USER_SCORES, connection)
    assert await world.scores() == await world.expected() != before


@each
async def test_without_its_trigger_the_score_stays_behind(cause: Cause, connection: AsyncConnection[Any]) -> None:
    world = await lived(cause, connection)
    table, trigger = cause.trigger
    await world.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
    try:
        await world.apply(cause.then)
        await settle(USER_SCORES, connection)
    finally:
        await world.execute(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")
    assert await world.scores() != await world.expected()


async def test_what_cannot_change_a_score_is_not_even_logged(connection: AsyncConnection[Any]) -> None:
    world = await ScoreWorld.empty(connection)
    await world.apply(AllAtOnce([*FOLLOWED, Plays([Play(1, 1, hour(1))]), Counts(2, 5, 7)]))
    await settle(USER_SCORES, connection)
    await world.execute("TRUNCATE backbeat.changes")
    await world.apply(Counts(2, 5, 800))  # follows more, and is neither below five nor above ten thousand
    await world.execute("UPDATE aggregate_user SET track_count = 5, repost_count = 9, score = score")
    await world.execute("UPDATE users SET bio = 'new'")
    await world.apply(Plays([Play(1, 1, hour(1)), Play(1, None, hour(1))]))
    await settle(USER_SCORES, connection)
    streams = await world.all("SELECT DISTINCT stream FROM backbeat.changes")
    assert not {stream for (stream,) in streams} & {
        "followings", "follow_edges", "scored_users", "score_profiles", "early_challenges",
    }  # fmt: skip


async def test_a_forgotten_user_keeps_the_score_that_it_had(connection: AsyncConnection[Any]) -> None:
    world = await ScoreWorld.empty(connection)
    await world.apply(AllAtOnce([*TWO, Counts(2, 5, 9)]))
    await settle(USER_SCORES, connection)
    await world.apply(Forgotten(2))
    await settle(USER_SCORES, connection)
    assert await world.all("SELECT score FROM aggregate_user WHERE user_id = 2") == [(-5,)]
