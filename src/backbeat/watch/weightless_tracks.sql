-- What scores of tracks come to where the weights of all reposts and saves, 0.25 and 0.01, are lost to integers. The scores
-- are taken as they are, so it says the same whenever it is asked: each less the share that those two have in it.
SELECT
    ARRAY[stored.track_id::text, stored.type, stored.version, stored.time_range] AS key,
    ARRAY['score'] AS columns,
    ARRAY[(
        CASE
            WHEN span.base + lost.share > 0 THEN stored.score * span.base / (span.base + lost.share)
            ELSE stored.score
        END
    )::text] AS texts
FROM unnest(%(keys)s::integer []) AS asked (key)
JOIN track_trending_scores AS stored ON stored.track_id = asked.key
LEFT JOIN backbeat.trending_track_counts AS counts ON counts.track_id = stored.track_id
LEFT JOIN aggregate_track AS ever ON ever.track_id = stored.track_id
LEFT JOIN aggregate_plays AS played ON played.play_item_id = stored.track_id
CROSS JOIN LATERAL (
    SELECT backbeat.trending_base(
        0, 0, 0, coalesce(ever.repost_count, 0)::bigint, coalesce(ever.save_count, 0)::bigint
    ) AS share
) AS lost
CROSS JOIN LATERAL (
    SELECT CASE stored.time_range
        WHEN 'week' THEN backbeat.trending_base(
            coalesce(counts.plays_week, 0)::bigint, coalesce(counts.reposts_week, 0)::bigint,
            coalesce(counts.saves_week, 0)::bigint, 0, 0
        )
        WHEN 'month' THEN backbeat.trending_base(
            coalesce(counts.plays_month, 0)::bigint, coalesce(counts.reposts_month, 0)::bigint,
            coalesce(counts.saves_month, 0)::bigint, 0, 0
        )
        ELSE coalesce(played.count, 0)::double precision
    END AS base
) AS span
