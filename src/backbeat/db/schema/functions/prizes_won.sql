-- A host's contests, block by block: what changed is judged by the state at the end of its block. Five prizes a contest, in
-- the host's order, and five a host in seven days; one beyond that waits until there is room, and is paid at that moment, by the
-- state of that moment. One that waits holds those behind it back. An owner wins once a contest, by the first track named, and
-- contests whose state began before "starting_block" name nobody.
--
-- "paid" are the specifiers of prizes paid so far, "times" when they were: more of them only let less be found.
CREATE OR REPLACE FUNCTION backbeat.prizes_won(host_id integer, upto integer, paid text[], times timestamp[])
RETURNS TABLE (event_id integer, owner_id integer, block_number integer, won_at timestamp, amount integer)
LANGUAGE plpgsql STABLE ROWS 5 SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    prize record;
    turn integer;
    contest integer;
    counted integer;
    taken timestamp[];
BEGIN
    FOR prize IN
        SELECT ranked.*
        FROM (
            SELECT
                named.*,
                row_number() OVER (PARTITION BY named.block, named.event_id ORDER BY named.place) AS ordinal
            FROM (
                SELECT DISTINCT ON (change.block, span.event_id, span.owner_id)
                    change.block,
                    change.at,
                    change.until_time,
                    terms.amount,
                    cursor.block_time,
                    cursor.block_number AS newest,
                    span.event_id,
                    span.owner_id,
                    span.since_block,
                    span.place,
                    to_hex(span.event_id) || ':' || to_hex(span.owner_id) AS specifier
                FROM (
                    SELECT
                        told.block,
                        told.at,
                        lead(told.at, 1, 'infinity') OVER (ORDER BY told.block) AS until_time
                    FROM backbeat.contest_turns(prizes_won.host_id, prizes_won.upto) AS told
                ) AS change
                JOIN backbeat.challenge_terms AS terms
                    ON terms.challenge_id = 'w' AND change.block >= terms.from_block AND change.block < terms.until_block
                JOIN backbeat.cursor AS cursor ON terms.from_block <= cursor.block_number
                JOIN backbeat.contest_spans(prizes_won.host_id) AS span
                    ON span.held @> change.block AND span.since_block >= terms.starting_block
                ORDER BY change.block, span.event_id, span.owner_id, span.place
            ) AS named
            WHERE NOT named.specifier = ANY (prizes_won.paid)
        ) AS ranked
        WHERE ranked.ordinal <= 5 -- and fewer of who is left once some of them are paid
        ORDER BY ranked.block, ranked.since_block, ranked.event_id, ranked.place
    LOOP
        IF prize.block IS DISTINCT FROM turn THEN
            turn := prize.block;
            contest := NULL;
            taken := prizes_won.times;
        END IF;
        IF prize.event_id IS DISTINCT FROM contest THEN
            contest := prize.event_id;
            counted := (
                SELECT count(*) FROM unnest(prizes_won.paid) AS before WHERE split_part(before, ':', 1) = to_hex(contest)
            );
        END IF;
        CONTINUE WHEN prize.specifier = ANY (prizes_won.paid);
        counted := counted + 1;
        CONTINUE WHEN counted > 5;
        prizes_won.won_at := greatest(prize.at, taken[cardinality(taken) - 4] + interval '7 days');
        taken := ARRAY(SELECT at FROM unnest(taken || prizes_won.won_at) AS at ORDER BY at);
        CONTINUE WHEN prizes_won.won_at <> prize.at AND (
            prizes_won.won_at >= prize.until_time OR prizes_won.won_at > prize.block_time
        );
        prizes_won.paid := prizes_won.paid || prize.specifier;
        prizes_won.times := ARRAY(SELECT at FROM unnest(prizes_won.times || prizes_won.won_at) AS at ORDER BY at);
        prizes_won.event_id := prize.event_id;
        prizes_won.owner_id := prize.owner_id;
        prizes_won.amount := prize.amount;
        prizes_won.block_number := least(greatest(backbeat.block_at(prizes_won.won_at), prize.block), prize.newest);
        RETURN NEXT;
    END LOOP;
END $$;

COMMENT ON FUNCTION backbeat.prizes_won (integer, integer, text [], timestamp []) IS
'The prizes of a host''s remix contests that are not among those paid, judged up to one
block: whose, and the block and moment that each was won at.';
