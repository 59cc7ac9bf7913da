-- Who gained or lost a follower.
SELECT backbeat.capture(
    'follows', 'follow_edges', ARRAY['followee_user_id'], ARRAY['follower_user_id', 'is_current', 'is_delete']
);
