-- Users whose score may have changed with what is kept of them (domain: derived state, 8.4).
SELECT backbeat.capture('chat_blocked_users', 'scored_users', ARRAY['blockee_user_id']);

SELECT backbeat.capture('user_distinct_play_hours', 'scored_users', ARRAY['user_id'], ARRAY['hours_with_play']);

SELECT backbeat.capture('user_distinct_play_tracks', 'scored_users', ARRAY['user_id'], ARRAY['track_count']);

SELECT backbeat.capture('user_score_features', 'scored_users', ARRAY['user_id'], ARRAY['challenge_count']);

SELECT backbeat.capture('backbeat.karma', 'scored_users', ARRAY['user_id'], ARRAY['points']);
