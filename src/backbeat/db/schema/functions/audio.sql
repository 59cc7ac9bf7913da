-- A number of ten digits may fit, and one with leading zeros does.
CREATE OR REPLACE FUNCTION backbeat.audio(amount text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN amount ~ '^[+-]?0*\d{1,10}$' AND amount::bigint BETWEEN -2147483648 AND 2147483647 THEN amount::integer
        ELSE 0
    END
$$;

COMMENT ON FUNCTION backbeat.audio (text) IS
'A catalogue amount in whole AUDIO; what is no integer counts as 0, as does one that no row can hold.';
