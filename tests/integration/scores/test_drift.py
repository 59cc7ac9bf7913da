"""What was spoilt by hand is found in its turn, counted, reported and put right; what is right is left alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from integration.aggregates.ledger import expected, kept
from psycopg import AsyncConnection, Connection
from structlog.testing import capture_logs

from backbeat.clock import SystemClock
from backbeat.derived.aggregates.dominant_genre import DOMINANT_GENRE
from backbeat.derived.aggregates.reconcile import ABSENT, SUBJECTS, Reconcile
from backbeat.derived.scores.users import USER_SCORES
from backbeat.derived.scores.verify import ROUND, Verification
from backbeat.incremental.ledger import lock
from backbeat.incremental.rolling import Rolling
from backbeat.incremental.transaction import Session
from backbeat.incremental.window import peek
from backbeat.observe.status import read_status
from harness import settle
from harness.chain_writer import GENESIS, Play
from harness.score_world import AllAtOnce, Block, Challenge, Counts, Follows, Plays, Profile, ScoreWorld

OPENING = datetime(2026, 3, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = OPENING

    async def __call__(self, _connection: AsyncConnection[Any]) -> datetime:
        return self.now


def at(clock: Clock, rolling: Rolling) -> Rolling:
    return Rolling(rolling.name, rolling.table, rolling.column, rolling.seconds, rolling.keys_max, clock)


async def test_a_round_takes_its_time_and_every_key_comes_once(connection: AsyncConnection[Any]) -> None:
    world, clock = await ScoreWorld.empty(connection), Clock()
    await world.apply(AllAtOnce(Profile(user) for user in range(100)))
    rolling = Rolling("test", "users", "user_id", 1_000, 7, clock)
    seen: list[int] = []
    for _ in range(2):
        for _ in range(21):  # fifty seconds each, and one in which the next round begins
            more = True
            while more:
                turn = await peek(connection, rolling)
                assert turn.is_quiet or await lock(connection, [turn])
                seen += turn.keys
                more = turn.has_more
            assert len(seen) % 100 <= 5 * ((clock.now - OPENING).seconds % 1_050) // 50 + 5
            clock.now += timedelta(seconds=50)
    assert seen == [*range(100), *range(100)]


async def test_a_round_that_stood_still_catches_up_and_one_worker_wins(connection: AsyncConnection[Any]) -> None:
    world, clock = await ScoreWorld.empty(connection), Clock()
    await world.apply(AllAtOnce(Profile(user) for user in range(10)))
    rolling = Rolling("test", "users", "user_id", 1_000, 6, clock)
    assert await lock(connection, [await peek(connection, rolling)])
    clock.now += timedelta(days=3)
    turn, rival = await peek(connection, rolling), await peek(connection, rolling)
    assert (turn.keys, turn.has_more) == (list(range(6)), True)
    assert await lock(connection, [rival])
    assert not await lock(connection, [turn])
    assert (await peek(connection, rolling)).keys == [6, 7, 8, 9]


SPOILT = {
    "scores.listeners": [
        "DELETE FROM backbeat.listened_hours WHERE user_id = 1",
        "UPDATE user_distinct_play_tracks SET track_count = 9 WHERE user_id = 1",
    ],
    "scores.early_challenges": ["UPDATE user_score_features SET challenge_count = 5 WHERE user_id = 2"],
    "scores.karma": [
        "UPDATE backbeat.karma SET follower_sum = 5000 WHERE user_id = 2",
        "UPDATE backbeat.karma SET weight = 5000 WHERE user_id = 1",
        "DELETE FROM backbeat.karma WHERE user_id = 2",
    ],
    "scores.score": ["UPDATE aggregate_user SET score = score + 1 WHERE user_id = 1"],
}


@pytest.mark.parametrize(("part", "spoil"), [(part, spoil) for part, some in SPOILT.items() for spoil in some], ids=str)
async def test_a_spoilt_score_is_found_counted_and_put_right(
    part: str, spoil: str, connection: AsyncConnection[Any]
) -> None:
    world, clock = await ScoreWorld.empty(connection), Clock()
    plays = [Play(n, 1, GENESIS - timedelta(hours=n)) for n in range(5)]
    await world.apply(
        AllAtOnce([Profile(1), Profile(2), Plays(plays), Follows([(1, 2)]), Counts(1, 700, 3), Challenge(2, "u", 2.0)])
    )
    await settle(USER_SCORES, connection)
    whole = await world.rows(None)
    verification = Verification(at(clock, ROUND))
    await verification.run(Session(connection))
    await world.execute("SET session_replication_role = replica")  # no trigger sees it
    await world.execute(spoil)
    await world.execute("SET session_replication_role = origin")
    clock.now += timedelta(days=1)
    with capture_logs() as logs:
        report = await verification.run(Session(connection))
    told = [(entry["event"], entry["derivation"], entry["rows"]) for entry in logs]
    assert told[0] == ("drift_found", part, 1)
    assert {derivation for _, derivation, _ in told} <= {part, "scores.score"}  # which may follow no more from it
    assert report.updated == len(told)
    assert await world.all("SELECT derivation, found_rows FROM backbeat.drift ORDER BY derivation = %s DESC", part) == [
        (derivation, rows) for _, derivation, rows in told
    ]
    await settle(USER_SCORES, connection)
    assert await world.rows(None) == whole
    clock.now += timedelta(days=1)
    await verification.run(Session(connection))
    clock.now += timedelta(days=1)
    assert (await verification.run(Session(connection))).updated == 0


async def test_what_waits_for_a_run_is_no_drift(connection: AsyncConnection[Any]) -> None:
    world, clock = await ScoreWorld.empty(connection), Clock()
    await world.apply(AllAtOnce([Profile(1), Profile(2), Follows([(1, 2)])]))
    await settle(USER_SCORES, connection)
    verification = Verification(at(clock, ROUND))
    await verification.run(Session(connection))
    await world.apply(
        AllAtOnce([Plays([Play(1, 1)]), Counts(1, 700, 3), Challenge(2, "u", 2.0), Block(1, 2), Profile(2, "Audius")])
    )
    clock.now += timedelta(days=1)
    report = await verification.run(Session(connection))
    assert (report.keys, report.updated) == (2, 0)
    await settle(USER_SCORES, connection)
    assert await world.scores() == await world.expected()


def reconciling(clock: Clock) -> Reconcile:
    return Reconcile(
        [one._replace(rolling=at(clock, one.rolling)) for one in SUBJECTS],
        [one._replace(rolling=at(clock, one.rolling)) for one in ABSENT],
    )


FILL = """
    WITH n AS (SELECT n FROM generate_series(1, 6) AS n),
    tracks AS (
        INSERT INTO tracks (track_id, owner_id, is_current, is_delete, is_unlisted, created_at, updated_at)
        SELECT n, 1 + n % 3, true, false, n = 6, now(), now() FROM n RETURNING 1
    ),
    playlists AS (
        INSERT INTO playlists (
            playlist_id, playlist_owner_id, is_album, is_private, playlist_contents, is_current, is_delete, created_at,
            updated_at
        )
        SELECT n, 1 + n % 3, n % 2 = 0, n = 5, '{}', true, false, now(), now() FROM n RETURNING 1
    ),
    saves AS (
        INSERT INTO saves (user_id, save_item_id, save_type, is_current, is_delete, created_at, txhash)
        SELECT n, 1 + n % 4, (ARRAY['track', 'playlist', 'album'])[1 + n % 3]::savetype, n <> 4, n = 5, now(), '' FROM n
        RETURNING 1
    ),
    reposts AS (
        INSERT INTO reposts (user_id, repost_item_id, repost_type, is_current, is_delete, created_at, txhash)
        SELECT n, 1 + n % 4, (ARRAY['track', 'playlist', 'album'])[1 + n % 3]::reposttype, n <> 4, n = 5, now(), ''
        FROM n RETURNING 1
    ),
    shares AS (
        INSERT INTO shares (user_id, share_item_id, share_type, created_at, txhash)
        SELECT n, 1 + n % 4, (ARRAY['track', 'playlist'])[1 + n % 2]::sharetype, now(), '' FROM n RETURNING 1
    ),
    comments AS (
        INSERT INTO comments (
            comment_id, text, user_id, entity_id, entity_type, is_delete, is_visible, txhash, blockhash
        )
        SELECT n, 'so', 1, 1 + n % 3, 'Track', nullif(n = 2, n = 3), n <> 5, '', '' FROM n RETURNING 1
    )
    INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, created_at)
    SELECT n, 1 + (n + 1) % 6, true, n = 3, now() FROM n
"""
SPOIL = (
    """
    UPDATE aggregate_user SET
        follower_count = follower_count + 3, following_count = NULL, repost_count = repost_count - 1,
        track_save_count = 7, track_share_count = 9, track_count = 4, total_track_count = 0, playlist_count = 8,
        album_count = NULL, total_playlist_count = 5, total_album_count = 6
    WHERE user_id <= 3
    """,
    """
    UPDATE aggregate_track SET save_count = 9, repost_count = 8, comment_count = NULL, share_count = 7
    WHERE track_id < 3
    """,
    "UPDATE aggregate_playlist SET save_count = NULL, repost_count = 8, share_count = 7 WHERE playlist_id < 4",
)


async def test_s57_wrong_counts_are_counted_again(connection: AsyncConnection[Any], database_url: str) -> None:
    world, clock = await ScoreWorld.empty(connection), Clock()
    await world.execute(FILL)
    reconcile = reconciling(clock)
    await reconcile.run(Session(connection))
    for statement in SPOIL:
        await world.execute(statement)
    clock.now += timedelta(days=1)
    report = await reconcile.run(Session(connection))
    assert report.updated == 3 + 2 + 3
    assert await world.all("SELECT derivation, found_rows FROM backbeat.drift ORDER BY 1") == [
        ("aggregates.playlists", 3), ("aggregates.tracks", 2), ("aggregates.users", 3),
    ]  # fmt: skip
    told = (await read_status(connection, SystemClock())).drift
    assert {drift.derivation: drift.found_rows for drift in told}["aggregates.tracks"] == 2
    with Connection.connect(database_url) as ledger:
        for subject in ("user", "track", "playlist"):
            assert kept(ledger, subject) == expected(ledger, subject)
    clock.now += timedelta(days=1)
    assert (await reconcile.run(Session(connection))).keys == 0  # the next round begins
    clock.now += timedelta(days=1)
    again = await reconcile.run(Session(connection))
    assert again.updated == again.inserted == 0
    assert again.keys == (6 + 6 + 6) + (0 + 6 + 6 + 6)  # of the counts, then of users, tracks, playlists, tracks' plays


LISTENED = """
    INSERT INTO plays (play_item_id, user_id, source, created_at, updated_at, slot)
    SELECT 1 + n % 3, n, 'relay', now() - n * interval '20 days', now(), 1 FROM generate_series(1, 9) AS n
"""


async def test_counts_that_are_missing_come_back_with_what_they_count(
    connection: AsyncConnection[Any], database_url: str
) -> None:
    world, clock = await ScoreWorld.empty(connection), Clock()
    await world.apply(AllAtOnce(map(Profile, range(1, 7))))
    await world.execute(FILL)
    await world.execute(LISTENED)
    await settle(USER_SCORES, connection)
    await settle(DOMINANT_GENRE, connection)
    tables = ("aggregate_user", "aggregate_track", "aggregate_playlist", "aggregate_plays")
    query = "SELECT row_to_json(kept)::jsonb - '{created_at,updated_at}'::text[] FROM {} AS kept ORDER BY 1"
    before = {table: await world.all(query.replace("{}", table)) for table in tables}
    reconcile = reconciling(clock)
    await reconcile.run(Session(connection))
    for table, key in zip(tables, ("user_id", "track_id", "playlist_id", "play_item_id"), strict=True):
        await world.execute(f"DELETE FROM {table} WHERE {key} IN (2, 3)")  # noqa: S608 - named above
    clock.now += timedelta(days=1)
    report = await reconcile.run(Session(connection))
    assert (report.inserted, report.updated) == (2 + 2 + 2 + 2, 0)
    await settle(USER_SCORES, connection)
    await settle(DOMINANT_GENRE, connection)
    assert {table: await world.all(query.replace("{}", table)) for table in tables} == before
    assert await world.all("SELECT derivation, found_rows FROM backbeat.drift ORDER BY 1") == [
        ("aggregates.playlists", 2), ("aggregates.plays", 2), ("aggregates.tracks", 2), ("aggregates.users", 2),
    ]  # fmt: skip
    with Connection.connect(database_url) as ledger:
        for subject in ("user", "track", "playlist"):
            assert kept(ledger, subject) == expected(ledger, subject)


@pytest.mark.parametrize("part", ["reconcile", "verify"])
async def test_a_round_that_another_worker_moved_is_lost(part: str, connection: AsyncConnection[Any]) -> None:
    world, clock = await ScoreWorld.empty(connection), Clock()
    await world.apply(AllAtOnce(map(Profile, range(1, 5))))
    rounds = reconciling(clock) if part == "reconcile" else Verification(at(clock, ROUND))
    await rounds.run(Session(connection))
    await connection.execute(
        """
        CREATE FUNCTION overtaken() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER overtaken BEFORE UPDATE ON backbeat.rounds FOR EACH ROW EXECUTE FUNCTION overtaken()
        """
    )
    clock.now += timedelta(days=1)
    report = await rounds.run(Session(connection))
    assert (report.conflict, report.more, report.rows_written) == (True, True, 0)


async def test_a_correction_is_heard_of_by_scores(connection: AsyncConnection[Any]) -> None:
    world, clock = await ScoreWorld.empty(connection), Clock()
    await world.apply(AllAtOnce([Profile(1), Profile(2), Follows([(1, 2)])]))
    await world.execute("UPDATE aggregate_user SET follower_count = 50 WHERE user_id = 2")
    await settle(USER_SCORES, connection)
    reconcile = reconciling(clock)
    await reconcile.run(Session(connection))
    clock.now += timedelta(days=1)
    assert (await reconcile.run(Session(connection))).updated == 1
    await settle(USER_SCORES, connection)
    assert await world.scores() == await world.expected() == {1: -11, 2: -10}


async def test_a_count_that_somebody_is_writing_keeps_its_turn_and_loses_nothing(
    connection: AsyncConnection[Any], database_url: str
) -> None:
    world, clock = await ScoreWorld.empty(connection), Clock()
    await world.apply(AllAtOnce([*map(Profile, range(1, 5)), Follows([(1, 2)])]))
    await world.execute("UPDATE aggregate_user SET follower_count = follower_count + 5 WHERE user_id IN (2, 4)")
    reconcile = reconciling(clock)
    await reconcile.run(Session(connection))
    clock.now += timedelta(days=1)
    async with await AsyncConnection.connect(database_url) as block_loop:
        await ScoreWorld(block_loop).apply(Follows([(3, 2)]))
        report = await reconcile.run(Session(connection))
        assert report.updated == 1  # of user 4, whose row is free
        await block_loop.commit()
    assert (await reconcile.run(Session(connection))).updated == 1
    counts = await world.all("SELECT user_id, follower_count, following_count FROM aggregate_user ORDER BY 1")
    assert counts == [(1, 0, 1), (2, 2, 0), (3, 0, 1), (4, 0, 0)]
