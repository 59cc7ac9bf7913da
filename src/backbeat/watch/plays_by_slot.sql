-- The plays of each block: how many, and a sum over who played what, which no order changes. Those that are about to be
-- pruned are left out: each program does that in its own time.
SELECT
    slot,
    count(*) AS plays,
    sum(mod(mod(play_item_id::bigint * 1000003, 998244353) * (coalesce(user_id, 0)::bigint + 17), 998244353)) AS content
FROM plays
WHERE slot IS NOT NULL AND created_at > %(kept_since)s::timestamp
GROUP BY slot
