-- Counts what the tips of "keys", each a receiver:slot:sender, are now, and all that follows for their receivers. Whatever
-- has been counted is read from tables that only this statement writes: user_tips may hold changes that no run has taken.
--
-- Ranks may change from the first slot on whose tips changed. Until then a receiver's five first supporters are the best
-- of two kinds: who tipped since or changed, with what they had given before; and five of all others, by index. Rows are
-- looked up one by one where a join might read all that a star ever got.
--
-- Where a kept sum is as much as its column holds, the tips are added up: from there on it does not tell what was given.
WITH asked AS (
    SELECT
        split_part(key, ':', 1)::integer AS receiver_user_id,
        split_part(key, ':', 2)::integer AS slot,
        split_part(key, ':', 3)::integer AS sender_user_id
    FROM unnest(%(keys)b::text []) AS key
),
given AS MATERIALIZED (
    SELECT
        tip.receiver_user_id,
        tip.slot,
        tip.sender_user_id,
        backbeat.sum_of_tips(sum(tip.amount)) AS amount
    FROM (SELECT DISTINCT slot FROM asked) AS at
    CROSS JOIN LATERAL (
        SELECT * FROM user_tips AS those
        WHERE those.slot = at.slot AND those.amount > 0
        OFFSET 0 -- each slot is read once, and by itself: a user may have many tips
    ) AS tip
    GROUP BY tip.receiver_user_id, tip.slot, tip.sender_user_id
),
moved AS MATERIALIZED (
    SELECT
        asked.*,
        fresh.amount,
        coalesce(kept.amount, 0) AS old_amount
    FROM asked
    LEFT JOIN given USING (receiver_user_id, slot, sender_user_id)
    CROSS JOIN LATERAL (SELECT coalesce(given.amount, 0) AS amount) AS fresh
    LEFT JOIN backbeat.counted_tips AS kept USING (receiver_user_id, slot, sender_user_id)
    WHERE fresh.amount <> coalesce(kept.amount, 0)
),
counted AS (
    INSERT INTO backbeat.counted_tips AS kept (receiver_user_id, slot, sender_user_id, amount)
    SELECT
        receiver_user_id,
        slot,
        sender_user_id,
        amount
    FROM moved
    WHERE amount > 0
    ON CONFLICT (receiver_user_id, slot, sender_user_id) DO UPDATE SET amount = excluded.amount
),
uncounted AS (
    DELETE FROM backbeat.counted_tips AS kept
    USING moved
    WHERE
        moved.amount = 0
        AND (kept.receiver_user_id, kept.slot, kept.sender_user_id)
        = (moved.receiver_user_id, moved.slot, moved.sender_user_id)
),
pair AS MATERIALIZED (
    SELECT
        changed.sender_user_id,
        changed.receiver_user_id,
        changed.old_amount,
        whole.amount AS exact,
        backbeat.sum_of_tips(whole.amount) AS amount
    FROM (
        SELECT
            moved.sender_user_id,
            moved.receiver_user_id,
            sum(moved.amount::numeric - moved.old_amount) AS delta,
            coalesce(
                (
                    SELECT kept.amount
                    FROM aggregate_user_tips AS kept
                    WHERE
                        kept.sender_user_id = moved.sender_user_id
                        AND kept.receiver_user_id = moved.receiver_user_id
                ),
                0
            ) AS old_amount
        FROM moved
        GROUP BY moved.sender_user_id, moved.receiver_user_id
    ) AS changed
    CROSS JOIN LATERAL (
        SELECT
            changed.delta + CASE
                WHEN changed.old_amount < 9223372036854775807 THEN changed.old_amount
                ELSE (
                    SELECT sum(tip.amount)
                    FROM backbeat.counted_tips AS tip
                    WHERE
                        tip.receiver_user_id = changed.receiver_user_id
                        AND tip.sender_user_id = changed.sender_user_id
                )
            END AS amount
    ) AS whole
),
added AS (
    INSERT INTO aggregate_user_tips AS kept (sender_user_id, receiver_user_id, amount)
    SELECT
        sender_user_id,
        receiver_user_id,
        amount
    FROM pair
    WHERE amount > 0
    ORDER BY sender_user_id, receiver_user_id
    ON CONFLICT (sender_user_id, receiver_user_id) DO UPDATE SET amount = excluded.amount
    RETURNING xmax = 0 AS is_new
),
ended AS (
    DELETE FROM aggregate_user_tips AS kept
    USING pair
    WHERE
        pair.amount <= 0
        AND (kept.sender_user_id, kept.receiver_user_id) = (pair.sender_user_id, pair.receiver_user_id)
    RETURNING 1
),
step AS (
    SELECT
        sender_user_id,
        receiver_user_id,
        (amount > 0)::integer - (old_amount > 0)::integer AS one
    FROM pair
    WHERE (amount > 0) <> (old_amount > 0)
),
supported AS MATERIALIZED (
    SELECT
        changed.user_id,
        coalesce(kept.supporter_count, 0) + changed.supporters AS supporter_count,
        coalesce(kept.supporting_count, 0) + changed.supported AS supporting_count
    FROM (
        SELECT
            user_id,
            sum(supporters)::integer AS supporters,
            sum(supported)::integer AS supported
        FROM (
            SELECT
                receiver_user_id AS user_id,
                one AS supporters,
                0 AS supported
            FROM step
            UNION ALL
            SELECT
                sender_user_id,
                0,
                one
            FROM step
        ) AS either
        GROUP BY user_id
    ) AS changed
    LEFT JOIN backbeat.supporters AS kept USING (user_id)
    WHERE changed.supporters <> 0 OR changed.supported <> 0
),
supporters AS (
    INSERT INTO backbeat.supporters AS kept (user_id, supporter_count, supporting_count)
    SELECT
        user_id,
        supporter_count,
        supporting_count
    FROM supported
    WHERE supporter_count > 0 OR supporting_count > 0
    ON CONFLICT (user_id) DO UPDATE
    SET supporter_count = excluded.supporter_count, supporting_count = excluded.supporting_count
),
without AS (
    DELETE FROM backbeat.supporters AS kept
    USING supported
    WHERE kept.user_id = supported.user_id AND supported.supporter_count <= 0 AND supported.supporting_count <= 0
),
touched AS MATERIALIZED (
    SELECT
        moved.receiver_user_id,
        greatest(
            min(moved.slot),
            (SELECT told.last_checkpoint + 1 FROM indexing_checkpoints AS told WHERE told.tablename = 'supporter_rank_ups')
        ) AS since
    FROM moved
    GROUP BY moved.receiver_user_id
),
recent AS MATERIALIZED (
    SELECT
        kept.receiver_user_id,
        kept.slot,
        kept.sender_user_id,
        kept.amount
    FROM touched
    CROSS JOIN LATERAL (
        SELECT *
        FROM backbeat.counted_tips AS those
        WHERE those.receiver_user_id = touched.receiver_user_id AND those.slot >= touched.since
        OFFSET 0
    ) AS kept
    WHERE NOT EXISTS (
        SELECT FROM moved
        WHERE
            (moved.receiver_user_id, moved.slot, moved.sender_user_id)
            = (kept.receiver_user_id, kept.slot, kept.sender_user_id)
    )
    UNION ALL
    SELECT
        moved.receiver_user_id,
        moved.slot,
        moved.sender_user_id,
        moved.amount
    FROM moved
    JOIN touched USING (receiver_user_id)
    WHERE moved.slot >= touched.since AND moved.amount > 0
),
known AS MATERIALIZED (
    SELECT
        concerned.receiver_user_id,
        concerned.sender_user_id,
        coalesce(
            pair.exact,
            (
                SELECT CASE
                    WHEN kept.amount < 9223372036854775807 THEN kept.amount
                    ELSE (
                        SELECT sum(tip.amount)
                        FROM backbeat.counted_tips AS tip
                        WHERE
                            tip.receiver_user_id = kept.receiver_user_id AND tip.sender_user_id = kept.sender_user_id
                    )
                END
                FROM aggregate_user_tips AS kept
                WHERE
                    kept.sender_user_id = concerned.sender_user_id
                    AND kept.receiver_user_id = concerned.receiver_user_id
            ),
            0
        ) - concerned.given AS amount
    FROM (
        SELECT
            receiver_user_id,
            sender_user_id,
            sum(given) AS given
        FROM (
            SELECT
                receiver_user_id,
                sender_user_id,
                amount AS given
            FROM recent
            UNION ALL
            SELECT
                receiver_user_id,
                sender_user_id,
                0
            FROM pair
        ) AS either
        GROUP BY receiver_user_id, sender_user_id
    ) AS concerned
    LEFT JOIN pair USING (receiver_user_id, sender_user_id)
),
top AS (
    SELECT
        those.receiver_user_id,
        array_agg(best.sender_user_id ORDER BY best.amount DESC) AS senders,
        array_agg(backbeat.sum_of_tips(best.amount) ORDER BY best.amount DESC) AS amounts
    FROM (SELECT DISTINCT receiver_user_id FROM known) AS those
    CROSS JOIN LATERAL (
        SELECT
            known.sender_user_id,
            known.amount
        FROM known
        WHERE known.receiver_user_id = those.receiver_user_id AND known.amount > 0
        UNION ALL
        (
            SELECT
                kept.sender_user_id,
                kept.amount
            FROM aggregate_user_tips AS kept
            WHERE
                kept.receiver_user_id = those.receiver_user_id
                AND (kept.receiver_user_id, kept.sender_user_id) NOT IN (
                    SELECT
                        known.receiver_user_id,
                        known.sender_user_id
                    FROM known
                )
            ORDER BY kept.amount DESC
            LIMIT 5
        )
        ORDER BY 2 DESC
        LIMIT 5
    ) AS best
    GROUP BY those.receiver_user_id
),
line AS (
    SELECT
        receiver_user_id,
        array_agg(slot ORDER BY slot, sender_user_id) AS slots,
        array_agg(sender_user_id ORDER BY slot, sender_user_id) AS senders,
        array_agg(backbeat.sum_of_tips(total - amount) ORDER BY slot, sender_user_id) AS before,
        array_agg(backbeat.sum_of_tips(total) ORDER BY slot, sender_user_id) AS after
    FROM (
        SELECT
            recent.*,
            known.amount
            + sum(recent.amount) OVER (PARTITION BY receiver_user_id, sender_user_id ORDER BY recent.slot) AS total
        FROM recent
        JOIN known USING (receiver_user_id, sender_user_id)
    ) AS given
    GROUP BY receiver_user_id
),
reached AS MATERIALIZED (
    SELECT
        risen.slot,
        risen.sender_user_id,
        line.receiver_user_id,
        risen.rank
    FROM line
    LEFT JOIN top USING (receiver_user_id)
    CROSS JOIN LATERAL backbeat.rank_ups(
        coalesce(top.senders, '{}'), coalesce(top.amounts, '{}'), line.slots, line.senders, line.before, line.after
    ) AS risen
),
written AS (
    INSERT INTO supporter_rank_ups AS kept (slot, sender_user_id, receiver_user_id, rank)
    SELECT
        slot,
        sender_user_id,
        receiver_user_id,
        rank
    FROM reached
    WHERE reached.rank IS DISTINCT FROM (
        SELECT same.rank
        FROM supporter_rank_ups AS same
        WHERE
            same.slot = reached.slot AND same.sender_user_id = reached.sender_user_id
            AND same.receiver_user_id = reached.receiver_user_id
    )
    ORDER BY slot, sender_user_id, receiver_user_id
    ON CONFLICT (slot, sender_user_id, receiver_user_id) DO UPDATE SET rank = excluded.rank
    RETURNING xmax = 0 AS is_new
),
untrue AS (
    DELETE FROM supporter_rank_ups
    WHERE ctid = ANY (ARRAY(
        SELECT kept.ctid
        FROM touched
        CROSS JOIN LATERAL (
            SELECT
                those.ctid,
                those.*
            FROM supporter_rank_ups AS those
            WHERE those.receiver_user_id = touched.receiver_user_id AND those.slot >= touched.since
            OFFSET 0
        ) AS kept
        WHERE NOT EXISTS (
            SELECT FROM reached
            WHERE
                (reached.slot, reached.sender_user_id, reached.receiver_user_id)
                = (kept.slot, kept.sender_user_id, kept.receiver_user_id)
        )
    ))
    RETURNING 1
),
noted AS (
    INSERT INTO indexing_checkpoints AS kept (tablename, last_checkpoint)
    SELECT
        'aggregate_user_tips',
        max(slot)
    FROM moved
    HAVING count(*) > 0
    ON CONFLICT (tablename) DO UPDATE SET last_checkpoint = greatest(kept.last_checkpoint, excluded.last_checkpoint)
)
SELECT
    (SELECT count(*) FROM added WHERE is_new) + (SELECT count(*) FROM written WHERE is_new) AS inserted,
    (SELECT count(*) FROM added WHERE NOT is_new) + (SELECT count(*) FROM written WHERE NOT is_new) AS updated,
    (SELECT count(*) FROM ended) + (SELECT count(*) FROM untrue) AS deleted
