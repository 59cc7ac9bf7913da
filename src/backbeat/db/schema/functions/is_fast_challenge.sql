-- inlined
CREATE OR REPLACE FUNCTION backbeat.is_fast_challenge(earned public.user_challenges, signed_up_at timestamp)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT earned.is_complete AND earned.challenge_id NOT IN ('m', 'b')
        AND earned.completed_at <= signed_up_at + interval '3 minutes'
$$;

COMMENT ON FUNCTION backbeat.is_fast_challenge (public.user_challenges, timestamp) IS
'A reward earned within three minutes of signing up, but for those that an honest user may earn then: the mobile app and
purchases. Each costs a point of the user''s score (domain: derived state, 3.1).';
