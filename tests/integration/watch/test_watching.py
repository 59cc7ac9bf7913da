"""A running indexer's database is compared with ours: what is alike, what differs, and why."""

import asyncio
from typing import Any

import psycopg
import pytest
from integration.adopt.conftest import name_of
from integration.watch.conftest import HEIGHT, LEAP, LeapingClock, Pair, causes, watched, watching

from backbeat.errors import DatabaseError, UnfitDatabaseError
from backbeat.observe.watched import UNKNOWN, Cause, Verdict, read_watch
from backbeat.watch import store
from backbeat.watch import watching as stepping
from backbeat.watch.causes import CAUSES
from builders.indexing import rows

pytestmark = pytest.mark.newest

Found = set[tuple[str, str, str]]

LOST_PLAYS = (
    "DELETE FROM plays WHERE slot = 5",
    "UPDATE aggregate_plays SET count = count - 3 WHERE play_item_id = 8005",
    "UPDATE aggregate_monthly_plays SET count = count - 3 WHERE play_item_id = 8005",
)
REPEATED_BLOCK = (
    (
        "INSERT INTO plays (play_item_id, user_id, slot, created_at, updated_at)"
        " SELECT play_item_id, user_id, slot, created_at, updated_at FROM plays WHERE slot = 6"
    ),
)
SPOILT: dict[str, tuple[tuple[str, ...], Found]] = {
    Cause.PLAYS_LOST: (
        LOST_PLAYS,
        {
            ("plays", "missing there", Cause.PLAYS_LOST),
            ("aggregate_plays", "differs", Cause.PLAYS_LOST),
            ("aggregate_monthly_plays", "differs", Cause.PLAYS_LOST),
        },
    ),
    Cause.BLOCK_REPEATED: (
        REPEATED_BLOCK,
        {
            ("plays", "differs", Cause.BLOCK_REPEATED),
            ("aggregate_plays", "differs", Cause.BLOCK_REPEATED),
            ("aggregate_monthly_plays", "differs", Cause.BLOCK_REPEATED),
        },
    ),
    Cause.ROWS_REPEATED: (
        (
            (
                "INSERT INTO users (user_id, is_current, handle, handle_lc, txhash)"
                " SELECT user_id, true, handle, handle_lc, 'again' FROM users WHERE user_id = 9002 AND is_current"
            ),
        ),
        {("users", "repeated", Cause.ROWS_REPEATED)},
    ),
    Cause.COUNT_DRIFTED: (
        (
            "UPDATE aggregate_user SET follower_count = follower_count - 3 WHERE user_id = 9012",
            "UPDATE aggregate_track SET save_count = save_count + 2 WHERE track_id = 8003",
            "UPDATE aggregate_plays SET count = count - 1 WHERE play_item_id = 8007",
        ),
        {
            ("aggregate_user", "differs", Cause.COUNT_DRIFTED),
            ("aggregate_track", "differs", Cause.COUNT_DRIFTED),
            ("aggregate_plays", "differs", Cause.COUNT_DRIFTED),
        },
    ),
    Cause.COUNT_NULL: (
        ("UPDATE aggregate_user SET track_save_count = NULL WHERE user_id = 9003",),
        {("aggregate_user", "differs", Cause.COUNT_NULL)},
    ),
    Cause.HOUR_COUNTED_TWICE: (
        ("UPDATE hourly_play_counts SET play_count = play_count + 4 WHERE hourly_timestamp = '2026-01-02 07:00'",),
        {("hourly_play_counts", "differs", Cause.HOUR_COUNTED_TWICE)},
    ),
    Cause.ROWS_DIFFER: (
        (
            "DELETE FROM follows WHERE follower_user_id = 9004 AND followee_user_id = 9011",
            "UPDATE aggregate_user SET follower_count = follower_count - 1 WHERE user_id = 9011",
            "UPDATE aggregate_user SET following_count = following_count - 1 WHERE user_id = 9004",
        ),
        {("follows", "missing there", UNKNOWN), ("aggregate_user", "differs", Cause.ROWS_DIFFER)},
    ),
    Cause.WEIGHTS_LOST: (
        (
            (
                "UPDATE track_trending_scores SET score = 10 * (track_id - 8000)"
                " WHERE type = 'TRACKS' AND version = 'pnagD' AND track_id BETWEEN 8001 AND 8005"
            ),
        ),
        {("track_trending_scores", "differs", Cause.WEIGHTS_LOST)},
    ),
    Cause.TRENDING_STOPPED: (
        (
            "UPDATE track_trending_scores SET created_at = '2026-01-01'",
            "UPDATE track_trending_scores SET score = 1 WHERE track_id = 8010 AND time_range = 'week'",
        ),
        {
            ("track_trending_scores", "differs", Cause.TRENDING_STOPPED),
            ("trending lists", "order", Cause.TRENDING_STOPPED),
        },
    ),
    Cause.SCORE_LINGERS: (
        (
            (
                "INSERT INTO track_trending_scores (track_id, type, version, time_range, score, created_at)"
                " VALUES (8999, 'TRACKS', 'AnlGe', 'week', 4, '2026-01-03')"
            ),
        ),
        {("track_trending_scores", "missing here", Cause.SCORE_LINGERS)},
    ),
    Cause.UNREAD_TYPE: (
        (
            (
                "INSERT INTO track_trending_scores (track_id, type, version, time_range, score, created_at)"
                " VALUES (8001, 'UNDERGROUND_TRACKS', 'pnagD', 'week', 4, '2026-01-03')"
            ),
        ),
        {("track_trending_scores", "missing here", Cause.UNREAD_TYPE)},
    ),
    Cause.RANGE_OF_ANOTHER_NAME: (
        ("UPDATE playlist_trending_scores SET time_range = 'allTime' WHERE playlist_id = 7001",),
        {
            ("playlist_trending_scores", "missing here", Cause.RANGE_OF_ANOTHER_NAME),
            ("playlist_trending_scores", "missing there", Cause.RANGE_OF_ANOTHER_NAME),
        },
    ),
    Cause.NOTIFICATIONS_STARVED: (
        (
            "ALTER TABLE user_challenges DISABLE TRIGGER on_user_challenge",
            "DELETE FROM notification WHERE group_id LIKE 'claimable_reward:%' AND user_ids = ARRAY[9003]",
            "UPDATE user_challenges SET completed_at = '2025-11-01'",  # not compared, and behind the cooldown
            (
                "INSERT INTO user_challenges (challenge_id, user_id, specifier, is_complete, current_step_count,"
                " completed_blocknumber, amount, completed_at)"
                " SELECT 'u', n, 'starved' || n, true, 3, 7, 1, '2025-11-01' FROM generate_series(1, 500) AS n"
            ),
            "DELETE FROM notification WHERE specifier LIKE 'starved%'",
        ),
        {
            ("notification", "missing there", Cause.NOTIFICATIONS_STARVED),
            ("user_challenges", "missing here", UNKNOWN),  # what stands in the way is made up
        },
    ),
    Cause.TOLD_ONCE_AN_HOUR: (
        (
            (
                "UPDATE notification SET specifier = 'x', group_id = 'claimable_reward:9004:challenge:m:specifier:x'"
                " WHERE group_id LIKE 'claimable_reward:9004:challenge:u:%'"
            ),
        ),
        {
            ("notification", "missing here", Cause.TOLD_ONCE_AN_HOUR),
            ("notification", "missing there", Cause.TOLD_ONCE_AN_HOUR),
        },
    ),
    Cause.REFERRED_OTHERWISE: (
        ("UPDATE user_challenges SET specifier = specifier || ':1f4' WHERE challenge_id = 'rd' AND user_id = 9001",),
        {
            ("notification", "missing here", Cause.REWARD_DIFFERS),
            ("user_challenges", "missing here", Cause.REFERRED_OTHERWISE),
            ("user_challenges", "missing there", Cause.REFERRED_OTHERWISE),
        },
    ),
    Cause.COMPLETED_WITHOUT_BLOCK: (
        ("UPDATE user_challenges SET completed_blocknumber = NULL WHERE challenge_id = 'u' AND user_id = 9005",),
        {("user_challenges", "differs", Cause.COMPLETED_WITHOUT_BLOCK)},
    ),
    Cause.PAYMENTS_BEHIND: (
        (
            "INSERT INTO user_tips SELECT 500, 'later', 9001, 9011, 7 FROM user_tips WHERE slot = 101",
            "DELETE FROM challenge_disbursements WHERE slot = 103",
        ),
        {
            ("user_tips", "missing here", Cause.PAYMENTS_BEHIND),
            ("challenge_disbursements", "missing there", Cause.PAYMENTS_BEHIND),
        },
    ),
    Cause.PAYMENTS_DIFFER: (
        (
            "UPDATE user_tips SET amount = 9 WHERE slot = 102",
            "UPDATE aggregate_user_tips SET amount = 9 WHERE sender_user_id = 9002 AND receiver_user_id = 9010",
            (
                "INSERT INTO user_challenges (challenge_id, user_id, specifier, is_complete, current_step_count,"
                " amount) VALUES ('ft', 9002, '232a', false, 0, 1)"
            ),
        ),
        {
            ("user_tips", "differs", UNKNOWN),  # which of both is right, the chain does not tell
            ("aggregate_user_tips", "differs", Cause.PAYMENTS_DIFFER),
            ("user_challenges", "missing here", Cause.PAYMENTS_DIFFER),
        },
    ),
    Cause.ROUTE_OF_AN_EDIT: (
        (
            "UPDATE track_routes SET is_current = false WHERE track_id = 8001",
            (
                "INSERT INTO track_routes SELECT slug || '-1', title_slug, 1, owner_id, track_id, true, blockhash,"
                " blocknumber, txhash FROM track_routes WHERE track_id = 8001"
            ),
        ),
        {("track_routes", "differs", Cause.ROUTE_OF_AN_EDIT)},
    ),
    Cause.SLUG_OF_THE_NUMBER: (
        ("UPDATE playlist_routes SET slug = '7002', title_slug = '7002' WHERE playlist_id = 7002",),
        {("playlist_routes", "differs", Cause.SLUG_OF_THE_NUMBER)},
    ),
    Cause.LISTENS_REPEATED: (
        (
            (
                "UPDATE user_listening_history SET listening_history"
                " = jsonb_set(listening_history, '{1, play_count}', '6') WHERE user_id = 9002"
            ),
        ),
        {("user_listening_history", "differs", Cause.LISTENS_REPEATED)},
    ),
    Cause.LISTENS_SKIPPED: (
        (
            (
                "UPDATE user_listening_history SET listening_history = listening_history #- '{0, play_count}'"
                " WHERE user_id = 9003"
            ),
        ),
        {("user_listening_history", "differs", Cause.LISTENS_SKIPPED)},
    ),
    Cause.RULES_DIFFER: (
        (
            "UPDATE challenges SET amount = '2' WHERE id = 'm'",
            "UPDATE user_challenges SET amount = 2 WHERE challenge_id = 'm'",
        ),
        {("user_challenges", "differs", Cause.RULES_DIFFER), ("notification", "missing here", Cause.REWARD_DIFFERS)},
    ),
}
"""What each defect makes of the other database, and what is found of it."""

CHANGED: dict[str, tuple[str, str]] = {
    "comments": ("UPDATE comments SET text = 'other' WHERE comment_id = 6002", "differs"),
    "comment_reactions": ("UPDATE comment_reactions SET is_delete = true WHERE comment_id = 6001", "differs"),
    "comment_mentions": ("DELETE FROM comment_mentions WHERE comment_id = 6001", "missing there"),
    "comment_threads": ("DELETE FROM comment_threads WHERE comment_id = 6002", "missing there"),
    "muted_users": ("UPDATE muted_users SET is_delete = true WHERE user_id = 9001", "differs"),
    "subscriptions": ("UPDATE subscriptions SET is_delete = true WHERE subscriber_id = 9002", "differs"),
    "subscriptions to events": (
        """
        ALTER TABLE subscriptions ADD COLUMN entity_type text NOT NULL DEFAULT 'User';
        INSERT INTO subscriptions (subscriber_id, user_id, is_current, is_delete, txhash, entity_type)
        VALUES (9003, 77, true, false, 'e', 'Event')
        """,
        "missing here",
    ),
    "events": (
        """
        INSERT INTO events (event_id, event_type, user_id, txhash, blockhash)
        VALUES (990001, 'remix_contest', 9001, 'e', 'b')
        """,
        "missing here",
    ),
    "grants": (
        """
        INSERT INTO grants (grantee_address, user_id, is_revoked, is_current, updated_at, created_at, txhash)
        VALUES ('0xgrantee', 9001, false, true, now(), now(), 'g')
        """,
        "missing here",
    ),
    "developer_apps": (
        """
        INSERT INTO developer_apps (address, user_id, name, is_delete, is_current, created_at, updated_at, txhash)
        VALUES ('0xapp', 9001, 'app', false, true, now(), now(), 'a')
        """,
        "missing here",
    ),
    "track_routes": ("UPDATE track_routes SET slug = 'elsewhere' WHERE track_id = 8003", "differs"),
    "playlist_routes": ("DELETE FROM playlist_routes WHERE playlist_id = 7003", "missing there"),
    "user_listening_history": ("DELETE FROM user_listening_history WHERE user_id = 9004", "missing there"),
    "user_tips": ("DELETE FROM user_tips WHERE slot = 101", "missing there"),
    "usdc_purchases": ("UPDATE usdc_purchases SET content_id = 8002 WHERE slot = 102", "differs"),
    "challenge_disbursements": ("DELETE FROM challenge_disbursements WHERE slot = 102", "missing there"),
}
"""What is changed in a table of the other database, for no reason that is known, and what is found of it."""
ALIKE = """
    UPDATE user_listening_history SET listening_history = '[
        {"track_id": 8001, "timestamp": "2026-01-02T05:00:00.000", "play_count": 3},
        {"track_id": 8002, "timestamp": "2026-01-02 05:00:00.5", "play_count": 2}
    ]' WHERE user_id = 9005
"""
"""What another program writes otherwise and means the same."""

FOLLOWS_FROM: Found = {
    ("trending lists", "order", Cause.TRENDING_STOPPED),  # of hours that pass at once, their job knows nothing
    ("trending lists", "order", Cause.SCORES_DIFFER),
}
"""What other scores make of the lists, however they came about."""


async def test_what_is_alike_is_equal(pair: Pair) -> None:
    pair.spoil(ALIKE)
    found = await watched(pair)
    assert causes(found) == set()
    assert (found.verdict, found.rounds, found.problems) == (Verdict.EQUAL, 1, ())
    assert (found.here_height, found.there_height) == (HEIGHT, HEIGHT)
    assert found.sentence.startswith("Equal for ")
    assert f"from height {HEIGHT} to {HEIGHT}" in found.sentence


@pytest.mark.parametrize("cause", SPOILT)
async def test_each_known_defect_is_named(pair: Pair, cause: str) -> None:
    statements, expected = SPOILT[cause]
    pair.spoil(*statements)
    found = await watched(pair)
    assert causes(found) - FOLLOWS_FROM == expected - FOLLOWS_FROM
    assert found.known[cause] > 0
    is_explained = UNKNOWN not in {each for _, _, each in expected}
    assert found.verdict == (Verdict.EQUAL if is_explained else Verdict.DIFFERENT)


async def test_a_row_that_differs_is_found_in_each_table(pair: Pair) -> None:
    pair.spoil(*(statement for each, _ in CHANGED.values() for statement in each.split(";")))
    found = await watched(pair)
    assert causes(found) == {(subject, how, UNKNOWN) for subject, (_, how) in CHANGED.items()}
    assert found.problems == ()


async def test_lists_follow_from_scores(pair: Pair) -> None:
    pair.spoil(
        "UPDATE track_trending_scores SET score = 10 * (track_id - 8000), created_at = '2026-01-03 20:00'"
        " WHERE type = 'TRACKS' AND version = 'pnagD' AND track_id BETWEEN 8001 AND 8005"
    )
    found = await watched(pair)
    assert ("trending lists", "order", Cause.SCORES_DIFFER) in causes(found)
    assert found.verdict == Verdict.EQUAL


async def test_scores_of_0_that_the_other_does_not_store(pair: Pair) -> None:
    async with await psycopg.AsyncConnection.connect(pair.here, autocommit=True) as connection:
        await connection.execute(
            "INSERT INTO track_trending_scores (track_id, type, version, time_range, score, created_at)"
            " VALUES (8998, 'TRACKS', 'pnagD', 'month', 0, '2026-01-03')"
        )
    assert causes(await watched(pair)) == {("track_trending_scores", "missing there", Cause.ZERO_LEFT_OUT)}


def test_every_cause_has_a_defect_that_shows_it() -> None:
    shown = {cause for _, expected in SPOILT.values() for _, _, cause in expected}
    assert {*shown, Cause.ZERO_LEFT_OUT, Cause.SCORES_DIFFER} - {UNKNOWN} == {*Cause} == {*CAUSES}


async def test_what_no_defect_explains_is_different_until_it_is_mended(pair: Pair) -> None:
    pair.spoil("UPDATE users SET bio = 'other' WHERE user_id = 9006 AND is_current")
    found = await watched(pair)
    assert causes(found) == {("users", "differs", UNKNOWN)}
    assert found.sentence.startswith("Different: 1 row for no known reason, in users.")
    [each] = found.differences
    assert (each.key, each.columns, each.here, each.there) == (["9006"], ["bio"], [None], ["other"])
    assert found.equal_seconds is None
    pair.spoil("UPDATE users SET bio = NULL WHERE user_id = 9006 AND is_current")
    mended = await watched(pair)
    assert (causes(mended), mended.verdict, mended.rounds) == (set(), Verdict.EQUAL, 2)


async def test_what_may_be_late_waits_for_its_time(pair: Pair) -> None:
    pair.spoil("UPDATE track_trending_scores SET score = 1 WHERE track_id = 8010 AND time_range = 'week'")
    clock = LeapingClock()
    clock.leap = clock.leap / 180  # a minute
    async with watching(pair, clock) as (watch, session):
        await watch.once(seconds_max=1e9)
        found = await read_watch(session)
    assert found is not None
    assert {each.cause for each in found.differences} == {""}
    assert found.verdict == Verdict.WAITING
    assert "may be late there" in found.sentence


async def test_a_session_there_refuses_to_write(pair: Pair) -> None:
    async with watching(pair, LeapingClock()) as (watch, _):
        session = await watch._there.session()
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            await session.execute("DELETE FROM plays")
        name = await rows(session, "SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()")
    assert name == [("backbeat/watch",)]


async def test_a_table_that_is_not_there_is_left_out_and_said(pair: Pair) -> None:
    pair.spoil("DROP TABLE hourly_play_counts")
    found = await watched(pair)
    assert {each.subject for each in found.problems} == {"hourly_play_counts"}
    assert "Not compared as a whole: hourly_play_counts." in found.sentence
    assert causes(found) == set()


async def test_what_cannot_be_looked_at_again_is_put_off(pair: Pair) -> None:
    pair.spoil("UPDATE hourly_play_counts SET play_count = 99 WHERE hourly_timestamp = '2026-01-02 07:00'")
    clock = LeapingClock()
    async with watching(pair, clock) as (watch, session):
        while not await rows(session, "SELECT FROM backbeat.watch_differences"):
            await watch.roll()
        pair.spoil("ALTER TABLE hourly_play_counts RENAME TO elsewhere")
        await clock.sleep(10)
        assert await watch.look_again(soon=clock.now(), seldom=clock.now()) == 1
        assert await rows(session, "SELECT looks, looked_at = %s FROM backbeat.watch_differences", clock.now()) == [
            (2, True)
        ]


async def test_an_outage_of_the_other_is_waited_for(pair: Pair, admin: psycopg.Connection[Any]) -> None:
    end = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = %s AND application_name = 'backbeat/watch'"
    )
    stop = asyncio.Event()
    clock = LeapingClock()
    async with watching(pair, clock) as (watch, session):
        await watch.step()
        admin.execute(end, [name_of(pair.there)])
        step = watch.step

        async def counted() -> None:
            await step()
            stop.set()

        watch.step = counted  # type: ignore[method-assign]  # it ends with the first step that comes to its end
        await watch.forever(stop)
        assert clock.monotonic() >= LEAP.total_seconds()  # it waited once
        await session.close()
        with pytest.raises(DatabaseError):
            await watch.forever(asyncio.Event())


async def test_a_round_that_is_cut_off_goes_on(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stepping, "RANGE_ROWS", 7)
    async with watching(pair, LeapingClock()) as (watch, session):
        await watch.roll()
        [before] = await rows(session, "SELECT after_key FROM backbeat.watch_rounds WHERE after_key IS NOT NULL")
    async with watching(pair, LeapingClock()) as (watch, session):
        await watch.roll()
        [after] = await rows(session, "SELECT after_key FROM backbeat.watch_rounds WHERE after_key IS NOT NULL")
        assert int(after[0][0]) > int(before[0][0])
        await watch.once(seconds_max=1e9)
        found = await read_watch(session)
    assert found is not None
    assert (found.verdict, causes(found)) == (Verdict.EQUAL, set())


async def test_more_differences_than_are_kept_are_counted(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "KEPT_MAX", 3)
    pair.spoil("UPDATE users SET bio = 'other' WHERE user_id > 9000")
    found = await watched(pair)
    assert sum(each.rows for each in found.differences) == 3
    assert found.passed_over > 0
    assert found.verdict == Verdict.DIFFERENT


async def test_another_database_is_compared_from_the_beginning(pair: Pair) -> None:
    pair.spoil("UPDATE users SET bio = 'other' WHERE user_id = 9006 AND is_current")
    await watched(pair)
    async with watching(pair, LeapingClock()) as (watch, session):
        watch._database = "another"
        await watch.begin()
        assert await rows(session, "SELECT count(*) FROM backbeat.watch_differences") == [(0,)]
        assert await rows(session, "SELECT max(rounds) FROM backbeat.watch_rounds") == [(0,)]


async def test_another_chain_is_refused(pair: Pair) -> None:
    pair.spoil("UPDATE core_indexed_blocks SET chain_id = 'other'")
    with pytest.raises(UnfitDatabaseError) as refused:
        await watched(pair)
    assert refused.value.code == "watched_chain_unknown"


async def test_without_blocks_of_ours_there_is_nothing_to_compare(pair: Pair, database_url: str) -> None:
    with pytest.raises(UnfitDatabaseError) as refused:
        await watched(Pair(database_url, pair.there))
    assert refused.value.code == "watch_without_blocks"


async def test_what_blocks_changed_is_looked_at_with_its_counts(pair: Pair) -> None:
    async with watching(pair, LeapingClock()) as (watch, session):
        await watch.changed("follows")
        pair.spoil("UPDATE aggregate_user SET follower_count = 77 WHERE user_id = 9013")
        async with await psycopg.AsyncConnection.connect(pair.here, autocommit=True) as connection:
            await connection.execute(
                "UPDATE follows SET blocknumber = (SELECT max(number) FROM blocks) WHERE followee_user_id = 9013"
            )
            await connection.execute("UPDATE backbeat.watch_rounds SET after_key = ARRAY['0'] WHERE way = 'blocks'")
        await watch.begin()
        await watch.changed("follows")
        found: list[tuple[Any, ...]] = await rows(session, "SELECT subject, key FROM backbeat.watch_differences")
    assert found == [("aggregate_user", ["9013"])]
