SELECT
    true AS singleton,
    coalesce(sum(tracks), 0)::bigint AS tracks,
    coalesce(sum(playlists), 0)::bigint AS playlists,
    coalesce(sum(users), 0)::bigint AS users
FROM backbeat.listed_owners
