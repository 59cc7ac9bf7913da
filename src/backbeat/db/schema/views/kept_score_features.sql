-- From what is kept up to date: a handful of look-ups a user.
CREATE OR REPLACE VIEW backbeat.kept_score_features AS
SELECT
    u.user_id,
    u.is_verified,
    u.handle_lc,
    u.name,
    coalesce(hours.hours_with_play, 0)::bigint AS play_hours,
    coalesce(heard.track_count, 0)::bigint AS distinct_tracks,
    coalesce(counts.follower_count, 0) AS follower_count,
    coalesce(counts.following_count, 0) AS following_count,
    coalesce(early.challenge_count, 0)::bigint AS fast_challenges,
    (SELECT count(*) FROM chat_blocked_users AS blocked WHERE blocked.blockee_user_id = u.user_id) AS chat_blocks,
    backbeat.karma_of(coalesce(counts.follower_count, 0), karma.points) AS karma
FROM users AS u
LEFT JOIN aggregate_user AS counts ON counts.user_id = u.user_id
LEFT JOIN user_distinct_play_hours AS hours ON hours.user_id = u.user_id
LEFT JOIN user_distinct_play_tracks AS heard ON heard.user_id = u.user_id
LEFT JOIN user_score_features AS early ON early.user_id = u.user_id
LEFT JOIN backbeat.karma AS karma ON karma.user_id = u.user_id
WHERE backbeat.is_scored_user(u);
