-- Whether a page says anything that was not taken in: a decision later than the last known one, or a row to set aside.
SELECT
    EXISTS (
        SELECT FROM unnest(%(ids)s::integer [], %(instants)s::timestamptz [], %(delisteds)s::boolean [])
            AS told (id, decided_at, delisted)
        WHERE NOT EXISTS (
            SELECT FROM backbeat.delistings AS kept
            WHERE kept.entity = %(entity)s::delist_entity AND kept.id = told.id
                AND (kept.decided_at, kept.delisted) >= (told.decided_at, told.delisted)
        )
    ) OR EXISTS (
        SELECT FROM unnest(%(digests)s::bytea []) AS told (digest)
        WHERE NOT EXISTS (
            SELECT FROM backbeat.delist_asides AS kept
            WHERE kept.entity = %(entity)s::delist_entity AND kept.digest = told.digest
        )
    )
