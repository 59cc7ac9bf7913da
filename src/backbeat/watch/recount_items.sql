-- What the counts of tracks, or those of playlists, would be by the database's own rows; of more than ten thousand nothing is
-- said. "of_kind" is = for tracks, and <> for playlists, of which some rows say that they are albums.
SELECT
    ARRAY[asked.key::text] AS key,
    ARRAY['repost_count', 'save_count'] AS columns,
    ARRAY[reposted.number::text, saved.number::text] AS texts
FROM unnest(%(keys)s::integer []) AS asked (key)
CROSS JOIN LATERAL (
    SELECT nullif(count(*), 10001) AS number
    FROM (
        SELECT FROM reposts
        WHERE repost_item_id = asked.key AND repost_type {of_kind} 'track' AND is_current AND NOT is_delete LIMIT 10001
    ) AS bounded
) AS reposted
CROSS JOIN LATERAL (
    SELECT nullif(count(*), 10001) AS number
    FROM (
        SELECT FROM saves
        WHERE save_item_id = asked.key AND save_type {of_kind} 'track' AND is_current AND NOT is_delete LIMIT 10001
    ) AS bounded
) AS saved
