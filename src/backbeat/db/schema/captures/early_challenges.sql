-- Rewards that may have been earned right after signing up, by user.
SELECT backbeat.capture(
    'user_challenges', 'early_challenges', ARRAY['user_id'], ARRAY['challenge_id', 'is_complete', 'completed_at']
);
