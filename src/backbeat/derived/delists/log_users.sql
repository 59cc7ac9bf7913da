INSERT INTO user_delist_statuses (user_id, created_at, delisted, reason)
SELECT told.id, told.created_at, told.delisted, told.reason::delist_user_reason
FROM unnest(%(ids)s::integer [], %(instants)s::timestamptz [], %(delisteds)s::boolean [], %(reasons)s::text [])
    AS told (id, created_at, delisted, reason)
WHERE told.reason IS NOT NULL
ON CONFLICT DO NOTHING
