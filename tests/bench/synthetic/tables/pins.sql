-- One comment in twenty is pinned by the track's owner.
UPDATE tracks SET pinned_comment_id = pinned.comment_id
FROM (SELECT DISTINCT ON (entity_id) entity_id, comment_id FROM comments WHERE comment_id %% 20 = 0 ORDER BY entity_id) AS pinned
WHERE tracks.track_id = pinned.entity_id
