-- Goes through a receiver's tips, slot by slot, with the five who gave most so far. Others matter to nobody's rank: a rank
-- is one more than the number of those who gave more, and only up to five is told.
CREATE OR REPLACE FUNCTION backbeat.rank_ups(
    top_senders integer[], top_amounts bigint[],
    slots integer[], senders integer[], before bigint[], after bigint[]
) RETURNS TABLE (slot integer, sender_user_id integer, rank integer)
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ranks_max CONSTANT integer := 5;
    tips record;
    led bigint[];
BEGIN
    FOR tips IN
        SELECT
            tip.slot,
            array_agg(tip.sender) AS senders,
            array_agg(tip.before) AS before,
            array_agg(tip.after) AS after,
            max(tip.after) AS most
        FROM unnest(slots, senders, before, after) AS tip (slot, sender, before, after)
        GROUP BY tip.slot
        ORDER BY tip.slot
    LOOP
        CONTINUE WHEN tips.most < top_amounts[ranks_max];
        led := top_amounts;
        SELECT array_agg(best.sender ORDER BY best.amount DESC), array_agg(best.amount ORDER BY best.amount DESC)
        INTO top_senders, top_amounts
        FROM (
            SELECT * FROM unnest(top_senders, top_amounts) AS kept (sender, amount)
            WHERE kept.sender <> ALL (tips.senders)
            UNION ALL
            SELECT * FROM unnest(tips.senders, tips.after)
            ORDER BY 2 DESC
            LIMIT ranks_max
        ) AS best (sender, amount);
        RETURN QUERY
        SELECT tips.slot, tipped.sender, reached.rank
        FROM unnest(tips.senders, tips.before, tips.after) AS tipped (sender, before, after)
        CROSS JOIN LATERAL (
            SELECT 1 + count(*)::integer AS rank FROM unnest(top_amounts) AS more WHERE more > tipped.after
        ) AS reached
        WHERE
            reached.rank <= ranks_max
            AND (
                tipped.before = 0
                OR reached.rank < (SELECT 1 + count(*) FROM unnest(led) AS more WHERE more > tipped.before)
            );
    END LOOP;
END $$;

COMMENT ON FUNCTION backbeat.rank_ups (integer[], bigint[], integer[], integer[], bigint[], bigint[]) IS
'Who rose among a receiver''s five first supporters, at which slot. The first two arrays are who gave most before, and how
much; the others, in the order of slots, a sender''s total before a slot and after it.';
