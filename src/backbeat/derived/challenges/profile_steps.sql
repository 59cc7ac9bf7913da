SELECT
    user_id,
    profile_description,
    profile_name,
    profile_picture,
    profile_cover_photo,
    follows,
    favorites,
    reposts
FROM backbeat.profile_steps
WHERE %(keys)b::integer [] IS NULL OR user_id = ANY (%(keys)b::integer [])
