-- Entries of listening histories that count more plays than the plays that were counted and the sums of deleted ones: by how
-- many, and the time that the entry has. "is_past": nothing tells of it at all, and it is older than the oldest play.
-- after: plays_gone
CREATE OR REPLACE VIEW backbeat.listens_untold AS
SELECT
    stored.user_id,
    entry.track_id::integer AS track_id,
    entry.play_count - told.plays AS plays,
    entry.played_at,
    told.plays = 0 AND entry.played_at < coalesce(gone.oldest_at, 'infinity') AS is_past
FROM user_listening_history AS stored
CROSS JOIN backbeat.plays_gone AS gone
CROSS JOIN LATERAL backbeat.listening_entries(stored.listening_history) AS entry
CROSS JOIN LATERAL (
    SELECT
        (
            SELECT count(*)
            FROM plays AS play
            WHERE
                play.user_id = stored.user_id AND play.play_item_id = entry.track_id
                AND play.id <= (
                    SELECT last_checkpoint FROM indexing_checkpoints WHERE tablename = 'user_listening_history'
                )
        ) + coalesce(
            (
                SELECT kept.plays FROM backbeat.pruned_listens AS kept
                WHERE kept.user_id = stored.user_id AND kept.track_id = entry.track_id
            ),
            0
        ) AS plays
) AS told
WHERE entry.track_id < 2147483648 AND entry.play_count > told.plays;
