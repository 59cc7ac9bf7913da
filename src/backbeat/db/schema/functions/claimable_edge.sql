-- inlined
-- From none to 273 years: beyond, an instant may be none that can be told.
CREATE OR REPLACE FUNCTION backbeat.claimable_edge(reward public.challenges, now timestamp) RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT now - make_interval(days => greatest(least(coalesce(reward.cooldown_days, 0), 100000), 0))
$$;

COMMENT ON FUNCTION backbeat.claimable_edge (public.challenges, timestamp) IS
'What of a challenge was completed before this instant can be claimed: its cooldown is over.';
