-- What changes whenever all who wrote before have ended and their names are given to others, and with it what was committed may be
-- gone: a start of the server, a recovery from the death of one of its processes (statistics begin again then), a promotion.
SELECT
    concat_ws(
        ' ',
        extract(EPOCH FROM pg_postmaster_start_time()),
        (SELECT extract(EPOCH FROM stats_reset) FROM pg_stat_archiver),
        backbeat.epoch(),
        CASE WHEN NOT pg_is_in_recovery() THEN backbeat.timeline() END
    )
