"""Two Fridays in which every challenge has something to insert, to move on and to complete, and caps are reached."""

from datetime import datetime, timedelta

from harness.challenge_life import TimedBlock
from harness.challenge_world import (
    Row,
    arrival,
    comment,
    contest,
    follow,
    held,
    play,
    playlist,
    playlist_score,
    purchase,
    remix,
    repost,
    save,
    score,
    tip,
    track,
    user,
)

FRIDAY = datetime(2025, 6, 6, 10)  # noqa: DTZ001 - the network's columns hold naive UTC
DAY = timedelta(days=1)
CROWD = range(101, 126)  # tracks that make the first twenty, and some underground
SMALL_OWNERS = range(11, 16)
REMIXES = range(21, 31)  # by ten remixers, of track 1


def crowd() -> list[Row]:
    owners = {number: 11 + number % 5 for number in CROWD}
    return [
        *(track(number, owner) for number, owner in owners.items()),
        *(score(number, 1000 - number) for number in CROWD),
        *(Row("aggregate_user", {"user_id": owner, "follower_count": 3}) for owner in SMALL_OWNERS),
        *(held(31, number) for number in (101, 102, 103, 104, 105)),
        playlist(31, 9, 101), playlist_score(31, 5),
    ]  # fmt: skip


def first_friday() -> list[TimedBlock]:
    people = [user(1, verified=True, handle_lc="a"), user(2, handle_lc="b", bio="x"), user(3, verified=True), user(4)]
    music = [track(1, 1), track(2, 3), *(track(number, 40 + number) for number in REMIXES), score(1, 9_999)]
    days = [TimedBlock([play(1, 2)], FRIDAY + number * DAY) for number in range(1, 6)]
    return [
        TimedBlock(people + music + [remix(1, number) for number in REMIXES] + crowd(), FRIDAY),
        TimedBlock(
            [
                playlist(1, 1, 1), play(1, 2), play(1, 3), follow(2, 1), repost(4, 1), tip(1, 2),
                *(repost(1, number) for number in REMIXES[:4]), comment(1, 2, 1), comment(2, 4, 1),
                track(1, 1, pinned_comment_id=1), contest(16, 1, [*REMIXES[:6]]), contest(17, 3, [2]),
                arrival(2, referrer=1, mobile=True), arrival(4, referrer=2), purchase(2, 1, 5_000_000),
            ],
            FRIDAY + timedelta(hours=1),
        ),
        *days,
    ]  # fmt: skip


def second_friday() -> list[TimedBlock]:
    people = [
        user(4, verified=True, handle_lc="d"),
        user(5, handle_lc="e", bio="x", name="x"),
        user(2, verified=True, handle_lc="b", bio="x", name="x"),
    ]
    earned = [
        track(3, 3), track(4, 4), playlist(2, 4, 1), save(2, 1), repost(5, 1), tip(4, 2),
        *(repost(1, number) for number in REMIXES[4:7]), save(3, 21), comment(3, 4, 1), comment(4, 5, 1),
        track(1, 1, pinned_comment_id=2), contest(18, 1, [*REMIXES[6:9]]), contest(16, 1, [*REMIXES[:7]]),
        arrival(5, referrer=2, mobile=True), arrival(6, referrer=2), arrival(7, referrer=1), arrival(8, referrer=1),
        purchase(4, 1, 3_000_000), purchase(2, 1, 9_000_000), *(play(1, 2) for _ in range(4)), play(2, 4),
    ]  # fmt: skip
    return [
        TimedBlock(people, FRIDAY + 6 * DAY),
        TimedBlock([*earned, *crowd()], FRIDAY + 7 * DAY),
        TimedBlock([play(3, 2), play(4, 2)], FRIDAY + 7 * DAY + timedelta(hours=12)),
    ]
