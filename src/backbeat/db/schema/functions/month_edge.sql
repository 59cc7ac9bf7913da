-- inlined
CREATE OR REPLACE FUNCTION backbeat.month_edge(now timestamp) RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT now - interval '1 month'
$$;

COMMENT ON FUNCTION backbeat.month_edge (timestamp) IS
'Where the calendar month of a track''s scores begins. The edge itself is outside (domain: derived state, 2.1).';
