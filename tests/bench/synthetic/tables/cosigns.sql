-- Verified artists repost every second remix of their tracks.
INSERT INTO reposts (blocknumber, user_id, repost_item_id, repost_type, is_current, is_delete, created_at, txhash)
SELECT child.blocknumber, parent.owner_id, child.track_id, 'track', true, false, child.created_at, child.txhash
FROM remixes AS r
JOIN tracks AS child ON child.track_id = r.child_track_id AND child.track_id %% 2 = 0
JOIN tracks AS parent ON parent.track_id = r.parent_track_id AND parent.owner_id <> child.owner_id
JOIN users AS u ON u.user_id = parent.owner_id AND u.is_verified
ON CONFLICT DO NOTHING
