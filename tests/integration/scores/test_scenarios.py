"""The domain's scenarios of user scores and of counts that are counted again, by number (derived state, section 9)."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.derived.aggregates.dominant_genre import DOMINANT_GENRE
from backbeat.derived.scores.full_pass import FullPass
from backbeat.derived.scores.users import USER_SCORES
from backbeat.incremental.transaction import Session
from backbeat.jobs import catalog, schedule
from backbeat.settings import JobsSettings, Settings
from harness import settle
from harness.chain_writer import GENESIS, Play
from harness.score_world import AllAtOnce, Block, Challenge, Counts, Follows, Plays, Profile, ScoreWorld


def played(user_id: int, *, hours: int, tracks: int) -> Plays:
    """Return plays in so many hours, of so many tracks."""
    plays = max(hours, tracks)
    return Plays(
        [Play(1 + n % tracks, user_id, GENESIS - timedelta(hours=n % hours)) for n in range(plays * bool(tracks))]
    )


def lent(user_id: int, total: int, *, by: int) -> Iterable[Any]:
    """Return what gives a user one follower with ``total`` followers."""
    return Profile(by), Follows([(by, user_id)]), Counts(by, total, 1)


async def scored(connection: AsyncConnection[Any], *steps: Any) -> dict[int, int]:
    world = await ScoreWorld.empty(connection)
    await world.apply(AllAtOnce(steps))
    await settle(USER_SCORES, connection)
    scores = await world.scores()
    assert scores == await world.expected()
    assert (await FullPass().audit(connection)).is_clean, "a full pass gives the same"
    return scores


async def test_s26_the_worked_examples(connection: AsyncConnection[Any]) -> None:
    scores = await scored(
        connection,
        *(Profile(user) for user in (1, 2, 4, 5)),
        Profile(3, "Audius Airdrop"),
        played(1, hours=37, tracks=20),
        *lent(1, 1_250, by=11),
        Counts(1, 12, 8),
        Challenge(1, "u", 5.0),
        played(2, hours=1, tracks=1),
        Counts(2, 0, 2),
        *(Challenge(2, challenge, 5.0) for challenge in ("u", "p", "fp")),
        played(3, hours=400, tracks=250),
        Counts(3, 5_000, 100),
        Block(1, 3),
        Block(2, 3),
        played(5, hours=9, tracks=4),
        *lent(5, 0, by=12),
        Counts(5, 3, 5),
    )
    assert [scores[user] for user in range(1, 6)] == [42, -14, 3_100, -11, 7]


@pytest.mark.parametrize(("followers", "karma"), [(1_000, 1), (1_001, 100)])
async def test_s27_a_thousand_followers_are_summed_and_one_more_is_not(
    connection: AsyncConnection[Any], followers: int, karma: int
) -> None:
    scores = await scored(connection, Profile(1), *lent(1, 100, by=2), Counts(1, followers, 5))
    assert scores[1] == followers + karma - 10


@pytest.mark.parametrize(("following", "karma"), [(9_999, 2), (10_000, 0)])
async def test_s28_who_follows_too_many_lends_nothing(
    connection: AsyncConnection[Any], following: int, karma: int
) -> None:
    scores = await scored(connection, Profile(1), *lent(1, 150, by=2), Counts(2, 150, following), Counts(1, 1, 5))
    assert scores[1] == 1 + karma - 10


@pytest.mark.parametrize(
    ("total", "karma"), [(49, 0), (50, 1), (149, 1), (150, 2), (9_949, 99), (9_950, 100), (10**6, 100)]
)
async def test_karma_is_rounded_half_away_from_zero(connection: AsyncConnection[Any], total: int, karma: int) -> None:
    scores = await scored(connection, Profile(1), *lent(1, total, by=2), Counts(1, 1, 5))
    assert scores[1] == 1 + karma - 10


async def test_s29_impersonators_are_the_unverified(connection: AsyncConnection[Any]) -> None:
    scores = await scored(
        connection, Profile(1, "Audius", is_verified=True), Profile(2, None, "audiusfan"), Profile(3, "an AirDrop")
    )
    assert scores == {1: -11, 2: -1_011, 3: -1_011}


@pytest.mark.parametrize(
    ("challenge", "seconds", "counts"), [("u", 180.0, 1), ("u", 180.001, 0), ("m", 1.0, 0), ("b", 1.0, 0)]
)
async def test_s30_three_minutes_are_fast(
    connection: AsyncConnection[Any], challenge: str, seconds: float, counts: int
) -> None:
    assert await scored(connection, Profile(1), Challenge(1, challenge, seconds)) == {1: -11 - counts}


async def test_s31_a_user_without_counts_gets_a_row_and_one_without_a_handle_does_not(
    connection: AsyncConnection[Any],
) -> None:
    world = await ScoreWorld.empty(connection)
    await world.apply(AllAtOnce([Profile(1), Profile(2, handle_lc=None)]))
    await world.execute("DELETE FROM aggregate_user")
    await settle(USER_SCORES, connection)
    assert await world.all("SELECT user_id, score FROM aggregate_user") == [(1, -11)]
    await world.execute("INSERT INTO aggregate_user (user_id, score) VALUES (2, 5)")
    await settle(USER_SCORES, connection)
    assert (await USER_SCORES.rebuild(Session(connection))).rows_written == 0
    assert await world.all("SELECT score FROM aggregate_user WHERE user_id = 2") == [(5,)]


@pytest.mark.parametrize(("users", "batches"), [(12_000, [5_000, 5_000, 2_000]), (10_000, [5_000, 5_000, 0])])
async def test_s32_a_full_pass_goes_in_batches_newest_first(
    connection: AsyncConnection[Any], users: int, batches: list[int]
) -> None:
    world = await ScoreWorld.empty(connection)
    await world.execute(
        """
        INSERT INTO users (user_id, is_current, handle_lc, created_at)
        SELECT n, true, 'u' || n, timestamp '2025-01-01' + n * interval '1 second' FROM generate_series(1, %s) AS n
        """,
        users,
    )
    await world.execute("ANALYZE users")
    passing = FullPass()
    assert (await passing.incremental(Session(connection))).updated == batches[0]
    newest = await world.all("SELECT min(user_id) FROM aggregate_user WHERE score = -11")
    assert newest == [(users - 4_999,)]
    assert [(await passing.incremental(Session(connection))).keys for _ in batches[1:]] == batches[1:]
    assert await world.all("SELECT count(*) FROM aggregate_user WHERE score = -11") == [(users,)]
    again = [await passing.incremental(Session(connection)) for _ in batches]
    assert [report.rows_written for report in again] == [0] * len(batches)
    assert [report.more for report in again] == [True, True, False]


def test_s33_a_pass_starts_ten_minutes_after_the_last_one_started_or_at_once() -> None:
    every = catalog.find("scores.users", Settings(jobs=JobsSettings(scores_mode="full_pass"))).every_seconds
    noon = datetime(2026, 5, 22, 12, tzinfo=UTC)
    timing, starts, now = schedule.first(noon), [], noon
    for minutes in (3, 14, 1):
        now += timedelta(seconds=max(schedule.seconds_until(now, timing, every), 0))
        starts.append((now - noon) / timedelta(minutes=1))
        timing = schedule.on_start(now, timing, every)
        now += timedelta(minutes=minutes)
        timing = schedule.on_success(now, timing, more=False)
    assert starts == [0, 10, 24]


async def test_s54_a_follow_counts_once_however_often_it_is_written(connection: AsyncConnection[Any]) -> None:
    world = await ScoreWorld.empty(connection)
    await world.apply(AllAtOnce([Profile(1), Profile(2)]))
    found = []
    for step in ("begin", "UPDATE follows SET created_at = now()", "end", "begin again"):
        if step.startswith("UPDATE"):
            await world.execute(step)
        else:
            await world.apply(Follows([(1, 2)]))
        found += await world.all(
            "SELECT followed.follower_count, follower.following_count FROM aggregate_user AS followed"
            " JOIN aggregate_user AS follower ON (followed.user_id, follower.user_id) = (2, 1)"
        )
    assert found == [(1, 1), (1, 1), (0, 0), (1, 1)]


TRACK = """
    INSERT INTO tracks (track_id, owner_id, genre, is_current, is_delete, created_at, updated_at)
    VALUES (%s, 1, %s, true, false, timestamp '2025-01-01' + %s * interval '1 day', now())
    ON CONFLICT (track_id) WHERE is_current DO UPDATE SET genre = excluded.genre
"""


async def dominant(world: ScoreWorld) -> tuple[Any, ...]:
    await settle(DOMINANT_GENRE, world.connection)
    audit = await DOMINANT_GENRE.audit(world.connection)
    assert audit.is_clean, audit
    [found] = await world.all("SELECT dominant_genre, dominant_genre_count FROM aggregate_user WHERE user_id = 1")
    return found


async def test_s58_the_dominant_genre_is_the_one_of_most_tracks(connection: AsyncConnection[Any]) -> None:
    world = await ScoreWorld.empty(connection)
    await world.apply(Profile(1))
    assert await dominant(world) == (None, 0)
    for track, genre in ((1, "Pop"), (2, "Electronic"), (3, "Pop")):
        await world.execute(TRACK, track, genre, track)
    assert await dominant(world) == ("Pop", 2)
    await world.execute(TRACK, 4, "Electronic", 4)
    assert await dominant(world) == ("Electronic", 2)  # as many, uploaded later
    await world.execute("UPDATE tracks SET is_unlisted = true WHERE track_id = 4")
    assert await dominant(world) == ("Pop", 2)
    await world.execute("UPDATE tracks SET is_available = false WHERE track_id = 3")
    assert await dominant(world) == ("Electronic", 1)  # of two that tie, the later; 4 does not count
    await world.execute(TRACK, 5, None, 9)
    await world.execute(TRACK, 6, None, 1)
    assert await dominant(world) == (None, 2)  # no genre is one too
    await world.execute("UPDATE tracks SET owner_id = 2")
    assert await dominant(world) == (None, 0)
