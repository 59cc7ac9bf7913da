-- What other writers than the block loop do to rows that jobs follow by block, so that an edit without a new block number is
-- followed as well: docs/decisions/0022-play-times-and-edits.md.
SELECT backbeat.capture_edits(
    'users',
    ARRAY[$$'user:' || touched.user_id$$],
    ARRAY[
        'user_id', 'is_current', 'is_verified', 'is_deactivated', 'handle_lc', 'bio', 'name', 'profile_picture',
        'profile_picture_sizes', 'cover_photo', 'cover_photo_sizes', 'updated_at', 'blocknumber'
    ]
);

SELECT backbeat.capture_edits(
    'tracks',
    ARRAY[$$'owner:' || touched.owner_id$$, $$'track:' || touched.track_id$$],
    ARRAY[
        'track_id', 'owner_id', 'is_current', 'is_delete', 'is_unlisted', 'stem_of', 'remix_of', 'pinned_comment_id',
        'created_at', 'updated_at', 'blocknumber', 'genre', 'track_cid', 'audio_upload_id', 'musical_key',
        'is_custom_musical_key', 'bpm', 'is_custom_bpm', 'audio_analysis_error_count'
    ]
);

SELECT backbeat.capture_edits(
    'playlists',
    ARRAY[$$'lister:' || touched.playlist_owner_id$$],
    ARRAY[
        'playlist_id', 'playlist_owner_id', 'is_current', 'is_delete', 'playlist_contents', 'updated_at', 'blocknumber'
    ]
);

SELECT backbeat.capture_edits(
    'follows',
    ARRAY[
        $$'actor:' || touched.follower_user_id$$,
        $$'follow:' || touched.follower_user_id || ':' || touched.followee_user_id$$
    ],
    ARRAY['follower_user_id', 'followee_user_id', 'is_current', 'is_delete', 'blocknumber']
);

SELECT backbeat.capture_edits(
    'reposts',
    ARRAY[
        $$'actor:' || touched.user_id$$,
        $$CASE WHEN touched.repost_type = 'track' THEN 'act:' || touched.user_id || ':' || touched.repost_item_id END$$
    ],
    ARRAY['user_id', 'repost_item_id', 'repost_type', 'is_current', 'is_delete', 'created_at', 'blocknumber']
);

SELECT backbeat.capture_edits(
    'saves',
    ARRAY[
        $$'actor:' || touched.user_id$$,
        $$CASE WHEN touched.save_type = 'track' THEN 'act:' || touched.user_id || ':' || touched.save_item_id END$$
    ],
    ARRAY['user_id', 'save_item_id', 'save_type', 'is_current', 'is_delete', 'created_at', 'blocknumber']
);

SELECT backbeat.capture_edits(
    'user_events',
    ARRAY[$$'arrival:' || touched.user_id$$],
    ARRAY['id', 'user_id', 'referrer', 'is_current', 'is_mobile_user', 'blocknumber']
);

SELECT backbeat.capture_edits(
    'comments',
    ARRAY[
        $$'comment:' || touched.comment_id$$,
        $$'week:' || to_hex(touched.user_id) || to_char(touched.created_at, ':IYYYIW')$$
    ],
    ARRAY[
        'comment_id', 'user_id', 'created_at', 'entity_type', 'entity_id', 'is_delete', 'is_visible', 'blocknumber'
    ]
);

SELECT backbeat.capture_edits(
    'events',
    ARRAY[
        $$CASE WHEN touched.event_type = 'remix_contest' THEN 'host:' || touched.user_id END$$,
        $$CASE WHEN touched.event_type = 'remix_contest' THEN 'contest:' || touched.event_id END$$
    ],
    ARRAY[
        'event_id', 'user_id', 'event_type', 'entity_type', 'entity_id', 'end_date', 'is_deleted', 'event_data', 'updated_at',
        'blocknumber'
    ]
);

SELECT backbeat.capture_edits(
    'subscriptions',
    ARRAY[
        $$CASE
            WHEN touched.entity_type = 'Event' THEN 'subscription:' || touched.subscriber_id || ':' || touched.entity_id
        END$$
    ],
    ARRAY['subscriber_id', 'entity_type', 'entity_id', 'is_current', 'is_delete', 'blocknumber']
);
