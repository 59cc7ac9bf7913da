-- Slots between the ranges that a subscription has seen, where no backfill of any indexer closed them: what a backfill is
-- of is said by its name, and the subscription of an indexer by a hash, which nothing here brings together.
WITH seen AS (
    SELECT
        subscription_hash,
        from_slot,
        to_slot,
        coalesce(subscription ->> 'type' = 'gap-backfill', false) AS is_backfill
    FROM sol_slot_checkpoints
    WHERE from_slot <= to_slot
),
covered AS (
    SELECT subscription_hash, from_slot, to_slot FROM seen WHERE NOT is_backfill
    UNION ALL
    SELECT subscription.subscription_hash, filled.from_slot, filled.to_slot
    FROM seen AS filled
    CROSS JOIN (SELECT DISTINCT subscription_hash FROM seen WHERE NOT is_backfill) AS subscription
    WHERE filled.is_backfill
),
followed AS (
    SELECT
        from_slot,
        max(to_slot) OVER (
            PARTITION BY subscription_hash ORDER BY from_slot, to_slot
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS seen_to
    FROM covered
),
gaps AS (
    SELECT DISTINCT seen_to + 1 AS first_slot, from_slot - 1 AS last_slot
    FROM followed
    WHERE from_slot - seen_to - 1 >= %(slots_min)s
)
SELECT
    (SELECT count(*) FROM seen WHERE NOT is_backfill) AS ranges,
    (SELECT count(*) FROM gaps) AS gaps,
    (SELECT coalesce(sum(last_slot - first_slot + 1), 0)::bigint FROM gaps) AS slots,
    ARRAY(
        SELECT first_slot || ' to ' || last_slot FROM gaps ORDER BY first_slot LIMIT %(named_max)s
    ) AS named
