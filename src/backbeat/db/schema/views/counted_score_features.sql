-- From the rows that the features are counted from: what a full pass reads.
CREATE OR REPLACE VIEW backbeat.counted_score_features AS
SELECT
    u.user_id,
    u.is_verified,
    u.handle_lc,
    u.name,
    (SELECT count(*) FROM backbeat.listened_hours AS heard WHERE heard.user_id = u.user_id) AS play_hours,
    (SELECT count(*) FROM backbeat.listened_tracks AS heard WHERE heard.user_id = u.user_id) AS distinct_tracks,
    coalesce(counts.follower_count, 0) AS follower_count,
    coalesce(counts.following_count, 0) AS following_count,
    (
        SELECT count(*)
        FROM user_challenges AS earned
        WHERE
            earned.user_id = u.user_id AND earned.is_complete AND earned.challenge_id NOT IN ('m', 'b')
            AND earned.completed_at <= u.created_at + interval '3 minutes'
    ) AS fast_challenges,
    (SELECT count(*) FROM chat_blocked_users AS blocked WHERE blocked.blockee_user_id = u.user_id) AS chat_blocks,
    CASE
        WHEN counts.follower_count > 1000 THEN 100
        WHEN coalesce(counts.follower_count, 0) <= 0 THEN 0
        ELSE coalesce(
            (
                SELECT least(100, round(sum(follower.follower_count) / 100))::bigint
                FROM follows AS edge
                JOIN aggregate_user AS follower ON follower.user_id = edge.follower_user_id
                WHERE
                    edge.followee_user_id = u.user_id AND edge.is_current AND NOT edge.is_delete
                    AND coalesce(follower.following_count, 0) < 10000
            ),
            0
        )
    END AS karma
FROM users AS u
LEFT JOIN aggregate_user AS counts ON counts.user_id = u.user_id
WHERE u.is_current AND u.handle_lc IS NOT NULL;
