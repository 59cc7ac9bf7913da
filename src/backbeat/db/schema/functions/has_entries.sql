-- inlined
CREATE OR REPLACE FUNCTION backbeat.has_entries(playlist_contents jsonb, entries_min integer) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE jsonb_typeof(playlist_contents -> 'track_ids')
        WHEN 'array' THEN jsonb_array_length(playlist_contents -> 'track_ids') >= entries_min
        ELSE false
    END
$$;

COMMENT ON FUNCTION backbeat.has_entries (jsonb, integer) IS
'Whether a playlist lists so many entries or more. Contents without a list of entries have none.';
