-- inlined
-- As index/content/remixes.py reads it.
CREATE OR REPLACE FUNCTION backbeat.first_parent(remix_of jsonb) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN jsonb_typeof(remix_of -> 'tracks') = 'array' AND jsonb_typeof(remix_of #> '{tracks, 0}') = 'object'
            AND jsonb_typeof(remix_of #> '{tracks, 0, parent_track_id}') = 'number'
        THEN backbeat.id_of(trunc((remix_of #>> '{tracks, 0, parent_track_id}')::numeric)::text)
    END
$$;

COMMENT ON FUNCTION backbeat.first_parent (jsonb) IS
'The track that "remix_of" names in the first place, NULL where it names none (domain: chain and entities, 7.3).';
