DELETE FROM backbeat.delist_asides AS old
USING (
    SELECT kept.digest FROM backbeat.delist_asides AS kept
    WHERE kept.entity = %(entity)s::delist_entity
    ORDER BY kept.seen_at DESC, kept.digest
    OFFSET %(kept_max)s
) AS beyond
WHERE old.entity = %(entity)s::delist_entity AND old.digest = beyond.digest
