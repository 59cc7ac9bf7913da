SELECT
    format('rank %%s of %%s in the week of %%s', result.rank, result.type, result.week) AS fact,
    result.id AS found,
    'a rank up to 10' AS wanted,
    true AS holds
FROM trending_results AS result
WHERE
    result.user_id = %(user_id)s::integer
    AND (%(challenge_id)s::text, result.type) IN (
        ('tt', 'TRACKS'), ('tut', 'UNDERGROUND_TRACKS'), ('tp', 'PLAYLISTS')
    )
ORDER BY result.week, result.type, result.rank
