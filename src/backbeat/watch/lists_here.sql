-- The best hundred tracks of each list, in order
SELECT asked.version, asked.time_range, listed.tracks
FROM unnest(ARRAY['pnagD', 'pnagD', 'pnagD']::text [], ARRAY['week', 'month', 'allTime']::text []) AS asked (version, time_range)
CROSS JOIN LATERAL (
    SELECT string_agg(best.track_id::text, ' ' ORDER BY best.rank) AS tracks
    FROM backbeat.trending_top(asked.version, asked.time_range, '', 100) AS best
    WHERE best.score > 0
) AS listed
