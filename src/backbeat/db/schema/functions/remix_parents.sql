-- As index/content/remixes.py reads them.
CREATE OR REPLACE FUNCTION backbeat.remix_parents(remix_of jsonb) RETURNS integer []
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_agg(parent.id ORDER BY parent.place)
    FROM (
        SELECT backbeat.id_of(named.number::text) AS id, min(named.place) AS place
        FROM (
            SELECT trunc((track ->> 'parent_track_id')::numeric) AS number, place
            FROM jsonb_array_elements(
                CASE jsonb_typeof(remix_of -> 'tracks') WHEN 'array' THEN remix_of -> 'tracks' END
            ) WITH ORDINALITY AS listed (track, place)
            WHERE jsonb_typeof(track) = 'object' AND jsonb_typeof(track -> 'parent_track_id') = 'number'
        ) AS named
        GROUP BY named.number
        ORDER BY 2
        LIMIT 100
    ) AS parent
    WHERE parent.id > 0
$$;

COMMENT ON FUNCTION backbeat.remix_parents (jsonb) IS
'The tracks that "remix_of" names, each once, in order, 100 at most; NULL where it names none (domain: chain and entities, 7.3).';
