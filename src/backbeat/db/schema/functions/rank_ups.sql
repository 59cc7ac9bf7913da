-- Goes through a receiver's tips, slot by slot, with the five who gave most so far. Others matter to nobody's rank: a rank
-- is one more than the number of those who gave more, and only up to five is told.
CREATE OR REPLACE FUNCTION backbeat.rank_ups(
    top_senders integer[], top_amounts bigint[],
    slots integer[], senders integer[], before bigint[], after bigint[]
) RETURNS TABLE (slot integer, sender_user_id integer, rank integer)
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ranks_max CONSTANT integer := 5;
    first integer := 1;
    last integer;
    led bigint[];
BEGIN
    WHILE first <= cardinality(slots) LOOP
        last := first;
        WHILE slots[last + 1] = slots[first] LOOP
            last := last + 1;
        END LOOP;
        led := top_amounts;
        SELECT array_agg(best.sender ORDER BY best.amount DESC), array_agg(best.amount ORDER BY best.amount DESC)
        INTO top_senders, top_amounts
        FROM (
            SELECT * FROM unnest(top_senders, top_amounts) AS kept (sender, amount)
            WHERE kept.sender <> ALL (senders[first:last])
            UNION ALL
            SELECT * FROM unnest(senders[first:last], after[first:last])
            ORDER BY 2 DESC
            LIMIT ranks_max
        ) AS best (sender, amount);
        RETURN QUERY
        SELECT slots[first], tipped.sender, reached.rank
        FROM unnest(senders[first:last], before[first:last], after[first:last]) AS tipped (sender, before, after)
        CROSS JOIN LATERAL (
            SELECT 1 + count(*)::integer AS rank FROM unnest(top_amounts) AS more WHERE more > tipped.after
        ) AS reached
        WHERE
            reached.rank <= ranks_max
            AND (
                tipped.before = 0
                OR reached.rank < (SELECT 1 + count(*) FROM unnest(led) AS more WHERE more > tipped.before)
            );
        first := last + 1;
    END LOOP;
END $$;

COMMENT ON FUNCTION backbeat.rank_ups (integer[], bigint[], integer[], integer[], bigint[], bigint[]) IS
'Who rose among a receiver''s five first supporters, at which slot. The first two arrays are who gave most before, and how
much; the others, in the order of slots, a sender''s total before a slot and after it.';
