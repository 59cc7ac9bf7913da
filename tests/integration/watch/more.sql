-- Rows that the blocks of the history lack: enough of everything that is compared for each defect to have its own.
INSERT INTO users (user_id, is_current, handle, handle_lc, txhash, created_at, updated_at)
SELECT n, true, 'user' || n, 'user' || n, 'u' || n, timestamp '2026-01-02', timestamp '2026-01-02'
FROM generate_series(9001, 9020) AS n;

INSERT INTO tracks (track_id, is_current, is_delete, owner_id, title, created_at, updated_at, txhash)
SELECT n, true, false, 9001, 'track ' || n, timestamp '2026-01-02', timestamp '2026-01-02', 't' || n
FROM generate_series(8001, 8020) AS n;

INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, created_at, txhash)
SELECT one, other, true, false, timestamp '2026-01-02', 'f' || one || ':' || other
FROM generate_series(9001, 9010) AS one
CROSS JOIN generate_series(9011, 9015) AS other;

INSERT INTO saves (user_id, save_item_id, save_type, is_current, is_delete, created_at, txhash)
SELECT one, other, 'track', true, false, timestamp '2026-01-02', 's' || one || ':' || other
FROM generate_series(9001, 9010) AS one
CROSS JOIN generate_series(8001, 8005) AS other;

INSERT INTO reposts (user_id, repost_item_id, repost_type, is_current, is_delete, created_at, txhash)
SELECT one, other, 'track', true, false, timestamp '2026-01-02', 'r' || one || ':' || other
FROM generate_series(9001, 9010) AS one
CROSS JOIN generate_series(8001, 8005) AS other;

-- each of twenty blocks has three plays of one track
INSERT INTO plays (play_item_id, user_id, slot, created_at, updated_at)
SELECT 8000 + block, 9001 + played, block, timestamp '2026-01-02 05:00', timestamp '2026-01-02 05:00'
FROM generate_series(1, 20) AS block
CROSS JOIN generate_series(1, 3) AS played;

INSERT INTO hourly_play_counts (hourly_timestamp, play_count)
SELECT timestamp '2026-01-02' + n * interval '1 hour', 10 + n
FROM generate_series(1, 12) AS n
ON CONFLICT DO NOTHING;

-- scores of what is above: a week's plays, and of tracks 8001 to 8005 ten reposts and ten saves ever
INSERT INTO backbeat.trending_track_counts (
    track_id, plays_week, plays_month, reposts_week, reposts_month, saves_week, saves_month, karma
)
SELECT n, n - 8000, n - 8000, 0, 0, 0, 0, 10
FROM generate_series(8001, 8020) AS n
ON CONFLICT DO NOTHING;
INSERT INTO track_trending_scores (track_id, type, version, time_range, genre, score, created_at)
SELECT
    n, 'TRACKS', 'pnagD', span, NULL, 10 * (n - 8000 + CASE WHEN n <= 8005 THEN 2.6 ELSE 0 END), timestamp '2026-01-03'
FROM generate_series(8001, 8020) AS n
CROSS JOIN unnest(ARRAY['week', 'month']) AS span
ON CONFLICT DO NOTHING;
INSERT INTO playlist_trending_scores (playlist_id, type, version, time_range, score, created_at)
SELECT n, 'PLAYLISTS', 'pnagD', 'year', n, timestamp '2026-01-03'
FROM generate_series(7001, 7005) AS n;

INSERT INTO user_challenges (
    challenge_id, user_id, specifier, is_complete, current_step_count, completed_blocknumber, amount, completed_at
)
SELECT 'u', n, to_hex(n), true, 3, 7, 1, timestamp '2026-01-02'
FROM generate_series(9001, 9010) AS n
UNION ALL
SELECT 'rd', n, to_hex(n), true, 1, 7, 1, timestamp '2026-01-02'
FROM generate_series(9001, 9003) AS n
UNION ALL
SELECT 'm', n, to_hex(n), true, 1, 7, 1, timestamp '2026-01-02'
FROM generate_series(9001, 9003) AS n;

INSERT INTO notification (group_id, specifier, type, user_ids, "timestamp", data)
SELECT
    'claimable_reward:' || n || ':challenge:u:specifier:' || to_hex(n), to_hex(n), 'claimable_reward', ARRAY[n],
    timestamp '2026-01-02', '{}'::jsonb
FROM generate_series(9001, 9010) AS n
ON CONFLICT DO NOTHING;

INSERT INTO comments (comment_id, text, user_id, entity_id, entity_type, txhash, blockhash, created_at, updated_at)
SELECT n, 'said ' || n, n + 3000, 8001, 'Track', 'c' || n, 'b', timestamp '2026-01-02', timestamp '2026-01-02'
FROM generate_series(6001, 6005) AS n;
INSERT INTO comment_reactions (comment_id, user_id, txhash, blockhash) VALUES (6001, 9004, 'x', 'b'), (6002, 9004, 'x', 'b');
INSERT INTO comment_mentions (comment_id, user_id, txhash, blockhash) VALUES (6001, 9005, 'x', 'b'), (6002, 9005, 'x', 'b');
INSERT INTO comment_threads (comment_id, parent_comment_id) VALUES (6002, 6001), (6003, 6001);
INSERT INTO muted_users (muted_user_id, user_id, txhash, blockhash) VALUES (9009, 9001, 'x', 'b'), (9009, 9002, 'x', 'b');
INSERT INTO subscriptions (subscriber_id, user_id, is_current, is_delete, txhash)
SELECT n, 9011, true, false, 'n' || n
FROM generate_series(9001, 9005) AS n;
INSERT INTO track_routes (slug, title_slug, collision_id, owner_id, track_id, is_current, blockhash, blocknumber, txhash)
SELECT 'track-' || n, 'track-' || n, 0, 9001, n, true, 'b', 1, 'r' || n
FROM generate_series(8001, 8005) AS n;
INSERT INTO playlist_routes (slug, title_slug, collision_id, owner_id, playlist_id, is_current, blockhash, blocknumber, txhash)
SELECT 'list-' || n, 'list-' || n, 0, 9001, n, true, 'b', 1, 'r' || n
FROM generate_series(7001, 7003) AS n;

INSERT INTO user_listening_history (user_id, listening_history)
SELECT
    n,
    jsonb_build_array(
        jsonb_build_object('track_id', 8002, 'timestamp', '2026-01-02 05:00:00.500000', 'play_count', 2),
        jsonb_build_object('track_id', 8001, 'timestamp', '2026-01-02 05:00:00', 'play_count', 3)
    )
FROM generate_series(9001, 9005) AS n;

-- what programs beside the chain write
INSERT INTO user_tips (slot, signature, sender_user_id, receiver_user_id, amount)
SELECT 100 + n, 'tip' || n, 9000 + n, 9010, n
FROM generate_series(1, 3) AS n;
INSERT INTO aggregate_user_tips (sender_user_id, receiver_user_id, amount)
SELECT 9000 + n, 9010, n
FROM generate_series(1, 3) AS n
ON CONFLICT DO NOTHING;
INSERT INTO usdc_purchases (slot, signature, buyer_user_id, seller_user_id, amount, content_type, content_id)
SELECT 100 + n, 'bought' || n, 9000 + n, 9001, n, 'track', 8001
FROM generate_series(1, 3) AS n;
INSERT INTO challenge_disbursements (challenge_id, user_id, specifier, signature, slot, amount)
SELECT 'u', 9000 + n, to_hex(9000 + n), 'paid' || n, 100 + n, '1'
FROM generate_series(1, 3) AS n;
