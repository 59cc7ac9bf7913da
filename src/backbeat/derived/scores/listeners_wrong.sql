-- Users of whom plays and sets do not tell the same, looked at one by one. A play counts as missing only up to the
-- checkpoint; it is looked at itself where a pair is missing, everything else is in the index of plays by user. What no
-- play tells of may have been pruned: an hour up to the one until which plays were, and a track of a user who is not known to
-- have listened only since then. Of whom no hour is known, nothing is known.
WITH pruned AS MATERIALIZED (
    SELECT gone.hour FROM backbeat.plays_gone AS gone
),
listeners AS MATERIALIZED (
    SELECT user_id FROM unnest(%(keys)b::int []) AS asked (user_id)
    UNION
    SELECT user_id FROM plays
    WHERE %(keys)b::int [] IS NULL AND user_id IS NOT NULL
    UNION
    SELECT user_id FROM backbeat.listened_hours
    WHERE %(keys)b::int [] IS NULL
    UNION
    SELECT user_id FROM backbeat.listened_tracks
    WHERE %(keys)b::int [] IS NULL
),
compared AS MATERIALIZED (
    SELECT
        listeners.user_id,
        EXISTS (
            SELECT backbeat.hour_of(created_at) FROM plays
            WHERE user_id = listeners.user_id
            EXCEPT
            SELECT hour FROM backbeat.listened_hours
            WHERE user_id = listeners.user_id
        ) OR EXISTS (
            SELECT play_item_id FROM plays
            WHERE user_id = listeners.user_id
            EXCEPT
            SELECT track_id FROM backbeat.listened_tracks
            WHERE user_id = listeners.user_id
        ) AS lacks,
        EXISTS (
            SELECT hour FROM backbeat.listened_hours
            WHERE user_id = listeners.user_id AND hour > (SELECT pruned.hour FROM pruned)
            EXCEPT
            SELECT backbeat.hour_of(created_at) FROM plays
            WHERE user_id = listeners.user_id
        ) OR EXISTS (
            SELECT track_id FROM backbeat.listened_tracks
            WHERE
                user_id = listeners.user_id
                AND (SELECT pruned.hour FROM pruned) < (
                    SELECT min(heard.hour) FROM backbeat.listened_hours AS heard
                    WHERE heard.user_id = listeners.user_id
                )
            EXCEPT
            SELECT play_item_id FROM plays
            WHERE user_id = listeners.user_id
        ) AS exceeds
    FROM listeners
)
SELECT compared.user_id
FROM compared
WHERE
    compared.exceeds
    OR compared.lacks AND EXISTS (
        SELECT FROM plays AS told
        WHERE
            told.user_id = compared.user_id AND told.id <= %(upto)s
            AND (
                0 = (
                    SELECT count(*) FROM backbeat.listened_hours AS kept
                    WHERE
                        kept.user_id = told.user_id
                        AND kept.hour = backbeat.hour_of(told.created_at)
                )
                OR 0 = (
                    SELECT count(*) FROM backbeat.listened_tracks AS kept
                    WHERE kept.user_id = told.user_id AND kept.track_id = told.play_item_id
                )
            )
    )
ORDER BY compared.user_id
