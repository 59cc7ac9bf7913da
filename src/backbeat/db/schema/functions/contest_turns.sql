-- The blocks at whose end a host's prizes may be others than before: one of the contests changed, a track that any of them
-- ever named, its owner, the host, or the terms. None before the first contest.
CREATE OR REPLACE FUNCTION backbeat.contest_turns(host_id integer, upto integer)
RETURNS TABLE (block integer, at timestamp)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH held AS MATERIALIZED (
        SELECT contest.*
        FROM backbeat.event_versions AS contest
        WHERE contest.user_id = contest_turns.host_id AND contest.event_type = 'remix_contest'
    ),
    named AS MATERIALIZED (
        SELECT DISTINCT track.owner_id, track.since_block, track.until_block, track.since_time
        FROM (
            SELECT DISTINCT backbeat.id_of(winner.named #>> '{}') AS track_id
            FROM held
            CROSS JOIN LATERAL jsonb_array_elements(held.winners) AS winner (named)
        ) AS won
        CROSS JOIN LATERAL (
            SELECT * FROM backbeat.track_versions AS one WHERE one.track_id = won.track_id OFFSET 0 -- one look-up each
        ) AS track
    ),
    turn AS (
        SELECT held.since_block AS block, held.since_time FROM held
        UNION ALL
        SELECT held.until_block AS block, NULL FROM held
        UNION ALL
        SELECT named.since_block AS block, named.since_time FROM named
        UNION ALL
        SELECT named.until_block AS block, NULL FROM named
        UNION ALL
        SELECT person.since_block AS block, person.since_time
        FROM (SELECT owner_id FROM named UNION SELECT contest_turns.host_id) AS concerned (user_id)
        CROSS JOIN LATERAL (
            SELECT * FROM backbeat.user_versions AS one WHERE one.user_id = concerned.user_id OFFSET 0 -- one look-up each
        ) AS person
        UNION ALL
        SELECT edge.block, NULL
        FROM backbeat.challenge_terms AS terms
        CROSS JOIN LATERAL (VALUES (terms.from_block), (terms.until_block)) AS edge (block)
        WHERE terms.challenge_id = 'w'
    )
    SELECT turn.block, backbeat.known_time(least(turn.block, frontier.block_number), max(turn.since_time)) AS at
    FROM turn
    CROSS JOIN backbeat.frontier
    WHERE turn.block <= contest_turns.upto AND turn.block >= (SELECT min(held.since_block) FROM held)
    GROUP BY turn.block, frontier.block_number
$$;

COMMENT ON FUNCTION backbeat.contest_turns (integer, integer) IS
'The blocks at whose end the prizes of a host''s remix contests may be others than before, up to one block, and when those
blocks were.';
