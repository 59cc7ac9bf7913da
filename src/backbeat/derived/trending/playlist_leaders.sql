-- A list is read again if an entry of it changed, if a changed score reaches its last rank, or if it is not full. What is in it and
-- what changed is all that it takes, down to the last entry that did not change: whatever else there is ranks below that one,
-- and of a list that is not full nothing else is listed. Only where places are left the index is read on from there.
WITH list AS MATERIALIZED (
    SELECT
        kind.name,
        kind.is_album,
        range.time_range,
        coalesce(stored.ids, '{}') AS ids,
        stored.ranks,
        NOT (%(keys)b::integer [] IS NULL) AND stored.entries < %(ranks_max)s::integer AS is_all,
        %(keys)b::integer [] IS NULL
        OR stored.entries < %(ranks_max)s::integer
        OR stored.ids && %(keys)b::integer []
        OR EXISTS (
            SELECT FROM backbeat.playlist_scores() AS changed
            WHERE
                changed.playlist_id = ANY (%(keys)b::integer []) AND changed.time_range = range.time_range
                AND changed.score >= last.score
        ) AS is_open
    FROM (VALUES ('playlists', false), ('albums', true)) AS kind (name, is_album)
    CROSS JOIN backbeat.playlist_ranges AS range
    CROSS JOIN LATERAL (
        SELECT
            count(*) AS entries,
            array_agg(at.id ORDER BY at.rank) AS ids,
            array_agg(at.rank ORDER BY at.rank) AS ranks
        FROM backbeat.trending_leaders AS at
        WHERE at.kind = 'PLAYLISTS' AND at.list = kind.name AND at.time_range = range.time_range
    ) AS stored
    LEFT JOIN LATERAL (
        SELECT kept.score
        FROM backbeat.playlist_scores() AS kept
        WHERE kept.playlist_id = stored.ids[stored.entries] AND kept.time_range = range.time_range
        OFFSET 0 -- by its id
    ) AS last ON true
),
known AS MATERIALIZED (
    SELECT
        list.name,
        list.time_range,
        kept.playlist_id,
        kept.score,
        NOT kept.playlist_id = ANY (%(keys)b::integer []) AS is_unchanged
    FROM list
    CROSS JOIN LATERAL (
        SELECT DISTINCT each.id FROM unnest(list.ids || %(keys)b::integer []) AS each (id)
    ) AS named
    CROSS JOIN LATERAL (
        SELECT
            one.playlist_id,
            one.score
        FROM backbeat.playlist_scores() AS one
        WHERE one.playlist_id = named.id AND one.time_range = list.time_range
        OFFSET 0 -- by its id, whatever else there is
    ) AS kept
    WHERE list.is_open AND NOT (%(keys)b::integer [] IS NULL)
),
opened AS MATERIALIZED (
    SELECT
        list.name,
        list.is_album,
        list.time_range,
        list.is_all,
        coalesce(edge.score, 'Infinity') AS edge_score,
        CASE WHEN edge.score IS NULL THEN 32767 ELSE backbeat.magnitude(edge.score) END AS edge_magnitude,
        coalesce(edge.playlist_id, 0) AS edge_id
    FROM list
    LEFT JOIN LATERAL (
        SELECT
            known.score,
            known.playlist_id
        FROM known
        WHERE known.name = list.name AND known.time_range = list.time_range AND known.is_unchanged
        ORDER BY known.score, known.playlist_id
        LIMIT 1
    ) AS edge ON true
    WHERE list.is_open
),
found AS MATERIALIZED (
    SELECT
        opened.name,
        opened.time_range,
        best.playlist_id,
        best.score
    FROM opened
    CROSS JOIN LATERAL (
        SELECT ranked.*
        FROM (
            SELECT
                known.playlist_id,
                known.score
            FROM known
            WHERE
                known.name = opened.name AND known.time_range = opened.time_range
                AND (opened.is_all OR (known.score, known.playlist_id) >= (opened.edge_score, opened.edge_id))
            ORDER BY known.score DESC, known.playlist_id DESC
            OFFSET 0 -- in order, so that no more are looked at than fit
        ) AS ranked
        WHERE backbeat.is_listed(ranked.playlist_id, opened.is_album)
        ORDER BY ranked.score DESC, ranked.playlist_id DESC
        LIMIT %(ranks_max)s::integer
    ) AS best
),
places AS MATERIALIZED (
    SELECT
        opened.*,
        CASE
            WHEN opened.is_all THEN 0
            ELSE %(ranks_max)s::integer - (
                SELECT count(*) FROM found WHERE found.name = opened.name AND found.time_range = opened.time_range
            )
        END AS left_over
    FROM opened
),
scored AS MATERIALIZED (
    SELECT
        places.name,
        places.time_range,
        best.playlist_id,
        best.score
    FROM places
    CROSS JOIN LATERAL (
        SELECT ranked.*
        FROM (
            SELECT
                s.playlist_id,
                s.score,
                s.magnitude
            FROM backbeat.playlist_scores() AS s
            WHERE
                s.time_range = places.time_range
                AND s.magnitude > 0
                AND s.magnitude <= places.edge_magnitude
                AND (s.score, s.playlist_id) < (places.edge_score, places.edge_id)
            ORDER BY s.magnitude DESC, s.score DESC, s.playlist_id DESC
            OFFSET 0
        ) AS ranked
        WHERE backbeat.is_listed(ranked.playlist_id, places.is_album)
        ORDER BY ranked.magnitude DESC, ranked.score DESC, ranked.playlist_id DESC
        LIMIT places.left_over
    ) AS best
),
unscored AS MATERIALIZED (
    SELECT
        places.name,
        places.time_range,
        best.playlist_id,
        0::double precision AS score
    FROM places
    CROSS JOIN LATERAL (
        SELECT ranked.playlist_id
        FROM (
            SELECT s.playlist_id
            FROM backbeat.playlist_scores() AS s
            WHERE
                s.time_range = places.time_range
                AND s.magnitude = 0
                AND s.playlist_id < CASE WHEN places.edge_score = 0 THEN places.edge_id ELSE 2147483648 END
            ORDER BY s.playlist_id DESC
            OFFSET 0
        ) AS ranked
        WHERE backbeat.is_listed(ranked.playlist_id, places.is_album)
        ORDER BY ranked.playlist_id DESC
        LIMIT places.left_over
        - (SELECT count(*) FROM scored WHERE scored.name = places.name AND scored.time_range = places.time_range)
    ) AS best
),
leader AS (
    SELECT
        best.name,
        best.time_range,
        row_number() OVER (
            PARTITION BY best.name, best.time_range ORDER BY best.score DESC, best.playlist_id DESC
        ) AS rank,
        best.playlist_id AS id
    FROM (
        SELECT * FROM found
        UNION ALL
        SELECT * FROM scored
        UNION ALL
        SELECT * FROM unscored
    ) AS best
    UNION ALL
    SELECT
        list.name,
        list.time_range,
        at.rank,
        at.id
    FROM list
    CROSS JOIN LATERAL unnest(list.ids, list.ranks) AS at (id, rank)
    WHERE NOT list.is_open
)
SELECT
    'PLAYLISTS' AS kind,
    leader.name AS list,
    backbeat.trending_version() AS version,
    leader.time_range,
    '' AS genre,
    leader.rank::smallint AS rank,
    leader.id,
    list.ranks[array_position(list.ids, leader.id)] AS previous_rank,
    (%(clock)s::timestamptz AT TIME ZONE 'UTC') AS since
FROM leader
JOIN list ON list.name = leader.name AND list.time_range = leader.time_range
