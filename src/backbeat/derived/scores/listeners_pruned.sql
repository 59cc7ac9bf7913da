-- Up to and with which hour plays may have been pruned, whether or not anybody recorded it. The oldest go first, so none is
-- gone that is later than one that was here before it and still is. Hence the play of the lowest id, not of the earliest
-- time: what arrives late, with an old time, vouches for nothing. Where there is no play, nothing does.
SELECT
    greatest(
        (SELECT floor(last_checkpoint / 3600)::integer FROM indexing_checkpoints WHERE tablename = 'plays_pruned_until'),
        coalesce(
            (SELECT backbeat.hour_of(created_at) FROM plays ORDER BY id LIMIT 1),
            2147483647
        )
    ) AS hour
