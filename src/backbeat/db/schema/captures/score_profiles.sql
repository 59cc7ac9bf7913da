-- Users whose score may have changed with their profile (domain: derived state, 8.4). What tells rows of one key apart is
-- watched too, otherwise two that swap places look as if nothing had happened.
SELECT backbeat.capture(
    'users', 'score_profiles', ARRAY['user_id'], ARRAY['name', 'handle_lc', 'is_verified', 'is_current', 'created_at']
);
