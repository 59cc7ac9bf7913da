-- Months of which plays are gone: their sums know hours and listeners, and no tracks or countries.
SELECT
    kept.play_item_id,
    kept."timestamp",
    kept.country,
    'plays_pruned' AS reason
FROM aggregate_monthly_plays AS kept
JOIN backbeat.pruned_plays AS noted
    ON noted.truncated_at IS NOT NULL OR noted.lost_hours > 0
    OR noted.plays > 0 AND kept."timestamp" <= coalesce(noted.until, 'infinity')
WHERE kept."timestamp" = ANY (%(keys)b::date [])
