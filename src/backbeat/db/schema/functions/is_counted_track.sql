-- inlined
-- Takes columns, not a row, because rows that a trigger is told of are of no named type.
CREATE OR REPLACE FUNCTION backbeat.is_counted_track(
    is_current boolean, is_delete boolean, is_available boolean, stem_of jsonb, access_authorities text[]
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT is_current AND NOT is_delete AND is_available AND stem_of IS NULL AND access_authorities IS NULL
$$;

COMMENT ON FUNCTION backbeat.is_counted_track (boolean, boolean, boolean, jsonb, text []) IS
'A track that its owner''s counts count: current, not deleted, available, not a stem (a JSON null is a value), open to
everybody. Unlisted ones count too, apart.';
