-- The best hundred tracks of each list, in order
SELECT asked.version, asked.time_range, listed.tracks
FROM unnest(ARRAY['pnagD', 'pnagD', 'pnagD']::text [], ARRAY['week', 'month', 'allTime']::text []) AS asked (version, time_range)
CROSS JOIN LATERAL (
    SELECT string_agg(best.track_id::text, ' ' ORDER BY best.score DESC, best.track_id DESC) AS tracks
    FROM (
        SELECT scored.track_id, scored.score
        FROM track_trending_scores AS scored
        WHERE scored.type = 'TRACKS' AND scored.version = asked.version AND scored.time_range = asked.time_range
            AND scored.score > 0
        ORDER BY scored.score DESC, scored.track_id DESC
        LIMIT 100
    ) AS best
) AS listed
