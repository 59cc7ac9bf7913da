INSERT INTO track_delist_statuses (created_at, track_id, owner_id, track_cid, delisted, reason)
SELECT %(now)s::timestamp, track_id, 1, 'cid', true, 'DMCA' FROM unnest(%(track_ids)s::int []) AS track_id
ON CONFLICT DO NOTHING
