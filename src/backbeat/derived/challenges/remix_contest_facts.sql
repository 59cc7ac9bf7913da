SELECT
    format('track %%s is named by contest %%s of user %%s', t.track_id, contest.event_id, host.user_id) AS fact,
    CASE WHEN host.is_verified THEN 'verified' ELSE 'not verified' END AS found,
    'verified' AS wanted,
    host.is_verified AND NOT contest.is_deleted AND NOT t.is_delete AS holds
FROM tracks AS t
JOIN events AS contest
    ON contest.event_type = 'remix_contest'
    AND (
        contest.event_data -> 'winners' @> to_jsonb(t.track_id)
        OR contest.event_data -> 'winners' @> to_jsonb(t.track_id::text)
    )
    -- containment, for which there is an index, takes 5 for 5.0 and a single value for an array; the prizes do not
    AND EXISTS (
        SELECT FROM jsonb_array_elements(
            CASE WHEN jsonb_typeof(contest.event_data -> 'winners') = 'array' THEN contest.event_data -> 'winners' END
        ) AS winner (named)
        WHERE backbeat.id_of(winner.named #>> '{}') = t.track_id
    )
JOIN users AS host ON host.user_id = contest.user_id AND host.is_current
WHERE t.owner_id = %(user_id)s::integer AND t.is_current
ORDER BY t.track_id, contest.event_id
