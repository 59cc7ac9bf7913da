-- Hours up to the oldest play that hold more plays than the plays that were counted and the sums of deleted ones: by how many.
-- Those plays were deleted without a sum, or were counted twice.
-- after: plays_gone
CREATE OR REPLACE VIEW backbeat.hours_untold AS
SELECT
    stored.hourly_timestamp AS hour,
    stored.play_count - told.plays AS plays,
    stored.hourly_timestamp < date_trunc('hour', coalesce(gone.oldest_at, 'infinity')) AS is_past
FROM backbeat.plays_gone AS gone
JOIN hourly_play_counts AS stored ON stored.hourly_timestamp <= coalesce(gone.oldest_at, 'infinity')
LEFT JOIN backbeat.pruned_hours AS kept ON kept.hour = stored.hourly_timestamp
CROSS JOIN LATERAL (
    SELECT
        coalesce(kept.plays, 0) + CASE
            WHEN stored.play_count > coalesce(kept.plays, 0) THEN (
                SELECT count(*)
                FROM plays AS play
                WHERE
                    play.created_at >= stored.hourly_timestamp
                    AND play.created_at < stored.hourly_timestamp + interval '1 hour'
                    AND play.id <= (
                        SELECT last_checkpoint FROM indexing_checkpoints WHERE tablename = 'hourly_play_counts'
                    )
            )
            ELSE 0
        END AS plays
) AS told
WHERE stored.play_count > told.plays;
