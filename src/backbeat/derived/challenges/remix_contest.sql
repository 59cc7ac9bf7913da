-- Hosts are judged whole: which prizes fit into a week depends on all that were paid.
WITH host AS (
    SELECT DISTINCT contest.user_id AS host_id
    FROM events AS contest
    WHERE
        contest.event_type = 'remix_contest'
        AND (%(keys)b::integer [] IS NULL OR contest.user_id = ANY (%(keys)b::integer []))
)
SELECT DISTINCT ON (prize.event_id, prize.owner_id)
    'w' AS challenge_id,
    to_hex(prize.event_id) || ':' || to_hex(prize.owner_id) AS specifier,
    true AS is_complete,
    1 AS current_step_count,
    prize.block_number AS completed_blocknumber,
    prize.amount,
    prize.won_at AS completed_at,
    prize.owner_id AS user_id,
    prize.won_at AT TIME ZONE 'UTC' AS created_at
FROM host
CROSS JOIN LATERAL (
    SELECT
        coalesce(array_agg(done.specifier ORDER BY done.paid_at), '{}') AS specifiers,
        coalesce(array_agg(done.paid_at ORDER BY done.paid_at), '{}') AS times
    FROM events AS held
    CROSS JOIN LATERAL (
        SELECT earned.specifier::text AS specifier, earned.created_at AT TIME ZONE 'UTC' AS paid_at
        FROM user_challenges AS earned
        WHERE earned.challenge_id = 'w' AND split_part(earned.specifier, ':', 1) = to_hex(held.event_id)
        OFFSET 0 -- contest by contest: joined, all prizes ever paid would be read
    ) AS done
    WHERE held.user_id = host.host_id AND held.event_type = 'remix_contest'
) AS paid
CROSS JOIN backbeat.frontier
CROSS JOIN LATERAL backbeat.prizes_won(
    host.host_id,
    frontier.block_number + (%(since)s::integer = -1)::integer, -- what others edited since the block
    paid.specifiers,
    paid.times
) AS prize
-- a contest that another program gives to another host is of both, one after the other
ORDER BY prize.event_id, prize.owner_id, prize.won_at, prize.block_number, host.host_id
