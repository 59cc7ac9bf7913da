-- From twice the period on it is one and the same number, so that old scores never change by rounding.
CREATE OR REPLACE FUNCTION backbeat.trending_decay(age_days integer, period_days integer) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN age_days <= period_days THEN 1
        WHEN age_days >= 2 * period_days THEN 1e-5
        ELSE power(100000::double precision, (period_days - age_days)::double precision / period_days)
    END
$$;

COMMENT ON FUNCTION backbeat.trending_decay (integer, integer) IS
'What is left of a score at an age: all of it for one period, then falling to a hundred-thousandth at two.';
