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
        AND backbeat.is_public_track(t)
        AND t.blocknumber >= reward.starting_block
) AS counted
WHERE reward.id = 'u'
