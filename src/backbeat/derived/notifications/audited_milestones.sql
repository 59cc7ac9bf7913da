-- The milestones that users were told of.
SELECT
    asked.id,
    named.name,
    threshold::integer AS threshold,
    told.blocknumber,
    told.slot,
    told."timestamp"
FROM unnest(%(keys)b::integer []) AS asked (id)
CROSS JOIN (
    VALUES
    ('LISTEN_COUNT'), ('TRACK_SAVE_COUNT'), ('TRACK_REPOST_COUNT'), ('PLAYLIST_SAVE_COUNT'),
    ('PLAYLIST_REPOST_COUNT'), ('FOLLOWER_COUNT')
) AS named (name)
CROSS JOIN LATERAL unnest(
    CASE named.name WHEN 'FOLLOWER_COUNT' THEN backbeat.follower_thresholds() ELSE backbeat.item_thresholds() END
) AS threshold
CROSS JOIN LATERAL (
    SELECT
        notice.blocknumber,
        notice.slot,
        notice."timestamp"
    FROM notification AS notice
    WHERE notice.group_id = format('milestone:%%s:id:%%s:threshold:%%s', named.name, asked.id, threshold)
    ORDER BY notice.id
    LIMIT 1
) AS told
