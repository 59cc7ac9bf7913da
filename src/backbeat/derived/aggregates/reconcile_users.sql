-- What is kept and what is counted are read by one statement, so a difference is true drift whatever is written meanwhile.
-- It is corrected by adding it, which holds for the row as it is by then; rows that another session has locked are passed over.
WITH kept AS MATERIALIZED (
    SELECT * FROM aggregate_user WHERE user_id = ANY (%(keys)b::int [])
),
counted AS MATERIALIZED (
    SELECT found.* FROM {counted} AS found
),
wrong AS MATERIALIZED (
    SELECT
        user_id,
        counted.follower_count - coalesce(kept.follower_count, 0) AS follower_count,
        counted.following_count - coalesce(kept.following_count, 0) AS following_count,
        counted.repost_count - coalesce(kept.repost_count, 0) AS repost_count,
        counted.track_save_count - coalesce(kept.track_save_count, 0) AS track_save_count,
        counted.track_share_count - coalesce(kept.track_share_count, 0) AS track_share_count,
        counted.track_count - coalesce(kept.track_count, 0) AS track_count,
        counted.total_track_count - coalesce(kept.total_track_count, 0) AS total_track_count,
        counted.playlist_count - coalesce(kept.playlist_count, 0) AS playlist_count,
        counted.album_count - coalesce(kept.album_count, 0) AS album_count,
        counted.total_playlist_count - coalesce(kept.total_playlist_count, 0) AS total_playlist_count,
        counted.total_album_count - coalesce(kept.total_album_count, 0) AS total_album_count
    FROM kept
    JOIN counted USING (user_id)
    WHERE
        (kept.follower_count, kept.following_count, kept.repost_count, kept.track_save_count,
        kept.track_share_count, kept.track_count, kept.total_track_count, kept.playlist_count,
        kept.album_count, kept.total_playlist_count, kept.total_album_count)
        IS DISTINCT FROM
        (counted.follower_count, counted.following_count, counted.repost_count,
        counted.track_save_count, counted.track_share_count, counted.track_count,
        counted.total_track_count, counted.playlist_count, counted.album_count,
        counted.total_playlist_count, counted.total_album_count)
),
held AS MATERIALIZED (
    SELECT user_id
    FROM aggregate_user
    WHERE user_id IN (SELECT user_id FROM wrong)
    ORDER BY user_id
    FOR NO KEY UPDATE SKIP LOCKED
),
corrected AS (
    UPDATE aggregate_user AS at
    SET
        follower_count = coalesce(at.follower_count, 0) + wrong.follower_count,
        following_count = coalesce(at.following_count, 0) + wrong.following_count,
        repost_count = coalesce(at.repost_count, 0) + wrong.repost_count,
        track_save_count = coalesce(at.track_save_count, 0) + wrong.track_save_count,
        track_share_count = coalesce(at.track_share_count, 0) + wrong.track_share_count,
        track_count = coalesce(at.track_count, 0) + wrong.track_count,
        total_track_count = coalesce(at.total_track_count, 0) + wrong.total_track_count,
        playlist_count = coalesce(at.playlist_count, 0) + wrong.playlist_count,
        album_count = coalesce(at.album_count, 0) + wrong.album_count,
        total_playlist_count = coalesce(at.total_playlist_count, 0) + wrong.total_playlist_count,
        total_album_count = coalesce(at.total_album_count, 0) + wrong.total_album_count
    FROM wrong
    JOIN held USING (user_id)
    WHERE at.user_id = wrong.user_id
    RETURNING at.user_id
)
SELECT
    ARRAY(SELECT user_id FROM corrected ORDER BY user_id) AS corrected,
    ARRAY(SELECT user_id FROM wrong EXCEPT SELECT user_id FROM corrected ORDER BY user_id) AS passed_over
