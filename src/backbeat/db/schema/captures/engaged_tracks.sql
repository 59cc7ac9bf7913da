-- Tracks whose engagement changed, as triggers/log_saves and log_reposts log it; and what is done to their counts by hand.
-- Counts that triggers keep are told of by the tables that they count.
SELECT backbeat.capture(
    'aggregate_track', 'engaged_tracks', ARRAY['track_id'], ARRAY['repost_count', 'save_count'],
    ARRAY['INSERT', 'UPDATE']
);

SELECT backbeat.capture(
    'aggregate_plays', 'engaged_tracks', ARRAY['play_item_id'], ARRAY['count'], ARRAY['INSERT', 'UPDATE']
);
