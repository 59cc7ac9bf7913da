-- So many artists pin a comment that their track has.
UPDATE tracks SET pinned_comment_id = said.comment_id, blocknumber = %(block)s, updated_at = %(at)s
FROM (
    SELECT DISTINCT ON (c.entity_id) c.entity_id, c.comment_id
    FROM comments AS c
    JOIN tracks AS t ON t.track_id = c.entity_id
    JOIN users AS u ON u.user_id = t.owner_id AND u.is_verified
    WHERE c.user_id <> t.owner_id AND t.pinned_comment_id IS NULL
    ORDER BY c.entity_id
    LIMIT %(rows)s
) AS said
WHERE tracks.track_id = said.entity_id
