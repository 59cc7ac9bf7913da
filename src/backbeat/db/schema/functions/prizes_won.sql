-- A host's contests, block by block: what changed is judged by the state at the end of its block. Five prizes a contest, in
-- the host's order, and five a host in seven days: one beyond that waits until there is room, and is paid at that moment, by the
-- state of that moment. One that waits holds those behind it back.
--
-- "paid" are the specifiers of prizes paid so far, "times" when they were: more of them only let less be found.
CREATE OR REPLACE FUNCTION backbeat.prizes_won(host_id integer, upto integer, paid text[], times timestamp[])
RETURNS TABLE (event_id integer, owner_id integer, block_number integer, won_at timestamp, amount integer)
LANGUAGE plpgsql STABLE ROWS 5 SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    turn record;
    prize record;
    taken timestamp[];
BEGIN
    FOR turn IN
        SELECT
            change.block,
            change.at,
            change.until_time,
            terms.amount,
            terms.starting_block,
            cursor.block_time,
            cursor.block_number AS newest
        FROM (
            SELECT
                contest.block,
                contest.at,
                lead(contest.at, 1, 'infinity') OVER (ORDER BY contest.block) AS until_time
            FROM backbeat.contest_turns(prizes_won.host_id, prizes_won.upto) AS contest
        ) AS change
        JOIN backbeat.challenge_terms AS terms
            ON terms.challenge_id = 'w' AND change.block >= terms.from_block AND change.block < terms.until_block
        JOIN backbeat.cursor AS cursor ON terms.from_block <= cursor.block_number
        ORDER BY change.block
    LOOP
        taken := prizes_won.times;
        FOR prize IN
            SELECT named.event_id, named.owner_id, named.specifier
            FROM (
                SELECT
                    winner.*,
                    row_number() OVER (PARTITION BY winner.event_id ORDER BY winner.place) + (
                        SELECT count(*)
                        FROM unnest(prizes_won.paid) AS before
                        WHERE split_part(before, ':', 1) = to_hex(winner.event_id)
                    ) AS ordinal
                FROM backbeat.contest_winners(prizes_won.host_id, turn.block, turn.starting_block) AS winner
                WHERE NOT winner.specifier = ANY (prizes_won.paid)
            ) AS named
            WHERE named.ordinal <= 5
            ORDER BY named.since_block, named.event_id, named.place
        LOOP
            prizes_won.won_at := greatest(turn.at, taken[cardinality(taken) - 4] + interval '7 days');
            taken := ARRAY(SELECT at FROM unnest(taken || prizes_won.won_at) AS at ORDER BY at);
            CONTINUE WHEN prizes_won.won_at <> turn.at AND (
                prizes_won.won_at >= turn.until_time OR prizes_won.won_at > turn.block_time
            );
            prizes_won.paid := prizes_won.paid || prize.specifier;
            prizes_won.times := ARRAY(SELECT at FROM unnest(prizes_won.times || prizes_won.won_at) AS at ORDER BY at);
            prizes_won.event_id := prize.event_id;
            prizes_won.owner_id := prize.owner_id;
            prizes_won.amount := turn.amount;
            prizes_won.block_number := least(greatest(backbeat.block_at(prizes_won.won_at), turn.block), turn.newest);
            RETURN NEXT;
        END LOOP;
    END LOOP;
END $$;

COMMENT ON FUNCTION backbeat.prizes_won (integer, integer, text [], timestamp []) IS
'The prizes of a host''s remix contests that are not among those paid, judged up to one
block: whose, and the block and moment that each was won at.';
