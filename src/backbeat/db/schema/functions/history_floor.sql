CREATE OR REPLACE FUNCTION backbeat.history_floor() RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(max(kept.from_block), 0) FROM backbeat.histories AS kept
$$;

COMMENT ON FUNCTION backbeat.history_floor () IS
'The block from which on all histories are whole: what was judged as of an earlier one cannot be judged again.';
