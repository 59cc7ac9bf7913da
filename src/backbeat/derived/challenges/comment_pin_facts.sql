SELECT
    format('comment %%s is pinned on track %%s by user %%s', said.comment_id, t.track_id, artist.user_id) AS fact,
    CASE WHEN artist.is_verified THEN 'verified' ELSE 'not verified' END AS found,
    'verified' AS wanted,
    artist.is_verified AND NOT said.is_delete AND NOT t.is_delete AND t.owner_id <> said.user_id AS holds
FROM comments AS said
JOIN tracks AS t ON t.pinned_comment_id = said.comment_id AND t.track_id = said.entity_id AND t.is_current
JOIN users AS artist ON artist.user_id = t.owner_id AND artist.is_current
WHERE said.user_id = %(user_id)s::integer
ORDER BY said.comment_id, t.track_id
