-- Among genres with as many tracks the one that was uploaded to last, then the first by name; no genre is a genre too.
SELECT
    counts.user_id,
    top.genre AS dominant_genre,
    coalesce(top.tracks, 0) AS dominant_genre_count -- as in a row that is new
FROM aggregate_user AS counts
LEFT JOIN LATERAL (
    SELECT
        genre,
        count(*)::integer AS tracks
    FROM (SELECT * FROM tracks WHERE owner_id = counts.user_id OFFSET 0) AS owned -- by owner, and judged afterwards
    WHERE
        NOT is_unlisted
        AND backbeat.is_counted_track(is_current, is_delete, is_available, stem_of, access_authorities)
    GROUP BY genre
    ORDER BY count(*) DESC, max(created_at) DESC, genre ASC NULLS LAST
    LIMIT 1
) AS top ON true
WHERE %(keys)b::int [] IS NULL OR counts.user_id = ANY (%(keys)b::int [])
