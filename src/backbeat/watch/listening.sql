-- What each user heard: how many tracks, how often, and which when. Entries of one instant have no order, and the forms of
-- dates and of fractions of a second changed; an entry without a number is one play.
SELECT
    heard.user_id,
    told.tracks,
    told.plays,
    told.content
FROM user_listening_history AS heard
CROSS JOIN LATERAL (
    SELECT
        count(*) AS tracks,
        sum(CASE WHEN entry ->> 'play_count' ~ '^\d{{1,18}}$' THEN (entry ->> 'play_count')::bigint ELSE 1 END) AS plays,
        md5(string_agg(
            (entry ->> 'track_id') || ' ' || left(translate(entry ->> 'timestamp', 'T', ' '), 19), ','
            ORDER BY entry ->> 'track_id' COLLATE "C"
        )) AS content
    FROM jsonb_array_elements(
        CASE jsonb_typeof(heard.listening_history) WHEN 'array' THEN heard.listening_history ELSE '[]' END
    ) AS entry
) AS told
