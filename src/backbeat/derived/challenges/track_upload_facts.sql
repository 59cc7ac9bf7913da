SELECT
    'public tracks since the first block' AS fact,
    counted.tracks::text AS found,
    reward.step_count::text AS wanted,
    counted.tracks >= reward.step_count AS holds
FROM challenges AS reward
CROSS JOIN LATERAL (
    SELECT count(*) AS tracks
    FROM tracks AS t
    WHERE
        t.owner_id = %(user_id)s::integer
        AND t.is_current AND NOT t.is_delete AND NOT t.is_unlisted AND t.stem_of IS NULL
        AND t.blocknumber >= reward.starting_block
) AS counted
WHERE reward.id = 'u'
