-- A transaction deletes little more than it adds, so that a smaller setting is reached bit by bit.
DELETE FROM {table}
WHERE
    {height} <= %(height)s::bigint
    AND {height} < (SELECT coalesce(min({height}), 0) FROM {table}) + %(blocks_max)s::bigint
