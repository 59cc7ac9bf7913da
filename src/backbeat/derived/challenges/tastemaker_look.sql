-- Beside the terms the ten tracks of now, if the challenge is on and they are not those that were noted last, or what it pays has
-- changed. One list for a block: another one waits for the next.
SELECT
    asked.terms,
    (
        SELECT top.tracks
        FROM backbeat.frontier
        CROSS JOIN LATERAL backbeat.rule_as_of('t', frontier.block_number) AS rule
        CROSS JOIN (
            SELECT coalesce(array_agg(best.track_id ORDER BY best.track_id), '{{}}') AS tracks
            FROM (
                SELECT track_id
                FROM backbeat.trending_week_tracks
                ORDER BY magnitude DESC, score DESC, track_id DESC
                LIMIT 10
            ) AS best
        ) AS top
        LEFT JOIN LATERAL (
            SELECT
                kept.blocknumber,
                kept.tracks
            FROM backbeat.tastemaker_lists AS kept
            ORDER BY kept.blocknumber DESC
            LIMIT 1
        ) AS noted ON true
        WHERE
            rule.active
            AND (top.tracks <> coalesce(noted.tracks, '{{}}') OR noted.blocknumber < rule.from_block)
            AND (noted.blocknumber IS NULL OR noted.blocknumber < frontier.block_number)
    ) AS tracks
FROM {terms} AS asked
