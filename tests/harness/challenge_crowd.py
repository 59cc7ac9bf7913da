"""A network of any size in which every user has the same small life, and ten of them do something."""

from datetime import timedelta

from harness.challenge_history import FRIDAY
from harness.challenge_life import TimedBlock
from harness.challenge_world import (
    ChallengeWorld,
    Row,
    arrival,
    comment,
    contest,
    follow,
    play,
    playlist,
    purchase,
    repost,
    save,
    tip,
    track,
    user,
)

ACTIVE = range(20, 220, 20)  # users, all verified
TOP = 9_000_001  # a track that trends, reposted and saved by everybody
WEEK = timedelta(days=7)

# Of each n: the user, two tracks of which one is pinned by the other's comment, and one or two of everything else.
FILL = (
    "INSERT INTO blocks (blockhash, number) VALUES ('fill', 50000000)",
    """
    INSERT INTO users (user_id, is_current, is_verified, handle_lc, bio, name, blocknumber, created_at, updated_at)
    SELECT n, true, n %% 2 = 0, 'h' || n, 'x', 'x', 50000000, '2025-01-01', '2025-01-01'
    FROM generate_series(1, %(n)s) AS n
    """,
    """
    INSERT INTO tracks (track_id, owner_id, is_current, is_delete, pinned_comment_id, blocknumber, created_at,
        updated_at)
    SELECT m, (m + 1) / 2, true, false, CASE WHEN m %% 2 = 0 THEN m / 2 END, 50000000, '2025-01-01', '2025-01-01'
    FROM generate_series(1, 2 * %(n)s) AS m
    """,
    """
    INSERT INTO tracks (track_id, owner_id, is_current, is_delete, blocknumber, created_at, updated_at)
    SELECT 9000000 + n, 1, true, false, 50000000, '2025-01-01', '2025-01-01' FROM generate_series(1, 10) AS n
    """,
    """
    INSERT INTO playlists (playlist_id, playlist_owner_id, is_current, is_delete, is_album, is_private,
        playlist_contents, blocknumber, created_at, updated_at)
    SELECT n, n, true, false, false, false, '{"track_ids": []}', 50000000, '2025-01-01', '2025-01-01'
    FROM generate_series(1, %(n)s) AS n
    """,
    """
    INSERT INTO playlist_tracks (playlist_id, track_id, is_removed)
    SELECT n, 2 * n + 2 * m, false FROM generate_series(1, 40) AS n, generate_series(1, 5) AS m
    """,
    """
    INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, blocknumber, created_at)
    SELECT n, 1 + (n + m) %% %(n)s, true, false, 50000000, '2025-01-01'
    FROM generate_series(1, %(n)s) AS n, generate_series(1, 4) AS m
    """,
    """
    INSERT INTO reposts (user_id, repost_item_id, repost_type, is_current, is_delete, blocknumber, created_at)
    SELECT n, item, 'track', true, false, 50000000, '2025-01-01'::timestamp + n * interval '1 second'
    FROM generate_series(1, %(n)s) AS n, unnest(ARRAY[2 * n + 1, 9000001]) AS item
    """,
    """
    INSERT INTO saves (user_id, save_item_id, save_type, is_current, is_delete, blocknumber, created_at)
    SELECT n, item, 'track', true, false, 50000000, '2025-01-01'::timestamp + n * interval '1 second'
    FROM generate_series(1, %(n)s) AS n, unnest(ARRAY[2 * n + 3, 9000001]) AS item
    WHERE n %% 20 > 0
    """,
    """
    INSERT INTO remixes (parent_track_id, child_track_id)
    SELECT 2 * n, 2 * n + 1 FROM generate_series(1, %(n)s) AS n
    """,
    """
    INSERT INTO comments (comment_id, user_id, entity_id, entity_type, text, is_delete, is_visible, blocknumber, txhash,
        blockhash, created_at, updated_at)
    SELECT n, n + 1, 2 * n, 'Track', 'x', false, true, 50000000, 't', 'b', '2025-01-01', '2025-01-01'
    FROM generate_series(1, %(n)s) AS n
    """,
    """
    INSERT INTO events (event_id, user_id, event_type, entity_type, entity_id, is_deleted, event_data, blocknumber,
        txhash, blockhash, created_at, updated_at)
    SELECT 20000000 + n, n, 'remix_contest', 'track', 2 * n, false, jsonb_build_object('winners', ARRAY[2 * n + 3]),
        50000000, 't', 'b', '2025-01-01', '2025-01-01'
    FROM generate_series(10, %(n)s, 10) AS n
    """,
    """
    INSERT INTO user_events (user_id, referrer, is_mobile_user, is_current, blocknumber)
    SELECT n, n + 1, false, true, 50000000 FROM generate_series(1, %(n)s) AS n WHERE n %% 20 > 0
    """,
    """
    INSERT INTO plays (id, user_id, play_item_id, created_at, slot)
    SELECT m, 1 + m %% %(n)s, 1 + m %% (2 * %(n)s), '2025-06-01'::timestamp + m %% 3 * interval '1 hour', 1
    FROM generate_series(1, 5 * %(n)s) AS m
    """,
    """
    INSERT INTO aggregate_monthly_plays (play_item_id, timestamp, count)
    SELECT play_item_id, date_trunc('month', created_at), count(*) FROM plays GROUP BY 1, 2
    """,
    "INSERT INTO aggregate_user (user_id, follower_count) SELECT n, 4 FROM generate_series(1, %(n)s) AS n",
    """
    INSERT INTO sol_purchases (signature, instruction_index, buyer_user_id, content_id, content_type, amount, is_valid,
        slot, from_account, access_type, valid_after_blocknumber, created_at)
    SELECT 'p' || n, 0, n, 2 * n + 1, 'track', 5000000, true, 250000000, 'a', 'stream', 0, '2025-01-01'
    FROM generate_series(1, %(n)s) AS n
    """,
    """
    INSERT INTO user_tips (slot, signature, sender_user_id, receiver_user_id, amount, created_at)
    SELECT n, 't', n, n + 1, 1, '2025-01-01' FROM generate_series(1, %(n)s) AS n WHERE n %% 20 > 0
    """,
    """
    INSERT INTO track_trending_scores (track_id, type, version, time_range, score, created_at)
    SELECT track_id, 'TRACKS', 'pnagD', 'week', track_id, '2025-06-06' FROM tracks
    """,
    """
    INSERT INTO playlist_trending_scores (playlist_id, type, version, time_range, score, created_at)
    SELECT playlist_id, 'PLAYLISTS', 'pnagD', 'week', -playlist_id, '2025-06-06' FROM playlists
    """,
    """
    INSERT INTO notification (specifier, group_id, type, timestamp, user_ids)
    SELECT n, 'filled:' || n, 'reward_in_cooldown', '2025-01-01', ARRAY[n] FROM generate_series(1, %(n)s) AS n
    """,
    """
    INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time, block_number, play_id)
    VALUES ('test', 1, 'fill', '2025-06-02', 50000000, 5 * %(n)s)
    """,
)


async def crowded(world: ChallengeWorld, users: int) -> None:
    """Fill an empty world without its triggers, which keep counts that no challenge reads."""
    await world.connection.execute("SET session_replication_role = replica")
    for statement in FILL:
        await world.connection.execute(statement.encode(), {"n": users})
    await world.connection.execute("RESET session_replication_role")
    world.block_number, world.play_id, world.now = 50_000_000, 5 * users, FRIDAY - WEEK + timedelta(days=1)


def ten_do_everything() -> TimedBlock:
    """On a Friday: each of ten users does one thing for every challenge."""
    rows: list[Row] = [row for n in ACTIVE for row in _everything(n)]
    return TimedBlock(rows, FRIDAY)


def _everything(n: int) -> list[Row]:
    fresh = 8_000_000 + n
    return [
        user(n, verified=True, handle_lc=f"h{n}", bio="x", name="x", cover_photo="x"),
        track(fresh, n), track(2 * n, n, pinned_comment_id=fresh), playlist(n, n, 1), follow(n, 1),
        comment(fresh, n + 1, 2 * n), save(n, 2 * n + 1), save(n, TOP), repost(n, 2 * n + 1),
        contest(fresh, n, [2 * n + 5]), arrival(n, referrer=n + 2, mobile=True), play(2 * n, n),
        purchase(n, 2 * n + 4, 7_000_000), tip(n, n + 1),
    ]  # fmt: skip
