"""Every cause that the domain lists (derived state 8.3) is followed: with any one of them removed, the checks fail."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from integration.trending.tracks_world import (
    DAY,
    HOUR,
    OPENING,
    Do,
    Pass,
    Step,
    TracksWorld,
    check,
    engage,
    follow,
    play,
    track,
    user,
)
from psycopg import AsyncConnection

from backbeat.derived.trending import edges, track_counts, tracks
from backbeat.derived.trending.tracks import TrendingTracks
from harness.check import settle
from harness.every_feed_world import wall_clock

pytestmark = pytest.mark.newest

MONTH_END = datetime(2026, 3, 28, 23) - OPENING  # noqa: DTZ001 - naive UTC
SETTING: Step = [
    *(user(number) for number in (1, 2)),
    user(3, complete=False),
    follow(1, range(100, 110)),
    follow(2, range(100, 105)),
    follow(3, range(100, 103)),
    track(1, 2),
    track(2, 2, genre="Pop"),
    *(engage("save", 1, number, 40 * DAY) for number in (1, 2)),
    play(1),
]

Break = Callable[[pytest.MonkeyPatch], Do | None]


def without(module: Any, name: str, part: str, by: str) -> Break:
    """Remove a part of a statement."""

    def remove(patch: pytest.MonkeyPatch) -> None:
        text = getattr(module, name)
        assert part in text, f"{name} no longer has {part}"
        patch.setattr(module, name, text.replace(part, by))

    return remove


def ages(*gone: int) -> Break:
    """Forget some days of age."""

    def remove(patch: pytest.MonkeyPatch) -> None:
        rest = tuple(age for age in edges.AGES if age not in gone)
        patch.setattr(edges, "AGES", rest)
        patch.setattr(tracks, "AGES", rest)

    return remove


def unheard(table: str, function: str, event: str = "u") -> Break:
    """Take a table's trigger away."""

    def remove(_patch: pytest.MonkeyPatch) -> Do:
        return Do(f"ALTER TABLE {table} DISABLE TRIGGER {function}" + (f"_{event}" if event else ""))

    return remove


class Cause(NamedTuple):
    """What happens, and what of the program sees it; ``before`` it happens, there is one run more."""

    number: str
    breaks: Break
    before: Step
    happens: Step


IN_WEEK = "week_edge(%(t2)s::timestamp)\n        AND p.id"
IN_MONTH = "month_edge(%(t1)s::timestamp) AND p.created_at {} backbeat.month_edge(%({})s"
CAUSES = (
    Cause("1 play", without(track_counts, "MOVED", "p.id > %(after)s::bigint AND", "false AND"), [], [play(2)]),
    Cause(
        "2 play leaves the week",
        without(track_counts, "MOVED", IN_WEEK, f"{IN_WEEK} < 0 AND p.id"),
        [play(1, 6 * DAY)],
        [Pass(2 * DAY)],
    ),
    Cause(
        "2 play leaves the month",
        without(track_counts, "MOVED", IN_MONTH.format("<=", "t2"), IN_MONTH.format("<", "t1")),
        [play(1, 27 * DAY)],
        [Pass(5 * DAY)],
    ),
    Cause(
        "3 play comes back",
        without(track_counts, "MOVED", "        count(*)\n    FROM plays", "        0\n    FROM plays"),
        [Pass(MONTH_END), play(1, timedelta(days=28, hours=11))],
        [Pass(HOUR)],
    ),
    Cause("4 save", unheard("saves", "log_insert", ""), [], [engage("save", 2, 1)]),
    Cause("4 repost withdrawn", unheard("reposts", "log_update", ""), [engage("repost", 2, 1)], [
        engage("repost", 2, 1, gone=True)
    ]),
    Cause(
        "5 save leaves the week",
        without(track_counts, "MOVED", "s.created_at > edge.after", "false"),
        [engage("save", 2, 1, 6 * DAY)],
        [Pass(2 * DAY)],
    ),
    Cause(
        "5 repost comes back",
        without(track_counts, "MOVED", "r.created_at > edge.after", "false"),
        [Pass(MONTH_END), engage("repost", 2, 1, timedelta(days=28, hours=11))],
        [Pass(HOUR)],
    ),
    Cause("6 follower of an admirer", unheard("follows", "log_public_follows_to_karma_users", "i"), [], [
        follow(1, range(200, 203))
    ]),
    Cause("6 owner crosses three", without(tracks, "DUE", "t.owner_id = ANY (%(owners)b::integer [])", "false"), [], [
        follow(2, range(102, 105), gone=True)
    ]),
    Cause("7 profile", unheard("users", "log_public_users_to_karma_users"), [], [user(1, complete=False)]),
    Cause(
        "7 aggregate row appears",
        unheard("aggregate_user", "log_public_aggregate_user_to_karma_users", "i"),
        [track(3, 9), Do("DELETE FROM aggregate_user WHERE user_id = 9"), engage("save", 1, 3)],
        [Do("INSERT INTO aggregate_user (user_id, follower_count) VALUES (9, 1)")],
    ),
    Cause("8 new track", unheard("tracks", "log_public_tracks_to_trending_tracks", "i"), [play(5)], [track(5, 2)]),
    Cause("8 hidden track", unheard("tracks", "log_public_tracks_to_trending_tracks"), [], [
        track(2, 2, is_unlisted=True)
    ]),
    Cause("8 genre", unheard("tracks", "log_public_tracks_to_trending_tracks"), [], [track(2, 2, genre="Folk")]),
    Cause(
        "9 first play, long ago",
        without(
            track_counts,
            "MOVED",
            "    GROUP BY track_id\n    ORDER BY track_id\n)",
            "    GROUP BY track_id HAVING sum(plays_month) <> 0\n    ORDER BY track_id\n)",
        ),
        [],
        [play(2, 60 * DAY)],
    ),
    Cause("10 seven days become eight", ages(8), [play(1, -9 * DAY), Pass(7 * DAY)], [Pass(DAY)]),
    Cause("10 the last step of the week", ages(14), [play(1, -20 * DAY), Pass(13 * DAY)], [Pass(DAY)]),
    Cause("10 the last step of the month", ages(60), [play(1, -90 * DAY), Pass(59 * DAY)], [Pass(DAY)]),
    Cause(
        "11 release",
        without(tracks, "DUE", "t.release_date > t.created_at", "false"),
        [track(4, 2, age=100 * DAY, release_date=OPENING + 3 * HOUR), play(4, -2 * DAY), engage("save", 1, 4)],
        [Pass(4 * HOUR)],
    ),
    Cause("12 repaired count", unheard("aggregate_track", "log_public_aggregate_track_to_engaged_tracks"), [], [
        Do("UPDATE aggregate_track SET save_count = 9 WHERE track_id = 1")
    ]),
    Cause("12 repaired followers", unheard("aggregate_user", "log_public_aggregate_user_to_karma_users"), [], [
        Do("UPDATE aggregate_user SET follower_count = 77 WHERE user_id = 1")
    ]),
    Cause("12 reverted save", unheard("saves", "log_delete", ""), [], [Do("DELETE FROM saves WHERE save_item_id = 1")]),
    Cause("12 reverted follow", unheard("follows", "log_public_follows_to_karma_users", "d"), [], [
        Do("DELETE FROM follows WHERE followee_user_id = 1 AND follower_user_id < 105")
    ]),
    Cause("12 reverted track", unheard("tracks", "log_public_tracks_to_trending_tracks", "d"), [], [
        Do("DELETE FROM tracks WHERE track_id = 2")
    ]),
)  # fmt: skip

each = pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.number)


@pytest.fixture
async def world(connection: AsyncConnection[Any]) -> TracksWorld:
    return await TracksWorld.empty(connection)


async def follow_up(world: TracksWorld, cause: Cause) -> None:
    derived = TrendingTracks(clock=wall_clock)
    for step in (SETTING, cause.before, cause.happens):
        await world.apply(step)
        await settle(derived, world.connection)
    await check(world, derived)


@each
async def test_a_cause_is_followed(world: TracksWorld, cause: Cause) -> None:
    await follow_up(world, cause)


@each
async def test_without_it_the_checks_fail(world: TracksWorld, cause: Cause, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = cause.breaks(monkeypatch)
    if broken is not None:
        await world.apply([broken])
    with pytest.raises(AssertionError):
        await follow_up(world, cause)
