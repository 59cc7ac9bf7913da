CREATE OR REPLACE FUNCTION backbeat.contest_winners(host_id integer, block integer, starting_block integer)
RETURNS TABLE (event_id integer, owner_id integer, specifier text, since_block integer, place bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT DISTINCT ON (contest.event_id, track.owner_id)
        contest.event_id,
        track.owner_id,
        to_hex(contest.event_id) || ':' || to_hex(track.owner_id) AS specifier,
        contest.since_block,
        winner.place
    FROM backbeat.user_as_of(contest_winners.host_id, contest_winners.block) AS host
    CROSS JOIN LATERAL (
        SELECT *
        FROM backbeat.event_versions AS one
        WHERE one.user_id = contest_winners.host_id AND one.event_type = 'remix_contest'
        OFFSET 0 -- by host
    ) AS contest
    -- what is no array names no winner, and what is no number of a track names none either
    CROSS JOIN LATERAL jsonb_array_elements(contest.winners) WITH ORDINALITY AS winner (named, place)
    CROSS JOIN LATERAL (
        SELECT * FROM backbeat.track_as_of(backbeat.id_of(winner.named #>> '{}'), contest_winners.block) AS one OFFSET 0
    ) AS track
    WHERE
        host.is_verified
        AND NOT contest.is_deleted
        AND contest.since_block >= contest_winners.starting_block
        AND contest.since_block <= contest_winners.block
        AND (contest.until_block IS NULL OR contest.until_block > contest_winners.block)
        AND NOT track.is_delete
        AND NOT backbeat.is_deactivated_as_of(track.owner_id, contest_winners.block)
    ORDER BY contest.event_id, track.owner_id, winner.place
$$;

COMMENT ON FUNCTION backbeat.contest_winners (integer, integer, integer) IS
'Whom the contests of a verified host named at the end of a block: each owner once a contest, by the first track named.
Contests whose state began before "starting_block" name nobody.';
