"""Histories are read by key and block, as what the tables say is."""

import re
from typing import Any

import pytest
from psycopg import AsyncConnection

from builders.indexing import rows
from harness.challenge_world import ChallengeWorld, arrival, follow, play, repost, save, track, user, wipe_challenges

FIRST = 100_000_000
PROFILE: dict[str, Any] = {
    "handle_lc": "one",
    "name": "One",
    "bio": "B",
    "profile_picture": "Qm",
    "cover_photo": "Qm",
}
TOLD = "user_id, profile_description, profile_name, profile_picture, profile_cover_photo, follows, reposts, favorites"


@pytest.fixture
async def world(connection: AsyncConnection[Any]) -> ChallengeWorld:
    await wipe_challenges(connection)
    return ChallengeWorld(connection)


async def steps(world: ChallengeWorld, block: int) -> list[tuple[Any, ...]]:
    query = """
        SELECT profile_description::int + profile_name::int + profile_picture::int + profile_cover_photo::int
            + follows::int + reposts::int + favorites::int
        FROM backbeat.profile_as_of(1, %s)
    """
    return await rows(world.connection, query, FIRST + block)


async def test_a_profile_as_of_each_block(world: ChallengeWorld) -> None:
    await world.block(user(1, **PROFILE))
    await world.block(*(follow(1, other) for other in range(2, 7)))
    await world.block(repost(1, 9))
    await world.block(save(1, 9))
    await world.block(follow(1, 2, undo=True))
    await world.block(user(1, **PROFILE, deactivated=True))
    await world.block(user(1, **PROFILE))
    found = [await steps(world, block) for block in range(9)]
    assert found == [[], [(4,)], [(5,)], [(6,)], [(7,)], [(6,)], [], [(6,)], [(6,)]]
    now = await rows(world.connection, "SELECT * FROM backbeat.profile_as_of(1, 2147483647)")
    assert now == await rows(world.connection, f"SELECT {TOLD} FROM backbeat.profile_steps")  # noqa: S608 - of above


async def test_blocks_have_their_time_and_plays_their_block(world: ChallengeWorld) -> None:
    await world.block(user(1))
    await world.block(play(5), play(5))
    await world.block(user(2), play(6))
    asked = "SELECT at.block_number - %s, at.play_id FROM backbeat.frontier_of_play(%s) AS at"
    assert [await rows(world.connection, asked, FIRST, play_id) for play_id in (0, 1, 2, 3, 4)] == [
        *([], [(2, 2)], [(2, 2)], [(3, 3)], [])
    ]
    [[at]] = await rows(world.connection, "SELECT backbeat.time_of_block(%s)", FIRST + 3)
    assert at == world.now
    assert await rows(world.connection, "SELECT backbeat.time_of_block(%s)", FIRST) == [(None,)]
    since = "SELECT user_id, since_time FROM backbeat.user_versions WHERE since_block = %s"
    assert await rows(world.connection, since, FIRST + 3) == [(2, world.now)]


async def test_arrivals_are_versions_already(world: ChallengeWorld) -> None:
    await world.block(arrival(1, referrer=7))
    await world.block()
    await world.block(arrival(1, referrer=7, mobile=True))
    found = await rows(
        world.connection,
        "SELECT since_block - %s, until_block - %s, referrer, is_mobile_user FROM backbeat.arrival_versions ORDER BY 1",
        FIRST,
        FIRST,
    )
    assert found == [(1, 3, 7, False), (3, None, 7, True)]


@pytest.mark.parametrize(
    "asked",
    [
        "backbeat.user_as_of(n, 5)",
        "backbeat.track_as_of(n, 5)",
        "backbeat.playlist_as_of(n, 5)",
        "backbeat.profile_as_of(n, 5)",
        "backbeat.user_within(n, 5, 9)",
        "backbeat.comment_within(n, 5, 9)",
        "(SELECT * FROM backbeat.track_versions WHERE owner_id = n)",
        "(SELECT * FROM backbeat.track_versions WHERE pinned_comment_id = n)",
        "(SELECT * FROM backbeat.playlist_versions WHERE owner_id = n)",
        "(SELECT * FROM backbeat.comment_versions WHERE user_id = n)",
        "(SELECT * FROM backbeat.comment_versions WHERE comment_id = n)",
        "(SELECT * FROM backbeat.event_versions WHERE event_id = n)",
        "(SELECT * FROM backbeat.event_versions WHERE user_id = n)",
        "(SELECT * FROM backbeat.follow_versions WHERE follower_user_id = n)",
        "(SELECT * FROM backbeat.repost_versions WHERE user_id = n)",
        "(SELECT * FROM backbeat.save_versions WHERE save_item_id = n AND save_type = 'track')",
        "(SELECT * FROM backbeat.arrival_versions WHERE user_id = n)",
        "backbeat.rule_as_of('p', n)",
        "backbeat.frontier_of_play(n)",
    ],
)
async def test_a_key_is_found_by_index(world: ChallengeWorld, asked: str) -> None:
    await world.connection.execute("SET enable_seqscan = off")
    plan = await rows(
        world.connection,
        f"EXPLAIN SELECT found.* FROM generate_series(1, 3) AS n CROSS JOIN LATERAL {asked} AS found",  # noqa: S608
    )
    text = "\n".join(line for (line,) in plan)
    assert "Seq Scan" not in text, text
    assert re.findall(r"Function Scan on (\w+)", text) == ["generate_series"], text


async def test_owners_that_were(world: ChallengeWorld) -> None:
    await world.block(track(1, 7))
    await world.block(track(1, 8))
    owned = "SELECT since_block - %s, until_block - %s FROM backbeat.track_versions WHERE owner_id = 7"
    assert await rows(world.connection, owned, FIRST, FIRST) == [(1, 2)]
