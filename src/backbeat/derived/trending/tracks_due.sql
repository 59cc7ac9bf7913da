-- Tracks whose scores have to be computed although nothing was counted: whose age has grown into another decay, whose
-- release has come, and those of artists who are taken otherwise than before; and tracks that have waited long enough.
SELECT
    ARRAY(
        SELECT grown.track_id
        FROM unnest(%(ages)b::integer []) AS age (days)
        CROSS JOIN LATERAL (
            SELECT t.track_id
            FROM tracks AS t
            WHERE
                greatest(t.release_date, t.created_at) > %(t1)s::timestamp - make_interval(days => age.days)
                AND greatest(t.release_date, t.created_at) <= %(t2)s::timestamp - make_interval(days => age.days)
                AND backbeat.is_public_track(t)
            OFFSET 0 -- each age is a range of an index
        ) AS grown
        UNION
        SELECT t.track_id
        FROM tracks AS t
        WHERE
            backbeat.is_public_track(t)
            AND t.release_date > t.created_at AND t.release_date > %(t1)s::timestamp
            AND backbeat.trending_age(t.release_date, t.created_at, %(t1)s::timestamp)
            <> backbeat.trending_age(t.release_date, t.created_at, %(t2)s::timestamp)
    ) AS aged,
    ARRAY(
        SELECT t.track_id
        FROM tracks AS t
        WHERE t.owner_id = ANY (%(owners)b::integer []) AND t.is_current
    ) AS owned,
    ARRAY(
        SELECT waiting.track_id
        FROM backbeat.trending_waiting_tracks AS waiting
        WHERE waiting.since <= %(t2)s::timestamp - %(patience)s::interval
        ORDER BY waiting.since, waiting.track_id
        LIMIT %(waiting_max)s
    ) AS waiting
