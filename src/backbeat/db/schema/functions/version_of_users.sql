CREATE OR REPLACE FUNCTION backbeat.version_of_users(told public.users, since_block integer, until_block integer)
RETURNS backbeat.past_users
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT
        CASE WHEN told.is_current THEN (
            told.user_id,
            since_block,
            until_block,
            told.is_verified,
            told.is_deactivated,
            told.is_available,
            told.handle_lc IS NOT NULL,
            told.name IS NOT NULL,
            told.bio IS NOT NULL,
            coalesce(told.profile_picture, told.profile_picture_sizes) IS NOT NULL,
            coalesce(told.cover_photo, told.cover_photo_sizes) IS NOT NULL
        )::backbeat.past_users END
$$;

COMMENT ON FUNCTION backbeat.version_of_users (public.users, integer, integer) IS
'What the history keeps of a row of users that held between two blocks; NULL of one that is not the current one.';
