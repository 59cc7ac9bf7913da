"""Domain scenarios S63 to S65, and the rest of what completing a challenge sets off."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from builders.waiting import eventually
from harness.challenge_world import EPOCH, ChallengeWorld, Row, repost, save, track, user
from harness.connections import waits_for_lock

MINUTE = timedelta(minutes=1)


def row(challenge_id: str, user_id: int = 1, specifier: str = "1", minutes: int = 0, **columns: Any) -> Row:
    at = EPOCH + minutes * MINUTE
    known = {
        "challenge_id": challenge_id, "specifier": specifier, "user_id": user_id, "is_complete": True,
        "current_step_count": 1, "amount": 3, "completed_at": at, "completed_blocknumber": 7,
    }  # fmt: skip
    return Row("user_challenges", {**known, **columns})


async def told(challenges: ChallengeWorld) -> list[tuple[Any, ...]]:
    return await challenges.all(
        "SELECT type, group_id, specifier, user_ids, blocknumber, data FROM notification ORDER BY 2"
    )


async def types(challenges: ChallengeWorld) -> list[str]:
    return [kind for (kind,) in await challenges.all("SELECT type FROM notification ORDER BY type")]


async def write_at_once(challenges: ChallengeWorld, rows: list[Row]) -> None:
    """One statement for all, as a run writes them."""
    columns = list(rows[0].columns)
    places = ", ".join(["(" + ", ".join(["%s"] * len(columns)) + ")"] * len(rows))
    values = [value for one in rows for value in one.columns.values()]
    statement = f"INSERT INTO user_challenges ({', '.join(columns)}) VALUES {places}"  # noqa: S608 - names of ours
    await challenges.connection.execute(statement.encode(), values)


async def test_claimable_at_once(challenges: ChallengeWorld) -> None:
    await challenges.block(row("v"))
    assert await told(challenges) == [
        (
            "challenge_reward", "challenge_reward:1:challenge:v:specifier:1", "1", [1], 7,
            {"specifier": "1", "challenge_id": "v", "amount": "300000000"},
        ),
        (
            "claimable_reward", "claimable_reward:1:challenge:v:specifier:1", "1", [1], 7,
            {"specifier": "1", "challenge_id": "v", "amount": 3},
        ),
    ]  # fmt: skip


@pytest.mark.parametrize(("days", "expected"), [(None, 0), (4, 4)])
async def test_a_listening_streak_tells_its_days(challenges: ChallengeWorld, days: int | None, expected: int) -> None:
    if days:
        await challenges.block(Row("challenge_listen_streak", {"user_id": 1, "listen_streak": days}))
    await challenges.block(row("e"))
    data = await challenges.all("SELECT data -> 'listen_streak' FROM notification WHERE type = 'challenge_reward'")
    assert data == [(expected,)]


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(("minutes", "expected"), [(20, 1), (60, 1), (61, 2)])
async def test_s63_one_cooldown_notice_an_hour(
    challenges: ChallengeWorld, minutes: int, expected: int, at_once: bool
) -> None:
    rows = [row("u"), row("fp", minutes=minutes)]
    if at_once:
        await write_at_once(challenges, rows)
    else:
        for one in rows:
            await challenges.block(one)
    assert await types(challenges) == ["reward_in_cooldown"] * expected


async def test_s63_hours_are_counted_from_notice_to_notice(challenges: ChallengeWorld) -> None:
    await write_at_once(challenges, [row("c", specifier=f"1:{number}", minutes=40 * number) for number in range(6)])
    found = await challenges.all("SELECT specifier FROM notification ORDER BY specifier")
    assert found == [("1:0",), ("1:2",), ("1:4",)]


async def test_s63_an_earlier_completion_seen_late_is_not_announced(challenges: ChallengeWorld) -> None:
    await challenges.block(row("u", minutes=300))
    await challenges.block(row("fp", minutes=0))
    assert len(await types(challenges)) == 1


async def test_s64_matching_is_silent(challenges: ChallengeWorld) -> None:
    await challenges.block(row("b"), row("s"))
    assert await types(challenges) == []


async def test_s64_trending_is_rewarded_but_not_claimed(challenges: ChallengeWorld) -> None:
    result = {
        "user_id": 1, "id": "42", "rank": 3, "type": "TRACKS", "version": "pnagD", "week": "2026-05-22",
    }  # fmt: skip
    await challenges.block(Row("trending_results", result))
    await challenges.block(row("tt", specifier="2026-05-22:3", amount=1000))
    found = await told(challenges)
    assert [one[0] for one in found] == ["challenge_reward", "trending"]
    assert found[0][5]["amount"] == "100000000000"
    epoch = int((EPOCH - EPOCH.replace(year=1970, month=1, day=1)).total_seconds())
    assert found[1][1] == f"trending:time_range:week:genre:all:rank:3:track_id:42:timestamp:{epoch}"


@pytest.mark.parametrize(
    ("challenge_id", "ranked", "kind", "item"),
    [
        ("tt", "TRACKS", "trending", "track_id"),
        ("tut", "UNDERGROUND_TRACKS", "trending_underground", "track_id"),
        ("tp", "PLAYLISTS", "trending_playlist", "playlist_id"),
    ],
)
async def test_each_list_of_a_week_is_told_by_its_name(
    challenges: ChallengeWorld, challenge_id: str, ranked: str, kind: str, item: str
) -> None:
    result = {"user_id": 1, "id": "42", "rank": 3, "type": ranked, "version": "pnagD", "week": "2026-05-22"}
    await challenges.block(Row("trending_results", result))
    await challenges.block(row(challenge_id, specifier="2026-05-22:3", amount=1000))
    [found] = [one for one in await told(challenges) if one[0] == kind]
    assert found[1].startswith(f"{kind}:time_range:week:genre:all:rank:3:{item}:42:timestamp:")
    assert found[5] == {"time_range": "week", "genre": "all", "rank": 3, item: 42}


@pytest.mark.parametrize("challenge_id", ["tt", "tut", "tp"])
async def test_trending_without_a_result_tells_only_of_the_reward(
    challenges: ChallengeWorld, challenge_id: str
) -> None:
    await challenges.block(row(challenge_id, specifier="2026-05-22:3"))
    assert await types(challenges) == ["challenge_reward"]


async def test_s65_incomplete_rows_are_silent(challenges: ChallengeWorld) -> None:
    await challenges.block(row("u", is_complete=False, completed_at=None))
    await challenges.block(row("u", is_complete=False, completed_at=None, current_step_count=2))
    assert await types(challenges) == []
    assert await challenges.all("TABLE user_score_features") == []


async def test_completion_by_an_update_counts_and_later_writes_do_not(challenges: ChallengeWorld) -> None:
    await challenges.block(row("u", is_complete=False, completed_at=None))
    await challenges.block(row("u"))
    assert await types(challenges) == ["reward_in_cooldown"]
    await challenges.connection.execute("TRUNCATE notification")
    await challenges.block(row("u", current_step_count=9))
    assert await types(challenges) == []


@pytest.mark.parametrize(("rows", "action"), [([save(1, 42)], "save"), ([save(1, 42), repost(1, 42)], "repost")])
async def test_a_tastemaker_hears_of_the_track(challenges: ChallengeWorld, rows: list[Row], action: str) -> None:
    await challenges.block(track(42, 9), *rows, row("t", specifier="1:t:2a"))
    found = [one for one in await told(challenges) if one[0] == "tastemaker"]
    data = {
        "tastemaker_item_id": 42, "tastemaker_item_type": "track", "tastemaker_item_owner_id": 9, "action": action,
        "tastemaker_user_id": 1,
    }  # fmt: skip
    assert found == [("tastemaker", "tastemaker_user_id:1:tastemaker_item_id:42", "42", [1], 7, data)]


@pytest.mark.parametrize("specifier", ["1:t:2b", "1:t:XYZ", "1"])
async def test_a_tastemaker_of_nothing_hears_nothing(challenges: ChallengeWorld, specifier: str) -> None:
    await challenges.block(track(42, 9), row("t", specifier=specifier))
    assert "tastemaker" not in await types(challenges)


async def test_rewards_right_after_signing_up_are_counted(challenges: ChallengeWorld) -> None:
    await challenges.block(user(1), at=EPOCH)
    for number, (challenge_id, minutes) in enumerate([("u", 1), ("c", 3), ("fp", 4), ("m", 1), ("b", 1)]):
        await challenges.block(row(challenge_id, specifier=f"1:{number}", minutes=minutes))
    await challenges.block(row("u", user_id=2, specifier="2"))
    counts = await challenges.all("SELECT user_id, challenge_count FROM user_score_features ORDER BY 1")
    assert counts == [(1, 2), (2, 0)]


async def test_a_quiet_backfill_notifies_nobody(challenges: ChallengeWorld) -> None:
    await challenges.connection.execute("SET backbeat.challenge_notifications = off")
    await challenges.block(row("v"), row("u"))
    assert await types(challenges) == []
    assert len(await challenges.rows()) == 2


@pytest.mark.parametrize("order", [("u", "fp"), ("fp", "u")])
async def test_two_jobs_at_once_send_one_cooldown_notice_an_hour(
    challenges: ChallengeWorld, module_database_url: str, order: tuple[str, str]
) -> None:
    await challenges.block(Row("user_score_features", {"user_id": 1, "challenge_count": 0}))  # no count makes them meet
    first, second = (row(challenge_id, minutes=number) for number, challenge_id in enumerate(order))
    async with (
        await AsyncConnection.connect(module_database_url) as one,
        await AsyncConnection.connect(module_database_url) as other,
    ):
        await write_at_once(ChallengeWorld(one), [first])
        rival = asyncio.create_task(write_at_once(ChallengeWorld(other), [second]))

        async def ready() -> bool:
            return rival.done() or await waits_for_lock(challenges.connection, other)

        assert await eventually(ready)
        await one.commit()
        await rival
        await other.commit()
    assert await types(challenges) == ["reward_in_cooldown"]
