INSERT INTO backbeat.pruned_listens AS kept (user_id, track_id, plays, played_at)
SELECT
    untold.user_id,
    untold.track_id,
    untold.plays,
    untold.played_at
FROM backbeat.listens_untold AS untold
ON CONFLICT (user_id, track_id) DO UPDATE
SET plays = kept.plays + excluded.plays, played_at = greatest(kept.played_at, excluded.played_at)
