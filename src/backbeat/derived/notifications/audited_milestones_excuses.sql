-- Tracks that were played that often before anybody was known to own them: nobody was told.
SELECT
    kept.id,
    kept.name,
    kept.threshold,
    'cause_not_kept' AS reason
FROM milestones AS kept
JOIN aggregate_plays AS played ON played.play_item_id = kept.id AND played.count >= kept.threshold
WHERE
    kept.id = ANY (%(keys)b::integer []) AND kept.name = 'LISTEN_COUNT'
    AND kept.threshold = ANY (backbeat.item_thresholds())
    AND NOT EXISTS (
        SELECT FROM notification AS notice
        WHERE notice.group_id = format('milestone:LISTEN_COUNT:id:%%s:threshold:%%s', kept.id, kept.threshold)
    )
