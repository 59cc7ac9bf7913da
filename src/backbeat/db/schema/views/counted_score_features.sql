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
            earned.user_id = u.user_id AND backbeat.is_fast_challenge(earned, u.created_at)
    ) AS fast_challenges,
    (SELECT count(*) FROM chat_blocked_users AS blocked WHERE blocked.blockee_user_id = u.user_id) AS chat_blocks,
    backbeat.karma_of(
        coalesce(counts.follower_count, 0),
        (
            SELECT least(100, round(coalesce(sum(follower.follower_count), 0) / 100))::bigint
            FROM follows AS edge
            JOIN aggregate_user AS follower ON follower.user_id = edge.follower_user_id
            WHERE
                edge.followee_user_id = u.user_id AND edge.is_current AND NOT edge.is_delete
                AND backbeat.lends_karma(follower.following_count)
        )
    ) AS karma
FROM users AS u
LEFT JOIN aggregate_user AS counts ON counts.user_id = u.user_id
WHERE backbeat.is_scored_user(u);
