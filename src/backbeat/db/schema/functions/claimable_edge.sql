-- inlined
CREATE OR REPLACE FUNCTION backbeat.claimable_edge(reward public.challenges, now timestamp) RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT now - make_interval(days => coalesce(reward.cooldown_days, 0))
$$;

COMMENT ON FUNCTION backbeat.claimable_edge (public.challenges, timestamp) IS
'What of a challenge was completed before this instant can be claimed: its cooldown is over.';
