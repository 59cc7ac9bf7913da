-- So many people edit what others read of them.
UPDATE users SET
    bio = 'edited in block ' || %(block)s::int, blocknumber = %(block)s, updated_at = %(at)s,
    cover_photo_sizes = coalesce(cover_photo_sizes, CASE WHEN user_id %% 4 = 0 THEN 'Qm' || md5(user_id::text) END)
WHERE
    is_current
    AND user_id = ANY (ARRAY(
        SELECT bench.pick(bench.draw(%(seed)s::bigint + n, 141), %(users)s, 1, 2654435761) FROM generate_series(1, %(rows)s::int) AS n
    ))
