-- Users whose weight in the karma of tracks may have changed.

-- Both ends of a follow: the one has another weight, the other may be too busy for the underground.
SELECT backbeat.capture(
    'follows', 'karma_users', ARRAY['follower_user_id', 'followee_user_id'], ARRAY['is_current', 'is_delete']
);

-- Counts that the trigger on follows keeps are told of above.
SELECT backbeat.capture(
    'aggregate_user', 'karma_users', ARRAY['user_id'], ARRAY['follower_count', 'following_count'], ARRAY['UPDATE']
);

SELECT backbeat.capture(
    'users', 'karma_users', ARRAY['user_id'],
    ARRAY['is_current', 'cover_photo', 'cover_photo_sizes', 'profile_picture', 'profile_picture_sizes', 'bio']
);

SELECT backbeat.capture('tracks', 'karma_users', ARRAY['owner_id'], ARRAY['is_current']);
