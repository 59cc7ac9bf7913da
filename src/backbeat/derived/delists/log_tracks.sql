INSERT INTO track_delist_statuses (track_id, created_at, delisted, reason, owner_id, track_cid)
SELECT told.id, told.created_at, told.delisted, told.reason::delist_track_reason, told.owner_id, told.track_cid
FROM unnest(
    %(ids)s::integer [], %(instants)s::timestamptz [], %(delisteds)s::boolean [], %(reasons)s::text [],
    %(owners)s::integer [], %(cids)s::text []
) AS told (id, created_at, delisted, reason, owner_id, track_cid)
WHERE told.reason IS NOT NULL
ON CONFLICT DO NOTHING
