-- inlined
CREATE OR REPLACE FUNCTION backbeat.week_edge(now timestamp) RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT now - interval '7 days'
$$;

COMMENT ON FUNCTION backbeat.week_edge (timestamp) IS
'Where the week of a track''s scores begins. The edge itself is outside (domain: derived state, 2.1).';
