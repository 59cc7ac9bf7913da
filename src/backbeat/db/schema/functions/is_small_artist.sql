-- inlined
CREATE OR REPLACE FUNCTION backbeat.is_small_artist(artist public.aggregate_user) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT artist.follower_count < 1500 AND artist.following_count < 1500
$$;

COMMENT ON FUNCTION backbeat.is_small_artist (public.aggregate_user) IS
'Whose tracks the underground lists: artists with fewer than 1500 followers and followings (domain: 2.6).';
