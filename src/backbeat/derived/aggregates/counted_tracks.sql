-- What is counted of some tracks, from the rows themselves.
SELECT
    asked.track_id,
    (
        SELECT count(*) FROM reposts
        WHERE repost_item_id = asked.track_id AND repost_type = 'track' AND is_current AND NOT is_delete
    ) AS repost_count,
    (
        SELECT count(*) FROM saves
        WHERE save_item_id = asked.track_id AND save_type = 'track' AND is_current AND NOT is_delete
    ) AS save_count,
    (
        SELECT count(*) FROM shares
        WHERE share_item_id = asked.track_id AND share_type = 'track'
    ) AS share_count,
    (
        SELECT count(*) FROM comments
        WHERE entity_id = asked.track_id AND entity_type = 'Track'
        AND is_delete IS NOT TRUE AND is_visible IS NOT FALSE
    ) AS comment_count
FROM unnest(%(keys)b::int []) AS asked (track_id)
