SELECT
    feature.user_id,
    backbeat.user_score(
        feature.play_hours,
        feature.distinct_tracks,
        feature.follower_count,
        feature.following_count,
        feature.fast_challenges,
        feature.chat_blocks,
        feature.karma,
        feature.is_verified,
        feature.handle_lc,
        feature.name
    ) AS score
FROM {features} AS feature
WHERE %(keys)b::int [] IS NULL OR feature.user_id = ANY (%(keys)b::int [])
