-- inlined
CREATE OR REPLACE FUNCTION backbeat.playlist_year_edge(now timestamp) RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT now - interval '365 days'
$$;

COMMENT ON FUNCTION backbeat.playlist_year_edge (timestamp) IS
'Where the longest range of a playlist''s scores begins: acts before that are in none (domain: derived state, 2.3).';
