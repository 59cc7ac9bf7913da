-- inlined
CREATE OR REPLACE FUNCTION backbeat.has_complete_profile(person public.users) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(person.cover_photo, person.cover_photo_sizes) IS NOT NULL
        AND coalesce(person.profile_picture, person.profile_picture_sizes) IS NOT NULL
        AND person.bio IS NOT NULL
$$;

COMMENT ON FUNCTION backbeat.has_complete_profile (public.users) IS
'A complete profile: a cover photo, a picture and a bio. Only such users lend their followers to what they save and
repost (domain: derived state, 2.1).';
