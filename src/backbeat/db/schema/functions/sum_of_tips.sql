-- inlined
CREATE OR REPLACE FUNCTION backbeat.sum_of_tips(exact numeric) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT least(exact, 9223372036854775807)::bigint
$$;

COMMENT ON FUNCTION backbeat.sum_of_tips (numeric) IS
'A sum of tips as the network''s column holds it. Two users who send each other the same money get beyond that.';
