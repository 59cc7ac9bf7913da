-- inlined
CREATE OR REPLACE FUNCTION backbeat.is_listed_owner(owner public.aggregate_user) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(owner.follower_count >= 10, false)
$$;

COMMENT ON FUNCTION backbeat.is_listed_owner (public.aggregate_user) IS
'Whose addresses a sitemap lists: users with ten followers or more (domain: derived state, 4.16).';
