-- Adds to the counts of some tracks; those "engaged" have their engagements replaced. The table is asked for the bound keys
-- by themselves, not only through joins, so that it is never read whole for a few of them; rows are found again at the place
-- where they were read, since a run that writes them locks the position first.
WITH moved AS MATERIALIZED (
    SELECT *
    FROM unnest(
        %(tracks)b::integer [], %(plays_week)b::integer [], %(plays_month)b::integer [], %(reposts_week)b::integer [],
        %(reposts_month)b::integer [], %(saves_week)b::integer [], %(saves_month)b::integer [], %(karma)b::bigint []
    ) AS moved (track_id, plays_week, plays_month, reposts_week, reposts_month, saves_week, saves_month, karma)
),
kept AS MATERIALIZED (
    SELECT
        counts.*,
        counts.ctid AS place
    FROM backbeat.trending_track_counts AS counts
    WHERE counts.track_id = ANY (%(tracks)b::integer [])
),
fresh AS MATERIALIZED (
    SELECT
        moved.track_id,
        kept.place,
        coalesce(kept.plays_week, 0) + moved.plays_week AS plays_week,
        coalesce(kept.plays_month, 0) + moved.plays_month AS plays_month,
        coalesce(base.reposts_week, 0) + moved.reposts_week AS reposts_week,
        coalesce(base.reposts_month, 0) + moved.reposts_month AS reposts_month,
        coalesce(base.saves_week, 0) + moved.saves_week AS saves_week,
        coalesce(base.saves_month, 0) + moved.saves_month AS saves_month,
        coalesce(base.karma, 0) + moved.karma AS karma
    FROM moved
    LEFT JOIN kept USING (track_id)
    LEFT JOIN kept AS base ON base.track_id = moved.track_id AND NOT base.track_id = ANY (%(engaged)b::integer [])
),
counted AS MATERIALIZED (
    SELECT
        fresh.*,
        (plays_week, plays_month, reposts_week, reposts_month, saves_week, saves_month, karma)
        = (0, 0, 0, 0, 0, 0, 0) AS is_empty
    FROM fresh
),
updated AS (
    UPDATE backbeat.trending_track_counts AS at
    SET
        plays_week = counted.plays_week,
        plays_month = counted.plays_month,
        reposts_week = counted.reposts_week,
        reposts_month = counted.reposts_month,
        saves_week = counted.saves_week,
        saves_month = counted.saves_month,
        karma = counted.karma
    FROM counted
    WHERE
        at.ctid = counted.place AND NOT counted.is_empty
        AND (
            at.plays_week, at.plays_month, at.reposts_week, at.reposts_month, at.saves_week, at.saves_month, at.karma
        ) <> (
            counted.plays_week, counted.plays_month, counted.reposts_week, counted.reposts_month, counted.saves_week,
            counted.saves_month, counted.karma
        )
),
inserted AS (
    INSERT INTO backbeat.trending_track_counts (
        track_id, plays_week, plays_month, reposts_week, reposts_month, saves_week, saves_month, karma
    )
    SELECT
        track_id,
        plays_week,
        plays_month,
        reposts_week,
        reposts_month,
        saves_week,
        saves_month,
        karma
    FROM counted
    WHERE place IS NULL AND NOT is_empty
    ORDER BY track_id
)
DELETE FROM backbeat.trending_track_counts AS at
USING counted
WHERE at.ctid = counted.place AND counted.is_empty
