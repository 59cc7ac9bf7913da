SELECT save_item_id AS id, 'save_count' AS counter, count(*) AS count
FROM saves WHERE save_type = 'track' AND is_current AND NOT is_delete GROUP BY 1
UNION ALL
SELECT repost_item_id, 'repost_count', count(*)
FROM reposts WHERE repost_type = 'track' AND is_current AND NOT is_delete GROUP BY 1
UNION ALL
SELECT entity_id, 'comment_count', count(*)
FROM comments WHERE entity_type = 'Track' AND NOT coalesce(is_delete, false) AND coalesce(is_visible, true) GROUP BY 1
UNION ALL
SELECT share_item_id, 'share_count', count(*)
FROM shares WHERE share_type = 'track' GROUP BY 1
