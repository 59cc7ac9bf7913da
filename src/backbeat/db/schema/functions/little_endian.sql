CREATE OR REPLACE FUNCTION backbeat.little_endian(number bigint, bytes integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT string_agg(lpad(to_hex((number >> (8 * place)) & 255), 2, '0'), '' ORDER BY place)
    FROM generate_series(0, bytes - 1) AS place
$$;

COMMENT ON FUNCTION backbeat.little_endian (bigint, integer) IS
'A number in so many bytes, the lowest first, as hexadecimal digits.';
