CREATE OR REPLACE FUNCTION backbeat.trending_base(
    plays bigint, reposts bigint, saves bigint, all_reposts bigint, all_saves bigint
) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT plays::double precision + 50 * reposts::double precision + saves::double precision
        + 0.25::double precision * all_reposts::double precision + 0.01::double precision * all_saves::double precision
$$;

COMMENT ON FUNCTION backbeat.trending_base (bigint, bigint, bigint, bigint, bigint) IS
'The weighted sum of what happened in a window, and of all reposts and saves ever.';
